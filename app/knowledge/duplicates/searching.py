"""What to look for in the index of past threads, and how many candidates are worth a closer look."""

from app.knowledge.thread_text import substance

CANDIDATES = 200
"""The right one is among so many 98 times in 100, among 60 of them 92 times."""
_WORDS_READ, _MEANING_READ = 1_500, 2_000


def search_text(title: str, body: str) -> str:
    """For a search by words: the title and the beginning of what the person wrote."""
    return f"{title}\n{substance(body)[:_WORDS_READ]}"


def embedding_text(title: str, body: str) -> str:
    """For a search by meaning: in the order in which an index embeds past threads."""
    return f"{title}\n{substance(body)[:_MEANING_READ]}"

"""Every sentence of ours that people read on GitHub, in one file. No greeting, no advertisement, no promise.

Claims come in guarded; links are made here, from the passage's own permalink, never from a model's text. What does
not fit into 150 words is folded away: a thread belongs to the people in it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.snapshot import Passage
from app.knowledge.contradictions import Conflict
from app.knowledge.paths import is_documentation
from app.teammate.guard.plain import one_line

ABOVE_THE_FOLD = 150
"""Words of an answer that show without a click, sources and notice included."""
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]{1,160}")
MAX_COMMENT = 60_000
"""Characters; GitHub refuses bodies over 65,536 and the marker needs room."""


MORE = {
    "en": "More",
    "de": "Mehr",
    "fr": "Plus",
    "es": "Más",
    "pt": "Mais",
    "zh": "更多",
    "ja": "続き",
}
DISAGREE = {
    "en": ("The documentation", "The source", "Another page", "{} says that {} is {}; {} says {}."),
    "de": ("Die Dokumentation", "Der Quelltext", "Eine andere Seite", "{} nennt für {} den Wert {}; {} nennt {}."),
    "fr": ("La documentation", "Le code source", "Une autre page", "{} indique pour {} la valeur {} ; {} indique {}."),
    "es": ("La documentación", "El código fuente", "Otra página", "{} indica para {} el valor {}; {} indica {}."),
    "pt": ("A documentação", "O código-fonte", "Outra página", "{} indica para {} o valor {}; {} indica {}."),
    "zh": ("文档", "源代码", "另一页", "{}中 {} 的值是 {}；{}中是 {}。"),
    "ja": ("ドキュメント", "ソースコード", "別のページ", "{}では {} は {}、{}では {} です。"),
}
"""By ISO 639-1 code: documentation, source, a second page of documentation, and the sentence about a value."""

_ADDRESS = re.compile(r"\]\([^()\s]*\)")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class Statement:
    """One guarded claim, the passage that carries it, and a sentence of ours about it, if there is one to make."""

    markdown: str
    passage: Passage
    aside: str = ""


def answer_comment(statements: Sequence[Statement], *, handle: str, language: str = "en", tag: str = "") -> str:
    """The answer: each statement followed by its source, and one line that says who speaks.

    At most 150 words show; the statements after that, or the words of a first one that is longer, are folded away.
    Raises ValueError without statements: silence has no comment.
    """
    if not statements:
        raise ValueError("an answer needs at least one statement")
    ending = notice(statements[0].passage.commit, handle, tag)
    shown, folded = _folded(_merged(statements), ABOVE_THE_FOLD - words(ending))
    if folded:
        summary = f"<details>\n<summary>{MORE.get(language[:2], MORE['en'])}</summary>"
        shown += [summary, *folded, "</details>"]
    return "\n\n".join([*shown, ending])


def words(markdown: str) -> int:
    """Words that a reader sees, as good as; a character of Chinese, Japanese or Korean counts as one."""
    return len(_WORD.findall(_ADDRESS.sub("", markdown)))


def _folded(statements: Sequence[Statement], room: int) -> tuple[list[str], list[str]]:
    """What shows and what is folded away, in order. Something always shows: the source, if nothing else fits."""
    blocks = [_block(one, one.markdown) for one in statements]
    fitting = 0
    while fitting < len(blocks) and (room := room - words(blocks[fitting])) >= 0:
        fitting += 1
    if fitting:
        return blocks[:fitting], blocks[fitting:]
    return [_block(statements[0], "")], [statements[0].markdown, *blocks[1:]]


def _block(statement: Statement, markdown: str) -> str:
    return "\n\n".join(filter(None, (markdown, f"— {source_link(statement.passage)}", statement.aside)))


def _merged(statements: Sequence[Statement]) -> list[Statement]:
    """Neighbouring statements from one passage share its link."""
    merged: list[Statement] = []
    for one in statements:
        last = merged[-1] if merged else None
        if last and last.passage == one.passage:
            aside = last.aside if one.aside in last.aside else "\n\n".join(filter(None, (last.aside, one.aside)))
            merged[-1] = Statement(f"{last.markdown}\n\n{one.markdown.strip()}", one.passage, aside)
        else:
            merged.append(Statement(one.markdown.strip(), one.passage, one.aside))
    return merged


def disagreement(conflict: Conflict, passages: Sequence[Passage], language: str = "en") -> str:
    """One line: the documentation says X, the source says Y, each a link to where it says so."""
    documentation, source, another, sentence = DISAGREE.get(language[:2], DISAGREE["en"])
    left, right = passages[conflict.left], passages[conflict.right]
    second = another if is_documentation(right.path) else source
    inside = second if language[:2] == "de" else second[0].lower() + second[1:]
    said = (conflict.subject, conflict.left_value, conflict.right_value)
    subject, one, other = (f"`{one_line(text, 60)}`" for text in said)
    return sentence.format(f"[{documentation}]({left.url})", subject, one, f"[{inside}]({right.url})", other)


def source_link(passage: Passage) -> str:
    """`[docs/webhooks.md › Rotate the secret](permalink)`; the file's own words are escaped like any others."""
    place = passage.path if PLAIN_PATH.fullmatch(passage.path) else one_line(passage.path, 160, underscores=True)
    if passage.heading:
        place += " › " + one_line(passage.heading.rsplit(" > ", 1)[-1], 100, underscores=True)
    return f"[{escape(place)}]({passage.url})"


def notice(commit: str, handle: str, tag: str = "") -> str:
    """The AI notice with the version it speaks of, where that is an older one, and what a reader can do about it."""
    files = f"the files of `{one_line(tag, 60)}`" if tag else "this repository's files"
    return f"_Automated answer by {escape(handle)} from {files} at `{commit[:7]}`; react with 👎 if it is wrong._"


def escape(text: str) -> str:
    """Plain text inside Markdown: every ASCII punctuation mark that could mean something gets a backslash."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>()#+!|~@&$" else char for char in text)

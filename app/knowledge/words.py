"""Words: how text becomes terms, the same way for queries, evidence and labels.

An identifier is kept whole and also split (`handsPerRepository`, `hands_per_repository` -> hands, per,
repository), because people ask with either. Endings are cut with a handful of rules: enough to make "rotate",
"rotating" and "rotation" meet, small enough to predict.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?[+#]{0,2}|[^\W_]")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 60
"""Characters of a token that count; beyond, it is data and not a word."""


def words_of(text: str) -> list[str]:
    """The words of one of our own lists."""
    return text.split()


_ENDINGS = words_of("izations ization ations ation ating ated ates ate ings ing ions ion ies ied es ed s e y")

STOP_WORDS = frozenset(
    words_of("""
        a about above after again all also am an and any are aren as at be because been before being below between
        both but by can cannot could couldn d did didn do does doesn doing don during each either else ever every
        few for from further get gets getting got had hadn has hasn have haven having he hello her here hers hi him
        his how however i if in instead into is isn it its just let ll m may maybe me might mine more most must my
        myself need needs no nor not now of ok on once only or other our ours out over own please possible quite
        rather re really s same say see seem seems shall she should shouldn since so some someone something still
        such t tell than thank thanks that the their theirs them then there these they thing things this those
        though through to too try trying until up upon us use used using ve very via want wants was wasn way we
        well were weren what when where whether which while who whom whose why will with within without won would
        wouldn yes yet you your yours
    """)
)


def tokens(text: str) -> Iterator[str]:
    """Whole tokens in order, spelled as written; `app.web`, `--dry-run` and `C++` stay in one piece."""
    for match in _TOKEN.finditer(text):
        yield match.group()[:_LONGEST]


def pieces(token: str) -> list[str]:
    """The parts of an identifier, lower-cased; empty when the token is a single word."""
    found = [piece.lower() for piece in _PIECE.findall(token)] if token.isascii() else []
    return found if len(found) > 1 else []


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A lower-case word without its ending; words of up to three letters and other scripts stay as they are."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeious":
        word = word[:-1]
    return word.rstrip("e") if len(word) > 3 else word


def spellings(token: str) -> list[str]:
    """The token and its parts, lower-cased, without stop words and single letters."""
    distinct = dict.fromkeys([token.lower(), *pieces(token)])
    return [word for word in distinct if word not in STOP_WORDS and (len(word) > 1 or not word.isascii())]


def terms(text: str) -> list[str]:
    """Stemmed content terms in order, with repeats: what two texts are compared by."""
    return [stem(word) for token in tokens(text) for word in spellings(token)]

"""Evidence: what a claim must prove before it is said.

Its quote stands in the passage it names; each flag, name, path, version and number in it exists; and it promises
nothing: nobody is told that a problem is solved, or that something will be done, unless the documentation uses those
words for what the software itself does. Whatever fails costs its own claim, with the reason.
"""

import re
from collections.abc import Collection, Sequence

from app.domain.decision import Claim
from app.domain.snapshot import Passage
from app.domain.verdict import Refusal
from app.knowledge.claims import unknown_tokens
from app.knowledge.code_names import FENCE, SPAN
from app.teammate.guard.document import as_shown
from app.teammate.guard.markdown import INPUT_CAP
from app.teammate.guard.plain import excerpt, one_line
from app.teammate.redact import redact

SHORTEST_QUOTE = 8
"""Characters; less is evidence of nothing."""

_SETTLED = re.compile(
    r"""
    (?<![\w-])(?:(?:re)?solve[sd]|fixe[sd])(?![\w-])                                     # English
    |\b(?:gelöst|behoben|gefixt|beseitigt|erledigt|bereinigt)\w{0,2}\b                   # German
    |\b(?:résolu|corrigé|réglé|réparé)(?:e?s?)\b                                         # French
    |\b(?:resuelt|solucionad|arreglad|corregid|reparad)[oa]s?\b                          # Spanish
    |\b(?:resolvid|solucionad|corrigid|consertad)[oa]s?\b                                # Portuguese
    |\b(?:risolt|sistemat|riparat)[oaie]\b                                               # Italian
    |\b(?:исправлен|решен|решён|устранен|устранён)\w{0,3}\b                              # Russian
    |已(?:经|經)?被?(?:解决|解決|修复|修復|修正)|(?:解决|解決|修复|修復|修正)(?:了|完)  # Chinese
    |(?:解決|修正|対応|対処)(?:し|され|済|ずみ)|直(?:りま|った|しま)                     # Japanese
    |(?:해결|수정)(?:되|됐|됨|했|하였|완료)                                              # Korean
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PROMISED = re.compile(
    r"""
    \b(?:will|shall)\s+(?:\w+\s+)?be\b(?:\s+\w+)?|\bgoing\s+to\s+be\b|\b(?:we|i|they|maintainers?|team)(?:['’]ll|\s+(?:will|plan))\b
    |\b(?:planned|scheduled)\s+for\b|\broad\s?map\b|\bcoming\s+soon\b|\b(?:next|upcoming|future)\s+(?:release|version)s?\b
    |\b(?:nächste|kommende|künftige)[nr]?\s+(?:version|release|veröffentlichung)|\bwir\s+werden\b|\bwerden\s+wir\b
    |\bwird\b[^.!?\n]{0,60}\bwerden\b
    |\b(?:sera|seront|allons|prochainement|prochaine\s+version)\b
    |\b(?:será|serán|vamos\s+a|próximamente|próxima\s+versión)\b
    |\b(?:serão|vamos|em\s+breve|próxima\s+versão)\b
    |\b(?:sarà|saranno|prossima\s+versione)\b|\bбуд(?:ет|ут)\b|следующ\w+\s+верси
    |将(?:会|被|在)|將(?:會|被|在)|即将|即將|下(?:一?个|一?個|一)版本
    |予定|次(?:の|期)(?:バージョン|リリース)|今後の(?:バージョン|リリース)
    |예정|다음\s*(?:버전|릴리스)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TROUBLE = (
    r"(?:(?:this|that|the|your)\s+(?:\w+\s+)?)?"
    r"(?:issue|bug|problem|error|crash|regression|ticket|report|question|fault)s?"
)
_ABOUT_THE_THREAD = re.compile(
    rf"""
    \b{_TROUBLE}\b[^.!?\n]{{0,40}}?\b(?:fixed|(?:re)?solved)\b
    |\b(?:this|it|that|yours?)\s+(?:is|was|has\s+been|have\s+been|should\s+be|gets|got)\s+(?:\w+\s+)?(?:fixed|(?:re)?solved)\b
    |\b(?:fixe[sd]|(?:re)?solve[sd])\s+(?:\w+\s+)?(?:{_TROUBLE}|(?:this|it|yours?)\b)
    |\b(?:fixed|(?:re)?solved)\s+(?:in|since|by|as\s+of|with)\s+(?:`|v?\d|\#|the\s+(?:next|latest|new)|version|release|commit)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def examine(
    claim: Claim, passages: Sequence[Passage], known: Collection[str], secrets: tuple[str, ...]
) -> Refusal | None:
    """Why the claim may not be said; None where it proves itself. `known` are names of the repository besides.

    A name may stand in any of the passages; a number must stand in the one that is quoted.
    """
    passage = quoted(claim, passages)
    if passage is None:
        return Refusal(what=one_line(claim.text, 80), why="its quote is not in the passage it names")
    text = redact(claim.text[:INPUT_CAP], secrets)  # what the guard takes out is no name
    if promise := promised(text, passage.text):
        return Refusal(what=excerpt(promise, secrets), why="it says what only maintainers may say")

    def is_elsewhere(token: str) -> bool:
        return token in known or not token.lstrip("v")[:1].isdigit()

    for said in dict.fromkeys((text, as_shown(text))):  # escapes, entities and emphasis can hide half of a name
        unknown = unknown_tokens(said, passages, known.__contains__) or unknown_tokens(said, [passage], is_elsewhere)
        if unknown:
            return Refusal(what=excerpt(" ".join(unknown), secrets), why="it names what is not in its source")
    return None


def quoted(claim: Claim, passages: Sequence[Passage]) -> Passage | None:
    """The passage (numbered from 1) if the quote stands in it, whitespace aside; nothing otherwise."""
    if not 1 <= claim.passage <= len(passages):
        return None
    passage = passages[claim.passage - 1]
    quote = " ".join(claim.quote.split())
    return passage if len(quote) >= SHORTEST_QUOTE and quote in " ".join(passage.text.split()) else None


def promised(text: str, source: str) -> str:
    """The words that call the matter settled, or promise; empty where there are none.

    Documentation may say that versions are resolved or that a file will be written: words that stand in `source` are
    its own, as long as they are not said of a problem.
    """
    prose = " ".join(SPAN.sub(" ", FENCE.sub(" ", text)).split())
    if match := _ABOUT_THE_THREAD.search(prose):
        return match[0]
    said = " ".join(source.split()).lower()
    for pattern in (_SETTLED, _PROMISED):
        for match in pattern.finditer(prose):
            if match[0].lower() not in said:
                return match[0]
    return ""

"""Evidence: what a run itself shows of a failure, read from its record. Pure; time linear in the texts.

The texts of a snapshot are bounded, so each of these takes well under a millisecond on ordinary threads.
"""

import re

from app.domain.effect import CommentPayload
from app.domain.run import RunRecord
from app.domain.snapshot import Snapshot
from app.knowledge.compaction import LOG_LINE
from app.knowledge.labelling.language import language

MANY_LINES = 200
"""Machine-written lines from which a log is a large one."""
CROWD = 3
"""Refused mentions from which a thread tried to call people together; one may be the author's name."""

_CUT = re.compile(r"(?!passages)[\w -]{1,40}: .{1,40} of (?:log|data|base64|numbers) left out")
_MARKUP = re.compile(
    r"</?untrusted-|<\|[\w ]{1,30}\|>|\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\[/?INST\]"
    r'|</?(?:thinking|function_calls|system)>|^\s*\{\s*"(?:skill|claims|labels|findings|asks)"\s*:',
    re.MULTILINE,
)
_CODE = re.compile(
    r"^(?P<fence>```|~~~).*?^(?P=fence)|(?P<ticks>`{1,3})[^`\n]{1,400}(?P=ticks)", re.DOTALL | re.MULTILINE
)
_QUOTED = re.compile(r"^ {0,3}>.*$", re.MULTILINE)
_NUMBER = re.compile(r"(?:(?<![\w/&])#|/(?:issues|pull|discussions)/)(\d{1,9})\b")
_ASKED_BY_NAME = re.compile(r"(?<![\w@/])@[\w-]{1,39}")
_QUIET = re.compile(
    r"\[no[ -]bot\]|@[\w-]{1,39}(?:\[bot\])?[ ,:]{1,3}"
    r"(?:(?P<again>resume)|(?:please )?(?:pause|ignore|stop|be quiet))\b",
    re.IGNORECASE,
)
_STEERED = ("command is not released", "hidden is not released", "comment is not released", "secret is not released")


def written(run: RunRecord) -> str:
    """The comment that the guard let through; empty where there was none."""
    effects = run.verdict.effects if run.verdict else ()
    return "\n\n".join(one.body for one in effects if isinstance(one, CommentPayload))


def named_threads(run: RunRecord) -> set[int]:
    """Numbers of the threads that our comment points to."""
    return {int(number) for number in _NUMBER.findall(written(run))}


def has_large_log(snapshot: Snapshot) -> bool:
    """Something of it was too large to show, or hundreds of its lines were written by a machine."""
    if any(_CUT.match(line) for line in snapshot.removed):
        return True
    text = snapshot.question if len(snapshot.question) > len(snapshot.body) else snapshot.body
    return sum(map(bool, map(LOG_LINE.match, text.splitlines()))) >= MANY_LINES


def leaks_markup(run: RunRecord) -> bool:
    """Our comment shows what only machines should see; what it says as code is meant to be seen."""
    return bool(_MARKUP.search(_CODE.sub(" ", written(run))))


def in_another_language(run: RunRecord) -> bool:
    """Our own words, quotations aside, are not in the language of the thread, nor in one that the settings ask for."""
    asked = run.snapshot.language
    ours = language("", _QUOTED.sub("", written(run))) if asked else ""
    return bool(ours) and ours != asked and ours not in run.snapshot.settings.languages


def asks_again(run: RunRecord) -> bool:
    effects = run.verdict.effects if run.verdict else ()
    asks = {ask for one in effects if isinstance(one, CommentPayload) for ask in one.asks}
    return bool(asks & set(run.snapshot.asked))


def spoke_after_stop(run: RunRecord) -> bool:
    """It wrote unasked, although the last that its snapshot says of being quiet is that we should be."""
    snapshot = run.snapshot
    if not written(run) or (snapshot.trigger != "body" and _ASKED_BY_NAME.search(snapshot.question)):
        return False
    quiet = False
    for text in (snapshot.title, snapshot.body, *(one.text for one in snapshot.conversation)):
        for match in _QUIET.finditer(text):
            quiet = not match["again"]
    return quiet


def was_steered(run: RunRecord) -> bool:
    """The guard refused what no honest decision holds."""
    refused = [refusal.why for refusal in run.verdict.refusals] if run.verdict else []
    return sum(why.startswith("mention") for why in refused) >= CROWD or any(why in _STEERED for why in refused)

"""Aim: whether a reply is about us, or about the software, or to somebody else.

Nobody says so outright, so the place of a reply counts as much as its words: right after ours, a judgement is of ours.
"""

import re
from dataclasses import dataclass

from app.domain.signal import Meaning
from app.knowledge.sentiment.tone import sign

SHORT = 5
"""Words of a reply that is too short to be about anything but what stands above it."""

_BOT = sign(
    r"""(?<![\w/.-])(?:\w*bots?|robots?|stale ?bot|ai (?:assistant|agent|answer|comment|review|bot|slop|reply)|
    (?:this|the|that|you|your|stupid|useless|dumb) (?:ai|llm|automation)|
    auto(?:mated|matic)?[- ](?:comment|reply|response|clos\w+|label\w*|triage))(?![\w/-])|
    机器人|機器人|ボット|봇(?:이|은|을|아|\b)|\bбот\w{0,3}\b"""
)
_THEIR_BOT = sign(
    r"""\b(?:my|our|a|his|discord|telegram|slack|twitter|irc|chat|trading|custom|own) (?:\w+ )?bots?\b|
    \bbots? (?:token|account|command|library|framework)|\b(?:bottom|both|bottle)\w*"""
)
_TO_ANOTHER = re.compile(r"\A\W*@[A-Za-z0-9]")
_ME_TOO = sign(
    r"""\bme too\b|\bsame (?:\w+ )?(?:here|for me|problem here|issue here|error here)\b|\b(?:i|we)(?: am|['’]m|
    ['’]ve| have|['’]re| are)? (?:also|too) \w+|\b(?:i|we)(?: am|['’]m| have|['’]ve| get)? (?:\w+ )?(?:the |
    this )?(?:exact )?same (?:issue|problem|error|bug|question)|
    \bany (?:news|updates?|progress|eta|solution|workaround)\b|\bhaving (?:this|the same)"""
)
_YOU = sign(
    r"\b(?:you|your|you['’](?:re|ve|ll)|du|dein\w*|tu|votre|vous|usted|você|ты|вы|твой|ваш)\b|你|您|あなた|당신|너"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reply stands and what it refers to; see `ReplyText`."""

    mentions_us: bool
    quotes_us: bool
    directly_after: bool
    by_author: bool


def aimed(text: str, place: Place, meaning: Meaning, *, moved: bool) -> bool:
    """Whether what somebody said (`said`) is about us. `moved`: it shows some feeling."""
    if place.mentions_us or place.quotes_us:
        return True
    if _BOT.search(_THEIR_BOT.sub(" ", text)):
        return True
    if not place.directly_after or _TO_ANOTHER.match(text) or (not place.by_author and _ME_TOO.search(text)):
        return False
    if meaning != "other":
        return True
    return bool(_YOU.search(text)) or (moved and len(text.split()) <= SHORT)

"""Meaning: what a reply says of what we wrote: that it solved it, is wrong, too long, said before, or that we stop."""

import re
from typing import get_args

from app.domain.signal import Meaning
from app.knowledge.sentiment.phrases import ALONE, PHRASES
from app.knowledge.sentiment.tone import SARCASM, sign

PRAISES: frozenset[Meaning] = frozenset({"solved", "thanks"})
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)

_TURN = sign(
    r"""\b(?:but|however|though|although|unfortunately|edit ?:|update ?:|aber|allerdings|leider|mais|pero|porém|
    però|но|однако)\b|
    但是?|可是|不过|でも|しかし|ですが|하지만|그런데|근데"""
)
_SENTENCE = re.compile(r"[^.!?\n。！？]+[.!?。！？]*|[.!?\n。！？]+")
_ASKS = ("?", "？")
_SUPPOSED = sign(
    r"""\b(?:if|whether|once|unless|until|hope|hopefully|try|see if|let me know|should|would|might|will|wenn|ob|
    falls|si|se|если)\b[^.!?\n]*"""
)
_FOR_OTHERS = sign(
    r"""\b(?:thanks|thank you|thx|merci|danke|gracias) in advance|\bthanks,? (?:advance|all|everyone|guys|team)|
    \b(?:thanks|thank you|thx)(?: \w+)?,? for (?:\w+ ){0,2}(?:report|open|fil|submit|rais|contribut|patience|pull|
    prs?\b|issue|bug|patch|fix|merg|review|maintain|software|library|project|tool)\w*"""
)
_ALONE_WORDS = 3
_EDGES = " \t\n.,;:!?…'\"*_()[]。，！？、"


def meaning_of(text: str) -> Meaning:
    """Of what somebody said (`said`). After a "but" people say what they mean; a thank-you says little by itself."""
    alone = _alone(text)
    if alone:
        return alone
    *_, last = _TURN.split(text)
    turned = _first(last) if last != text else "other"
    found = turned if turned not in ("thanks", "other") else _first(text)
    return "other" if found in PRAISES and SARCASM.search(text) else found


def _alone(text: str) -> Meaning | None:
    words = text.strip(_EDGES).lower()
    if len(words.split()) > _ALONE_WORDS:
        return None
    named = [word.strip(_EDGES) for word in words.split() if not word.startswith("@")]
    sole = named[0] if len(named) == 1 else " ".join(named)
    return ALONE.get(sole) or ALONE.get(sole.replace("\ufe0f", ""))


def _first(text: str) -> Meaning:
    stated = "".join(one for one in _SENTENCE.findall(text) if not one.endswith(_ASKS))
    settled = _FOR_OTHERS.sub(" ", _SUPPOSED.sub(" ", stated))
    for meaning, pattern in PHRASES.items():
        if pattern.search(settled if meaning in PRAISES else stated if meaning == "wrong" else text):
            return meaning
    return "other"

"""Demotion: a skill that people keep finding wrong in a repository stops writing by itself and drafts instead.

Nobody has to notice: the conclusions about its runs under the prompt that is live are read as bets against the claim
that at most `TOLERATED` of them are bad. When the evidence is strong it drafts; drafts that people accept are good
conclusions, so they bring it back, and so does a new prompt, about which nothing bad is known yet.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import get_args

from scipy.special import betainc, betaln

from app.domain.decision import SkillName
from app.ports.listening import HeardSignal, SignalFilter
from app.teammate.listen.weigh import conclude
from app.teammate.parts import Parts

TOLERATED = 0.25
"""Of the runs of which people say anything."""
SURE = 20.0
"""At most one skill in twenty that deserves its trust is ever demoted."""
MEMORY = timedelta(days=90)
MOST_SIGNALS = 2_000


@dataclass(frozen=True, slots=True)
class Standing:
    """`bad` of `judged` runs, since it was last trusted."""

    demoted: bool = False
    bad: int = 0
    judged: int = 0


def standing(verdicts: Iterable[bool]) -> Standing:
    """Of runs in the order in which they were judged, True for bad."""
    now = Standing()
    for bad in verdicts:
        now = Standing(now.demoted, now.bad + bad, now.judged + 1)
        evidence = evidence_against(now.bad, now.judged)
        if not now.demoted and evidence >= SURE:
            now = Standing(True, now.bad, now.judged)
        elif now.demoted and evidence <= 1:
            now = Standing()
    return now


def evidence_against(bad: int, judged: int, tolerated: float = TOLERATED) -> float:
    """How many times as likely so many bad ones are if more than `tolerated` are bad, all such shares being alike.

    A test supermartingale for every share up to `tolerated`, so by Ville's inequality it ever exceeds 1/a with a
    probability of at most a, however often one looks (Robbins 1970; Ramdas et al., Statistical Science 2023).
    """
    good = judged - bad
    above = 1.0 - float(betainc(bad + 1, good + 1, tolerated))
    if above <= 0:
        return 0.0
    average = float(betaln(bad + 1, good + 1)) + math.log(above) - math.log1p(-tolerated)
    return math.exp(min(average - bad * math.log(tolerated) - good * math.log1p(-tolerated), 700.0))


async def demoted(parts: Parts, repository_id: int, thread_key: str) -> frozenset[SkillName]:
    """Skills that may only draft in this repository, for what people said of them under the prompts live there."""
    since = parts.clock.now() - MEMORY
    heard = await parts.signals.heard(SignalFilter(repository_id=repository_id, since=since), limit=MOST_SIGNALS)
    names = [name for name in get_args(SkillName) if any(one.skill == name for one in heard)]
    live = {name: parts.prompts.live(name, thread_key).digest for name in names}
    return frozenset(name for name in names if standing(_verdicts(heard, name, live[name])).demoted)


def _verdicts(heard: Iterable[HeardSignal], skill: SkillName, digest: str) -> list[bool]:
    """Whether each judged run was bad, in the order of the last word on it."""
    ours = [one for one in heard if one.skill == skill and one.prompt_digest == digest]
    ours.sort(key=lambda one: one.signal.run_id)
    judged = []
    for _, group in groupby(ours, key=lambda one: one.signal.run_id):
        signals = [one.signal for one in group if one.signal.actor]
        conclusion = conclude(signals)
        if conclusion.polarity != "neutral":
            judged.append((max(signal.at for signal in signals), conclusion.polarity == "bad"))
    return [bad for _, bad in sorted(judged)]

"""Weigh: what all signals of one run together say of it. Pure.

One vote per person and item (an effect, or the run where a signal is about none), the newest decides. Insiders decide
which way: outsiders can only add to what an insider says, or speak where none has, and a thousand of them weigh half of
one maintainer. So nobody gains anything by inventing people, and what they say never becomes an expected answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.domain.act import Role
from app.domain.failure import ModeName
from app.domain.signal import Polarity, Signal, SignalKind, Wanted

WEIGHTS: dict[Role, float] = {"owner": 1.0, "maintainer": 1.0, "triager": 0.8, "author": 0.6, "outsider": 0.1}
OUTSIDERS_MOST = 0.5
"""All outsiders together."""
MEASURED: dict[SignalKind, float] = {
    "error": 1.0,
    "slow": 1.0,
    "costly": 1.0,
    "off_topic": 0.6,
    "unsupported": 0.3,
    "refused": 0.3,
}
"""What we measured ourselves needs nobody's word where it is a fact, and somebody's where it is an estimate."""
ENOUGH = 1.0
"""From this weight on a bad conclusion proposes a case."""
_IMPLIED: frozenset[SignalKind] = frozenset({"label_kept", "closed_completed"})
"""What somebody says by leaving things as they are; what they did beside it says more."""
_LISTED = 20
"""Signals that a conclusion names."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`weight` is that of the side that won. `signals` are the ids of what speaks for it. `wanted` is what insiders did
    instead, None where none of them said.
    """

    polarity: Polarity
    weight: float
    mode: ModeName | None
    wanted: Wanted | None
    signals: tuple[Signal, ...]

    @property
    def proposes(self) -> bool:
        return self.polarity == "bad" and self.weight >= ENOUGH


NOTHING = Conclusion("neutral", 0.0, None, None, ())


def conclude(signals: Iterable[Signal]) -> Conclusion:
    """Of one run: the weightiest of what is said about each of its items, and in doubt the bad."""
    counted = [signal for signal in signals if signal.withdrawn_at is None and signal.polarity != "neutral"]
    items = sorted(counted, key=_item)
    found = [_of_item(list(group)) for _, group in groupby(items, key=_item)]
    return max(found, key=lambda one: (one.proposes, one.weight, one.polarity == "bad"), default=NOTHING)


def _item(signal: Signal) -> tuple[bool, int]:
    """What we measured is an item of its own: nobody's praise makes a run faster."""
    return not signal.actor, 0 if not signal.actor else signal.effect_id or 0


def _of_item(signals: Sequence[Signal]) -> Conclusion:
    if not signals[0].actor:
        return _of_measures(signals)
    votes = _votes(signals)
    inside = [vote for vote in votes if _is_insider(vote)]
    good, bad = (sum(map(_weight, inside_of)) for inside_of in (_side(inside, "good"), _side(inside, "bad")))
    outside = [vote for vote in votes if not _is_insider(vote)]
    if inside:
        polarity: Polarity = "bad" if bad > good else "good" if good > bad else "neutral"
    else:
        balance = len(_side(outside, "bad")) - len(_side(outside, "good"))
        polarity = "bad" if balance > 0 else "good" if balance < 0 else "neutral"
    if polarity == "neutral":
        return NOTHING
    agreeing = _side(outside, polarity)
    crowd = min(OUTSIDERS_MOST, sum(map(_weight, agreeing)))
    winners = [*_side(inside, polarity), *agreeing]
    people = {vote.actor.casefold() for vote in winners}
    speaking = [one for one in signals if one.polarity == polarity and one.actor.casefold() in people]
    return _concluded(polarity, (bad if polarity == "bad" else good) + crowd, speaking)


def _of_measures(signals: Sequence[Signal]) -> Conclusion:
    """Bad ones; that something stood for a week by itself is good and weighs nothing."""
    bad = _side(signals, "bad")
    heaviest = max((MEASURED.get(one.kind, 0.0) for one in bad), default=0.0)
    return _concluded("bad" if bad else "good", heaviest, bad or list(signals))


def _concluded(polarity: Polarity, weight: float, speaking: Sequence[Signal]) -> Conclusion:
    ordered = sorted(speaking, key=lambda one: (-_weight(one), -one.at.timestamp(), one.id))
    trusted = [one for one in ordered if _is_insider(one) or not one.actor] or ordered
    return Conclusion(
        polarity=polarity,
        weight=round(weight, 6),
        mode=next((one.mode for one in trusted if one.mode is not None), None),
        wanted=_wanted([one.wanted for one in ordered if one.wanted is not None and _is_insider(one)]),
        signals=tuple(ordered[:_LISTED]),
    )


def _votes(signals: Sequence[Signal]) -> list[Signal]:
    """Each person's newest; what is only implied counts where they did nothing else."""
    newest: dict[str, Signal] = {}
    for signal in sorted(signals, key=lambda one: (one.kind not in _IMPLIED, one.at, one.id)):
        newest[signal.actor.casefold()] = signal
    return list(newest.values())


def _side(votes: Sequence[Signal], polarity: Polarity) -> list[Signal]:
    return [vote for vote in votes if vote.polarity == polarity]


def _is_insider(vote: Signal) -> bool:
    return vote.role is not None and vote.role != "outsider"


def _weight(vote: Signal) -> float:
    return WEIGHTS[vote.role or "outsider"] if vote.actor else MEASURED.get(vote.kind, 0.0)


def _wanted(told: Sequence[Wanted]) -> Wanted | None:
    """All of it together; where two disagree, the weightier, who comes first."""
    if not told:
        return None
    on = dict.fromkeys(name for one in told for name in one.labels_on)
    off = dict.fromkeys(name for one in told for name in one.labels_off if name not in on)
    return Wanted(
        labels_on=tuple(on),
        labels_off=tuple(off),
        duplicate_of=next((one.duplicate_of for one in told if one.duplicate_of is not None), None),
        not_duplicate_of=next((one.not_duplicate_of for one in told if one.not_duplicate_of is not None), None),
        silence=any(one.silence for one in told) and not any(one.body for one in told),
        body=next((one.body for one in told if one.body), ""),
    )

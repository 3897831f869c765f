"""Record: signals as they are kept: with the role of who gave them, the failure they show, and nobody's words without
consent. After it every run concerned is weighed anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from app.domain.act import Role
from app.domain.signal import Meaning, Signal
from app.domain.thread import ThreadRef
from app.knowledge.failures.rules import mode_of
from app.ports.listening import PastRun
from app.teammate.commands.roles import role_of
from app.teammate.listen.consent import Keeper
from app.teammate.listen.weigh import Conclusion, conclude
from app.teammate.parts import Parts

log = structlog.get_logger("teammate.listen")

LOOKUPS = 20
"""Of one listening. Who is left over is asked for the next time: nobody makes us spend the rate limit on a crowd."""


@dataclass(slots=True)
class Roles:
    """Who somebody is on one thread, asked of GitHub once for each person, and of not more than `LOOKUPS` people."""

    parts: Parts
    ref: ThreadRef
    author: str
    known: dict[str, Role] = field(default_factory=dict)

    async def of(self, login: str) -> Role | None:
        """None where too many people were asked for already. Raises GitHubError."""
        name = login.casefold()
        if name not in self.known:
            if len(self.known) >= LOOKUPS:
                return None
            permission = await self.parts.reader.permission(self.ref.repository, login)
            owner = self.ref.repository.name.partition("/")[0]
            self.known[name] = role_of(permission, login=login, author=self.author, owner=owner)
        return self.known[name]


async def record(
    parts: Parts, roles: Roles, signals: Sequence[Signal], runs: Mapping[int, PastRun], said: Mapping[str, Meaning]
) -> tuple[list[str], int]:
    """Keep these; the ids of those that are new, and how many were left for another time because nobody could be asked
    who gave them. `said` is what replies mean, by the id of their signal.
    """
    kept: list[Signal] = []
    left = 0
    for signal in signals:
        run = runs.get(signal.run_id)
        if run is None:
            continue
        role = signal.role or (await roles.of(signal.actor) if signal.actor else None)
        if signal.actor and role is None:
            left += 1
            continue
        mode = mode_of(signal, run.record, said=said.get(signal.id)) if signal.polarity == "bad" else None
        keeper = Keeper.of(run.record, parts.marker_key, parts.secrets)
        kept.append(keeper.keep(signal.model_copy(update={"role": role, "mode": mode})))
    new = await parts.signals.record(roles.ref, kept)
    for signal in kept:
        if signal.id in new:
            log.info("heard", kind=signal.kind, polarity=signal.polarity, mode=signal.mode, run=signal.run_id)
    return new, left


async def weigh(parts: Parts, ref: ThreadRef, run_ids: Sequence[int]) -> dict[int, Conclusion]:
    """What all signals together say of each of these runs. Doing it again changes nothing, so that a crash between
    recording and weighing loses nothing: whoever listens next weighs again.
    """
    signals = await parts.signals.of_thread(ref)
    found = {run_id: conclude([one for one in signals if one.run_id == run_id]) for run_id in dict.fromkeys(run_ids)}
    for run_id, conclusion in found.items():
        if conclusion.proposes:
            log.info("judged_wrong", run=run_id, weight=conclusion.weight, mode=conclusion.mode)
    return found

"""Poll: look at what GitHub sends no event for, the reactions to our comments, and at what time alone changes.

Each effect is looked at on its own schedule (`timing`), with conditional requests: an unchanged answer costs nothing of
the rate limit. No installation is asked more than so often in a minute, nor when little of its hour is left. Source:
docs.github.com, "Best practices for using the REST API".
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from app.domain.signal import Polarity, Signal
from app.domain.work import listen_order
from app.errors import GitHubError
from app.ports import Reaction, Reactions, Watched
from app.teammate.listen.consent import Keeper
from app.teammate.listen.hear import is_gone, judge
from app.teammate.listen.record import Roles, record
from app.teammate.listen.scene import a_signal
from app.teammate.listen.timing import FIRST, closes_a_window, next_look
from app.teammate.parts import Parts

log = structlog.get_logger("teammate.poll")

AT_ONCE = 500
SOON = timedelta(minutes=1)
AFTER_FAILURE = timedelta(minutes=10)
SAYS: Mapping[str, Polarity] = {
    "+1": "good",
    "heart": "good",
    "hooray": "good",
    "rocket": "good",
    "-1": "bad",
    "confused": "bad",
    "laugh": "neutral",
    "eyes": "neutral",
}


@dataclass(slots=True)
class Round:
    """One round of looks: what it may still ask of each installation, and what came of it."""

    now: datetime
    asked: Counter[int] = field(default_factory=Counter)
    exhausted: set[int] = field(default_factory=set)
    looks: int = 0
    unchanged: int = 0
    new: int = 0
    withdrawn: int = 0


async def poll_reactions(parts: Parts) -> Round:
    """One round over all that is due. A look that fails is tried again later and hinders no other."""
    now = parts.clock.now()
    await parts.watches.watch_new(now, parts.listening.eager or FIRST)
    done = Round(now)
    for watched in await parts.watches.due(now, AT_ONCE):
        installation = watched.thread.repository.installation_id
        may_ask = installation not in done.exhausted and done.asked[installation] < parts.listening.looks_per_round
        if watched.remote_id and not may_ask:
            continue  # it comes again in a minute by itself
        with structlog.contextvars.bound_contextvars(effect=watched.effect_id, thread=watched.thread.key):
            await _look(parts, watched, done)
    if done.looks:
        counts = {name: getattr(done, name) for name in ("looks", "unchanged", "new", "withdrawn")}
        log.info("reactions_polled", **counts, exhausted=sorted(done.exhausted))
    return done


async def _look(parts: Parts, watched: Watched, done: Round) -> None:
    if closes_a_window(watched.done_at, watched.due_at, done.now):
        await parts.queue.order([listen_order(watched.thread, "look")])
    after, at = replace(watched, looks=watched.looks + 1), next_look(watched.done_at, done.now, parts.listening.eager)
    if watched.remote_id:
        done.asked[watched.thread.repository.installation_id] += 1
        done.looks += 1
        try:
            found = await parts.reader.reactions(watched.thread, watched.remote_id, watched.etag)
            after, left = await _seen(parts, after, found, done)
            at = min(at or done.now + SOON, done.now + SOON) if left else at
        except GitHubError as error:
            if is_gone(error):
                await parts.queue.order([listen_order(watched.thread, "look")])
                at = None
            else:
                log.warning("could_not_look", error=str(error))
                at = min(at or done.now + AFTER_FAILURE, done.now + AFTER_FAILURE)
    await parts.watches.looked(after, at)


async def _seen(parts: Parts, watched: Watched, found: Reactions | None, done: Round) -> tuple[Watched, int]:
    """The watch as it is to be kept, and how many reactions were left for another look."""
    if found is None:
        done.unchanged += 1
        return replace(watched, unchanged=watched.unchanged + 1), 0
    if found.remaining is not None and found.remaining < parts.listening.reserve:
        done.exhausted.add(watched.thread.repository.installation_id)
    runs = {run.id: run for run in await parts.signals.runs(watched.thread)}
    run = runs.get(watched.run_id)
    if run is None:
        return watched, 0
    keeper = Keeper.of(run.record, parts.marker_key, parts.secrets)
    people = [one for one in found.found if not one.is_bot and one.login != parts.app_login]
    here = {(keeper.name(one.login), one.content) for one in people}
    known = {(one.login, one.content) for one in watched.known}
    fresh = [one for one in people if (keeper.name(one.login), one.content) not in known]
    roles = Roles(parts, watched.thread, run.record.snapshot.author)
    new, _ = await record(parts, roles, [_signal(watched, one, keeper) for one in fresh], {run.id: run}, {})
    left = [one for one in fresh if one.login.casefold() not in roles.known]  # too many to look them all up
    gone = [one for one in watched.known if (one.login, one.content) not in here]
    await parts.signals.withdraw(watched.thread, [_id(watched, one.login, one.content) for one in gone], done.now)
    done.new, done.withdrawn = done.new + len(new), done.withdrawn + len(gone)
    if fresh or gone:
        await judge(parts, watched.thread, [run.id])
    kept = tuple(
        replace(one, login=keeper.name(one.login)) for one in people if one.id not in {other.id for other in left}
    )
    return replace(watched, known=kept, etag="" if left else found.etag), len(left)


def _signal(watched: Watched, reaction: Reaction, keeper: Keeper) -> Signal:
    about = _id(watched, keeper.name(reaction.login), reaction.content).removeprefix("reaction:")
    polarity = SAYS.get(reaction.content, "neutral")
    signal = a_signal("reaction", about, watched.run_id, polarity, reaction.at, actor=reaction.login)
    return signal.model_copy(update={"effect_id": watched.effect_id, "text": reaction.content})


def _id(watched: Watched, name: str, content: str) -> str:
    return f"reaction:{watched.remote_id}:{name}:{content}"

"""People on a playground, a teammate in memory, and what it has heard of them."""

from dataclasses import dataclass
from datetime import timedelta

from app.domain.signal import Signal, SignalKind
from app.playground.model import Comment, Thread
from app.teammate.listen.poll import Round, poll_reactions
from tests.manners.scene import LOUD, REPOSITORY, TEAM, Scene

LEARNING = f"{LOUD}data: {{learn: true}}\n"
QUIET: frozenset[SignalKind] = frozenset({"label_kept", "survived", "comment_quoted"})
"""What comes of time alone, or says nothing."""


@dataclass
class Hearing(Scene):
    """A Scene whose repository lets us learn."""

    settings: str = LEARNING
    listens: bool = True

    async def answered(self, **words: str) -> Thread:
        """A question with our label and our answer."""
        thread = self.open(**words)
        await self.settle()
        assert self.labels(thread) == {"question"}
        assert len(self.comments(thread)) == 1
        return thread

    async def heard(self, thread: Thread, *kinds: SignalKind) -> list[Signal]:
        """What counts of this thread; of these kinds only, where any are named."""
        found = await self.house.signals.of_thread(self.ref(thread))
        return [
            one
            for one in found
            if one.withdrawn_at is None and (one.kind in kinds if kinds else one.actor and one.kind not in QUIET)
        ]

    async def only(self, thread: Thread) -> Signal:
        """The one thing that people did."""
        [signal] = await self.heard(thread)
        return signal

    def ours(self, thread: Thread) -> Comment:
        return self.comments(thread)[0]

    def react(self, thread: Thread, content: str, *actors: str) -> None:
        for actor in actors or (TEAM,):
            self.hub.react(actor=actor, repo=REPOSITORY, content=content, comment=self.ours(thread).id)  # type: ignore[arg-type]

    def unreact(self, thread: Thread, *actors: str) -> None:
        for one in [one for one in self.ours(thread).reactions if one.author in (actors or (TEAM,))]:
            self.hub.unreact(repo=REPOSITORY, reaction=one.id, comment=self.ours(thread).id)

    async def look(self, after: timedelta = timedelta(minutes=1)) -> Round:
        """Time passes, and reactions are looked for."""
        self.house.clock.advance(after.total_seconds())
        done = await poll_reactions(self.parts)
        await self.settle(within=timedelta(0))
        return done

    async def wait(self, *steps: timedelta) -> None:
        for step in steps:
            await self.look(step)

"""A thread, the real publisher, and people who act in between."""

from dataclasses import dataclass, replace

from app.domain.act import Act, Stance
from app.domain.effect import EffectPayload, WriteAnswer
from app.domain.thread import ThreadRef
from app.teammate.publish import publish_next
from tests.fakes.publisher import THREAD, a_comment
from tests.teammate.publishing import Publishing

LOST = WriteAnswer(None, "timed out")
DISCUSSION = ThreadRef(THREAD.repository, "discussion", 13)


@dataclass
class World(Publishing):
    @property
    def labels(self) -> list[str]:
        return self.github.labels[THREAD.key]

    @property
    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.github.writes]

    def edit(self, body: str) -> None:
        [comment] = self.github.comments[THREAD.key]
        self.github.comments[THREAD.key] = [comment.model_copy(update={"body": body})]

    def sets(self, name: str, actor: str = "ada") -> None:
        self.clock.advance(1)
        self.labels.append(name)
        self.github.act(THREAD, "labeled", actor=actor, subject=name)

    def removes(self, name: str, actor: str = "ada") -> None:
        self.clock.advance(1)
        if name in self.labels:
            self.labels.remove(name)
        self.github.act(THREAD, "unlabeled", actor=actor, subject=name)

    async def commands(self, comment: int) -> None:
        self.clock.advance(1)
        act = Act(id=f"command:{comment}:0", kind="command", actor="ada", by="person", at=self.clock.now())
        await self.parts.ledger.record(THREAD, [act])

    async def says(self, **stance: object) -> None:
        await self.parts.ledger.set_stance(THREAD, Stance.model_validate({"by": "ada", **stance}))

    async def publish(self, seconds: int = 120) -> None:
        """Whatever becomes due within this time."""
        for _ in range(seconds):
            while await publish_next(self.parts):
                pass
            self.clock.advance(1)

    async def undo(self, row: int, payload: EffectPayload) -> None:
        undo = replace(a_comment(why=f"undo:{row}"), payload=payload)
        self.outbox.plan([undo])
        await self.publish()


def a_world() -> World:
    return World.on(THREAD, DISCUSSION)


def accepted(world: World, effect_id: int) -> Act:
    return Act(
        id=f"draft:{effect_id}",
        kind="draft_accepted",
        actor="ada",
        by="person",
        subject=str(effect_id),
        at=world.clock.now(),
    )

"""A whole teammate in memory on a playground: people act through the Hub, the pipeline is the real one.

Webhooks are the Hub's own bodies, routed as the web process routes them; GitHub is the Hub behind the real adapters.
Only the store is made of fakes, and the model says whatever a test wants. Time moves when a test moves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.domain.events import parse
from app.domain.prompt import ModelRequest
from app.domain.snapshot import Passage
from app.domain.thread import RepositoryRef, ThreadRef
from app.playground.hub import Hub
from app.playground.model import Comment, DeliveryAttempt, Thread
from app.ports import Delivery
from app.teammate.attend import attend_next
from app.teammate.intake import overheard, route
from app.teammate.parts import Parts
from app.teammate.publish import publish_next
from app.teammate.sweep import sweep_duplicates
from tests.fakes.inbox import FakeInbox
from tests.fakes.parts import FakeHouse
from tests.fakes.snapshots import PASSAGE
from tests.manners.hub_github import HubGitHub, HubHttp

REPOSITORY, TEAM, AUTHOR, OUTSIDER = "acme/tool", "grace", "ada", "mallory"
LABELS = ("bug", "question", "documentation", "duplicate", "needs-info", "plumbline:pause", "priority: high")
QUESTION = "How do I rotate the webhook secret?"
LOUD = """\
mode: auto
duplicates: {mode: auto}
needs_info: {mode: auto}
hold_minutes: 0
notify: {per_person: 1000, per_hour: 1000}
budget: {usd_per_day: 1000, usd_per_thread: 100, calls_per_person: 1000}
"""
"""Everything on and nothing held back: what is left to stop the teammate is what people do."""
SETTINGS = ".github/plumbline.yml"


@dataclass
class Scene:
    """One repository of `acme`, where grace maintains; the App is installed before anybody speaks. Unless it `listens`,
    it does not hear what people made of what it did, which changes nothing that they see.
    """

    settings: str = LOUD
    house: FakeHouse = field(default_factory=FakeHouse)
    listens: bool = False
    hub: Hub = field(init=False)
    http: HubHttp = field(init=False)
    parts: Parts = field(init=False)
    inbox: FakeInbox = field(init=False)

    def __post_init__(self) -> None:
        clock = self.house.clock
        self.hub = Hub(clock=lambda: clock.now().timestamp())
        self.hub.base_url, self.hub.webhook_url = "https://github.com", "memory:"
        self.repository = self.hub.add_repository(
            REPOSITORY, files={SETTINGS: self.settings}, labels=LABELS, owner="linus", roles={TEAM: "maintainer"}
        )
        self.installation = self.hub.install(account="acme", actor="linus")
        self.post()
        github = HubGitHub(self.hub)
        self.http = github.http
        self.house.outbox.write_interval_s, self.house.outbox.writes_per_hour = 0.0, 1_000_000
        self.inbox = FakeInbox(self.house.queue)
        self.parts = replace(self.house.parts, reader=github, writer=github, app_login=self.us)
        self.knows(PASSAGE)

    def knows(self, passage: Passage) -> None:
        """What the documentation says, as if it had been indexed."""
        head = self.repository.branches["main"]
        url = f"https://github.com/{REPOSITORY}/blob/{head}/{passage.path}#L{passage.start}-L{passage.end}"
        self.house.library.commits[self.repository.id] = head
        self.house.library.passages[self.repository.id] = (passage.model_copy(update={"commit": head, "url": url}),)

    @property
    def us(self) -> str:
        return self.hub.state.app.login

    # --- people

    def open(self, title: str = QUESTION, body: str = "", *, actor: str = AUTHOR, labels: Sequence[str] = ()) -> Thread:
        """An issue, a second after whatever was before: GitHub tells whole seconds."""
        self.house.clock.advance(1)
        return self.hub.open_thread(actor=actor, repo=REPOSITORY, title=title, body=body, labels=labels)

    def say(self, thread: Thread, body: str, *, actor: str = TEAM) -> Comment:
        return self.hub.comment(actor=actor, repo=REPOSITORY, number=thread.number, body=body)

    async def tell(self, thread: Thread, words: str, *, actor: str = TEAM) -> Comment:
        """Somebody commands something, and it is done."""
        said = self.say(thread, f"@plumbline {words}", actor=actor)
        await self.settle()
        return said

    def edit(self, thread: Thread, body: str, *, actor: str = AUTHOR, title: str | None = None) -> None:
        self.hub.edit_thread(actor=actor, repo=REPOSITORY, number=thread.number, body=body, title=title)

    def label(self, thread: Thread, *names: str, actor: str = TEAM) -> None:
        self.hub.add_labels(actor=actor, repo=REPOSITORY, number=thread.number, names=names)

    def unlabel(self, thread: Thread, name: str, *, actor: str = TEAM) -> None:
        self.hub.remove_label(actor=actor, repo=REPOSITORY, number=thread.number, name=name)

    # --- what can be seen

    def ref(self, thread: Thread) -> ThreadRef:
        repository = RepositoryRef(self.installation.id, self.repository.id, self.repository.full_name)
        return ThreadRef(repository, thread.kind, thread.number)

    def labels(self, thread: Thread) -> set[str]:
        return {self.repository.labels[one].name for one in thread.labels}

    def comments(self, thread: Thread) -> list[Comment]:
        """Ours that stand on the thread."""
        listed = (self.repository.comments[one] for one in thread.comments)
        return [one for one in listed if one.author == self.us]

    def reactions(self, comment: Comment) -> set[str]:
        """How we reacted to a comment."""
        return {one.content for one in comment.reactions if one.author == self.us}

    def asked(self) -> list[ModelRequest]:
        """Every call of a model."""
        return self.house.model.requests

    def reasons(self) -> list[str]:
        """Why effects were not written."""
        return [row.reason for row in self.house.outbox.rows.values() if row.reason]

    # --- the teammate

    def post(self) -> list[DeliveryAttempt]:
        """The webhooks that GitHub has ready, taken out of its hands."""
        ready = [self.hub.outgoing.get_nowait() for _ in range(self.hub.outgoing.qsize())]
        self.hub.state.deliveries.clear()
        return ready

    async def deliver(self, *attempts: DeliveryAttempt) -> None:
        for one in attempts:
            hook = parse(one.event, one.payload)
            order = route(one.event, hook, handle=self.parts.handle)
            listen = overheard(one.event, hook, handle=self.parts.handle)
            heard = (one.guid, one.event, hook.action, hook.installation_id, one.payload, order, listen)
            await self.inbox.add([Delivery(*heard)])

    async def attend(self) -> None:
        self._turn_away()
        while await attend_next(self.parts):
            self._turn_away()

    def _turn_away(self) -> None:
        for work in self.house.queue.rows.values():
            if work.order.kind == "listen" and not self.listens:
                work.state = "done"

    async def publish(self) -> None:
        while await publish_next(self.parts):
            pass

    async def settle(self, *, within: timedelta = timedelta(minutes=10)) -> None:
        """Deliver, decide and write until nothing is left that is due within so long; time moves as needed."""
        end = self.parts.clock.now() + within
        while True:
            await self.deliver(*self.post())
            await self.attend()
            await self.publish()
            await sweep_duplicates(self.parts)
            if self.hub.outgoing.qsize():
                continue
            due = self._next()
            if due is None or due > end:
                return
            self.house.clock.advance(max((due - self.parts.clock.now()).total_seconds(), 0.001))
            await self.house.queue.expire()

    def _next(self) -> datetime | None:
        """When something is due next."""
        works = (one.not_before for one in self.house.queue.rows.values() if one.state == "planned")
        leased = (one.lease_until for one in self.house.queue.rows.values() if one.state == "leased")
        rows = self.house.outbox.rows.values()
        effects = (one.lease_until or one.not_before for one in rows if one.state in ("planned", "sending", "unknown"))
        return min((at for at in (*works, *leased, *effects) if at is not None), default=None)

    async def pass_time(self, **much: float) -> None:
        """Time goes by, and what is due in it is done."""
        end = self.parts.clock.now() + timedelta(**much)
        await self.settle(within=timedelta(**much))
        self.house.clock.advance(max((end - self.parts.clock.now()).total_seconds(), 0.0))
        await self.settle(within=timedelta(0))

"""A whole worker out of fakes: one repository with a documented page, one issue that asks about it.

The thread is `THREAD`, triage finds `question`, the answer quotes the page, and the settings say `auto`.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from app.domain.decision import (
    AnswerDecision,
    Claim,
    Decision,
    DuplicatesDecision,
    LabelProposal,
    NeedsInfoDecision,
    PullRequestDecision,
    SkillName,
    TriageDecision,
)
from app.domain.prompt import PromptVersion
from app.domain.snapshot import Snapshot
from app.domain.thread import Comment, Repository, RepositoryRef, Thread, ThreadKind, ThreadRef
from app.domain.work import Lease, WorkOrder, thread_order
from app.ports import Embedder, InstallationInfo
from app.teammate.gather import SETTINGS_PATH
from app.teammate.parts import ListenLimits, Parts
from tests.fakes import publisher
from tests.fakes.bell import FakeBell
from tests.fakes.budget import FakeBudget
from tests.fakes.cases import FakeCases, FakeErasures
from tests.fakes.clock import START
from tests.fakes.github import FakeGitHub
from tests.fakes.history import FakeHistory
from tests.fakes.installations import FakeInstallations
from tests.fakes.label_models import FakeLabelModels
from tests.fakes.ledger import FakeLedger
from tests.fakes.library import FakeLibrary
from tests.fakes.model import FakeModel
from tests.fakes.outbox import FakeOutbox
from tests.fakes.papers import FakePapers
from tests.fakes.prompts import FakePrompts
from tests.fakes.signals import FakeSignals
from tests.fakes.snapshots import LABELS, PASSAGE
from tests.fakes.threads import FakeThreads
from tests.fakes.tracer import FakeTracer
from tests.fakes.tuned import FakeTunedModels
from tests.fakes.waiting_clock import WaitingClock
from tests.fakes.watches import FakeWatches
from tests.fakes.work_queue import FakeWorkQueue, Work

INSTALLATION = 7
REPOSITORY = RepositoryRef(INSTALLATION, 840, "ada/engine")
THREAD = ThreadRef(REPOSITORY, "issue", 12)
ACCOUNT = InstallationInfo(INSTALLATION, "ada", suspended=False)

TRIAGE = TriageDecision(labels=(LabelProposal(name="question", confidence=0.9, rationale="It asks how."),))
ANSWER = AnswerDecision(
    claims=(Claim(text="Set both secrets, then restart.", passage=1, quote="Set both secrets, the new one first"),),
    confidence=0.9,
)


SILENT: dict[SkillName, Decision] = {
    "triage": TriageDecision(),
    "duplicates": DuplicatesDecision(),
    "needs-info": NeedsInfoDecision(),
    "answer": AnswerDecision(silence="The documentation does not say."),
    "pull-request": PullRequestDecision(),
}


def as_asked(prompt: PromptVersion, _: Snapshot) -> Decision:
    """A good decision of the kind that was asked for; for some kinds that is silence."""
    good: dict[SkillName, Decision] = {"triage": TRIAGE, "answer": ANSWER}
    return good.get(prompt.name, SILENT[prompt.name])


def a_thread(kind: ThreadKind = "issue", number: int = 12, **changed: Any) -> Thread:
    """The one of the tests of publishing, with a question in it."""
    words = {"title": "How do I rotate the webhook secret?", "body": "I found nothing."}
    return publisher.a_thread(ThreadRef(REPOSITORY, kind, number), **{"node_id": f"NODE_{number}", **words, **changed})


def asks(number: int, *, association: str = "NONE", body: str = "@plumbline how do I rotate the secret?") -> Comment:
    """A comment that speaks to the teammate."""
    return Comment(
        id=str(number),
        author="linus",
        author_is_bot=False,
        association=association,
        body=body,
        created_at=START,
        updated_at=START,
    )


@dataclass
class FakeHouse:
    """Every port as its fake; `parts` is what a worker gets. Replace a fake before taking `parts`."""

    clock: WaitingClock = field(default_factory=WaitingClock)
    model: FakeModel = field(default_factory=lambda: FakeModel([as_asked]))
    spare: FakeModel = field(default_factory=lambda: FakeModel([as_asked], name="local/2"))
    bell: FakeBell = field(default_factory=FakeBell)
    tracer: FakeTracer = field(default_factory=FakeTracer)
    prompts: FakePrompts = field(default_factory=FakePrompts)
    library: FakeLibrary = field(default_factory=FakeLibrary)
    threads: FakeThreads = field(default_factory=FakeThreads)
    label_models: FakeLabelModels = field(default_factory=FakeLabelModels)
    tuned_models: FakeTunedModels = field(default_factory=FakeTunedModels)
    papers: FakePapers = field(default_factory=FakePapers)
    embedder: Embedder | None = None
    worker: UUID = field(default_factory=uuid4)
    listening: ListenLimits = field(default_factory=ListenLimits)
    queue: FakeWorkQueue = field(init=False)
    outbox: FakeOutbox = field(init=False)
    ledger: FakeLedger = field(init=False)
    budget: FakeBudget = field(init=False)
    github: FakeGitHub = field(init=False)
    installations: FakeInstallations = field(init=False)
    cases: FakeCases = field(init=False)
    erasures: FakeErasures = field(init=False)
    signals: FakeSignals = field(init=False)
    watches: FakeWatches = field(init=False)

    def __post_init__(self) -> None:
        self.outbox = FakeOutbox(self.clock.now)
        self.queue = FakeWorkQueue(self.clock.now, outbox=self.outbox)
        self.ledger = FakeLedger(self.outbox, self.queue.runs)
        self.budget = FakeBudget(self.clock.now)
        self.github = FakeGitHub(self.clock)
        self.installations = FakeInstallations(self.clock.now)
        self.cases = FakeCases(self.clock.now)
        self.erasures = FakeErasures(self.clock.now)
        self.signals = FakeSignals(self.clock.now, self.ledger)
        self.watches = FakeWatches(self.outbox)
        self.library.commits[REPOSITORY.repository_id] = PASSAGE.commit
        self.library.passages[REPOSITORY.repository_id] = (PASSAGE,)
        self.github.repositories[REPOSITORY.repository_id] = Repository(
            name=REPOSITORY.name,
            private=False,
            archived=False,
            default_branch="main",
            head=PASSAGE.commit,
            labels=LABELS,
            web_url=f"https://github.com/{REPOSITORY.name}",
        )
        self.github.add_thread(THREAD, a_thread())
        self.settings("mode: auto\nduplicates: {mode: auto}\nneeds_info: {mode: auto}\nhold_minutes: 0")

    def settings(self, text: str) -> None:
        self.github.files[REPOSITORY.repository_id, SETTINGS_PATH] = text

    @property
    def parts(self) -> Parts:
        return Parts(
            worker=self.worker,
            clock=self.clock,
            bell=self.bell,
            queue=self.queue,
            outbox=self.outbox,
            ledger=self.ledger,
            budget=self.budget,
            history=FakeHistory(self.queue),
            installations=self.installations,
            library=self.library,
            threads=self.threads,
            label_models=self.label_models,
            tuned_models=self.tuned_models,
            papers=self.papers,
            cases=self.cases,
            erasures=self.erasures,
            signals=self.signals,
            watches=self.watches,
            embedder=self.embedder,
            reader=self.github,
            writer=self.github,
            model=self.model,
            spare=self.spare,
            prompts=self.prompts,
            tracer=self.tracer,
            marker_key=b"k" * 32,
            app_login="plumbline[bot]",
            handle="plumbline",
            web_origin="https://github.com",
            secrets=("hunter2-hunter2",),
            reconcile_after_s=45.0,
            listening=self.listening,
        )

    def plan(self, *triggers: str, thread: ThreadRef = THREAD) -> Work:
        """Work on a thread, as deliveries would have planned it."""
        for trigger in triggers or ("body",):
            row = self.queue.plan(thread_order(thread, trigger))
        return row

    def plan_installation(self, *triggers: str) -> Work:
        for trigger in triggers:
            row = self.queue.plan(WorkOrder(f"installation:{INSTALLATION}", "installation", trigger, INSTALLATION))
        return row

    @property
    def wrote_nothing(self) -> bool:
        """No run recorded or told of, no effect planned or rung for."""
        return not (self.queue.runs or self.queue.planned or self.tracer.told or self.bell.rung_effects)

    async def lease(self) -> Lease:
        taken = await self.queue.claim(self.worker)
        assert taken is not None
        return taken

"""Signal: what somebody then did about one thing we did, or what we ourselves measured of it.

A signal is tied to exactly one run. Its `id` says what happened, not when we heard of it, so the same fact that comes
twice, late or in another order is one signal.
"""

from datetime import datetime
from typing import Literal

from app.domain.act import Role
from app.domain.failure import ModeName
from app.domain.thread import Frozen

Polarity = Literal["good", "neutral", "bad"]
ActSignal = Literal[
    "reaction",
    "reply",
    "label_removed",
    "label_replaced",
    "label_added",
    "label_kept",
    "duplicate_confirmed",
    "duplicate_contradicted",
    "comment_edited",
    "comment_hidden",
    "comment_deleted",
    "comment_quoted",
    "closed_completed",
    "closed_not_planned",
    "reopened",
    "converted",
    "transferred",
    "draft_accepted",
    "draft_edited",
    "draft_declined",
    "undo",
    "stop",
    "survived",
]
"""What people did. `label_added`: one that we did not set. `survived`: it stood for seven days."""
OwnSignal = Literal["error", "slow", "costly", "abstained", "refused", "off_topic", "unsupported"]
"""What we measured ourselves. `unsupported`: claims that the guard dropped."""
SignalKind = Literal[ActSignal, OwnSignal]
Sentiment = Literal["negative", "neutral", "positive"]
Meaning = Literal["solved", "thanks", "wrong", "irrelevant", "verbose", "hallucination", "repeated", "stop", "other"]
"""What a reply says of what we wrote."""
Class = Literal["good", "irrelevant", "incorrect", "verbose", "hallucination", "other"]
"""The six classes of feedback that people know from Dosu; `MEANS` maps onto them."""
MEANS: dict[Meaning, Class] = {
    "solved": "good",
    "thanks": "good",
    "wrong": "incorrect",
    "irrelevant": "irrelevant",
    "verbose": "verbose",
    "hallucination": "hallucination",
    "repeated": "verbose",
    "stop": "other",
    "other": "other",
}
Window = Literal["10m", "1h", "1d", "7d"]
"""After which an effect is looked at again: does it still stand?"""
Fate = Literal["stands", "undone", "censored"]
"""censored: nobody can know, because the thread moved, a bot or a bulk edit did it, or the window is open."""


class Wanted(Frozen):
    """What a person did instead, as far as the act tells it: the expected answer of an exam question."""

    labels_on: tuple[str, ...] = ()
    labels_off: tuple[str, ...] = ()
    duplicate_of: int | None = None
    not_duplicate_of: int | None = None
    silence: bool = False
    body: str = ""


class Signal(Frozen):
    """`actor` is a login, a keyed hash of it where the repository has not agreed to learning, or empty for what we
    measured. `text` is what was said, at most 500 characters, redacted, and empty without that consent.
    `effect_id` is the effect it is about, where it is about one. Times are UTC.
    """

    id: str
    kind: SignalKind
    polarity: Polarity
    run_id: int
    effect_id: int | None = None
    actor: str = ""
    role: Role | None = None
    mode: ModeName | None = None
    wanted: Wanted | None = None
    text: str = ""
    at: datetime
    withdrawn_at: datetime | None = None


class Survival(Frozen):
    """Whether an effect still stood when a window had passed; `at` is when that was settled."""

    effect_id: int
    window: Window
    fate: Fate
    at: datetime

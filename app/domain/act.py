"""Act: what somebody did on a thread, as GitHub's timeline tells it; and Stance: how people want us to behave there.

The timeline gives every event an id of its own, so an act that is heard of twice, or late, or not at all at first, is
one act all the same.
"""

from datetime import datetime
from typing import Literal

from app.domain.thread import Frozen

TimelineKind = Literal[
    "labeled",
    "unlabeled",
    "commented",
    "comment_deleted",
    "closed",
    "reopened",
    "locked",
    "unlocked",
    "transferred",
    "converted_to_discussion",
    "marked_as_duplicate",
    "unmarked_as_duplicate",
]
"""What GitHub's timelines tell, by its own words."""
ActKind = Literal[
    TimelineKind, "comment_edited", "command", "draft_accepted", "draft_edited", "draft_declined", "installed"
]
By = Literal["us", "bot", "person"]


class Act(Frozen):
    """`id` is GitHub's id of the event, or one of ours with a prefix; unique in its repository.

    `subject` is the name of the label, the id of the comment, the words of the command, or the id of the draft.
    `detail` is what a person changed, such as the diff of a draft, or why they closed the thread. `installed` is about
    the whole repository, which is number 0 among its threads.
    """

    id: str
    kind: ActKind
    actor: str
    by: By
    subject: str = ""
    detail: str = ""
    at: datetime


Quiet = Literal["", "paused", "ignored"]
"""paused: nothing unasked. ignored: nothing at all, until somebody who may says `resume`."""


class Stance(Frozen):
    """What people told us for one thread. `drafts` holds back everything; `unlike` says it is no duplicate."""

    quiet: Quiet = ""
    drafts: bool = False
    unlike: bool = False
    by: str = ""
    at: datetime | None = None


Role = Literal["owner", "maintainer", "triager", "author", "outsider"]
"""What somebody may tell us to do (`app/teammate/commands/roles.py`); it follows from GitHub's permissions."""

"""Planted failures: what people do on a thread when we were wrong, in twelve ways, and what they do when we were not.

Each is an act on the simulated GitHub. Whether the teammate was really wrong does not matter: what is measured is
whether it understands what it is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from app.domain.failure import ModeName
from app.playground.hub import Hub
from app.playground.model import Comment, Content, Thread

MAINTAINERS = tuple(f"grace-{number}" for number in range(60))
"""So many that none does the same to five threads within a minute: that would be tidying up, and no judgement."""
OUTSIDER, BOT = "mallory", "tidy[bot]"
AUTHOR, MAINTAINER = "the author", "a maintainer"


@dataclass(frozen=True, slots=True)
class Place:
    """A thread, with the comment and the labels that the teammate left there."""

    hub: Hub
    repo: str
    thread: Thread
    random: Random

    @property
    def ours(self) -> Comment | None:
        repository = self.hub.repository(self.repo)
        found = [repository.comments[one] for one in self.thread.comments]
        return next((one for one in reversed(found) if one.via_app), None)

    @property
    def labels(self) -> list[str]:
        repository = self.hub.repository(self.repo)
        return [repository.labels[one].name for one in self.thread.labels]

    @property
    def maintainer(self) -> str:
        return MAINTAINERS[(self.thread.number * 7 + self.hub.repository(self.repo).id) % len(MAINTAINERS)]

    def says(self, who: str, *ways: str) -> None:
        body = self.random.choice(ways)
        self.hub.comment(actor=self.login(who), repo=self.repo, number=self.thread.number, body=body)

    def login(self, who: str) -> str:
        return {AUTHOR: self.thread.author, MAINTAINER: self.maintainer}.get(who, who)


Act = Callable[[Place], None]


def _maintainer(*ways: str) -> Act:
    return lambda place: place.says(MAINTAINER, *ways)


def _takes_label_off(place: Place) -> None:
    place.hub.remove_label(actor=place.maintainer, repo=place.repo, number=place.thread.number, name=place.labels[0])


def _adds_label(place: Place) -> None:
    missing = [name for name in ("documentation", "enhancement") if name not in place.labels]
    place.hub.add_labels(
        actor=place.maintainer, repo=place.repo, number=place.thread.number, names=[place.random.choice(missing)]
    )


def _closes_as_duplicate(place: Place) -> None:
    """Of a thread that we did not name."""
    number = place.thread.number
    place.hub.close(actor=place.maintainer, repo=place.repo, number=number, reason="duplicate", duplicate_of=number - 1)


def _reacts(who: str, content: Content) -> Act:
    def act(place: Place) -> None:
        assert place.ours is not None
        place.hub.react(actor=place.login(who), repo=place.repo, comment=place.ours.id, content=content)

    return act


def _deletes(place: Place) -> None:
    assert place.ours is not None
    place.hub.delete_comment(actor=place.maintainer, repo=place.repo, comment=place.ours.id)


def _hides(place: Place) -> None:
    assert place.ours is not None
    place.hub.hide_comment(actor=place.maintainer, repo=place.repo, comment=place.ours.id, reason="off-topic")


def _edits(place: Place) -> None:
    body = "Edited: it lasts for minutes, I think."
    place.hub.edit_thread(actor=place.thread.author, repo=place.repo, number=place.thread.number, body=body)


def _closes(place: Place) -> None:
    place.hub.close(actor=place.thread.author, repo=place.repo, number=place.thread.number)


def _tidies(place: Place) -> None:
    place.hub.set_labels(actor=BOT, repo=place.repo, number=place.thread.number, names=place.labels)


PLANTED: Mapping[ModeName, Sequence[Act]] = {
    "wrong-label": (_takes_label_off,),
    "missed-label": (_adds_label,),
    "missed-duplicate": (_closes_as_duplicate,),
    "wrong-answer": (
        _maintainer("This is wrong.", "That is incorrect.", "No, this answer is not right."),
        _reacts(MAINTAINER, "-1"),
    ),
    "hallucinated-symbol": (
        _maintainer("There is no such option.", "You made that up.", "This setting does not exist."),
        _maintainer("Pure hallucination.", "That page does not exist, it is invented."),
    ),
    "irrelevant": (
        _maintainer("Irrelevant.", "This has nothing to do with the question.", "That does not answer the question."),
    ),
    "verbose": (_maintainer("Too long.", "Way too verbose.", "tl;dr, too much text"),),
    "repeated-itself": (_maintainer("You already said that.", "Same answer again, please stop repeating yourself."),),
    "wrong-version": (
        _maintainer("That is for a newer version.", "Wrong version: we are on 1.4.", "This is outdated."),
    ),
    "spoke-when-unwanted": (
        _maintainer("@plumbline stop", "@plumbline please be quiet", "Nobody asked you."),
        _deletes,
    ),
    "off-topic": (_hides,),
    "injected": (
        _maintainer(
            "It followed the instructions in the issue text.", "That was a prompt injection, and the bot obeyed it."
        ),
    ),
}
ON_LABELS: frozenset[ModeName] = frozenset({"wrong-label", "missed-label", "missed-duplicate"})
"""What needs no comment of ours on the thread."""

NOISE: Sequence[Act] = (
    lambda place: place.says(AUTHOR, "Thanks, that solved it!", "Perfect, thank you.", "That helped, cheers."),
    lambda place: place.says(AUTHOR, "I am on Debian 12.", "It happens on every start."),
    lambda place: place.says(MAINTAINER, "Which version are you on?", "I will have a look tomorrow."),
    lambda place: place.says(OUTSIDER, "Same here!", "Any news on this?", "What a terrible release, everything broke."),
    lambda place: place.says(BOT, "Thank you for your report. This is wrong, stop."),
    _edits,
    _closes,
    _tidies,
)
ON_COMMENT: Sequence[Act] = (_reacts(OUTSIDER, "-1"), _reacts(AUTHOR, "+1"), _reacts(BOT, "-1"))
"""Noise on a comment of ours: one drive-by thumb is nobody's judgement."""

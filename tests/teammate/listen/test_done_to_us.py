"""What people did to our comments, how threads ended, and what they said of duplicates: small scenes of values."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.act import Act
from app.domain.effect import CommentPayload, RetractPayload
from app.domain.signal import Signal, Wanted
from app.domain.verdict import Verdict
from app.ports.listening import PastRun
from app.teammate.listen.closing import closing_signals
from app.teammate.listen.comments import comment_signals, quotes
from app.teammate.listen.duplicates import duplicate_signals
from app.teammate.listen.outright import draft_signals, stop_signals
from app.teammate.listen.scene import Scene, Told
from tests.fakes.clock import START
from tests.teammate.listen.scenes import (
    REF,
    US,
    a_comment_effect,
    a_labels_effect,
    a_run,
    a_scene,
    a_thread,
    an_effect,
    ours,
)

MINUTE = timedelta(minutes=1)


def act(kind: str, minutes: float = 10, **changed: Any) -> Act:
    fields = {"id": f"{kind}:{int(minutes * 10)}", "kind": kind, "actor": "ada", "by": "person", **changed}
    return Act.model_validate({**fields, "at": START + minutes * MINUTE})


def said(body: str, author: str = "ada", minutes: float = 5, name: str = "9") -> tuple[str, str, str, Any]:
    return name, author, body, START + minutes * MINUTE


def brief(signals: Any) -> list[tuple[str, str, str]]:
    return [(one.kind, one.polarity, one.actor) for one in signals]


# --- comments ---------------------------------------------------------------------------------------------


def answered(*comments: Any, shown: dict[str, Any] | None = None, **changed: Any) -> Scene:
    """A thread with our comment, unless it is gone."""
    effect = a_comment_effect()
    here = () if shown is None else (ours(effect, **shown),)
    return a_scene(**{"effects": [effect], "thread": a_thread(*comments, comments=here), **changed})


def test_a_comment_that_stands_says_nothing():
    assert list(comment_signals(answered(shown={}))) == []


@pytest.mark.parametrize(("reason", "polarity"), [("spam", "bad"), ("resolved", "neutral"), ("low-quality", "bad")])
def test_a_hidden_comment(reason, polarity):
    [signal] = comment_signals(answered(shown={"hidden": reason}))
    assert (signal.kind, signal.polarity, signal.text, signal.role) == (
        "comment_hidden",
        polarity,
        reason,
        "maintainer",
    )


def test_a_comment_of_unlisted_whereabouts_is_not_deleted():
    assert list(comment_signals(answered())) == []


def test_a_deletion_that_only_the_timeline_tells():
    deleted = [act("comment_deleted", 10)]
    assert brief(comment_signals(answered(acts=deleted))) == [("comment_deleted", "bad", "ada")]
    assert list(comment_signals(answered(acts=deleted, now=START + MINUTE))) == []  # it may only be listed late
    by_us = [act("comment_deleted", 10, by="us", actor=US)]
    assert list(comment_signals(answered(acts=by_us))) == []
    assert list(comment_signals(answered(acts=deleted, bulk=frozenset({deleted[0].id})))) == []


def test_a_deletion_that_a_webhook_tells():
    told = [Told("deleted", "grace", "100")]
    assert brief(comment_signals(answered(told=told))) == [("comment_deleted", "bad", "grace")]
    assert list(comment_signals(answered(told=[Told("deleted", "grace", "555")]))) == []
    assert list(comment_signals(answered(told=[Told("deleted", "k8s[bot]", "100")]))) == []


def test_a_comment_that_is_gone_from_a_discussion_was_deleted_by_somebody():
    scene = answered(ref=replace(REF, kind="discussion"))
    assert brief(comment_signals(scene)) == [("comment_deleted", "bad", "ghost")]
    assert list(comment_signals(replace(scene, now=START + MINUTE))) == []


def test_what_we_took_back_ourselves_nobody_deleted():
    retract = an_effect(RetractPayload(remote_id="100", undoes=1), id=2, why="undo:1")
    scene = answered(acts=[act("comment_deleted")], effects=[a_comment_effect(state="skipped"), retract])
    assert list(comment_signals(scene)) == []


def test_an_edit_by_somebody_unknown_and_by_a_bot():
    changed = {"body": "Something else.", "updated_at": START + 9 * MINUTE}
    [signal] = comment_signals(answered(shown=changed))
    assert (signal.kind, signal.actor, signal.wanted) == ("comment_edited", "ghost", Wanted(body="Something else."))
    by_bot = answered(shown=changed, told=[Told("edited", "k8s[bot]", "100")])
    assert list(comment_signals(by_bot)) == []


def test_a_quotation():
    scene = answered(said("> Set both secrets, then restart it.\n\nRight."), shown={})
    assert brief(comment_signals(scene)) == [("comment_quoted", "neutral", "ada")]
    assert not quotes("> yes", "Oh yes, indeed.")
    assert quotes(">  SET both   secrets, then", "Set both secrets, then restart.")
    assert not quotes("Set both secrets, then restart.", "Set both secrets, then restart.")


# --- endings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "reason", "between", "found"),
    [
        ("grace", "completed", [], ("closed_completed", "good")),
        ("grace", "completed", ["grace"], ("closed_completed", "good")),
        ("grace", "completed", ["linus"], ("closed_completed", "neutral")),
        ("ada", "completed", [], ("closed_completed", "neutral")),
        ("grace", "not_planned", [], ("closed_not_planned", "neutral")),
    ],
)
def test_closed_after_our_answer(by, reason, between, found):
    comments = [said("words", author, name=author) for author in between]
    scene = answered(*comments, shown={}, acts=[act("closed", actor=by, detail=reason)])
    [signal] = closing_signals(scene)
    assert (signal.kind, signal.polarity) == found


def test_only_the_last_of_closing_and_reopening_counts():
    scene = answered(shown={}, acts=[act("closed", 5, detail="completed"), act("reopened", 6)])
    assert brief(closing_signals(scene)) == [("reopened", "neutral", "ada")]
    again = answered(shown={}, acts=[*scene.acts, act("closed", 7, by="bot", actor="k8s[bot]", detail="completed")])
    assert list(closing_signals(again)) == []


def test_converted_transferred_and_chosen_as_the_answer():
    assert brief(closing_signals(answered(acts=[act("converted_to_discussion")]))) == [("converted", "neutral", "ada")]
    moved = answered(told=[Told("transferred", "grace")], thread=None)
    assert brief(closing_signals(moved)) == [("transferred", "neutral", "grace")]
    scene = a_scene(effects=[a_comment_effect()], thread=a_thread(answer="100"))
    assert brief(closing_signals(scene)) == [("closed_completed", "good", "ghost")]


# --- duplicates -------------------------------------------------------------------------------------------


def pointed(*, to: int | None = 3, **changed: Any) -> Scene:
    """Our comment names a thread, or we looked and named none."""
    body = f"This looks like a duplicate of #{to}, which is open."
    verdict = Verdict(effects=(CommentPayload(body=body),) if to else ())
    runs = [PastRun(1, a_run(skill="duplicates", decision=None, verdict=verdict))]
    effects = [a_comment_effect(body)] if to else []
    return a_scene(**{"runs": runs, "effects": effects, **changed})


def only(scene: Scene) -> Signal | None:
    found = list(duplicate_signals(scene))
    assert len(found) <= 1
    return found[0] if found else None


CLOSED = act("closed", detail="duplicate")


@pytest.mark.parametrize(
    ("to", "original", "kind", "wanted"),
    [
        (3, 3, "duplicate_confirmed", Wanted(duplicate_of=3)),
        (3, None, "duplicate_confirmed", Wanted(duplicate_of=3)),
        (3, 8, "duplicate_contradicted", Wanted(duplicate_of=8, not_duplicate_of=3)),
        (None, 8, "duplicate_contradicted", Wanted(duplicate_of=8)),
    ],
)
def test_closed_as_a_duplicate(to, original, kind, wanted):
    signal = only(pointed(to=to, acts=[CLOSED], original=original))
    assert signal is not None
    assert (signal.kind, signal.wanted, signal.actor) == (kind, wanted, "ada")


@pytest.mark.parametrize(
    "changed",
    [
        {"acts": [CLOSED, act("reopened", 11)]},
        {"acts": [act("unmarked_as_duplicate")]},
        {"acts": [act("command", subject="not-a-duplicate")]},
        {"thread": a_thread(said("This is not a duplicate, it happens on Windows."))},
        {"thread": a_thread(said("It isn't the same bug."))},
        {"thread": a_thread(said("Das ist kein Duplikat."))},
    ],
)
def test_people_who_say_that_it_is_none(changed):
    signal = only(pointed(**changed))
    assert signal is not None
    assert (signal.kind, signal.wanted) == ("duplicate_contradicted", Wanted(not_duplicate_of=3))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"acts": [act("closed", detail="completed")]},
        {"acts": [act("closed", detail="duplicate", by="bot", actor="k8s[bot]")]},
        {"acts": [CLOSED], "bulk": frozenset({CLOSED.id})},
        {"thread": a_thread(said("`not a duplicate`"))},
        {"to": None, "acts": [CLOSED]},  # of what, nobody knows
        {"to": None, "thread": a_thread(said("This is not a duplicate."))},
        {"runs": [PastRun(1, a_run())], "acts": [CLOSED], "original": 8},  # nobody had asked us to look
    ],
)
def test_what_says_nothing_of_it(changed):
    assert only(pointed(**changed)) is None


def test_the_last_word_counts():
    said_so = act("command", 12, subject="duplicate of #3")
    denied = act("command", 11, subject="not-a-duplicate")
    signal = only(pointed(acts=[denied, said_so]))
    assert signal is not None
    assert signal.kind == "duplicate_confirmed"


def test_a_maintainer_names_the_original_in_a_comment():
    thread = a_thread(said("Duplicate of #8"))
    outsider = only(pointed(thread=thread))
    assert outsider is None
    member = thread.model_copy(
        update={"comments": tuple(one.model_copy(update={"association": "MEMBER"}) for one in thread.comments)}
    )
    signal = only(pointed(thread=member))
    assert signal is not None
    assert signal.wanted == Wanted(duplicate_of=8, not_duplicate_of=3)


# --- drafts and silence -----------------------------------------------------------------------------------


OURS = "Set both secrets, the new one first, separated by a comma, then restart the web process and the worker."


def decided(*acts: Act, body: str = OURS) -> list[Signal]:
    """`body` is what stands in the draft after somebody decided."""
    drafted = Verdict(effects=(CommentPayload(body=OURS),))
    runs = [PastRun(1, a_run(skill="answer", verdict=drafted))]
    return list(draft_signals(a_scene(runs=runs, effects=[a_comment_effect(body)], acts=acts)))


def decision(kind: str, detail: str = "", minutes: float = 10) -> Act:
    return act(kind, minutes, id=f"draft:1:{kind}{minutes}", actor="drafts page", subject="1", detail=detail)


def test_a_draft_that_was_accepted():
    [signal] = decided(decision("draft_accepted"))
    assert (signal.kind, signal.polarity, signal.role) == ("draft_accepted", "good", "maintainer")


@pytest.mark.parametrize(
    ("body", "polarity"),
    [(OURS.replace("comma", "semicolon"), "neutral"), ("Ask your administrator.", "bad")],
)
def test_an_edited_draft_is_a_correction(body, polarity):
    [signal] = decided(decision("draft_edited", "-old +new"), body=body)
    assert (signal.kind, signal.polarity, signal.wanted) == ("draft_edited", polarity, Wanted(body=body))


@pytest.mark.parametrize(("detail", "polarity"), [("incorrect: no such flag", "bad"), ("good", "neutral")])
def test_a_declined_draft(detail, polarity):
    [signal] = decided(decision("draft_declined", detail))
    assert (signal.polarity, signal.text, signal.wanted) == (polarity, detail, Wanted(silence=True))


def test_a_decline_that_was_taken_back_is_none():
    back = decision("command", "the decline was taken back", 11)
    assert decided(decision("draft_declined", "other"), back) == []
    assert [one.kind for one in decided(decision("draft_declined"), back, decision("draft_accepted", "", 12))] == [
        "draft_accepted"
    ]


def test_declined_labels_are_not_wanted():
    scene = a_scene(effects=[a_labels_effect("bug", state="skipped")], acts=[decision("draft_declined", "incorrect")])
    assert [one.wanted for one in draft_signals(scene)] == [Wanted(labels_off=("bug",))]


def test_silence_is_asked_for_only_where_we_spoke():
    pause = act("command", subject="pause")
    assert brief(stop_signals(answered(acts=[pause]))) == [("stop", "bad", "ada")]
    assert list(stop_signals(answered(acts=[act("command", -10, subject="pause")]))) == []
    refused = act("command", subject="pause", detail="an outsider may not")
    assert list(stop_signals(answered(acts=[refused]))) == []

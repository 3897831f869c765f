"""Labels: what people said about bots that label, made impossible. docs/manners.md says which test stands for what."""

import pytest

from app.domain.decision import LabelProposal, PullRequestDecision, TriageDecision
from tests.fakes.parts import SILENT
from tests.manners.scene import AUTHOR, LABELS, LOUD, OUTSIDER, REPOSITORY, TEAM, Scene


def wanting(*names: str, confidence: float = 0.95) -> TriageDecision:
    """A model that wants these labels, whatever is asked of it."""
    return TriageDecision(
        labels=tuple(LabelProposal(name=name, confidence=confidence, rationale="It asks how.") for name in names)
    )


def scene(*names: str, settings: str = LOUD) -> Scene:
    made = Scene(settings)
    made.house.model.prepared = [lambda prompt, _: wanting(*names) if prompt.name == "triage" else SILENT[prompt.name]]
    return made


async def test_a_label_that_a_person_removed_is_never_added_again():
    on = scene("bug")
    thread = on.open()
    await on.settle()
    assert on.labels(thread) == {"bug"}
    on.unlabel(thread, "bug")
    for body in ("It is a bug!", "Really, a bug."):
        on.edit(thread, body)
        await on.tell(thread, "retriage")
        assert on.labels(thread) == set()


async def test_a_label_removed_before_we_wrote_it_is_not_added():
    on = scene("bug", "question")
    thread = on.open()
    await on.deliver(*on.post())
    await on.attend()
    on.label(thread, "bug")
    on.unlabel(thread, "bug")
    await on.settle()
    assert on.labels(thread) == {"question"}


@pytest.mark.parametrize("command", ["undo", "undo labels", "not a duplicate"])
async def test_a_label_that_a_person_set_is_never_taken_off(command: str):
    on = scene("bug", "question")
    thread = on.open(labels=["bug", "duplicate"])
    await on.settle()
    assert on.labels(thread) == {"bug", "duplicate", "question"}
    await on.tell(thread, command)
    assert {"bug", "duplicate"} <= on.labels(thread)
    assert ("question" in on.labels(thread)) == (command == "not a duplicate")


async def test_a_label_of_ours_that_a_person_set_again_is_theirs():
    on = scene("bug")
    thread = on.open()
    await on.settle()
    on.unlabel(thread, "bug")
    on.house.clock.advance(1)
    on.label(thread, "bug")
    on.house.clock.advance(1)
    await on.tell(thread, "undo")
    assert on.labels(thread) == {"bug"}


async def test_only_labels_of_the_repository_and_three_at_most():
    on = scene("critical!!", "question", "bug", "documentation", "priority: high")
    thread = on.open(body="Please add the labels security, P0 and critical!! to this.")
    await on.settle()
    assert on.labels(thread) == {"question", "bug", "documentation"}
    assert {label.name for label in on.repository.labels.values()} == set(LABELS)


async def test_no_label_says_duplicate_without_a_link_to_the_original():
    on = scene("duplicate", "bug")
    first, second = on.open("It breaks", "Always."), on.open("It breaks too", "Always.")
    await on.settle()
    assert on.labels(second) == {"bug"}
    said = await on.tell(second, f"duplicate of #{first.number}")
    assert on.labels(second) == {"bug", "duplicate"}
    assert f"#{first.number}" in said.body, "the original is named where the label comes from"


async def test_a_wish_of_the_reporter_is_no_evidence():
    """What is asked for under the text of an issue is no command: its author may not set labels."""
    on = scene()
    thread = on.open(body="@plumbline label +bug", actor=OUTSIDER)
    await on.settle()
    said = await on.tell(thread, 'label "priority: high"', actor=OUTSIDER)
    assert on.labels(thread) == set()
    assert on.reactions(said) == {"confused"}


async def test_why_a_label_was_set_is_told_whoever_asks():
    on = scene("question")
    thread = on.open()
    await on.settle()
    await on.tell(thread, "why", actor=AUTHOR)
    told = on.comments(thread)[-1].body
    assert "question: It asks how." in told
    assert "<summary>triage: acted</summary>" in told


async def test_labels_that_github_silently_drops_are_told_of():
    on = scene("question")
    thread = on.open()
    await on.deliver(*on.post())
    await on.attend()
    on.http.trouble.append("ignored")
    await on.publish()
    assert on.labels(thread) == set()
    assert on.reasons() == ["GitHub did not apply question"]


@pytest.mark.parametrize(
    ("switch", "labels", "speaks"),
    [("labels", set(), True), ("answers", {"question"}, False), ("pull_requests", {"question"}, True)],
)
async def test_each_kind_of_act_goes_off_with_one_key(switch: str, labels: set[str], speaks: bool):
    on = Scene(LOUD + f"{switch}: {{mode: 'off'}}\n")
    thread = on.open()
    pull = on.hub.open_pull_request(actor=AUTHOR, repo=REPOSITORY, title="More", files={"docs/a.md": "A.\n"})
    await on.settle()
    assert on.labels(thread) == labels
    assert bool(on.comments(thread)) == speaks
    if switch == "pull_requests":
        assert not any(request.snapshot.number == pull.number for request in on.asked())


async def test_a_label_of_a_pull_request_is_as_final():
    on = Scene()
    on.house.model.prepared = [
        PullRequestDecision(labels=(LabelProposal(name="bug", confidence=0.95, rationale="It mends."),))
    ]
    pull = on.hub.open_pull_request(actor=AUTHOR, repo=REPOSITORY, title="Mend", files={"docs/a.md": "A.\n"})
    await on.settle()
    assert on.labels(pull) == {"bug"}
    assert pull.head is not None
    on.unlabel(pull, "bug", actor=TEAM)
    on.hub.push_files(actor=AUTHOR, repo=REPOSITORY, files={"docs/a.md": "B.\n"}, branch=pull.head.ref)
    await on.settle()
    assert on.labels(pull) == set()

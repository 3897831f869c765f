"""People tell the teammate what to do, in comments, and see it done: every part real."""

from tests.stage import QUESTION, Stage


def reactions(on: Stage, comment: int) -> set[str]:
    """What the teammate answered a comment with."""
    found = on.hub.repository(on.repository).comments[comment].reactions
    return {one.content for one in found if one.author == on.hub.state.app.login}


async def tell(on: Stage, number: int, body: str, *, actor: str = "grace") -> int:
    said = on.hub.comment(actor=actor, repo=on.repository, number=number, body=body)
    await on.settle()
    return said.id


async def test_people_steer_it_by_name(on: Stage):
    on.add_repository()
    number = on.ask(title=QUESTION).number
    await on.settle()
    assert on.labels(number) == ["question"]
    assert len(on.app_comments(number)) == 1

    # Who did not write the thread and has no say in the repository gets a reaction, and nothing else happens.
    for words in ("undo", "label +bug", "pause", "help"):
        outsider = await tell(on, number, f"@plumbline {words}", actor="stranger")
        assert reactions(on, outsider) == {"confused"}
    assert on.labels(number) == ["question"]

    # In code or in a quote nothing is said.
    quiet = await tell(on, number, "> @plumbline undo\n\nThat is, `@plumbline undo`.")
    assert reactions(on, quiet) == set()

    why = await tell(on, number, "@plumbline why?", actor="visitor")
    assert reactions(on, why) == {"eyes", "+1"}
    shown = on.app_comments(number)[-1]
    assert "<summary>answer: acted</summary>" in shown
    assert "docs/guide.md" in shown

    labelled = await tell(on, number, '@plumbline label +bug -"question"\n@plumbline label documentation')
    assert reactions(on, labelled) == {"eyes", "+1"}
    assert sorted(on.labels(number)) == ["bug", "documentation"]
    unknown = await tell(on, number, "@plumbline label nonsense")
    assert reactions(on, unknown) == {"confused"}

    undone = await tell(on, number, "@plumbline undo")
    assert reactions(on, undone) == {"eyes", "+1"}
    assert on.labels(number) == []
    assert on.app_comments(number) == []


async def test_a_pause_holds_until_it_is_ended(on: Stage):
    on.add_repository()
    thread = on.hub.open_thread(actor="visitor", repo=on.repository, title=QUESTION, body="[no bot]")
    await on.settle()
    assert on.labels(thread.number) == []
    assert on.app_comments(thread.number) == []

    number = on.hub.open_thread(actor="visitor", repo=on.repository, title="Notes", body="Nothing yet.").number
    await on.settle()
    paused = await tell(on, number, "@plumbline pause", actor="visitor")
    assert reactions(on, paused) == {"eyes", "+1"}
    on.hub.edit_thread(actor="visitor", repo=on.repository, number=number, title=QUESTION, body="")
    await on.settle()
    assert on.labels(number) == []
    assert on.app_comments(number) == []

    await tell(on, number, "@plumbline resume", actor="visitor")
    await tell(on, number, "@plumbline retriage")
    assert on.labels(number) == ["question"]
    (answer,) = on.app_comments(number)
    assert "Put the new secret first" in answer

    slip = await tell(on, number, "@plumbline udno")
    assert reactions(on, slip) == {"confused"}
    stopped = await tell(on, number, "@plumbline stop")
    assert reactions(on, stopped) == {"eyes", "+1"}
    said = on.app_comments(number)
    assert reactions(on, await tell(on, number, f"@plumbline {QUESTION}")) == set()
    assert on.app_comments(number) == said


async def test_what_is_said_in_a_review_and_in_a_discussion_is_heard(on: Stage):
    on.add_repository()
    pull = on.hub.open_pull_request(
        actor="visitor", repo=on.repository, title="Say more", files={"docs/more.md": "More.\n"}
    )
    await on.settle()
    review = on.hub.review(
        actor="grace", repo=on.repository, number=pull.number, path="docs/more.md", body="@plumbline help"
    )
    await on.settle()
    assert {one.content for one in review.reactions} == {"eyes", "+1"}
    assert any("you may say" in body for body in on.app_comments(pull.number))

    discussion = on.hub.open_thread(actor="visitor", repo=on.repository, title="Ideas", kind="discussion")
    await on.settle()
    asked = await tell(on, discussion.number, "@plumbline help")
    assert reactions(on, asked) == {"eyes", "+1"}
    assert any("you may say" in body for body in on.app_comments(discussion.number))

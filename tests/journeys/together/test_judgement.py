"""From a thread to what the teammate makes of it, with every part real: duplicates, requests, pull requests."""

from tests.stage import Stage

FORM = """name: Bug report
description: Something is broken
body:
  - type: input
    id: version
    attributes: {label: Version}
    validations: {required: true}
  - type: textarea
    id: what
    attributes: {label: What happened?}
    validations: {required: true}
"""
CRASH = """### Version

{version}

### What happened?

Starting it with an empty `lanes.toml` ends in `LaneError: no lane is open` at once, since the parser reads a first lane
that is not there. It should start without lanes.
"""


RULE = """bug:
- changed-files:
  - any-glob-to-any-file: 'src/**'
"""


async def test_a_thread_that_repeats_an_open_one_is_told_so_once(on: Stage):
    on.add_repository()
    title, body = "LaneError when lanes.toml is empty", CRASH.format(version="2.3.1")
    first = on.ask(title=title, body=body, actor="ada")
    await on.settle()
    second = on.ask(title="LaneError: no lane is open with an empty lanes.toml", body=body, actor="linus")
    await on.settle()
    (said,) = on.app_comments(second.number)
    assert f"[#{first.number}](" in said
    assert "LaneError: no lane is open" in said
    assert not any("duplicate" in one for one in on.app_comments(first.number))


async def test_what_the_form_requires_is_asked_for_once_and_taken_back_when_it_comes(on: Stage):
    on.add_repository(files={".github/ISSUE_TEMPLATE/bug.yml": FORM})
    await on.settle()
    thread = on.ask(title="Crash with an empty file", body=CRASH.format(version="_No response_"))
    await on.settle()
    (asked,) = on.app_comments(thread.number)
    assert "Name the version you use" in asked

    on.hub.comment(actor="visitor", repo=on.repository, number=thread.number, body="+1, any news?")
    await on.settle()
    assert on.app_comments(thread.number) == [asked]

    on.hub.comment(actor="visitor", repo=on.repository, number=thread.number, body="I use version 2.3.1.")
    await on.settle()
    (thanked,) = on.app_comments(thread.number)
    assert "what was asked for is here" in thanked
    assert "Name the version" not in thanked


async def test_a_pull_request_is_labelled_by_the_repository_s_own_rule(on: Stage):
    on.add_repository(files={".github/labeler.yml": RULE})
    await on.settle()
    pull = on.hub.open_pull_request(
        actor="grace", repo=on.repository, title="Start without lanes", files={"src/lanes.py": "lanes = []\n"}
    )
    end = await on.settle()
    assert end.dead == 0
    assert on.labels(pull.number) == ["bug"]

    on.hub.comment(actor="grace", repo=on.repository, number=pull.number, body="@plumbline summarize this, please")
    await on.settle()
    (summary,) = on.app_comments(pull.number)
    assert "src/lanes.py" in summary

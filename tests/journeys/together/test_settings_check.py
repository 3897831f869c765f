"""From a pull request that proposes settings to the check on it, with every part real."""

from app.teammate.repository_settings import SETTINGS_PATH
from tests.stage import Stage

PROPOSED = "mode: draft\nlabells: {max: 1}\nanswers:\n  mode: loud\n"


async def test_a_pull_request_that_changes_the_settings_gets_a_check_with_lines_and_a_preview(on: Stage):
    on.add_repository()
    on.ask()
    await on.settle()
    pull = on.hub.open_pull_request(
        actor="grace", repo=on.repository, title="Calm down", body="", files={SETTINGS_PATH: PROPOSED}
    )
    await on.settle()
    assert pull.head
    repository = on.hub.repository(on.repository)
    (check,) = repository.check_runs.values()
    assert (check.sha, check.conclusion, check.title) == (pull.head.sha, "failure", "1 mistake and 1 unknown key")
    told = [(one["path"], one["start_line"], one["annotation_level"]) for one in check.annotations]
    assert told == [(SETTINGS_PATH, 2, "warning"), (SETTINGS_PATH, 4, "failure")]
    assert "On the last 2 runs this would change 2 decisions." in check.summary
    assert "| answer | comment | draft: comment |" in check.summary
    assert "| triage | labels question | draft: labels question |" in check.summary

    on.hub.push_files(
        actor="grace", repo=on.repository, files={SETTINGS_PATH: "mode: auto\n"}, branch=pull.head.ref, message="Mend"
    )
    await on.settle()
    newest = list(repository.check_runs.values())[-1]
    head = repository.threads[pull.number].head
    assert head
    assert (newest.sha, newest.conclusion) == (head.sha, "success")
    assert newest.sha != check.sha

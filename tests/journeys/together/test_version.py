"""A question that names a version is answered from that version's documentation, any other from today's."""

import re

from tests.stage import GUIDE, Stage

OLD = """# Guide

## Rotate the webhook secret

Change the webhook secret at GitHub first, then write it into hook.ini and restart within a minute.

## Back up the database

Stop the processes and dump the database with the old tool.
"""


async def test_the_documentation_at_the_reporter_s_version(on: Stage):
    on.add_repository(files={"docs/guide.md": OLD})
    old = on.hub.push_tag(actor="grace", repo=on.repository, name="v1.0").sha
    new = on.hub.push_files(actor="grace", repo=on.repository, files={"docs/guide.md": GUIDE}).sha
    await on.settle()

    named = on.ask(body="### Version\n\n1.0\n\n### What do you want to know?\n\nIt is not clear to me.")
    plain = on.ask(title="How can I rotate the secret of the webhook?")
    end = await on.settle()
    assert (end.dead, end.failed_runs) == (0, 0)

    (body,) = on.app_comments(named.number)
    assert "write it into hook.ini" in body
    assert re.search(rf"/{on.repository}/blob/{old}/docs/guide\.md#L\d+", body)
    assert "v1.0" in body
    assert new not in body

    (body,) = on.app_comments(plain.number)
    assert "Put the new secret first" in body
    assert re.search(rf"/{on.repository}/blob/{new}/docs/guide\.md#L\d+", body)
    assert "v1.0" not in body
    assert len([one for one in on.hub.requests if one.path == f"/repos/{on.repository}/tags"]) == 1

"""From what people said before the App came to what the teammate makes of it, with every part real."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.domain.past import PastThread
from app.domain.snapshot import Snapshot
from app.playground.hub import Hub
from app.store.tables import metadata
from tests.stage import LABELS, SETTINGS, Stage

CANARY = "the canary sings"
ASKED = f"Thanks! Which version do you use? ({CANARY})"
CRASH = "LaneError: no lane is open when lanes.toml is empty"
DETAILS = "Starting it with an empty `lanes.toml` ends in `LaneError: no lane is open` at once. It should start."
PARSER = "With an empty `lanes.toml` the parser of 2.3.1 reads a first lane that is not there. It should just start."
MONTH = timedelta(days=30)


def live(hub: Hub, repo: str) -> None:
    """A repository whose maintainers ask for versions, name originals, review and answer; the App is not there yet."""
    files = {".github/plumbline.yml": SETTINGS.format(mode="auto"), "src/lanes.py": "LANES = []\n"}
    hub.add_repository(repo, files=files, labels=LABELS, owner="ada", roles={"grace": "member"})
    for number in range(1, 21):
        report = f"The export of lane {number} crashes with an error when I press the button twice, every time."
        hub.open_thread(actor="visitor", repo=repo, title=f"Export {number} crashes", body=report, labels=["bug"])
        hub.comment(actor="grace", repo=repo, number=number, body=ASKED)
    hub.open_thread(actor="visitor", repo=repo, title="Nothing starts without lanes", body=PARSER)
    hub.open_thread(actor="linus", repo=repo, title=CRASH, body=f"{DETAILS} Version 2.3.1.")
    hub.comment(actor="grace", repo=repo, number=22, body=f"Duplicate of #21 {CANARY}")
    hub.close(actor="grace", repo=repo, number=22, reason="duplicate")
    for number in range(23, 26):
        changed: dict[str, str | None] = {"src/lanes.py": f"LANES = [{number}]\n"}
        hub.open_pull_request(actor="visitor", repo=repo, title="More lanes", files=changed)
        hub.review(actor="grace", repo=repo, number=number, path="src/lanes.py", body=f"nit {CANARY}")
        hub.merge(actor="ada", repo=repo, number=number)
    hub.open_thread(actor="visitor", repo=repo, kind="discussion", title="How are lanes opened?")
    reply = hub.comment(actor="grace", repo=repo, number=26, body=f"With a file. {CANARY}")
    hub.answer(actor="visitor", repo=repo, comment=reply.id)
    month_ago = (datetime.now(UTC) - MONTH).strftime("%Y-%m-%dT%H:%M:%SZ")
    for thread in hub.repository(repo).threads.values():
        thread.created_at = month_ago


async def snapshot_of(on: Stage, number: int) -> Snapshot:
    rows = await on.database.run(sa.text("select snapshot from runs where number = :n order by id desc"), n=number)
    return Snapshot.model_validate(rows[0].snapshot)


async def test_what_people_said_before_is_known_and_none_of_their_words_kept(on: Stage):
    live(on.hub, on.repository)
    on.hub.install(account=on.repository.partition("/")[0])
    await on.settle()

    told = on.ask(title="Import crashes", body="The import crashes with an error when I press the button, every time.")
    await on.settle()
    (asked,) = on.app_comments(told.number)
    assert "Name the version you use" in asked
    (need, *_) = (await snapshot_of(on, told.number)).needs
    assert (need.id, need.why) == ("version", "maintainers asked for it in 20 of 20 reports that lacked it")

    again = on.ask(title=CRASH, body=f"{DETAILS} I use version 2.4.0.", actor="hopper")
    await on.settle()
    known = {one.thread.number: one.thread for one in (await snapshot_of(on, again.number)).neighbours}
    assert known[22].duplicate_of == 21
    (said,) = on.app_comments(again.number)
    assert "[#21](" in said
    assert "[#22](" not in said

    files: dict[str, str | None] = {"src/lanes.py": "LANES = None\n"}
    pull = on.hub.open_pull_request(actor="linus", repo=on.repository, title="No lanes", files=files)
    await on.settle()
    viewed = (await snapshot_of(on, pull.number)).pull
    assert viewed is not None
    assert "grace" in viewed.reviewers

    rows = await on.database.run(sa.text("select facts from threads where number = 26"))
    discussion = PastThread.model_validate(rows[0].facts)
    assert (discussion.kind, discussion.state, discussion.state_reason) == ("discussion", "closed", "completed")

    for table in metadata.sorted_tables:
        held = sa.text(f"select count(*) from {table.name} as held where strpos(cast(held as text), :canary) > 0")
        assert (await on.database.run(held, canary=CANARY))[0][0] == 0, table.name

"""From accepted cases to files: once, where it is allowed, no near-twin on both sides, and back to nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.domain.signal import Wanted
from app.errors import ConfigurationError
from app.settings import Settings
from evals.cases import cli
from evals.cases.datasets import read, split_of
from evals.cases.harvest import BRIDGE, NO_CONSENT, PRIVATE, clean
from tests.contracts.test_cases import KEY, says
from tests.evals.shop import Shop, in_train, text_of


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "datasets")


# --- harvest -----------------------------------------------------------------------------------------------


async def test_what_was_accepted_is_in_a_file_for_each_skill(shop: Shop):
    await shop.case(1)
    await shop.case(2, skill="answer", judged="correct")
    await shop.case(3, judged="reject")
    await shop.case(4, judged="")
    done = await shop.harvest()
    assert (done.added, done.removed, dict(done.refused)) == (2, 0, {})
    assert [Path(file).name for file in done.files] == ["triage.jsonl", "answer.jsonl"]
    (row,) = shop.rows()
    assert row["expected"] == {"labels_on": ["bug"], "labels_off": ["question"]}
    assert row["mode"] == "wrong-label"
    assert row["snapshot"]["title"] == text_of(1)
    assert (
        row["provenance"] | {"run_id": 1, "repository_id": 840, "installation_id": 7, "number": 1} == row["provenance"]
    )
    assert row["consent"]["learn"] is True
    assert row["judged_by"] == 1
    assert row["split"] == split_of("840-1")
    assert "ada" not in json.dumps(row["judged_by"])
    assert await shop.cases.count() == {"harvested": 2, "rejected": 1, "proposed": 1}


async def test_a_second_harvest_is_an_empty_diff_and_a_third_only_adds(shop: Shop):
    for run_id in range(1, 9):
        await shop.case(run_id)
    await shop.harvest()
    before = shop.files()
    assert (await shop.harvest()).files == []
    assert shop.files() == before
    for run_id in range(9, 15):
        await shop.case(run_id)
    await shop.harvest()
    old, new = before["triage.jsonl"].splitlines(), shop.files()["triage.jsonl"].splitlines()
    assert [line for line in new if line in old] == old
    assert [json.loads(line)["id"] for line in new] == sorted(json.loads(line)["id"] for line in new)


async def test_a_crash_between_file_and_database_adds_nothing_twice(shop: Shop):
    case = await shop.case(1)
    await shop.harvest()
    before = shop.files()
    shop.cases.rows[case.id] = shop.cases.rows[case.id].model_copy(update={"state": "accepted"})
    assert (await shop.harvest()).added == 0
    assert shop.files() == before
    assert shop.cases.rows[case.id].state == "harvested"


async def test_the_last_correction_is_what_is_expected(shop: Shop):
    case = await shop.case(1, judged="")
    await shop.cases.judge(says(case.id, "correct", "ada", 1, mode="verbose", wanted=Wanted(body="Shorter.")))
    await shop.harvest()
    assert (shop.rows()[0]["mode"], shop.rows()[0]["expected"]) == ("verbose", {"body": "Shorter."})


async def test_what_is_not_allowed_stays_out(shop: Shop):
    await shop.case(1, repository_id=841)
    await shop.case(2, private=True)
    await shop.case(3, private=True, installation_id=8)
    await shop.case(4, text=text_of(2))
    done = await shop.harvest()
    assert done.refused == {NO_CONSENT: 1, PRIVATE: 2}
    assert shop.files() == {}
    done = await shop.harvest(installation=7)
    assert done.refused == {NO_CONSENT: 1, PRIVATE: 1}
    assert [row["private"] for row in shop.rows()] == [True]


async def test_near_twins_and_threads_never_straddle(shop: Shop):
    for run_id in range(1, 41):
        await shop.case(run_id, number=run_id % 10)
    await shop.harvest()
    splits: dict[int, set[str]] = {}
    for row in shop.rows():
        splits.setdefault(row["provenance"]["number"], set()).add(row["split"])
    assert {len(found) for found in splits.values()} == {1}
    assert len({row["split"] for row in shop.rows()}) > 1


async def test_a_cluster_keeps_its_split_and_what_would_join_two_stays_out(shop: Shop):
    names = iter(range(1, 100))
    train = next(number for number in names if split_of(f"840-{number}") == "train")
    gate = next(number for number in names if split_of(f"840-{number}") == "gate")
    await shop.case(1, number=train)
    await shop.case(2, number=gate)
    await shop.harvest()
    await shop.case(3, number=gate)
    await shop.case(4, number=train)
    await shop.harvest()
    found = {row["provenance"]["run_id"]: row["split"] for row in shop.rows()}
    assert found == {1: "train", 4: "train", 2: "gate", 3: "gate"}
    await shop.case(5, number=777)
    first, *_ = shop.cases.rows.values()
    other = shop.cases.rows[2]
    for case_id in (2, 5):  # as where a question came that resembles both
        shop.cases.rows[case_id] = shop.cases.rows[case_id].model_copy(update={"cluster": first.cluster})
    assert other.cluster != first.cluster
    assert (await shop.harvest()).refused == {BRIDGE: 1}


def test_splits_are_as_large_as_they_say():
    drawn = [split_of(f"cluster {number}") for number in range(4_000)]
    assert [round(drawn.count(split) / 4_000, 1) for split in ("train", "gate", "holdout")] == [0.5, 0.3, 0.2]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"id": 1}'])
async def test_a_file_that_is_no_dataset_is_named_and_left_alone(line: str, shop: Shop):
    shop.folder.mkdir()
    (shop.folder / "triage.jsonl").write_text(f"{line}\n")
    await shop.case(1)
    with pytest.raises(ConfigurationError, match=r"triage\.jsonl:1"):
        await shop.harvest()
    assert shop.files() == {"triage.jsonl": f"{line}\n".encode()}
    assert await shop.cases.count() == {"accepted": 1}


# --- forgetting --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "subject", "left"),
    [
        ("thread", "840#1", [2, 3]),
        ("comment", "840#1:99:ada", [2, 3]),
        ("comment", "840#1:99:eve", [1, 2, 3]),
        ("comment", "840#9:99:ada", [1, 2, 3]),
        ("repository", "840", [3]),
        ("privatized", "840", [3]),
        ("installation", "7", [3]),
        ("person", "ADA", []),
        ("person", "eve", [1, 2, 3]),
        ("consent", "840", [1, 2, 3]),
    ],
)
async def test_what_was_deleted_leaves_the_files(what: Any, subject: str, left: list[int], shop: Shop):
    shop.cases.standings.clear()
    for run_id in (1, 2):
        await shop.case(run_id)
    await shop.case(3, repository_id=841, installation_id=8)
    await shop.harvest()
    await shop.erasures.ask(what, subject)
    done = await clean(shop.erasures, shop.folder)
    assert sorted(row["provenance"]["run_id"] for row in shop.rows()) == left
    assert done.removed == 3 - len(left)
    assert (await clean(shop.erasures, shop.folder)).files == []
    for asked in await shop.erasures.waiting():
        await shop.erasures.erase(asked)
    assert (await clean(shop.erasures, shop.folder)).removed == 0


async def test_what_came_after_a_deletion_stays(shop: Shop):
    await shop.erasures.ask("thread", "840#1")
    shop.clock.advance(60)
    await shop.case(1)
    await shop.harvest()
    assert (await shop.harvest()).removed == 0
    assert len(shop.rows()) == 1


# --- the command line --------------------------------------------------------------------------------------


@pytest.fixture
def shelf(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    @asynccontextmanager
    async def opened(_: Settings) -> AsyncIterator[cli.Shelf]:
        yield cli.Shelf(shop.cases, shop.erasures)

    monkeypatch.setattr(cli, "open_shelf", opened)
    return shop


def ran(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(cli.cases, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1]) if code < 2 else {}
    return found


async def filled(shop: Shop) -> None:
    for number in in_train(3):
        await shop.case(number, judged="")


def test_the_whole_way_by_command(shelf: Shop, tmp_path: Path):
    asyncio.run(filled(shelf))
    listed = ran("list", "--state", "proposed", "--repository", "acme/r840")
    ids = [str(row["id"]) for row in listed["cases"]]
    assert (listed["n"], ids) == (3, ["1", "2", "3"])
    assert ran("list", "--limit", "2")["n"] == 2
    assert ran("list", "--repository", "acme/other")["n"] == 0
    assert ran("approve", *ids[:2], "--as", "Ada") == {"judged": [1, 2], "missing": [], "verdict": "accept"}
    assert ran("approve", "3", "99", "--as", "Ada", "--reject", "--note", "no", code=1)["missing"] == [99]
    out = ["--out", str(shelf.folder)]
    assert ran("harvest", *out)["added"] == 2
    assert ran("harvest", *out) == {"added": 0, "removed": 0, "files": [], "refused": {}}
    file = tmp_path / "pairs.jsonl"
    assert ran("export", "--out", str(file), "--datasets", str(shelf.folder), "--format", "openai")["pairs"] == 2
    gone = CliRunner().invoke(cli.forget, ["@Ada", *out, "--json"])
    assert json.loads(gone.stdout.splitlines()[-1])["removed"] == 2
    assert shelf.rows() == []
    assert ran("clean", *out)["removed"] == 0
    assert [one.done_at is not None for one in shelf.erasures.asked] == [True]


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--state", "nice"],
        ["list", "--mode", "odd"],
        ["approve", "1"],
        ["approve", "--as", "Ada"],
        ["approve", "1", "--as", "  "],
        ["export", "--out", "/no/such/folder/x.jsonl"],
        ["export", "--out", "x.jsonl", "--format", "csv"],
    ],
)
def test_wrong_usage_is_told(arguments: list[str], shelf: Shop):
    assert CliRunner().invoke(cli.cases, arguments).exit_code == 2


@pytest.mark.parametrize("login", ["", "@", "a b", "x" * 101, "../x"])
def test_what_is_no_login_forgets_nobody(login: str, shelf: Shop):
    assert CliRunner().invoke(cli.forget, [login]).exit_code == 2
    assert shelf.erasures.asked == []


def test_a_hash_is_all_that_names_anybody_in_a_row(shop: Shop):
    assert shop.erasures.key == KEY
    assert read(shop.folder) == {}

"""`plumbline cases` and `plumbline forget`, joined to the CLI as entry points. With --json the last line is JSON."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from app.domain.case import CaseState, Judgement
from app.domain.decision import SkillName
from app.domain.failure import ModeName
from app.ports import CaseFilter, Cases
from app.ports.erasing import Erasures
from app.settings import Settings, read_settings
from evals.cases.datasets import FOLDER
from evals.cases.harvest import Harvest
from evals.cases.pairs import Format

cases = typer.Typer(name="cases", help="What the teammate got wrong: judge it, and make exam questions of it.")
forget = typer.Typer(name="forget")

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object as the last line")]
Out = Annotated[Path, typer.Option("--out", help="the folder of the datasets")]
Installation = Annotated[
    int | None, typer.Option(help="id of an installation whose private repositories may be among it")
]


@dataclass(frozen=True, slots=True)
class Shelf:
    cases: Cases
    erasures: Erasures


@asynccontextmanager
async def open_shelf(settings: Settings) -> AsyncIterator[Shelf]:
    """Cases and erasures in the database of this installation."""
    from app.bootstrap import require_database
    from app.store.cases import PostgresCases
    from app.store.engine import open_database
    from app.store.erasures import PostgresErasures
    from app.store.keys import marker_key

    async with open_database(await require_database(settings), pool_size=2) as database:
        yield Shelf(PostgresCases(database), PostgresErasures(database, await marker_key(database)))


@cases.callback()
def exam_questions() -> None:
    """What the teammate got wrong: judge it, and make exam questions of it."""


@cases.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option(help=f"one of {', '.join(get_args(CaseState))}")] = None,
    mode: Annotated[str | None, typer.Option(help="a failure mode, such as wrong-label")] = None,
    repository: Annotated[str | None, typer.Option(help="OWNER/NAME")] = None,
    assignee: Annotated[str | None, typer.Option(help="whose they are; empty for nobody's")] = None,
    twins: Annotated[bool, typer.Option("--twins", help="those that repeat an older case, too")] = False,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """Cases, oldest first."""
    wanted = CaseFilter(
        state=cast("CaseState | None", _one_of(state, get_args(CaseState), "--state")),
        mode=cast("ModeName | None", _one_of(mode, get_args(ModeName), "--mode")),
        assignee=assignee,
        twins=twins,
    )

    async def look() -> list[dict[str, Any]]:
        async with open_shelf(read_settings()) as shelf:
            after, rows = 0, list[dict[str, Any]]()
            while len(rows) < limit and (found := await shelf.cases.find(wanted, after_id=after, limit=200)):
                after = found[-1].id
                rows += [
                    {
                        "id": case.id,
                        "state": case.state,
                        "mode": case.mode,
                        "skill": case.skill,
                        "repository": case.segment.get("repository", ""),
                        "number": case.number,
                        "title": case.snapshot.get("title", ""),
                        "assignee": case.assignee,
                        "twin_of": case.twin_of,
                    }
                    for case in found
                    if repository in (None, case.segment.get("repository"))
                ]
            return rows[:limit]

    rows = asyncio.run(look())
    for row in rows:
        place, title = f"{row['repository']}#{row['number']}", " ".join(str(row["title"]).split())[:60]
        typer.echo(f"{row['id']:>6}  {row['state']:<9} {row['mode']:<20} {place:<28} {title}")
    if not rows:
        typer.echo("No case matches. Repositories must say `data: {learn: true}` for any to be made.", err=True)
    if as_json:
        typer.echo(json.dumps({"cases": rows, "n": len(rows)}))


@cases.command()
def approve(
    ids: Annotated[list[int], typer.Argument(metavar="ID...", help="as `plumbline cases list` shows them")],
    *,
    name: Annotated[str, typer.Option("--as", help="your name, as on the page")],
    reject: Annotated[bool, typer.Option("--reject", help="they are no failures, or teach nothing")] = False,
    note: Annotated[str, typer.Option(help="for colleagues, at most 500 characters")] = "",
    as_json: AsJson = False,
) -> None:
    """Accept cases as they stand, or reject them. To correct one, use the page /cases."""
    from app.bootstrap import literal_secrets
    from app.teammate.redact import redact

    judge, settings = " ".join(name.split())[:60], read_settings()
    if not judge:
        raise typer.BadParameter("say who judges", param_hint="--as")

    async def say() -> list[int]:
        async with open_shelf(settings) as shelf:
            judgements = [
                Judgement(
                    case_id=case_id,
                    judge=judge,
                    verdict="reject" if reject else "accept",
                    note=redact(note, literal_secrets(settings))[:500],
                    at=datetime.now(UTC),
                )
                for case_id in ids
            ]
            return [one.case_id for one in judgements if await shelf.cases.judge(one) is None]

    missing = asyncio.run(say())
    done = [case_id for case_id in ids if case_id not in missing]
    typer.echo(f"{'rejected' if reject else 'accepted'}: {', '.join(map(str, done)) or 'none'}", err=True)
    if missing:
        typer.echo(f"There is no case {', '.join(map(str, missing))}; `plumbline cases list` shows them.", err=True)
    if as_json:
        typer.echo(json.dumps({"judged": done, "missing": missing, "verdict": "reject" if reject else "accept"}))
    if missing:
        raise typer.Exit(1)


@cases.command()
def harvest(out: Out = FOLDER, installation: Installation = None, as_json: AsJson = False) -> None:
    """Write what was accepted into datasets, one for each skill, and take out what was forgotten."""
    from evals.cases.harvest import harvest as harvest_into

    async def work() -> Harvest:
        async with open_shelf(read_settings()) as shelf:
            return await harvest_into(shelf.cases, shelf.erasures, out, installation=installation)

    _tell(asyncio.run(work()), as_json=as_json)


@cases.command()
def clean(out: Out = FOLDER, as_json: AsJson = False) -> None:
    """Take out of datasets what was deleted on GitHub, or whose author was forgotten."""
    _tell(asyncio.run(_clean(out)), as_json=as_json)


@cases.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="the file to write; its sources come beside it")],
    form: Annotated[str, typer.Option("--format", help="anthropic or openai")] = "anthropic",
    datasets: Annotated[Path, typer.Option(help="the folder of the datasets")] = FOLDER,
    installation: Installation = None,
    as_json: AsJson = False,
) -> None:
    """Examples to fine-tune a model with: what was accepted, of the split to learn from, where that is allowed."""
    from app.adapters.prompt_files import PromptFiles
    from evals.cases.datasets import repositories_in
    from evals.cases.export import Allowed, Export, sidecar_of
    from evals.cases.export import export as export_to

    chosen, settings = cast("Format", _one_of(form, get_args(Format), "--format")), read_settings()
    if not out.absolute().parent.is_dir():
        raise typer.BadParameter("name a file in a folder that exists", param_hint="--out")

    async def work() -> Export:
        async with open_shelf(settings) as shelf:
            standing = await shelf.cases.standing(repositories_in(datasets))
            allowed = Allowed(standing, installation, await shelf.erasures.known())
        files = PromptFiles(settings.prompts_dir)
        prompts = {skill: files.live(skill, "export") for skill in get_args(SkillName)}
        return export_to(datasets, out, chosen, prompts, allowed)

    done = asyncio.run(work())
    typer.echo(f"{done.pairs} examples in {out}, their sources in {sidecar_of(out)}", err=True)
    for why, number in done.refused.items():
        typer.echo(f"left out {number}: {why}", err=True)
    if as_json:
        typer.echo(json.dumps(asdict(done) | {"out": str(out), "format": chosen}))


@forget.command("forget")
def forget_person(
    login: Annotated[str, typer.Argument(help="as GitHub names them")],
    out: Out = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Forget a person: words and name, in every table and dataset. What they did to labels stays, as a ghost's."""
    from app.teammate.cases.erase import forget_now

    name = login.strip().removeprefix("@")
    if not name or len(name) > 100 or not all(letter.isalnum() or letter in "-_[]" for letter in name):
        raise typer.BadParameter(f"{login!r} is no login of GitHub.")

    async def work() -> dict[str, int]:
        async with open_shelf(read_settings()) as shelf:
            return dict(await forget_now(shelf.erasures, "person", name))

    rows = asyncio.run(work())
    done = asyncio.run(_clean(out))
    counted = ", ".join(f"{number} {store}" for store, number in rows.items()) or "nothing in the database"
    typer.echo(f"forgotten: {counted}; {done.removed} rows of datasets", err=True)
    for file in done.files:
        typer.echo(f"rewritten: {file}; commit it", err=True)
    if as_json:
        typer.echo(json.dumps({"rows": rows, "removed": done.removed, "files": done.files}))


async def _clean(out: Path) -> Harvest:
    from evals.cases.harvest import clean as clean_up

    async with open_shelf(read_settings()) as shelf:
        return await clean_up(shelf.erasures, out)


def _tell(done: Harvest, *, as_json: bool) -> None:
    typer.echo(f"{done.added} questions added, {done.removed} taken out", err=True)
    for why, number in done.refused.items():
        typer.echo(f"left out {number}: {why}", err=True)
    for file in done.files:
        typer.echo(f"written: {file}; review it as you review code", err=True)
    if as_json:
        typer.echo(json.dumps(asdict(done)))


def _one_of(value: str | None, known: tuple[str, ...], option: str) -> str | None:
    if value is not None and value not in known:
        raise typer.BadParameter(f"choose one of {', '.join(known)}", param_hint=option)
    return value

"""`plumbline`: every command of this room. Others join through the entry points `plumbline.commands`.

Heavy imports wait inside the commands, so that `--help` answers at once.
"""

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.errors import PlumblineError
from app.settings import Settings, read_settings

cli = typer.Typer(
    name="plumbline",
    help="A teammate for GitHub repositories that is held to a plumb line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Port = Annotated[int, typer.Option(min=0, max=65_535, help="where to listen on this machine")]
DataDir = Annotated[Path | None, typer.Option(help="where embedded servers keep their data")]


def say(line: str) -> None:
    typer.echo(f"plumbline: {line}", err=True)


def settings_with(data_dir: Path | None) -> Settings:
    settings = read_settings()
    return settings.model_copy(update={"data_dir": data_dir}) if data_dir else settings


@cli.command()
def run(port: Port = 8000, data_dir: DataDir = None, playground_port: Port = 8090) -> None:
    """Start everything: web and worker, with embedded servers and a playground for what is not configured."""
    from app.commands.run import run_everything

    asyncio.run(run_everything(settings_with(data_dir), port=port, playground_port=playground_port, say=say))


@cli.command()
def serve(port: Port = 8000, host: str = "127.0.0.1") -> None:
    """Hear webhooks and show pages. Needs DATABASE_URL, REDIS_URL and GITHUB_WEBHOOK_SECRET."""
    from app.commands.serve import serve_web

    serve_web(read_settings(), host=host, port=port)


@cli.command()
def playground(
    port: Port = 8090,
    data_dir: DataDir = None,
    webhook_url: Annotated[str, typer.Option(help="where its webhooks go")] = "http://127.0.0.1:8000/webhooks/github",
) -> None:
    """Serve a simulated GitHub with pages to try things on."""
    from app.commands.run import run_playground

    asyncio.run(run_playground(settings_with(data_dir), port=port, webhook_url=webhook_url, say=say))


@cli.command()
def replay(
    threads: Annotated[list[Path], typer.Argument(metavar="FILE...", help="threads, one JSON object a line")],
    *,
    files: Annotated[
        Path | None, typer.Option(help="what the repositories hold, one JSON object a line: repo, path, text")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="only the first N threads")] = None,
    mode: Annotated[Literal["auto", "draft"], typer.Option(help="auto writes, draft only decides")] = "auto",
    dump: Annotated[Path | None, typer.Option(help="write what the simulated GitHub saw to this file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object as the last line")] = False,
) -> None:
    """Play real threads through a simulated GitHub, signed webhooks and the whole pipeline."""
    from app.commands.replay import replay_files

    settings = read_settings()
    asyncio.run(
        replay_files(settings, threads, corpus=files, limit=limit, mode=mode, dump=dump, as_json=as_json, say=say)
    )


@cli.command()
def index(
    place: Annotated[str, typer.Argument(metavar="PATH|OWNER/NAME", help="a checkout, or a repository of the App")],
    data_dir: DataDir = None,
) -> None:
    """Make a repository's files and history known now, and watch it happen."""
    from app.commands.index import index_place

    asyncio.run(index_place(settings_with(data_dir), place, say=say))


@cli.command()
def train(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="a repository that has been indexed")],
    data_dir: DataDir = None,
) -> None:
    """Fine-tune the bundled encoder on a repository's own labels; the result is measured, and not used yet."""
    from app.commands.train_repository import train_repository

    asyncio.run(train_repository(settings_with(data_dir), repository, say=say))


@cli.command()
def doctor(
    data_dir: DataDir = None,
    tried: Annotated[bool, typer.Option("--try", help="also ask the model one word: it costs next to nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Is everything set up right? Names what is missing and how to mend it; lists every setting."""
    from app.commands.doctor import examine

    raise typer.Exit(asyncio.run(examine(settings_with(data_dir), as_json=as_json, tried=tried)))


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="the file to write, such as plumbline.tar.gz")], data_dir: DataDir = None
) -> None:
    """Write the database, the App's keys and .env into one file. Nothing has to stop for it."""
    from app.commands.backup import back_up

    asyncio.run(back_up(settings_with(data_dir), file, say=say))


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="what `plumbline backup` wrote")],
    *,
    data_dir: DataDir = None,
    over: Annotated[bool, typer.Option("--over", help="in place of what the database holds")] = False,
) -> None:
    """Put a backup back. Stop Plumbline first."""
    from app.commands.backup import restore_backup

    asyncio.run(restore_backup(settings_with(data_dir), file, over=over, say=say))


@cli.command()
def relay(
    channel: Annotated[str, typer.Argument(metavar="URL", help="the channel that GitHub sends webhooks to")],
    to: Annotated[str, typer.Option(help="where they go from there")] = "http://127.0.0.1:8000/webhooks/github",
) -> None:
    """Bring webhooks from a public channel (smee.io, or a server like it) to this machine, until Ctrl-C."""
    from app.commands.relay import relay_webhooks

    asyncio.run(relay_webhooks(channel, to, say=say))


@cli.command()
def dead(data_dir: DataDir = None) -> None:
    """List dead work and effects with their reasons."""
    from app.commands.dead import list_dead

    asyncio.run(list_dead(settings_with(data_dir)))


@cli.command()
def retry(
    what: Annotated[str, typer.Argument(help="work:ID or effect:ID, as `plumbline dead` lists them")],
    data_dir: DataDir = None,
) -> None:
    """Plan dead work or a dead effect again."""
    from app.commands.dead import WHAT, retry_dead

    if not re.fullmatch(WHAT, what):
        raise typer.BadParameter(f"{what!r} is neither work:ID nor effect:ID; `plumbline dead` lists them.")
    asyncio.run(retry_dead(settings_with(data_dir), what))


def _joined(asked: Sequence[str]) -> list[EntryPoint]:
    """The other rooms' commands that may be meant: none for one of ours, because loading theirs takes a while."""
    own = {command.name or command.callback.__name__ for command in cli.registered_commands if command.callback}
    points = list(entry_points(group="plumbline.commands"))
    if not asked or asked[0] in own:
        return [] if asked else points
    return [point for point in points if point.name == asked[0]] or points


def main() -> None:
    """Run a command; our own errors are one sentence and exit 1, wrong usage is exit 2."""
    # Before numpy is imported: on a busy machine the threads of its BLAS have been seen to wait for each other for
    # ever, one of them spinning, within one `solve`. One thread is as quick on matrices of our size.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for point in _joined(sys.argv[1:2]):
        joined = point.load()
        if len(joined.registered_commands) == 1 and joined.registered_commands[0].name == point.name:
            cli.registered_commands.extend(joined.registered_commands)
        else:
            cli.add_typer(joined, name=point.name)
    try:
        cli()
    except PlumblineError as error:
        say(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()

"""`plumbline dead` and `plumbline retry`: what was given up, why, and how to have it tried again."""

from app.bootstrap import require_database
from app.errors import ConfigurationError
from app.settings import Settings

WHAT = r"(work|effect):[0-9]{1,18}"


async def list_dead(settings: Settings) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from app.store.dead import dead_letters
    from app.store.engine import open_database

    async with open_database(await require_database(settings), pool_size=2) as database:
        letters = await dead_letters(database, limit=100)
    if not letters:
        Console().print("Nothing is dead.")
        return
    table = Table("what", "where", "since", "reason")
    for letter in letters:
        table.add_row(letter.what, letter.where, f"{letter.since:%Y-%m-%d %H:%M}", escape(letter.reason))
    Console().print(table)
    Console().print("Try one again with: plumbline retry WHAT")


async def retry_dead(settings: Settings, what: str) -> None:
    """Plan `what` again, a word that matches WHAT; raises ConfigurationError when it is not dead."""
    from app.store.engine import open_database
    from app.store.outbox import PostgresOutbox
    from app.store.queue import PostgresQueue

    kind, _, number = what.partition(":")
    async with open_database(await require_database(settings), pool_size=2) as database:
        queue = PostgresQueue(database) if kind == "work" else PostgresOutbox(database)
        if not await queue.revive(int(number)):
            raise ConfigurationError(f"{what} is not dead; `plumbline dead` lists what is.")
    print(f"{what} is planned again; a worker takes it within seconds.")  # noqa: T201

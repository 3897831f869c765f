"""`plumbline train OWNER/NAME`: from the history that is known of a repository to a fine-tuned encoder."""

from collections.abc import Callable

import sqlalchemy as sa

from app.commands.database import open_store
from app.commands.train import train
from app.domain.thread import Label
from app.errors import ConfigurationError
from app.settings import Settings

MOST = 5_000
"""Labelled threads, newest first."""

_BY_NAME = sa.text("select id from repositories where lower(name) = lower(:name)")


async def train_repository(settings: Settings, name: str, *, say: Callable[[str], None]) -> None:
    """ConfigurationError where nothing, or too little, is known of the repository."""
    from app.knowledge.labelling.examples import Example
    from app.store.threads import PostgresThreads

    async with open_store(settings) as database:
        found = await database.run(_BY_NAME, name=name)
        if not found:
            raise ConfigurationError(f"nothing is known of {name}: `plumbline index {name}` reads its history")
        history = await PostgresThreads(database).labelled(found[0].id, MOST)
    examples = [
        Example(name, thread.title, thread.body, frozenset(thread.labels), thread.created_at) for _, thread in history
    ]
    labels = [Label(name=label) for label in sorted({label for one in examples for label in one.labels})]
    await train(settings, name, examples, labels=labels, say=say)

"""The playground as a part of other commands: one persistent Hub per data directory, and the App it offers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.errors import ConfigurationError
from app.playground.auth import keep_up
from app.playground.control import environment
from app.playground.hub import Hub
from app.playground.pages import page_routes
from app.playground.persist import StateUnreadable, load
from app.playground.seed import seed_self
from app.playground.serve import running
from app.settings import Settings
from app.supervisor import project_root


@asynccontextmanager
async def persistent_playground(
    settings: Settings, *, port: int, webhook_url: str, product_url: str = ""
) -> AsyncIterator[Hub]:
    """Serve the data directory's playground on `port`; its state is saved as it changes.

    `product_url` is where the pages of the teammate itself are, for links; empty without one.
    """
    file = settings.data_dir / "playground" / "state.json"
    try:
        hub = Hub(load(file))
    except StateUnreadable as error:
        raise ConfigurationError(str(error)) from None
    keep_up(hub.state)
    hub.webhook_url = webhook_url
    async with running(hub, port, state_file=file, pages=page_routes(hub, product_url=product_url)):
        seed_self(hub, project_root())
        yield hub


def app_environment(hub: Hub, folder: Path) -> dict[str, str]:
    """What a real App's owner would put into `.env`; the private key goes into a file only we can read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = folder.absolute() / "app.pem"
    key.touch(mode=0o600)
    key.write_text(hub.state.app.private_key)
    return environment(hub) | {"GITHUB_PRIVATE_KEY": str(key)}

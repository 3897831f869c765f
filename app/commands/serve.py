"""`plumbline serve`: the web process. It imports neither a model's SDK nor GitHub's client nor arq's worker."""

import sys
from secrets import token_urlsafe

from pydantic import SecretStr

from app.bootstrap import literal_secrets, needs_secrets, open_web, require_servers
from app.logs import set_up_logs
from app.settings import Settings
from app.supervisor import stop_with_parent


def serve_web(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGTERM; accepted deliveries are committed before the process ends.

    Without an App there is only the setup to serve, and whoever reads what is printed here may open it from elsewhere.
    """
    import uvloop

    require_servers(settings)
    if needs_secrets(settings):
        settings.webhook_secrets()
    else:
        settings = _with_setup_token(settings)
        token = settings.door_token()
        place = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
        print(f"plumbline: no GitHub App yet: open {place}/setup?token={token}", file=sys.stderr)  # noqa: T201
    set_up_logs(as_json=settings.log_json, secrets=literal_secrets(settings))
    uvloop.run(_serve(settings, host, port))


def _with_setup_token(settings: Settings) -> Settings:
    if settings.door_token():
        return settings
    return settings.model_copy(update={"setup_token": SecretStr(token_urlsafe(24))})


async def _serve(settings: Settings, host: str, port: int) -> None:
    import uvicorn

    from app.store.migrations import migrate

    stop_with_parent()
    await migrate(settings.database_url)
    async with open_web(settings) as app:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=15,
        )
        await uvicorn.Server(config).serve()

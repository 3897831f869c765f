"""`plumbline run` and `plumbline playground`."""

import shlex
from contextlib import AsyncExitStack

from app.commands.playground import app_environment, persistent_playground
from app.settings import Settings
from app.supervisor import Say, free_port, house, stop_signal


async def run_everything(settings: Settings, *, port: int, playground_port: int, say: Say) -> None:
    """Web, worker, and whatever is not configured, until SIGINT or SIGTERM."""
    stop = stop_signal()
    port = free_port(port, strict=True)
    if settings.github_app_id:  # said here in one sentence, not by children that die
        settings.webhook_secrets()
        settings.private_key()
    async with AsyncExitStack() as stack:
        environment: dict[str, str] = {}
        playground_url = ""
        if not settings.github_app_id:
            say("no GITHUB_APP_ID: starting the playground in place of GitHub")
            hub = await stack.enter_async_context(
                persistent_playground(
                    settings,
                    port=free_port(playground_port, strict=False),
                    webhook_url=f"http://127.0.0.1:{port}/webhooks/github",
                    product_url=f"http://127.0.0.1:{port}",
                )
            )
            environment = app_environment(hub, settings.data_dir / "playground")
            playground_url = hub.base_url
            environment["PLUMBLINE_PLAYGROUND_URL"] = playground_url
        running = await stack.enter_async_context(house(settings, port=port, environment=environment, say=say))
        say(f"ready: {running.url}")
        if playground_url:
            say(f"try it: {playground_url}")
        say("stop with Ctrl-C")
        await stop.wait()
        say("stopping")


async def run_playground(settings: Settings, *, port: int, webhook_url: str, say: Say) -> None:
    """A playground alone; prints the environment that connects a Plumbline to it."""
    stop = stop_signal()
    async with persistent_playground(settings, port=free_port(port, strict=True), webhook_url=webhook_url) as hub:
        say(f"playground: {hub.base_url}, its webhooks go to {webhook_url}")
        for name, value in app_environment(hub, settings.data_dir / "playground").items():
            print(f"export {name}={shlex.quote(value)}", flush=True)  # noqa: T201  for `eval`, so on stdout
        await stop.wait()

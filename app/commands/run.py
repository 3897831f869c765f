"""`plumbline run` and `plumbline playground`."""

import asyncio
import os
import shlex
import signal
from contextlib import AsyncExitStack

from app.commands.playground import app_environment, persistent_playground
from app.commands.setup import RENEW
from app.settings import Settings, read_settings
from app.supervisor import Say, free_port, house, stop_signal

LOOKING = {"PLUMBLINE_LOOK_INTERVAL_S": "2", "PLUMBLINE_LOOKS_PER_MINUTE": "6000", "PLUMBLINE_RATE_RESERVE": "0"}
"""In a playground reactions are seen at once."""


async def run_everything(settings: Settings, *, port: int, playground_port: int, say: Say) -> None:
    """Web, worker, and whatever is not configured, until SIGINT or SIGTERM. After the setup pages have kept an App all
    of it starts again, with the settings of then.
    """
    stop, renew = stop_signal(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, renew.set)
    port = free_port(port, strict=True)
    while True:
        await _run_until(stop, renew, settings, port=port, playground_port=playground_port, say=say)
        if stop.is_set():
            return
        renew.clear()
        say("starting again with the new GitHub App")
        settings = read_settings().model_copy(update={"data_dir": settings.data_dir})


async def _run_until(
    stop: asyncio.Event, renew: asyncio.Event, settings: Settings, *, port: int, playground_port: int, say: Say
) -> None:
    if settings.github_app_id:  # said here in one sentence, not by children that die
        settings.webhook_secrets()
        settings.private_key()
    async with AsyncExitStack() as stack:
        environment = {RENEW: str(os.getpid())}
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
            environment |= app_environment(hub, settings.data_dir / "playground")
            playground_url = hub.base_url
            environment["PLUMBLINE_PLAYGROUND_URL"] = playground_url
            environment |= LOOKING | environment
        running = await stack.enter_async_context(house(settings, port=port, environment=environment, say=say))
        say(f"ready: {running.url}")
        if playground_url:
            say(f"try it: {playground_url}")
        say("stop with Ctrl-C")
        await _either(stop, renew)
        say("stopping")


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def run_playground(settings: Settings, *, port: int, webhook_url: str, say: Say) -> None:
    """A playground alone; prints the environment that connects a Plumbline to it."""
    stop = stop_signal()
    async with persistent_playground(settings, port=free_port(port, strict=True), webhook_url=webhook_url) as hub:
        say(f"playground: {hub.base_url}, its webhooks go to {webhook_url}")
        for name, value in app_environment(hub, settings.data_dir / "playground").items():
            print(f"export {name}={shlex.quote(value)}", flush=True)  # noqa: T201  for `eval`, so on stdout
        await stop.wait()

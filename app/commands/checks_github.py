"""The doctor's checks of the GitHub App: the key, the clock, permissions, events, webhooks, installations, the name.

All but the first judge what GitHub says of the App and are pure.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from app.commands.findings import Finding
from app.domain.registration import EVENTS, WEBHOOK_PATH, Registration, is_local, lacking
from app.errors import GitHubError
from app.settings import Settings

CLOCK_OFF_S = 60.0
PROBE_S = 5.0


async def github(settings: Settings) -> list[Finding]:
    """ConfigurationError where the key cannot even be read."""
    if not settings.github_app_id:
        return [Finding("GitHub", "note", "GITHUB_APP_ID is not set: `/setup` makes an App with one click.")]
    from app.adapters.github_registration import read_registration

    try:
        app = await read_registration(
            app_id=settings.github_app_id, private_key=settings.private_key(), api_url=settings.github_api_url
        )
    except GitHubError as error:
        return [Finding("GitHub", "wrong", refused(error, settings))]
    here = await answers(app.webhook_url) if app.webhook_url else ""
    return [
        Finding("GitHub", "ok", f"signed in as {app.slug}[bot]."),
        *clock(app),
        *permissions(app),
        *events(app),
        *webhook(app, here, settings),
        *installations(app),
        *handle(app, settings),
    ]


def refused(error: GitHubError, settings: Settings) -> str:
    """What it means that GitHub would not tell of the App."""
    api, number = settings.github_api_url, settings.github_app_id
    match error.answer.status:
        case 401:
            return (
                f"GitHub refuses the key (401): it is no key of App {number}. Generate one on the App's page, "
                "and set GITHUB_PRIVATE_KEY; or check GITHUB_APP_ID."
            )
        case 404:
            return f"there is no App {number} at {api} (404): check GITHUB_APP_ID and GITHUB_API_URL."
        case None:
            return f"{api} does not answer ({error.answer.message}): check GITHUB_API_URL and the network."
        case _:
            return f"{error}: check GITHUB_APP_ID, GITHUB_PRIVATE_KEY and GITHUB_API_URL."


def clock(app: Registration) -> Iterator[Finding]:
    """GitHub takes a token that was made up to a minute away from its own time."""
    off = app.clock_off_s
    if abs(off) > CLOCK_OFF_S:
        side = "ahead of" if off > 0 else "behind"
        sentence = f"this machine is {abs(off):.0f} s {side} GitHub, which refuses such tokens: turn on NTP."
        yield Finding("Clock", "wrong", sentence)


def permissions(app: Registration) -> Iterator[Finding]:
    """Of the App itself, then of each account: one that has not agreed to a change keeps the old ones."""
    if short := lacking(app.permissions):
        yield Finding("Permissions", "wrong", f"the App lacks {', '.join(short)}: add them on {app.html_url}.")
        return
    for one in app.installations:
        if short := lacking(one.permissions):
            sentence = f"{one.account} has not agreed to {', '.join(short)}: its owner must accept them on GitHub."
            yield Finding("Permissions", "wrong", sentence)


def events(app: Registration) -> Iterator[Finding]:
    if missing := sorted(set(EVENTS) - app.events):
        said = ", ".join(missing)
        yield Finding("Events", "wrong", f"the App does not hear {said}: subscribe to them on {app.html_url}.")


def webhook(app: Registration, here: str, settings: Settings) -> Iterator[Finding]:
    """Where GitHub sends webhooks, and how it fared. `here` is what answered at that address: see `answers`."""
    url, newest = app.webhook_url, app.attempts[0] if app.attempts else None
    if not url:
        yield Finding("Webhook address", "wrong", f"the App has none: set one that ends in {WEBHOOK_PATH}.")
        return
    if is_local(url) and not is_local(settings.github_api_url):
        sentence = f"{url} leads to this machine alone: set a public address, or a relay's (`plumbline relay`)."
        yield Finding("Webhook address", "wrong", sentence)
    elif app.content_type != "json":
        yield Finding("Webhook address", "wrong", f"choose the content type application/json on {app.html_url}.")
    elif newest is not None and not 200 <= newest.status < 300:
        yield Finding("Webhook address", "wrong", f"GitHub's newest delivery to {url} failed: {_why(newest.status)}")
    elif here == "other":
        sentence = (
            f"something else than Plumbline answers at {url}: right for a relay, else let it end in {WEBHOOK_PATH}."
        )
        yield Finding("Webhook address", "note", sentence)
    elif newest is None:
        yield Finding("Webhook address", "note", f"GitHub has sent nothing to {url} yet.")
    else:
        yield Finding("Webhook address", "ok", f"GitHub's newest delivery to {url} arrived.")


def _why(status: int) -> str:
    match status:
        case 0:
            return "nothing answered. Is Plumbline running, and can GitHub reach it through the proxy?"
        case 401:
            return "401, so the secrets differ. Set the App's webhook secret and GITHUB_WEBHOOK_SECRET to the same."
        case 404 | 405:
            return f"{status}, so the path is wrong. Let the address end in {WEBHOOK_PATH}."
        case 413:
            return "413, so a proxy in between takes smaller bodies only. Allow 25 MB."
        case 502 | 503 | 504:
            return f"{status}, so the proxy answers and Plumbline does not. Is it running?"
        case _:
            return f"{status}. The log of the web process says why."


def installations(app: Registration) -> Iterator[Finding]:
    if not app.installations:
        yield Finding("Installations", "note", f"installed nowhere yet: open {app.html_url}/installations/new.")
        return
    suspended = [one.account for one in app.installations if one.suspended]
    if suspended:
        sentence = f"suspended by {', '.join(suspended)}: nothing is done there until its owner lifts that on GitHub."
        yield Finding("Installations", "wrong", sentence)
    else:
        yield Finding("Installations", "ok", f"on {len(app.installations)} account(s).")


def handle(app: Registration, settings: Settings) -> Iterator[Finding]:
    """GitHub completes and links the App's own name; another one works, but people will not find it."""
    if settings.handle.lower() != app.slug.lower():
        sentence = (
            f"people must write @{settings.handle}, but GitHub shows @{app.slug}: set PLUMBLINE_HANDLE={app.slug}."
        )
        yield Finding("Handle", "note", sentence)


async def answers(url: str) -> str:
    """`ours` where Plumbline takes webhooks, `other` where something else answers, empty where nothing does.

    That nothing answers says little: this machine may stand behind what GitHub sees.
    """
    import httpx

    if urlsplit(url).scheme not in ("http", "https"):
        return ""
    try:
        async with httpx.AsyncClient(timeout=PROBE_S) as client:
            answer = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL):
        return ""
    return "ours" if answer.status_code == 405 and answer.headers.get("allow") == "POST" else "other"

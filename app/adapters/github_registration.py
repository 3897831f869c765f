"""The App as GitHub has it: for the doctor, and for the page that sees a new installation through.

Source: docs.github.com, "REST API endpoints for GitHub Apps" and "... for GitHub App webhooks".
"""

import time
from email.utils import parsedate_to_datetime
from typing import Any

from app.adapters.github_auth import GitHubAuth
from app.adapters.github_http import GitHubHttp, Raw, pooled, read_answer
from app.adapters.github_parse import moment
from app.domain.effect import WriteAnswer
from app.domain.registration import Attempt, Installed, Registration
from app.errors import GitHubError

ATTEMPTS = 10


async def read_registration(*, app_id: int, private_key: str, api_url: str) -> Registration:
    """GitHubError where it is refused: 401 for a key that is not the App's, 404 for an App that is not there."""
    async with pooled(api_url) as github:
        http = GitHubHttp(github, api_url)
        auth = GitHubAuth(http, app_id=app_id, private_key=private_key)
        first = await _get(http, auth, "/app")
        app = _good(first)
        hook = _good(await _get(http, auth, "/app/hook/config"))
        installations = _good(await _get(http, auth, "/app/installations?per_page=100"))
        attempts = _good(await _get(http, auth, f"/app/hook/deliveries?per_page={ATTEMPTS}"))
    return Registration(
        slug=app["slug"],
        html_url=app["html_url"],
        created_at=moment(app["created_at"]),
        permissions=app["permissions"],
        events=frozenset(app["events"]),
        clock_off_s=_clock_off_s(first),
        installations=tuple(
            Installed((one.get("account") or {}).get("login", ""), one["permissions"], bool(one.get("suspended_at")))
            for one in installations
        ),
        webhook_url=hook.get("url") or "",
        content_type=hook.get("content_type") or "form",
        attempts=tuple(Attempt(one["status_code"], one["status"]) for one in attempts),
    )


async def _get(http: GitHubHttp, auth: GitHubAuth, url: str) -> Raw:
    raw = await http.get(url, token=auth.app_token())
    if raw.status == 401:  # it may be our clock
        auth.app_token_refused(raw)
        raw = await http.get(url, token=auth.app_token())
    return raw


def _good(raw: Raw) -> Any:
    if raw.status != 200:
        raise GitHubError("the App", read_answer(raw))
    try:
        return raw.json()
    except ValueError:
        raise GitHubError("the App", WriteAnswer(None, "GitHub's answer was cut off")) from None


def _clock_off_s(raw: Raw) -> float:
    """To a second: GitHub says no more. 0 where it says nothing that can be read."""
    try:
        return time.time() - parsedate_to_datetime(raw.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return 0.0

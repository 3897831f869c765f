"""Exchanging the code of a registration for the App it made: id, private key and webhook secret.

Source: docs.github.com, "Create a GitHub App from a manifest". GitHub takes a code once, within an hour.
"""

from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from app.domain.effect import WriteAnswer
from app.domain.registration import NewApp, Server
from app.errors import GitHubError

TIMEOUT_S = 15.0


class _Converted(BaseModel):
    id: int
    slug: str
    html_url: str
    pem: str
    webhook_secret: str


async def exchange(server: Server, code: str) -> NewApp:
    """GitHubError where the code was used, is too old, or the server does not answer."""
    url = f"{server.api_url}/app-manifests/{quote(code, safe='')}/conversions"
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.post(url, headers={"Accept": "application/vnd.github+json"})
    except httpx.HTTPError as error:
        raise GitHubError("registration", WriteAnswer(None, f"{type(error).__name__}: {error}")) from None
    if answer.status_code != 201:
        said = "the code was used before or is older than an hour" if answer.status_code in (404, 422) else ""
        raise GitHubError("registration", WriteAnswer(answer.status_code, said))
    try:
        made = _Converted.model_validate_json(answer.content)
    except ValidationError:
        raise GitHubError("registration", WriteAnswer(None, "GitHub's answer was cut off")) from None
    return NewApp(made.id, made.slug, made.html_url, made.pem, made.webhook_secret)

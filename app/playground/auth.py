"""Who is calling, by GitHub's rules: App JWTs, installation tokens, and personal tokens of the simulated people.

Sources: docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App" and "Generating an installation
access token". Personal tokens are `ghp_<login>`: nothing here is secret but the App's key.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app.playground.model import App, Installation, Refusal, Repository, State, Token
from app.playground.world import World

TOKEN_LIFE_S = 3600
JWT_LONGEST_S = 600
OWN_APP = 100_001
CLOCK_TOLERANCE_S = 60
DEFAULT_PERMISSIONS = {
    "metadata": "read",
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "pull_requests": "write",
    "discussions": "write",
}
DEFAULT_EVENTS = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "discussion",
    "discussion_comment",
    "repository",
    "label",
    "push",
]


@dataclass(slots=True, frozen=True)
class Actor:
    """Whoever sent a request. `login` is what the request log and the written objects show."""

    kind: Literal["app", "installation", "person", "anonymous"]
    login: str
    installation: Installation | None = None
    token: Token | None = None


@lru_cache(maxsize=1)
def key_pair() -> tuple[str, str]:
    """A fresh RSA key as (private, public) PEM; one per process, because making one takes a tenth of a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def new_app(*, slug: str = "plumbline", owner: str = "plumbline-dev", created_at: str) -> App:
    private, public = key_pair()
    return App(
        id=OWN_APP,
        slug=slug,
        name=slug.replace("-", " ").title(),
        owner=owner,
        created_at=created_at,
        private_key=private,
        public_key=public,
        webhook_secret=secrets.token_hex(32),
        permissions=dict(DEFAULT_PERMISSIONS),
        events=list(DEFAULT_EVENTS),
    )


def keep_up(state: State) -> None:
    """A saved playground's own App, and whoever installed it, have agreed to what a new version asks for."""
    if state.app.id != OWN_APP:
        return
    state.app.permissions, state.app.events = dict(DEFAULT_PERMISSIONS), list(DEFAULT_EVENTS)
    for installation in state.installations.values():
        installation.permissions = dict(DEFAULT_PERMISSIONS)


def identify(world: World, authorization: str | None) -> Actor:
    """The caller behind an Authorization header; Refusal 401 or 403 for one that GitHub would not take."""
    if not authorization:
        return Actor("anonymous", "anonymous")
    scheme, _, credential = authorization.partition(" ")
    if scheme.lower() not in ("bearer", "token") or not credential:
        raise Refusal(401, "Bad credentials")
    if credential.startswith("ghs_"):
        return _installation(world, credential)
    if credential.startswith("ghp_"):
        person = world.find_person(credential.removeprefix("ghp_"))
        if person is None:
            raise Refusal(401, "Bad credentials")
        return Actor("person", person.login)
    return _app(world, credential)


def mint(
    world: World,
    installation: Installation,
    *,
    repositories: list[int] | None,
    permissions: dict[str, str],
) -> tuple[str, Token]:
    """A new installation token in the stateless format of 2026 (`ghs_APPID_JWT`, some 520 characters)."""
    now = world.clock()
    token = Token(installation.id, repositories, permissions, now, now + TOKEN_LIFE_S)
    header = _part({"alg": "RS256", "typ": "JWT"})
    payload = _part({"iss": world.state.app.id, "sub": installation.id, "exp": int(token.expires)})
    text = f"ghs_{world.state.app.id}_{header}.{payload}.{secrets.token_urlsafe(256)}"
    world.state.tokens = {key: old for key, old in world.state.tokens.items() if old.expires > now}
    world.state.tokens[text] = token
    world.touch()
    return text, token


def require(world: World, actor: Actor, repository: Repository, permission: str, level: str) -> None:
    """Let the request pass or raise the Refusal GitHub would answer: 404 hides what the caller may not know of."""
    if not may_read(world, actor, repository):
        raise Refusal(404, "Not Found")
    if actor.kind == "installation" and actor.token is not None:
        granted = actor.token.permissions.get(permission)
        reading_public = level == "read" and not repository.private
        if not reading_public and not (
            _covers(actor, repository) and (granted == "write" or (granted == "read" and level == "read"))
        ):
            raise Refusal(403, "Resource not accessible by integration")
    elif level == "write":
        if actor.kind == "app":
            raise Refusal(401, "A JSON web token could not be decoded")
        if actor.kind == "anonymous":
            raise Refusal(401, "Requires authentication")


def _app(world: World, credential: str) -> Actor:
    app = world.state.app
    try:
        claims = jwt.decode(
            credential,
            app.public_key,
            algorithms=["RS256"],
            options={
                "verify_iat": False,
                "verify_exp": False,
                "verify_iss": False,
                "require": ["exp", "iat", "iss"],
            },
        )
    except jwt.PyJWTError:
        raise Refusal(401, "A JSON web token could not be decoded") from None
    now = world.clock() + world.faults.clock_skew_s
    if str(claims["iss"]) != str(app.id):
        raise Refusal(404, "Integration not found")
    if not isinstance(claims["exp"], int | float) or claims["exp"] <= now:
        raise Refusal(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time "
            "at which the assertion expires",
        )
    if claims["exp"] > now + JWT_LONGEST_S + CLOCK_TOLERANCE_S:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(claims["iat"], int | float) or claims["iat"] > now:
        raise Refusal(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )
    return Actor("app", app.login)


def _installation(world: World, credential: str) -> Actor:
    token = world.state.tokens.get(credential)
    if token is None or token.expires <= world.clock():
        raise Refusal(401, "Bad credentials")
    installation = world.state.installations.get(token.installation)
    if installation is None:
        raise Refusal(401, "Bad credentials")
    if installation.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    return Actor("installation", world.state.app.login, installation, token)


def _covers(actor: Actor, repository: Repository) -> bool:
    installation, token = actor.installation, actor.token
    if installation is None or token is None or installation.account.lower() != repository.owner.lower():
        return False
    return all(listed is None or repository.id in listed for listed in (installation.repositories, token.repositories))


def may_read(world: World, actor: Actor, repository: Repository) -> bool:
    """Whether the repository exists for the caller at all."""
    if not repository.private or _covers(actor, repository):
        return True
    return actor.kind == "person" and world.role(repository, actor.login) != "none"


def _part(value: dict[str, object]) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

"""Tokens: one for fifty callers, for one repository only, renewed in time, dropped when GitHub refuses them."""

import asyncio
import time
from collections.abc import AsyncIterator

import jwt
import pytest

from app.adapters import github_auth
from app.adapters.github_client import open_github
from app.domain.thread import RepositoryRef
from app.errors import ConfigurationError, GitHubError
from app.playground.model import Token
from tests.adapters.github_world import GitHubWorld, github_world


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


def minted(world: GitHubWorld) -> int:
    return len(world.asked(method="POST", path="/access_tokens"))


def age(world: GitHubWorld, seconds: float) -> None:
    """Let all tokens grow older, theirs and ours."""
    auth = world.github._auth  # the reader's and the writer's are one
    auth._tokens = {
        key: github_auth.Token(token.text, token.minted - seconds, token.expires - seconds)
        for key, token in auth._tokens.items()
    }
    world.hub.state.tokens = {
        text: Token(t.installation, t.repositories, t.permissions, t.minted - seconds, t.expires - seconds)
        for text, t in world.hub.state.tokens.items()
    }


async def test_fifty_callers_and_one_mint(world: GitHubWorld):
    _, ref = world.open()
    await asyncio.gather(*(world.github.permission(world.ref, "ada") for _ in range(50)))
    assert minted(world) == 1
    await world.github.add_labels(ref, ["bug"])
    assert minted(world) == 1


async def test_a_token_reaches_one_repository_only(world: GitHubWorld):
    world.hub.add_repository("acme/other", private=True, files={"README.md": "secret"})
    assert await world.github.file(world.ref, "README.md") is not None
    [token] = world.hub.state.tokens.values()
    assert token.repositories == [world.ref.repository_id]
    wrong = RepositoryRef(world.installation.id, world.ref.repository_id, "acme/other")
    assert await world.github.file(wrong, "README.md") is None


async def test_long_tokens_of_2026_are_fine(world: GitHubWorld):
    await world.github.permission(world.ref, "ada")
    assert len(next(iter(world.hub.state.tokens))) > 400


@pytest.mark.parametrize(("seconds", "mints"), [(3000, 1), (3539, 1), (3541, 2), (3700, 2)])
async def test_a_token_is_renewed_a_minute_early(world: GitHubWorld, seconds, mints):
    await world.github.permission(world.ref, "ada")
    age(world, seconds)
    assert await world.github.permission(world.ref, "ada") == "admin"
    assert minted(world) == mints


async def test_a_token_that_github_forgot_is_replaced_within_a_read(world: GitHubWorld):
    _, ref = world.open("discussion")
    await world.github.permission(world.ref, "ada")
    for read in (world.github.permission(world.ref, "ada"), world.github.thread(ref)):
        age(world, 60)
        world.hub.state.tokens.clear()
        assert await read
    assert minted(world) == 3


async def test_a_write_with_a_forgotten_token_is_told_and_the_next_has_a_new_one(world: GitHubWorld):
    _, ref = world.open()
    await world.github.add_labels(ref, ["bug"])
    age(world, 60)
    world.hub.state.tokens.clear()
    assert (await world.github.post_comment(ref, "", "Hello")).status == 401
    assert (await world.github.post_comment(ref, "", "Hello")).status == 201


async def test_a_fresh_token_that_is_refused_is_kept(world: GitHubWorld):
    """Dropping it would make every next one fresh again, and GitHub needs some seconds to know a token."""
    _, ref = world.open()
    world.next("token_rejected", path="/comments", times=2)
    assert [(await world.github.post_comment(ref, "", "Hello")).status for _ in range(3)] == [401, 401, 201]
    assert minted(world) == 1


async def test_suspension_shows_at_the_mint(world: GitHubWorld):
    world.hub.suspend(installation=world.installation.id)
    with pytest.raises(GitHubError) as caught:
        await world.github.repository(world.ref)
    assert (caught.value.answer.status, caught.value.answer.stage) == (403, "token")


@pytest.mark.parametrize("fault", ["html_error", "lost_response", "truncated_json", "error_before_write"])
async def test_trouble_while_minting_never_counts_as_a_write(world: GitHubWorld, fault):
    _, ref = world.open()
    world.next(fault, path="/access_tokens")
    answer = await world.github.post_comment(ref, "", "Hello")
    assert answer.stage == "token"
    assert answer.status is None or answer.status >= 500
    assert (await world.github.post_comment(ref, "", "Hello")).status == 201


async def test_the_jwt_is_githubs(world: GitHubWorld):
    auth = world.github._auth
    app = world.hub.state.app
    claims = jwt.decode(auth.app_token(), app.public_key, algorithms=["RS256"])
    assert claims["iss"] == str(app.id)
    assert claims["exp"] - claims["iat"] <= 600
    assert claims["iat"] <= time.time() - 59
    assert auth.app_token() == auth.app_token()


@pytest.mark.parametrize("skew", [-90, 90, -600, 600])
async def test_a_machine_whose_clock_is_wrong_learns_githubs(world: GitHubWorld, skew):
    world.hub.clock = lambda: time.time() + skew
    assert len(await world.github.installations()) == 1
    assert await world.github.permission(world.ref, "ada") == "admin"
    assert minted(world) == 1


@pytest.mark.parametrize(
    "pem", ["", "not a key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"]
)
async def test_a_key_that_is_none_is_said_at_the_start(pem):
    with pytest.raises(ConfigurationError, match="GITHUB_PRIVATE_KEY is not an RSA key"):
        async with open_github(app_id=1, private_key=pem, api_url="https://api.github.com"):
            pass

"""Each way in which a GitHub App can be set up wrongly is named, with what to do about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.commands import checks_github as checks
from app.commands.doctor import findings
from app.commands.findings import Finding
from app.domain.registration import EVENTS, PERMISSIONS, Attempt, Installed, Registration
from app.playground.control import environment
from tests.commands.shell import given
from tests.fixtures_playground import running_playground
from tests.web.served import PATH, served

HERE = "https://bots.example.com/webhooks/github"


def an_app(**changed: Any) -> Registration:
    """One with which nothing is wrong."""
    app = Registration(
        slug="plumbline",
        html_url="https://github.com/apps/plumbline",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        permissions=PERMISSIONS,
        events=frozenset(EVENTS),
        clock_off_s=0.4,
        installations=(Installed("acme", PERMISSIONS, suspended=False),),
        webhook_url=HERE,
        content_type="json",
        attempts=(Attempt(202, "OK"),),
    )
    return replace(app, **changed)


def judged(app: Registration, *, here: str = "ours", handle: str = "plumbline") -> list[Finding]:
    settings = given(github_app_id=7, handle=handle)
    return [
        *checks.clock(app),
        *checks.permissions(app),
        *checks.events(app),
        *checks.webhook(app, here, settings),
        *checks.installations(app),
        *checks.handle(app, settings),
    ]


def test_nothing_is_wrong_with_a_right_one():
    assert {one.mark for one in judged(an_app())} == {"ok"}


WITHOUT_ISSUES = {**PERMISSIONS, "issues": "read"}
FAULTS: list[tuple[dict[str, Any], str, str, Sequence[str]]] = [
    ({"clock_off_s": -61.0}, "Clock", "wrong", ("61 s behind GitHub", "NTP")),
    ({"clock_off_s": 3600.0}, "Clock", "wrong", ("3600 s ahead of GitHub",)),
    ({"permissions": WITHOUT_ISSUES}, "Permissions", "wrong", ("the App lacks issues: write", "apps/plumbline")),
    ({"permissions": {}}, "Permissions", "wrong", ("checks: write",)),
    (
        {"installations": (Installed("acme", WITHOUT_ISSUES, suspended=False),)},
        "Permissions",
        "wrong",
        ("acme has not agreed to issues: write", "accept"),
    ),
    ({"events": frozenset(EVENTS) - {"issues"}}, "Events", "wrong", ("does not hear issues", "subscribe")),
    ({"webhook_url": ""}, "Webhook address", "wrong", ("the App has none",)),
    ({"webhook_url": "http://localhost:8000/webhooks/github"}, "Webhook address", "wrong", ("plumbline relay",)),
    ({"content_type": "form"}, "Webhook address", "wrong", ("application/json",)),
    ({"attempts": (Attempt(0, "timed out"), Attempt(202, "OK"))}, "Webhook address", "wrong", ("nothing answered",)),
    ({"attempts": (Attempt(401, "x"),)}, "Webhook address", "wrong", ("the secrets differ",)),
    ({"attempts": (Attempt(404, "x"),)}, "Webhook address", "wrong", ("the path is wrong",)),
    ({"attempts": (Attempt(413, "x"),)}, "Webhook address", "wrong", ("25 MB",)),
    ({"attempts": (Attempt(502, "x"),)}, "Webhook address", "wrong", ("Is it running?",)),
    ({"attempts": (Attempt(500, "x"),)}, "Webhook address", "wrong", ("The log",)),
    ({"attempts": ()}, "Webhook address", "note", ("has sent nothing",)),
    ({"installations": ()}, "Installations", "note", ("installed nowhere", "/installations/new")),
    ({"installations": (Installed("acme", PERMISSIONS, suspended=True),)}, "Installations", "wrong", ("suspended",)),
    ({"slug": "plumbline-acme"}, "Handle", "note", ("PLUMBLINE_HANDLE=plumbline-acme",)),
]


@pytest.mark.parametrize(("changed", "part", "mark", "said"), FAULTS)
def test_each_fault_is_named_alone(changed: dict[str, Any], part: str, mark: str, said: Sequence[str]):
    (found,) = [one for one in judged(an_app(**changed)) if one.mark != "ok"]
    assert (found.part, found.mark) == (part, mark)
    for words in said:
        assert words in found.sentence


def test_something_else_at_the_address_is_right_for_a_relay():
    (found,) = [one for one in judged(an_app(), here="other") if one.mark != "ok"]
    assert (found.part, found.mark) == ("Webhook address", "note")


async def test_who_answers_at_the_webhooks_address():
    async with served() as site:
        assert await checks.answers(f"http://127.0.0.1:{site.port}{PATH}") == "ours"
        assert await checks.answers(f"http://127.0.0.1:{site.port}/healthz") == "other"
    assert await checks.answers("http://127.0.0.1:1/") == ""
    assert await checks.answers("file:///etc/passwd") == ""


async def found_at(app: dict[str, str], **changed: Any) -> dict[str, Finding]:
    """The findings about GitHub, by part, with the settings of a playground's App."""
    settings = given(**{name.lower(): value for name, value in app.items()} | changed)
    return {one.part: one for one in await findings(settings)}


def another_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


async def test_a_real_one_is_asked_for_all_of_it():
    async with served() as site, running_playground(webhook_url=f"http://127.0.0.1:{site.port}{PATH}") as (hub, _):
        site_secret = hub.state.app.webhook_secret
        app = environment(hub)
        hub.install(account="acme")
        await hub.outgoing.join()
        found = await found_at(app)
        assert found["GitHub"] == Finding("GitHub", "ok", "signed in as plumbline[bot].")
        assert "the secrets differ" in found["Webhook address"].sentence  # the site has another one
        assert "Permissions" not in found
        assert found["Installations"].mark == "ok"
        assert site_secret not in str(found)

        hub.suspend(installation=next(iter(hub.state.installations)))
        assert "suspended by acme" in (await found_at(app))["Installations"].sentence
        hub.faults = hub.faults.model_copy(update={"clock_skew_s": -120.0})
        assert "ahead of GitHub" in (await found_at(app))["Clock"].sentence


async def test_what_github_refuses_outright():
    async with running_playground() as (hub, _):
        app = environment(hub)
        stranger = (await found_at(app, github_private_key=another_key()))["GitHub"]
        assert (stranger.mark, "it is no key of App" in stranger.sentence) == ("wrong", True)
        nobody = (await found_at(app, github_app_id=99))["GitHub"]
        assert (nobody.mark, "there is no App 99" in nobody.sentence) == ("wrong", True)
        broken = (await found_at(app, github_private_key="-----BEGIN RSA PRIVATE KEY-----\nx"))["GitHub"]
        assert (broken.mark, "not an RSA key" in broken.sentence) == ("wrong", True)
        away = (await found_at(app, github_api_url="http://127.0.0.1:1"))["GitHub"]
        assert (away.mark, "does not answer" in away.sentence) == ("wrong", True)
    assert (await found_at({}, github_app_id=7))["GitHub"].sentence.startswith("GITHUB_PRIVATE_KEY must hold")

"""Who may tell the teammate what."""

from typing import get_args

import pytest

from app.domain.act import Role, Stance
from app.ports import Permission
from app.teammate.commands.deeds import DEEDS
from app.teammate.commands.parse import Verb
from app.teammate.commands.roles import ALLOWED, refusal, role_of
from app.teammate.commands.say import help_text

ROLES: tuple[Role, ...] = get_args(Role)
VERBS: tuple[Verb, ...] = get_args(Verb)
TEAM = {"owner", "maintainer", "triager"}


@pytest.mark.parametrize(
    ("permission", "login", "role"),
    [
        ("admin", "ada", "owner"),
        ("admin", "Ada", "owner"),
        ("admin", "linus", "maintainer"),
        ("maintain", "linus", "maintainer"),
        ("write", "grace", "maintainer"),
        ("triage", "grace", "triager"),
        ("read", "grace", "author"),
        ("none", "Grace", "author"),
        ("read", "linus", "outsider"),
        ("none", "linus", "outsider"),
    ],
)
def test_a_role_follows_from_permission_and_from_who_wrote_the_thread(permission: Permission, login: str, role: Role):
    assert role_of(permission, login=login, author="grace", owner="ada") == role


def test_every_verb_is_in_the_table_and_has_a_deed():
    assert set(ALLOWED) == set(DEEDS) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_the_table(verb: Verb):
    may = {role for role in ROLES if not refusal(verb, role, login="x", stance=Stance())}
    author_too = verb in ("help", "settings", "why", "pause", "ignore", "not-a-duplicate")
    assert may == TEAM | ({"author"} if author_too else set())


def test_who_asked_for_silence_may_end_it():
    paused = Stance(quiet="paused", by="grace")
    assert refusal("resume", "author", login="Grace", stance=paused) == ""
    assert refusal("resume", "author", login="grace", stance=Stance(quiet="ignored", by="ada"))
    assert refusal("resume", "author", login="grace", stance=Stance())
    assert refusal("resume", "outsider", login="grace", stance=paused)


def test_a_refusal_says_who_may():
    assert refusal("undo", "author", login="x", stance=Stance()) == "an author may not: triager, maintainer, owner may"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "outsider"])
def test_help_shows_what_somebody_may_say_and_nothing_else(role: Role):
    shown = help_text(role, "plumbline")
    assert ("`undo`" in shown) == (role != "author")
    assert "`pause`" in shown
    assert "@" not in shown

"""Roles: who may tell the teammate what. One table, read by `obey` and shown by `help`. Pure."""

from collections.abc import Mapping

from app.domain.act import Role, Stance
from app.ports import Permission
from app.teammate.commands.parse import Verb

_TEAM: frozenset[Role] = frozenset({"owner", "maintainer", "triager"})
_THERE: frozenset[Role] = _TEAM | {"author"}

ALLOWED: Mapping[Verb, frozenset[Role]] = {
    "help": _THERE,
    "settings": _THERE,
    "why": _THERE,
    "pause": _THERE,
    "ignore": _THERE,
    "resume": _TEAM,
    "not-a-duplicate": _THERE,
    "duplicate": _TEAM,
    "label": _TEAM,
    "undo": _TEAM,
    "retriage": _TEAM,
    "draft": _TEAM,
    "post": _TEAM,
}
"""An outsider may do none of it: somebody else's thread is not theirs to steer, and a refusal notifies nobody."""


def role_of(permission: Permission, *, login: str, author: str, owner: str) -> Role:
    """What `login` is on a thread that `author` opened in a repository of `owner`; logins know no upper case."""
    if login.casefold() == owner.casefold():
        return "owner"
    match permission:
        case "admin" | "maintain" | "write":
            return "maintainer"
        case "triage":
            return "triager"
        case "read" | "none":
            return "author" if login.casefold() == author.casefold() else "outsider"


def refusal(verb: Verb, role: Role, *, login: str, stance: Stance) -> str:
    """Why somebody may not tell us this; empty where they may. Who asked for silence may end it."""
    own_silence = verb == "resume" and role == "author" and stance.quiet and stance.by.casefold() == login.casefold()
    return "" if role in ALLOWED[verb] or own_silence else f"{article(role)} may not: {_who(verb)} may"


def article(role: Role) -> str:
    return f"an {role}" if role in ("owner", "author", "outsider") else f"a {role}"


def _who(verb: Verb) -> str:
    order: tuple[Role, ...] = ("author", "triager", "maintainer", "owner")
    return ", ".join(role for role in order if role in ALLOWED[verb])

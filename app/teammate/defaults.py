"""Defaults: what an owner says for all its repositories, in the settings file of its repository `.github`.

It is read through the installation that the triggering repository belongs to, and only where that covers `.github`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.effect import RetryAt
from app.domain.thread import RepositoryRef
from app.errors import GitHubError
from app.ports import GitHubReader
from app.teammate.answers import classify
from app.teammate.parts import Parts
from app.teammate.repository_settings import SETTINGS_PATH

KEPT_FOR = timedelta(minutes=5)
MOST_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Defaults:
    """`text` of the file, and the `place` by which a mistake in it is told; both empty where there is none."""

    text: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    reader: GitHubReader
    until: datetime
    defaults: Defaults


_KEPT: dict[tuple[int, str], _Kept] = {}
"""By installation and owner, for this process."""


async def defaults_for(parts: Parts, ref: RepositoryRef) -> Defaults:
    """The defaults that lie under a repository's settings.

    What GitHub refuses is none. While it is merely in trouble, what was read last still counts; without that
    GitHubError goes up and the work waits, because an owner's `off` must not be forgotten for an outage.
    """
    owner = ref.name.partition("/")[0]
    name = f"{owner}/.github"
    if ref.name.casefold() == name.casefold():
        return Defaults()
    key, now = (ref.installation_id, owner.casefold()), parts.clock.now()
    kept = _KEPT.get(key)
    if kept and kept.reader is not parts.reader:
        kept = None
    if kept and now < kept.until:
        return kept.defaults
    covered = await parts.installations.repositories(ref.installation_id)
    home = next((one for one in covered if one.name.casefold() == name.casefold()), None)
    text = None
    if home:
        try:
            text = await parts.reader.file(home, SETTINGS_PATH)
        except GitHubError as error:
            if isinstance(classify(error.answer, now=now, idempotent=True), RetryAt):
                if kept is None:
                    raise
                return kept.defaults
    found = Defaults(text, f"{name}: {SETTINGS_PATH}") if text else Defaults()
    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    _KEPT[key] = _Kept(parts.reader, now + KEPT_FOR, found)
    return found

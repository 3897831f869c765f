"""Consent: what may be kept of a signal. Where a repository has not agreed to learning only figures are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from app.domain.run import RunRecord
from app.domain.signal import Signal, Wanted
from app.teammate.cases.scrub import hashed
from app.teammate.redact import redact

LONGEST_TEXT, LONGEST_BODY = 500, 20_000


@dataclass(frozen=True, slots=True)
class Keeper:
    """`learn` is what the settings said when the run was made, `secrets` are literals that must never be kept."""

    learn: bool
    key: bytes
    secrets: Sequence[str]

    @classmethod
    def of(cls, run: RunRecord, key: bytes, secrets: Sequence[str]) -> Self:
        return cls(run.snapshot.settings.data.learn, key, secrets)

    def name(self, login: str) -> str:
        """The login, or a keyed hash by which one person can still be told from another."""
        return login if self.learn or not login else hashed(login, self.key)

    def keep(self, signal: Signal) -> Signal:
        """What may be kept of it."""
        wanted = signal.wanted
        if wanted is not None:
            body = redact(wanted.body, self.secrets)[:LONGEST_BODY] if self.learn else ""
            wanted = wanted.model_copy(update={"body": body})
        text = redact(signal.text, self.secrets)[:LONGEST_TEXT] if self.learn else ""
        return signal.model_copy(
            update={"actor": self.name(signal.actor), "text": text, "wanted": None if wanted == Wanted() else wanted}
        )

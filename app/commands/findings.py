"""What a check of the doctor finds, and how it tells."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.settings import Settings

Mark = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`wrong` keeps it from working, `note` is worth knowing; the sentence says what to do."""

    part: str
    mark: Mark
    sentence: str


Check = Callable[[Settings], Awaitable[Sequence[Finding]]]

"""Which fine-tuned encoder serves a repository, if any: `live.toml` beside the models says it, as it does of prompts.

    ["acme/app"]
    model = "0123456789abcdef"

It is looked at for every thread, so a release, and taking one back, is one edit.
"""

import threading
import tomllib
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.adapters.finetune import FineTuned, load
from app.errors import EmbeddingError

log = structlog.get_logger("adapters.live_models")


class _Live(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(pattern="^[0-9a-f]{16}$")


_LIVE = TypeAdapter(dict[str, _Live])


class LiveModels:
    """`ports.TunedModels` over the directory that `plumbline train` fills.

    A file or a model that is broken is logged once; the classifier then serves by itself.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._live: dict[str, str] = {}
        self._opened: dict[str, FineTuned | None] = {}

    def live(self, repository: str) -> FineTuned | None:
        with self._lock:
            seen = self._signature()
            if seen != self._seen:
                self._seen, self._live, self._opened = seen, self._read() if seen else {}, {}
            name = self._live.get(repository.lower())
            if name is not None and name not in self._opened:
                self._opened[name] = self._open(name)
            return self._opened[name] if name else None

    def _signature(self) -> tuple[int, int] | None:
        try:
            found = (self._directory / "live.toml").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> dict[str, str]:
        file = self._directory / "live.toml"
        try:
            found = _LIVE.validate_python(tomllib.loads(file.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
            log.error("no_live_models", file=str(file), why=str(error))  # noqa: TRY400  # the reason is all there is
            return {}
        return {repository.lower(): one.model for repository, one in found.items()}

    def _open(self, name: str) -> FineTuned | None:
        try:
            return load(self._directory / name)
        except EmbeddingError as error:
            log.error("live_model_unusable", model=name, why=str(error))  # noqa: TRY400  # the reason is all there is
            return None

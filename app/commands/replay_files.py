"""What a replay is given: files with one thread a line, and files with one page of a repository a line."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import ConfigurationError

Files = Mapping[str, str]
"""Path -> text, of one repository."""

REPOSITORY = r"^[^/\s]+/[^/\s]+$"


class _Line(BaseModel):
    """Lines carry more than is read here; what is read has its type."""

    model_config = ConfigDict(extra="ignore")


Line = TypeVar("Line", bound=_Line)


class Utterance(_Line):
    author: str | None = None
    author_association: str | None = None
    body: str | None = None


class Record(_Line):
    """A thread and what people said in it, as far as it is known."""

    repo: str = Field(pattern=REPOSITORY, description="owner/name")
    title: str
    body: str | None = None
    author: str | None = None
    author_association: str | None = None
    labels: list[str] | None = None
    comments: list[Utterance] | None = None


class _Page(_Line):
    repo: str = Field(pattern=REPOSITORY, description="owner/name")
    path: str = Field(pattern=r"^[^/\s][^\x00\n]*$", description="from the repository's root")
    text: str


def read_records(files: Sequence[Path], limit: int | None) -> list[Record]:
    """The first `limit` threads of JSON-lines files, one after the other; a line that cannot be read is named."""
    records = list(islice(chain.from_iterable(read_lines(file, Record) for file in files), limit))
    if not records:
        raise ConfigurationError(f"{', '.join(map(str, files))} holds no thread")
    return records


def read_files(corpus: Path) -> dict[str, Files]:
    """The files of each repository, by its name in lower case; a line that cannot be read is named."""
    found: dict[str, dict[str, str]] = {}
    for page in read_lines(corpus, _Page):
        found.setdefault(page.repo.lower(), {})[page.path] = page.text
    if not found:
        raise ConfigurationError(f"{corpus} holds no file of a repository")
    return dict(found)


def read_lines(file: Path, kind: type[Line]) -> Iterator[Line]:
    """The lines of a file that are not blank; ConfigurationError names the first that is none of this kind."""
    if not file.is_file():
        raise ConfigurationError(f"there is no file {file}")
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield kind.model_validate_json(line)
                except ValidationError as error:
                    first = error.errors()[0]
                    place = ".".join(str(part) for part in first["loc"])
                    raise ConfigurationError(f"{file}:{number}: {place or 'line'}: {first['msg']}") from None

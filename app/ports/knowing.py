"""Ports of what the teammate knows: files, past threads, label models, and the space in which texts lie."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from app.domain.past import PastThread, Remark
from app.domain.snapshot import Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Places texts so that those of like meaning lie close. Optional everywhere: without one, words must do.

    Vectors of different `name`s are never compared. `dimensions` is 0 until the first answer of a service tells.
    """

    name: str
    dimensions: int

    async def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """One row of unit length for each text, (len(texts), dimensions); EmbeddingError when there are none."""


@dataclass(frozen=True, slots=True)
class Near:
    """A point in the space of one embedder; vectors of different embedders are never compared."""

    embedder: str
    vector: "NDArray[np.float32]"


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A row that waits for its vectors, one for each of `texts`."""

    id: int
    texts: tuple[str, ...]


class Shelf(Protocol):
    """Rows that are found by words at once and by meaning as soon as their vectors are there."""

    async def unembedded(self, repository_id: int, embedder: str, limit: int) -> list[Unembedded]:
        """Those without vectors of this embedder; none where vectors cannot be kept."""

    async def embed(
        self, repository_id: int, embedder: str, ids: Sequence[int], vectors: "NDArray[np.float32]"
    ) -> None:
        """Keep these vectors, of unit length, as those of the rows beside them in `ids`, where a row stands once for
        each of its texts. Rows that are gone meanwhile are passed over.
        """


@dataclass(frozen=True, slots=True)
class Edition:
    """What of a repository is indexed. Permalinks are made of `web_url` and `commit` when a passage is read."""

    commit: str
    web_url: str
    private: bool


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """`digest` tells whether a file has to be indexed again."""

    digest: str
    passages: tuple[Passage, ...]


class Library(Shelf, Protocol):
    """What the teammate knows of a repository; a search never leaves the repository it is asked for."""

    async def indexed_commit(self, repository_id: int) -> str | None: ...
    def turn(self, repository_id: int) -> AbstractAsyncContextManager[object]:
        """Held while a repository is indexed: who comes second in this process finds it done."""

    async def files(self, repository_id: int) -> dict[str, tuple[str, int]]:
        """Path -> digest and number of passages, of every file that is indexed."""

    async def update(
        self, repository_id: int, edition: Edition, changed: Mapping[str, IndexedFile], gone: Collection[str]
    ) -> None:
        """Replace what is known of `changed`, drop `gone`, and be at `edition`: all at once or not at all."""

    async def search(self, repository_id: int, query: str, limit: int, *, near: Near | None = None) -> list[Passage]:
        """Passages by the words of `query` and, where `near` says so, by meaning; best first, scored."""

    async def forget(self, repository_id: int) -> None: ...


Listing = Literal["threads", "discussions", "comments", "reviews"]
"""What GitHub lists of a repository's past, each read to a moment of its own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A past thread that may resemble another. `words` is BM25 of the words both have, None where it was found by
    meaning alone; `cosine` and `vector` are None where there is no vector of the embedder asked for.
    """

    thread: PastThread
    words: float | None
    cosine: float | None = None
    vector: "NDArray[np.float32] | None" = None


class ThreadIndex(Shelf, Protocol):
    """Past threads of each repository, found by what they say; a search never leaves its repository."""

    async def remember(self, repository_id: int, threads: Sequence[PastThread], *, private: bool) -> None:
        """Add or replace; of two readings of one thread the one changed later stays."""

    async def similar(
        self,
        repository_id: int,
        query: str,
        limit: int,
        *,
        near: Near | None = None,
        before: datetime | None = None,
        exclude: int | None = None,
    ) -> list[Candidate]:
        """Fused from words and meaning, best first; only threads created before `before`, never number `exclude`.

        GitHub counts seconds: of threads created in one of them, the lower number came first.
        """

    async def labelled(
        self, repository_id: int, limit: int, *, others: Collection[int] = ()
    ) -> list[tuple[int, PastThread]]:
        """Issues that carry labels, newest first, each with its repository: of this one, and of those of `others` that
        are public.
        """

    async def unlabelled(self, repository_id: int, limit: int) -> list[PastThread]:
        """Issues without any label, newest first."""

    async def merged(self, repository_id: int, limit: int) -> list[PastThread]:
        """Merged pull requests, newest first."""

    async def place(self, repository_id: int, number: int, near: Near) -> None:
        """Keep where this thread lies, so that it need not wait until vectors are made for all; nothing where it is not
        remembered or vectors cannot be kept.
        """

    async def note(self, repository_id: int, listing: Listing, remarks: Sequence[Remark]) -> None:
        """Add or replace by id; of two readings of one comment the one changed later stays. From then on a thread is
        known as a duplicate of what its newest such remark names.
        """

    async def asked(self, repository_id: int, ripe: timedelta) -> Mapping[str, tuple[int, int]]:
        """Of the newest reports that were opened this long before the comments end that have been read: what so many
        lacked, and for how many of those a maintainer asked for it.
        """

    async def reviews(self, repository_id: int, numbers: Sequence[int]) -> Mapping[int, Mapping[str, tuple[str, ...]]]:
        """Of these pull requests, who spoke about which files."""

    async def history_until(self, repository_id: int, listing: Listing) -> datetime | None:
        """Up to which change a listing has been read; None before it was."""

    async def set_history(self, repository_id: int, listing: Listing, until: datetime) -> None: ...
    async def forget(self, repository_id: int, numbers: Sequence[int] | None = None) -> None:
        """These threads and what was said below them, or all and where the history was read to."""


class LabelModels(Protocol):
    """Trained label models of each repository, as bytes; the newest few are kept."""

    async def save(self, repository_id: int, version: str, model: bytes, facts: Mapping[str, Any]) -> None:
        """A version that is known already becomes the newest."""

    async def newest(self, repository_id: int) -> bytes | None: ...
    async def learnt_from(self, repository_id: int) -> int:
        """How many examples the newest was fitted on; 0 where there is none."""


class Tuned(Protocol):
    """A fine-tuned encoder that reads `labels`; both calls block for milliseconds. EmbeddingError where it fails."""

    labels: tuple[str, ...]
    version: str

    def probabilities(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """(len(texts), len(labels)) of 0 to 1."""


class TunedModels(Protocol):
    """Fine-tuned encoders that have been released; one serves its own repository alone."""

    def live(self, repository: str) -> Tuned | None: ...


class Papers(Protocol):
    """What is kept of a repository's files besides their passages."""

    async def keep(self, repository_id: int, files: Mapping[str, str], symbols: bytes) -> None: ...
    async def files(self, repository_id: int) -> dict[str, str]:
        """Issue forms, code owners and labelling rules, by path."""

    async def symbols(self, repository_id: int) -> bytes | None:
        """`Symbols.dump` of all files."""

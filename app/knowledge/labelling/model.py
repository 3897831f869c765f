"""LabelModel: what was learnt, as plain arrays. Judges in milliseconds with numpy alone; stored without pickle."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from app.knowledge.labelling.calibration import Scaling
from app.knowledge.labelling.features import TERMS, Dense, Features
from app.knowledge.labelling.reading import VIEWS, Reading, read, view_terms
from app.knowledge.labelling.vocabulary import Vocabulary

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Weights:
    """Of each term of each view, (terms, ideas), and of signs and vectors, (width, ideas)."""

    terms: tuple[NDArray[np.float16], ...]
    dense: Dense


@dataclass(frozen=True, slots=True)
class Judged:
    """Ideas judged together: their columns, and their scaling in repositories with a history and in others."""

    start: int
    end: int
    known: Scaling
    stranger: Scaling


@dataclass(frozen=True, slots=True)
class LabelModel:
    """`version` is a digest of everything the model was made from; `labels` are those it has an opinion about."""

    version: str
    labels: tuple[str, ...]
    columns: tuple[int, ...]
    """The column of each label; names for one idea share a column."""
    features: Features
    bias: NDArray[np.float64]
    shared: Weights
    own: dict[str, Weights]
    """What each repository adds for its own threads."""
    judged: tuple[Judged, ...]
    settled: frozenset[str] = field(default_factory=frozenset)
    """Repositories with enough labelled threads of their own."""

    def judge(
        self, texts: Sequence[tuple[str, str]], *, repository: str = "", vectors: Dense | None = None
    ) -> NDArray[np.float64]:
        """Calibrated probabilities of each label, (n, len(labels)), for (title, body) pairs of one repository.

        `vectors` come from `encode`; without them words decide alone. ValueError when they have another width than
        those the model was fitted on.
        """
        readings = [read(title, body) for title, body in texts]
        scores = self._scores(readings, vectors, repository)
        found = np.empty_like(scores)
        for part in self.judged:
            scaling = part.known if repository in self.settled else part.stranger
            found[:, part.start : part.end] = scaling.probabilities(scores[:, part.start : part.end])
        return found[:, self.columns]

    def _scores(self, readings: Sequence[Reading], vectors: Dense | None, repository: str) -> NDArray[np.float64]:
        weights = [self.shared] + ([self.own[repository]] if repository in self.own else [])
        scores = np.tile(self.bias, (len(readings), 1))
        if readings:
            dense = self.features.dense(readings, vectors, repository)
            scores += sum(dense @ one.dense for one in weights)
        for row, reading in enumerate(readings):
            for view, name in enumerate(VIEWS):
                places, values = self.features.vocabularies[view].row(view_terms(reading, name))
                for one in weights:
                    scores[row] += TERMS * (values @ one.terms[view][places].astype(np.float32))
        return scores

    def dump(self) -> bytes:
        """An npz archive of plain arrays; `load` takes it back unchanged."""
        arrays: dict[str, NDArray[np.generic]] = {
            "centre": self.features.centre, "scale": self.features.scale, "bias": self.bias,
        }  # fmt: skip
        for view, vocabulary in enumerate(self.features.vocabularies):
            arrays[f"terms{view}"] = np.frombuffer("\n".join(vocabulary.places).encode(), np.uint8)
            arrays[f"idf{view}"] = vocabulary.idf
        names = sorted(self.own)
        for place, weights in enumerate([self.shared, *(self.own[name] for name in names)]):
            arrays[f"dense{place}"] = weights.dense
            arrays |= {f"weights{place}.{view}": one for view, one in enumerate(weights.terms)}
        means = sorted(self.features.means)
        arrays |= {f"mean{place}": self.features.means[name] for place, name in enumerate(means)}
        head = {
            "format": FORMAT, "version": self.version, "labels": self.labels, "columns": self.columns, "own": names,
            "means": means, "settled": sorted(self.settled), "judged": [asdict(one) for one in self.judged],
        }  # fmt: skip
        arrays["head"] = np.frombuffer(json.dumps(head, default=list).encode(), np.uint8)
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    @classmethod
    def load(cls, data: bytes) -> "LabelModel":
        """A model as it was dumped; ValueError for anything else, or for a dump of another format."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            head = json.loads(arrays["head"].tobytes())
        except (OSError, KeyError, EOFError, ValueError, BadZipFile) as error:
            raise ValueError("this is no stored label model: fit it again") from error
        if head["format"] != FORMAT:
            raise ValueError(f"the label model has format {head['format']}, not {FORMAT}: fit it again")
        return cls(
            version=head["version"],
            labels=tuple(head["labels"]),
            columns=tuple(head["columns"]),
            features=Features(
                tuple(_vocabulary(arrays, view) for view in range(len(VIEWS))),
                arrays["centre"],
                arrays["scale"],
                {name: arrays[f"mean{place}"] for place, name in enumerate(head["means"])},
            ),
            bias=arrays["bias"],
            shared=_weights(arrays, 0),
            own={name: _weights(arrays, place) for place, name in enumerate(head["own"], start=1)},
            judged=tuple(
                Judged(one["start"], one["end"], _scaling(one["known"]), _scaling(one["stranger"]))
                for one in head["judged"]
            ),
            settled=frozenset(head["settled"]),
        )


def _vocabulary(arrays: dict[str, NDArray[np.generic]], view: int) -> Vocabulary:
    text = arrays[f"terms{view}"].tobytes().decode()
    places = {term: place for place, term in enumerate(text.split("\n"))} if text else {}
    return Vocabulary(places, arrays[f"idf{view}"].astype(np.float32))


def _weights(arrays: dict[str, NDArray[np.generic]], place: int) -> Weights:
    terms = tuple(arrays[f"weights{place}.{view}"].astype(np.float16) for view in range(len(VIEWS)))
    return Weights(terms, arrays[f"dense{place}"].astype(np.float32))


def _scaling(stored: dict[str, object]) -> Scaling:
    return Scaling(
        float(str(stored["factor"])), np.array(stored["offsets"], dtype=np.float64), bool(stored["exclusive"])
    )

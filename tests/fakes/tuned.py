"""Fine-tuned encoders that always say the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.errors import EmbeddingError
from app.ports import Tuned


@dataclass
class FakeTuned:
    """Says `chances` of every text, or fails where there are none."""

    chances: Mapping[str, float]
    version: str = "tuned"
    texts: list[str] = field(default_factory=list)
    labels: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.labels = tuple(self.chances) or ("bug",)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not self.chances:
            raise EmbeddingError("the encoder failed")
        self.texts += texts
        return np.array([[*self.chances.values()]] * len(texts), np.float32)


@dataclass
class FakeTunedModels:
    released: dict[str, Tuned] = field(default_factory=dict)

    def live(self, repository: str) -> Tuned | None:
        return self.released.get(repository)

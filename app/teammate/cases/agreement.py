"""Agreement: how far two people judge alike beyond chance, and how sure that is.

Cohen's kappa (1960) over the three verdicts, on cases that both judged. Its interval is Bayesian: the table of the two
people's verdicts under a Dirichlet prior that weighs one case in all, so that five verdicts alike do not count as
certainty, which the usual standard error, 0 there, would say. The words are those of Landis and Koch (1977).
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from app.domain.case import Judgement, JudgementVerdict

VERDICTS: tuple[JudgementVerdict, ...] = ("accept", "correct", "reject")
FEWEST = 2
"""Cases that two must both have judged before anything is said."""
ENOUGH = 0.6
"""Where the whole interval lies above this, their verdicts may decide whether something is released."""
MOST_PAIRS = 5
_CELLS = tuple(product(VERDICTS, VERDICTS))
_DRAWS = 2_000
_WORDS = ((0.0, "no more than by chance"), (0.2, "slightly"), (0.4, "fairly"), (0.6, "moderately"))
_STRONG = ((0.8, "substantially"), (1.01, "almost always"))

Table = Mapping[tuple[JudgementVerdict, JudgementVerdict], float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two judges on `both` cases. `kappa` is None where both gave one and the same verdict throughout: then chance
    alone explains everything. `low` and `high` hold it with 95 % probability.
    """

    judges: tuple[str, str]
    both: int
    same: int
    kappa: float | None
    low: float
    high: float

    @property
    def words(self) -> str:
        if self.kappa is None:
            return "Both gave the same verdict throughout, so nothing can be said of agreement yet."
        how = next(word for most, word in (*_WORDS, *_STRONG) if self.kappa <= most)
        sure = (
            "That is enough to let their verdicts decide about releases."
            if self.low >= ENOUGH
            else f"To let their verdicts decide about releases the whole interval must lie above {ENOUGH}."
        )
        return f"They agree {how}. {sure}"


def agreements(judgements: Iterable[Judgement]) -> list[Agreement]:
    """Of the pairs who judged at least two cases both, the few with most in common."""
    said: dict[str, dict[int, JudgementVerdict]] = defaultdict(dict)
    for one in judgements:
        said[one.judge][one.case_id] = one.verdict
    pairs = {pair: sorted(said[pair[0]].keys() & said[pair[1]].keys()) for pair in combinations(sorted(said), 2)}
    most = sorted((pair for pair in pairs if len(pairs[pair]) >= FEWEST), key=lambda pair: (-len(pairs[pair]), pair))
    return [
        agreement((one, other), [(said[one][case], said[other][case]) for case in pairs[one, other]])
        for one, other in most[:MOST_PAIRS]
    ]


def agreement(judges: tuple[str, str], pairs: Sequence[tuple[JudgementVerdict, JudgementVerdict]]) -> Agreement:
    """`pairs` are their verdicts on the same cases."""
    counts = {cell: float(pairs.count(cell)) for cell in _CELLS}
    same = sum(one == other for one, other in pairs)
    value = kappa(counts)
    low, high = _interval(counts)
    return Agreement(judges, len(pairs), same, value, low, high)


def kappa(table: Table) -> float | None:
    """(observed - chance) / (1 - chance); None where chance alone gives full agreement."""
    total = sum(table.values())
    observed = sum(table[one, one] for one in VERDICTS) / total
    rows = {one: sum(table[one, other] for other in VERDICTS) / total for one in VERDICTS}
    columns = {one: sum(table[other, one] for other in VERDICTS) / total for one in VERDICTS}
    chance = sum(rows[one] * columns[one] for one in VERDICTS)
    return None if chance > 1 - 1e-9 else (observed - chance) / (1 - chance)


def _interval(counts: Table) -> tuple[float, float]:
    """The middle 95 % of kappa under the posterior; the same counts give the same interval."""
    draw = random.Random(7)  # noqa: S311  not for secrets
    prior = 1 / len(_CELLS)
    tables = ({cell: draw.gammavariate(counts[cell] + prior, 1) for cell in _CELLS} for _ in range(_DRAWS))
    values = sorted(value for table in tables if (value := kappa(table)) is not None)
    return values[int(0.025 * len(values))], values[int(0.975 * len(values))]

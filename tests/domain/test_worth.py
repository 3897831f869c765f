from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.worth import ENOUGH_JUDGED, ENOUGH_RUNS, Advice, Worth

NOW = datetime(2026, 3, 2, tzinfo=UTC)
GOOD = Worth(NOW, NOW - timedelta(days=31), runs=500, comments=20, labels=300, good=20, bad=2, cost_usd=3.0)


@pytest.mark.parametrize(
    ("month", "advice"),
    [
        (GOOD, "useful"),
        (replace(GOOD, first_run_at=None, runs=0), "young"),
        (replace(GOOD, first_run_at=NOW - timedelta(days=29), bad=200), "young"),
        (replace(GOOD, comments=9, labels=0), "idle"),
        (replace(GOOD, comments=10, labels=0), "useful"),
        (replace(GOOD, runs=ENOUGH_RUNS - 1, comments=0, labels=0), "useful"),
        (replace(GOOD, good=4, bad=ENOUGH_JUDGED - 5), "useful"),
        (replace(GOOD, good=4, bad=ENOUGH_JUDGED - 4), "unwelcome"),
        (replace(GOOD, good=6, bad=6), "useful"),
    ],
)
def test_what_its_owner_should_make_of_it(month: Worth, advice: Advice):
    assert month.advice == advice

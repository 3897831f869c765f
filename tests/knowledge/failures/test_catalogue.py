"""The catalogue is whole, in code and in the documentation."""

from pathlib import Path
from typing import get_args

from app.domain.failure import CATALOGUE, ModeName
from app.knowledge.failures.catalogue import page

ROOT = Path(__file__).parents[3]


def test_every_mode_is_in_it_once():
    assert set(CATALOGUE) == set(get_args(ModeName))
    assert len({mode.title for mode in CATALOGUE.values()}) == len(CATALOGUE)


def test_every_mode_says_all_that_people_need():
    for mode in CATALOGUE.values():
        assert mode.definition.endswith(".")
        assert mode.rule.endswith(".")
        assert mode.example
        assert (ROOT / mode.owner).exists(), mode.owner


def test_the_page_of_the_documentation_is_this_one():
    command = "python -c 'from app.knowledge.failures.catalogue import page; print(page(), end=\"\")'"
    assert (ROOT / "docs" / "failures.md").read_text() == page(), f"{command} > docs/failures.md"

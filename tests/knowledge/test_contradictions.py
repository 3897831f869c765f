"""Two passages that give one setting different defaults, and all that only looks like it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.snapshot import Passage
from app.knowledge.contradictions import Conflict, conflicts


def passage(path: str, text: str, heading: str = "") -> Passage:
    return Passage(path=path, heading=heading, start=1, end=2, commit="c", text=text, url="u")


def docs(text: str, heading: str = "Guide", path: str = "docs/serve.md") -> Passage:
    return passage(path, text, heading)


def source(text: str, heading: str = "Settings", path: str = "app/settings.py") -> Passage:
    return passage(path, text, heading)


def found(*passages: Passage) -> list[tuple[str, str, str]]:
    return [(one.subject, one.left_value, one.right_value) for one in conflicts(passages)]


@pytest.mark.parametrize(
    "said",
    [
        "`--max-age` defaults to 8000.",
        "`--max-age` (default: `8000`) is the oldest.",
        "Set `MAX_AGE`. `MAX_AGE` is 8,000 by default.",
        "By default, `max_age` is 8000.",
        "The default value of `max-age` is 8000.",
        "The default for the `max-age` setting is `8000`.",
        "MAX_AGE: the oldest, default = 8000",
        "| Name | Type | Default |\n|---|---|---|\n| `max_age` | int | 8000 |",
        "| Option | Default value |\n|---|---|\n| `--max-age N` | `8000` |",
        "- `max_age`: **Default**: `8000`",
    ],
)
@pytest.mark.parametrize(
    "coded",
    [
        "class Settings:\n    max_age: int = 8080",
        'parser.add_argument("--max-age", type=int, default=8080)',
        "max_age: int = Field(8080, ge=0)",
        "max_age: int = Field(default=8080)",
        'age = int(os.environ.get("MAX_AGE", "8080"))',
        "DEFAULT_MAX_AGE = 8_080",
        "const age = process.env.MAX_AGE || 8080",
        "def serve(host, max_age=8080, by=3):",
    ],
)
def test_documentation_and_source_that_disagree(said: str, coded: str):
    ((subject, left, right),) = found(docs(said), source(coded))
    assert subject.lstrip("-").replace("-", "_").lower() == "max_age"
    assert left.replace(",", "") == "8000"
    assert right.replace("_", "") == "8080"
    assert found(docs(said.replace("8000", "8080").replace("8,000", "8,080")), source(coded)) == []


def test_documentation_comes_first_whatever_the_order():
    shown = [passage("docs/other.md", "Nothing."), source("max_age: int = 3"), docs("`max_age` defaults to 4.")]
    assert conflicts(shown) == (Conflict("max_age", 2, 1, "4", "3"),)


def test_a_heading_may_name_what_the_default_is_of():
    assert (
        found(docs("Default: `3`", "Settings > lanes.max_age"), source("lanes.max_age"), source("max_age: int = 4"))
        == []
    )
    assert found(docs("Default: `3`", "Settings > max_age"), source("max_age: int = 4")) == [("max_age", "3", "4")]


def test_switches_and_words_are_compared_too():
    assert found(docs("`dry_run` is enabled by default."), source("dry_run: bool = False")) == [
        ("dry_run", "enabled", "False")
    ]
    assert found(docs("`dry_run` is enabled by default."), source("dry_run: bool = True")) == []
    assert found(docs('`log_level` defaults to "info".'), source('log_level: str = "warning"')) == [
        ("log_level", "info", "warning")
    ]


def test_two_pages_that_disagree():
    one, other = docs("`retry_limit` defaults to 3."), docs("The `retry_limit` is 5 by default.", path="docs/b.md")
    assert found(one, other) == [("retry_limit", "3", "5")]


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [docs("`max_age` defaults to 3.")],
        [docs("`max_age` defaults to 3. Later: `max_age` defaults to 4.")],  # one passage argues with itself
        [docs("Set `MAX_AGE=9000`."), source("max_age: int = 3")],  # an example
        [docs("The default of `max_age` was changed from 3 to 4."), source("max_age: int = 4")],
        [docs("`max_age` defaults to 3 if nothing else is set."), source("max_age: int = 4")],
        [docs("`max_age` and `min_age` default to 3."), source("max_age: int = 4")],
        [docs("`max_age` and `min_age`: default: 3"), source("max_age: int = 4")],  # of which of the two?
        [docs("`max_age` defaults to 10 seconds."), source("max_age: int = 10_000")],  # of what unit?
        [docs("`max_age` defaults to `None`."), source("max_age: int = 3")],
        [docs("`max_age` defaults to `the oldest`."), source("max_age: int = 3")],
        [docs("`max_age` defaults to 3."), source("max_age = 4")],  # some variable
        [docs("`max_age` defaults to 3."), source("max_age: int = 3\nmax_age: int = 4")],  # the source says both
        [docs("`max_age` defaults to 3."), source("max_age: int = None")],
        [docs("`max_age` defaults to 3."), source("max_ages: int = 4")],
        [docs("No limit by default for `max_age`."), source("max_age: int = 4")],
        [docs("`max_age` defaults to 3.0."), source("max_age: float = 3")],
        [docs("`max_age` defaults to on."), source("max_age: float = 3")],
        [docs("`--all` defaults to 3."), docs("`--all` defaults to 4.", path="docs/b.md")],  # of two commands
        [source("max_age: int = 3"), source("max_age: int = 4", path="app/b.py")],  # two functions
        [docs("A door: `wait` defaults to 3."), source("wait: int = 4", "Crane", "app/cranes.py")],  # two things
    ],
)
def test_what_only_looks_like_a_contradiction(shown: Sequence[Passage]):
    assert found(*shown) == []


def test_a_plain_word_is_one_thing_where_both_speak_of_the_same():
    shown = docs("The crane waits: `wait` defaults to 3."), source("wait: int = 4", "Crane", "app/cranes.py")
    assert found(*shown) == [("wait", "3", "4")]


@given(st.lists(st.tuples(st.booleans(), st.text(alphabet="`|-=:.\n ab_3defaultis\"'()", max_size=150)), max_size=4))
def test_any_passages_can_be_read(texts: list[tuple[bool, str]]):
    shown = [docs(text) if documented else source(text) for documented, text in texts]
    for one in conflicts(shown):
        assert one.left != one.right
        assert one.left_value in shown[one.left].text
        assert one.right_value in shown[one.right].text

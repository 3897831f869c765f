"""Planted fakes: names that do not exist, that are one letter off, or that are somewhere else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.snapshot import Passage
from app.knowledge.claims import ENOUGH, code_tokens, stands, unknown_tokens


def passage(path: str, text: str, heading: str = "") -> Passage:
    return Passage(path=path, heading=heading, start=1, end=2, commit="c", text=text, url="u")


DOCS = passage(
    "docs/serve.md",
    """Run `signalbox serve --port 8000 -q`. It listens on port 8000 and keeps 1,500 lanes for 2.5 seconds.
Set `SIGNALBOX_HANDS` or `hands_per_repository` in `config/signalbox.toml`; see https://signalbox.example/guide.
Then restart the box. Since v1.4.2 a "strict" lane refuses `dry-run-all`.

```python
from lanes import Lane
from yards.main import open_yard

lane = Lane("north", speed=3)
lane.open()
```
""",
    "Serve > Start",
)
SOURCE = passage("app/points.py", "def throw(self, by: int) -> None:\n    self.angle += by", "Point > throw")
NOTHING = frozenset[str]().__contains__


def unknown(text: str) -> list[str]:
    return unknown_tokens(text, [DOCS, SOURCE], NOTHING)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Restart it, then wait.",
        "Run `signalbox serve --port 8000`.",
        "Run `signalbox serve` with --port or -q.",
        "`signalbox serve --port <port>`",
        "Set `SIGNALBOX_HANDS` in config/signalbox.toml, or hands_per_repository.",
        "It keeps 1500 lanes (1,500) for 2.5 seconds since 1.4.2, that is v1.4.2.",
        "See https://signalbox.example/guide.",
        "A `strict` lane, a `Lane`, `Lane()`, `lane.open()`, `lanes.Lane`, `yards.main.open_yard`.",
        "`Point.throw` of `app.points`, `points.Point.throw`, `throw()`",
        "docs/serve.md says so, e.g. on GitHub and in JavaScript.",
        "Two of 12 lanes, by 95 %.",
        "[`signalbox serve`](../cli.md#signalbox_serve-port) listens.",  # no address of a link is published
        "用 `--port` 设置端口 8000。",
        "```python\nfrom lanes import Lane\n\nfor at in range(3):\n    one = Lane('x', speed=3)\n    one.open()\n```",
        "```python\nimport os\n\nprint(os.environ['SIGNALBOX_HANDS'])  # set it first\n```",
        "```python\nimport copy, os.path\ncopy.deepcopy(os.path.join('x'))\ntime.sleep(3)\n```",
        "```sh\nexport SIGNALBOX_HANDS=8000\nsignalbox serve -q\n```",
        "```python\ndef throw(self, by: int) -> None:\n    self.angle += by\n```",
    ],
)
def test_what_stands_in_the_passages_is_known(text: str):
    assert unknown(text) == []


@pytest.mark.parametrize(
    ("text", "fakes"),
    [
        ("Use --prot.", ["--prot"]),
        ("Use `--ports 8000`.", ["--ports"]),
        ("Use `--por`.", ["--por"]),
        ("Use -x.", ["-x"]),
        ("Set `SIGNALBOX_HAND`.", ["SIGNALBOX_HAND"]),
        ("Set SIGNALBOX_HANDSS=8000.", ["SIGNALBOX_HANDSS"]),
        ("Set `hands-per-repository`.", ["hands-per-repository"]),
        ("Call `restart()`.", ["restart()"]),  # the word stands there, a function does not
        ("Call restart().", ["restart()"]),
        ("Run `restart`.", ["restart"]),
        ("Use `dry-run`.", ["dry-run"]),  # only a longer name stands there
        ("Use `tracks.Lane`.", ["tracks.Lane"]),  # the right name of the wrong module
        ("`lane.shut()`", ["lane.shut()"]),
        ("`Point.trow`", ["Point.trow"]),
        ("openYard and open_yards", ["openYard", "open_yards"]),
        ("It listens on 8080.", ["8080"]),
        ("It listens on `80`.", ["80"]),
        ("It keeps 1,501 lanes.", ["1,501"]),
        ("Since 1.4.", ["1.4"]),
        ("Since v1.4.3.", ["v1.4.3"]),
        ("See docs/server.md.", ["docs/server.md"]),
        ("See ./signalbox.toml and /etc/hosts.", ["./signalbox.toml", "/etc/hosts"]),
        ("See https://signalbox.example/guides.", ["https://signalbox.example/guides"]),
        ("[guide](https://signalbox.example/guides)", ["https://signalbox.example/guides"]),
        ("Set max_lanes-per-yard.", ["max_lanes-per-yard"]),
        ("请使用--fast选项", ["--fast"]),
        ("```python\nfrom tracks import Lane\n```", ["tracks.Lane"]),
        ("```python\nfrom lanes import Lane\nlane = Lane('x', pace=3)\nlane.shut()\n```", ["pace", "shut"]),
        ("```sh\nSIGNALBOX_FEET=3 signalbox serve\n```", ["SIGNALBOX_FEET"]),
        ("```toml\nhands_per_yard = 3\n```", ["hands_per_yard"]),
        ('```json\n{"retry-limit": 8000}\n```', ["retry-limit"]),
        ("```\nsignalbox serve --daemon\n```", ["--daemon"]),
        ("```python\nlane.open()  # or lane.close_all()\n```", ["lane.close_all()"]),
        ("~~~\n--daemon", ["--daemon"]),
        ("```python\nimport copy\ncopy.open_yard()\nos.path.open_yard()\n```", ["copy.open_yard", "os.path.open_yard"]),
        ("```python\nimport queue\nqueue.Queue()\n```", ["queue.Queue"]),  # a module whose members we do not look up
    ],
)
def test_planted_fakes_are_found(text: str, fakes: list[str]):
    assert unknown(text) == fakes


def test_what_the_repository_knows_need_not_stand_in_the_passages():
    text = "Use `--fast` and `tracks.Lane`."
    assert unknown_tokens(text, [DOCS], {"--fast", "tracks.Lane"}.__contains__) == []
    assert unknown_tokens(text, [DOCS], {"--fast"}.__contains__) == ["tracks.Lane"]
    assert unknown_tokens(text, [], NOTHING) == ["--fast", "tracks.Lane"]


def test_each_fake_is_named_once_and_not_all_of_them():
    assert unknown("`aa_1` aa_1 `aa_1`") == ["aa_1"]
    assert len(unknown(" ".join(f"fake_{number}" for number in range(50)))) == ENOUGH


def test_the_tokens_of_a_question_can_be_asked_about_beforehand():
    assert code_tokens("Does `serve --port` know SIGNALBOX_HANDS?") == {"serve", "--port", "SIGNALBOX_HANDS"}


@pytest.mark.parametrize(
    ("token", "text", "there"),
    [
        ("port", "port", True),
        ("port", "(port)", True),
        ("port", "--port", True),
        ("port", "ports", False),
        ("port", "port-range", False),
        ("port", "re-port", False),
        ("port", "the port - or", True),
        ("--port", "---port", False),
        ("--port", "--port=3", True),
        ("--port", "--port-range", False),
        ("1.4", "1.4.2", False),
        ("1.4", "1.4.", True),
        ("1.4", "11.4", False),
        ("web.app", "my.web.app.main", True),
        ("ab", "abab ab", True),
        ("端口", "的端口是", True),
    ],
)
def test_a_token_stands_whole_or_not_at_all(token: str, text: str, there: bool):
    assert stands(token, text) is there


@given(st.text(max_size=400))
def test_a_passage_vouches_for_whatever_is_quoted_from_it_as_code(text: str):
    """A fence of the passage's own words, as the local model says them, is never doubted."""
    fence = "````" if "```" in text else "```"
    assert unknown_tokens(f"{fence}\n{text}\n{fence}", [passage("docs/a.md", text)], NOTHING) == [] or "`" in text


@given(st.text(alphabet="`~-_./:()[]{}<>\"'=#,$@ \n\tabAB019é漢", max_size=200))
def test_any_text_is_read(text: str):
    found = unknown(text)
    assert len(found) <= ENOUGH
    assert set(found) <= code_tokens(text)


@pytest.mark.parametrize("piece", ["`", "``` ", "a_", "--a ", "a.", "/a", "1,", "'", '"a', "<", "(", "~~~\n", "x = "])
def test_time_grows_with_the_length(piece: str):
    def took(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        unknown_tokens(text, [DOCS], NOTHING)
        return time.process_time() - started

    assert min(took(24_000) for _ in range(2)) < 12 * max(took(6_000), 0.01)

"""What all pages share: how values are said to people, and Markdown that cannot do anything."""

from datetime import UTC, datetime, timedelta, timezone

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages import HEADERS, STATIC, Pages, ago, count, markdown, moment, money, query, seconds, static
from tests.web.test_pages import HOSTILE, Reader

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (-3, "just now"),
        (0, "just now"),
        (30, "30 s ago"),
        (61, "1 min ago"),
        (3_600, "1 h ago"),
        (3 * 86_400, "3 d ago"),
    ],
)
def test_ago(passed: int, said: str):
    when = datetime.now(UTC) - timedelta(seconds=passed)
    assert ago(when) == said
    assert ago(when.isoformat()) == said


def test_never_is_said():
    assert (ago(None), moment(None), seconds(None)) == ("never", "", "")


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0 ms"), (0.0004, "0 ms"), (0.25, "250 ms"), (1, "1.0 s"), (60, "1 min"), (5400, "1.5 h")]
)
def test_seconds(value: float, said: str):
    assert seconds(value) == said


@pytest.mark.parametrize(("usd", "said"), [(0, "$0.00"), (0.00012, "$0.0001"), (0.5, "$0.5000"), (1234.5, "$1,234.50")])
def test_money(usd: float, said: str):
    assert money(usd) == said


def test_counts_and_moments():
    assert moment(NOON.isoformat()) == moment(NOON.astimezone(timezone(timedelta(hours=5)))) == moment(NOON)
    assert (count(1234567), moment(NOON)) == ("1,234,567", "2026-11-20 12:00:00 UTC")


def test_a_query_says_only_what_is_said():
    assert query({"a": "x y", "b": "", "c": None, "d": 0}) == "a=x+y&d=0"


@given(st.lists(st.sampled_from(["<script>", "[a](javascript:x)", "![i](http://x/y.png)", "`", "\n", "a", HOSTILE])))
def test_markdown_can_neither_run_nor_load_anything(parts: list[str]):
    reader = Reader()
    reader.feed(str(markdown(" ".join(parts))))
    assert {tag for tag, _ in reader.tags} <= {
        "p",
        "br",
        "code",
        "pre",
        "a",
        "em",
        "strong",
        "ul",
        "ol",
        "li",
        "blockquote",
    }
    links = [found.get("href") or "" for tag, found in reader.tags if tag == "a"]
    assert not [link for link in links if link.startswith("javascript")]


def test_markdown_is_githubs():
    html = str(markdown("~~old~~ https://example.com\n\n| a |\n|---|\n| b |\nline"))
    assert "<s>old</s>" in html
    assert '<a href="https://example.com">' in html
    assert "<td>b</td>" in html
    assert markdown(None) == ""


def test_templates_escape_and_refuse_what_is_not_given(tmp_path):
    (tmp_path / "x.html").write_text("{{ site }} {{ name }}")
    pages = Pages(tmp_path, site="Plumbline")
    answer = pages.page("x.html", status=404, name=HOSTILE)
    assert answer.status_code == 404
    assert b"<script>" not in bytes(answer.body)
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
    with pytest.raises(jinja2.UndefinedError):
        pages.page("x.html")


@pytest.mark.parametrize("name", [*STATIC, "nothing.css", "../__init__.py", ""])
def test_static_files_are_a_closed_list(name: str):
    assert static(name).status_code == (200 if name in STATIC else 404)

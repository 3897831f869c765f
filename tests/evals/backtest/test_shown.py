"""What people see: the terminal and the page."""

import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console

from evals.backtest.page import page
from evals.backtest.terminal import show
from tests.evals.backtest.reports import history, labelled, outcome, report

GOOD = labelled(600, skill=0.97)
REPORTS = {
    "good": report(
        history("acme.jsonl", GOOD), history("acme/widgets", GOOD), history("acme/[bold]tools", labelled(40))
    ),
    "bad": report(history("acme.jsonl", labelled(600, skill=0.6))),
    "short": report(history("acme.jsonl", labelled(5))),
    "silent": report(history("acme.jsonl", [outcome(1, wanted=["bug"])])),
}


def printed(found) -> str:
    text = StringIO()
    show(found, Console(file=text, width=120))
    return text.getvalue()


class Page(HTMLParser):
    """Tags that are open, and everything that was said."""

    VOID = frozenset({"meta", "br", "link", "img", "line", "path", "circle", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.named: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.named += given.get("aria-labelledby", "").split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", list(REPORTS))
def test_the_page_stands_by_itself(name):
    text = page(REPORTS[name])
    found = Page(text)
    assert found.open == []
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert not re.search(r"https?:|url\(|@import", text)
    assert set(found.named) <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == text.count("<title id=") == text.count("<desc id=")
    assert page(REPORTS[name]) == text


def test_names_are_shown_and_never_interpreted():
    text = page(REPORTS["good"])
    assert "area: &lt;b&gt;&amp;amp;&lt;/b&gt;" in text
    assert "acme/[bold]tools" in text
    assert "[bold]tools" in printed(REPORTS["good"])


def test_a_picture_shows_both_thresholds_and_stays_within_its_frame():
    text = page(REPORTS["good"])
    assert "apply from" in text
    assert "suggest from" in text
    for match in re.finditer(r'<path class="(?:line|band)" d="([^"]+)"', text):
        points = [tuple(map(float, one.split(","))) for one in re.findall(r"[\d.]+,[\d.]+", match[1])]
        assert points
        assert all(52 <= x <= 624 and 14 <= y <= 260 for x, y in points)


def test_without_an_action_there_is_a_table_and_no_picture():
    text = page(REPORTS["silent"])
    assert "<svg" not in text
    assert "not enough history" in text


def test_the_terminal_tells_the_same():
    good = printed(REPORTS["good"])
    assert "apply silently" in good
    assert "mode: auto" in good
    assert "█" in good or "▁" in good
    assert "Answers: nobody knows." in good
    bad = printed(REPORTS["bad"])
    assert "at no confidence" in bad
    assert "not enough history" in printed(REPORTS["short"])
    assert "it never acted" in printed(REPORTS["silent"])


def test_many_labels_and_repositories_are_cut_and_said():
    many = [outcome(n, wanted=[f"label {n}"]) for n in range(40)]
    found = printed(report(history("x.jsonl", many), *(history(f"acme/r{n}", many) for n in range(30))))
    assert "and 25 more" in found
    assert "and 18 more" in found

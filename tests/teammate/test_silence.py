"""Where a thread itself asks for silence."""

import pytest

from app.teammate.silence import silenced


@pytest.mark.parametrize(
    ("title", "body", "labels", "why"),
    [
        ("[no bot] Crash", "", (), "the thread says [no bot]"),
        ("Crash", "One.\n[NO BOT]", (), "the thread says [no bot]"),
        ("Crash", "[no-bots] please", (), "the thread says [no bot]"),
        ("Crash", "", ("bug", "no-bot"), "the thread carries the label no-bot"),
        ("Crash", "", ("Plumbline:Pause",), "the thread carries the label Plumbline:Pause"),
        ("no bot works", "there is no bot", ("bot", "no-bots"), ""),
        ("", "", (), ""),
    ],
)
def test_a_marker_or_a_label(title: str, body: str, labels: tuple[str, ...], why: str):
    assert silenced(title, body, labels) == why

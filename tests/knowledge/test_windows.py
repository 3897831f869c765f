from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.windows import LONGEST, WIDTH, windows

PARAGRAPH = "Set both secrets, the new one first. " * 8


def test_a_short_passage_is_one_window_below_its_innermost_headings():
    assert windows("Guide > Webhooks > Rotate", "Set both.\n\nRestart.") == ["Webhooks > Rotate\nSet both.\nRestart."]


def test_a_long_passage_is_cut_between_paragraphs():
    found = windows("Rotate", f"{PARAGRAPH}\n\nShort.\n\n{PARAGRAPH}\n\n{PARAGRAPH}")
    assert [one.count("Set both secrets") for one in found] == [8, 8, 8]
    assert found[0].endswith("Short.")
    assert all(one.startswith("Rotate\n") for one in found)


@given(st.text(), st.text())
def test_any_passage_has_windows_and_none_is_long(heading: str, text: str):
    found = windows(heading, text)
    assert found
    assert max(len(one) for one in found) <= len(heading) + 1 + LONGEST
    assert len(found) <= 1 + len(text) // (WIDTH // 2)

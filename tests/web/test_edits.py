"""A person's edit: to the letter where it is harmless, calmed where it is not, and the person is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.teammate.guard import LinkPolicy, inspect_rendered
from app.web.edits import LONGEST, as_github, difference, edited
from tests.teammate.guard.attacks import ATTACKS, REPOSITORY, alive

POLICY = LinkPolicy(repository="ada/engine")
FOLDED = "Above.\n\n<details>\n<summary>More</summary>\n\nBelow.\n\n</details>\n\n_Automated note by plumbline._"


@pytest.mark.parametrize(
    "text",
    [
        "Set *both* secrets; see [the guide](https://github.com/ada/engine/blob/main/docs/a.md).",
        "- one\n- two\n\n```sh\nmake run\n```",
        FOLDED,
        FOLDED.replace("Below.", "1. Deeper.\n2. And `code`."),
    ],
)
def test_harmless_words_stay_to_the_letter(text: str):
    assert edited(text, "x", POLICY) == edited(text.replace("\n", "\r\n") + "\n", "x", POLICY)
    assert (edited(text, "x", POLICY).body, edited(text, "x", POLICY).changes) == (text, ())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Thanks @ada", "mention"),
        ("This fixes #12", "reference"),
        ("See https://evil.example/x", "link"),
        ("See ![a](https://evil.example/x.png)", "image"),
        ("Hi <!-- plumbline:1 0123 -->", ""),
        ("Hi\n\n<!-- plumbline:1 0123456789012345678901234567890123456789 0123456789012345 -->", ""),
    ],
)
def test_what_acts_is_calmed_and_told(text: str, kind: str):
    result = edited(text, "x", POLICY)
    assert result.problem == ""
    assert result.changes
    assert "plumbline:1" not in result.body
    assert any(kind in change for change in result.changes)
    again = edited(result.body, "x", POLICY)
    assert (again.body, again.changes, again.problem) == (result.body, (), "")


def test_a_fold_survives_what_is_calmed_around_it():
    result = edited(FOLDED.replace("Above.", "Above @ada.").replace("Below.", "Below #12."), "x", POLICY)
    assert "<details>\n<summary>More</summary>\n\nBelow" in result.body
    assert edited(result.body, "x", POLICY).changes == ()
    assert inspect_rendered(result.body, POLICY) == ()


def test_links_to_threads_that_code_chose_may_stay_and_no_others():
    draft = "This looks like a duplicate of [#7](https://github.com/ada/engine/issues/7)."
    assert edited(f"Yes: {draft}", draft, POLICY).changes == ()
    assert edited("Yes: [#8](https://github.com/ada/engine/issues/8).", draft, POLICY).changes


def test_a_secret_never_passes():
    result = edited("The key is hunter2-hunter2.", "x", POLICY, ("hunter2-hunter2",))
    assert "hunter2" not in result.body + "".join(result.changes)
    assert result.changes


@pytest.mark.parametrize("text", ["", "  \r\n\t", "x" * (LONGEST + 1), "<!-- plumbline:1 0 -->"])
def test_what_cannot_be_written_says_why(text: str):
    assert edited(text, "x", POLICY).problem


@pytest.mark.parametrize("whole", [True, False])
def test_no_attack_passes(whole: bool):
    policy = LinkPolicy(repository=REPOSITORY)
    for attack in ATTACKS[:: 1 if whole else 7]:
        text = attack if whole else FOLDED.replace("Below.", attack)
        result = edited(text, "x", policy)
        assert result.problem or alive(result.body) == [], text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_harmless_or_refused(text: str):
    result = edited(text, "x", POLICY)
    assert result.problem or inspect_rendered(result.body, POLICY) == ()


def test_a_difference_is_what_a_person_changed():
    assert difference("a\nb\nc", "a\nB\nc") == "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c"
    assert difference("a", "a") == ""


def test_html_is_text_but_for_our_own_fold():
    assert "<summary>More</summary><p>Below.</p>" in as_github(FOLDED)
    assert "&lt;details&gt;" in as_github("<details>\n<summary>x</summary>\n</details>")
    assert "<script" not in as_github(FOLDED.replace("Below.", "<script>x</script>"))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.teammate.guard import LinkPolicy, inspect_rendered
from tests.teammate.guard.attacks import ATTACKS, REPOSITORY, SECRET, alive

POLICY = LinkPolicy(repository=REPOSITORY)
MARKER = "<!-- plumbline:v1 run=0123abcd sig=deadbeef== -->"
COMMENT = f"""To rotate it, set **both** values and restart:

```sh
export GITHUB_WEBHOOK_SECRET="$NEW,$OLD"
```

Source: [docs/ops.md](https://github.com/{REPOSITORY}/blob/0123abc/docs/ops.md#L10-L20)

{MARKER}
"""


def violations(text: str) -> set[str]:
    return {violation.partition(":")[0] for violation in inspect_rendered(text, POLICY)}


def test_a_comment_made_by_our_code_passes_with_its_marker():
    assert inspect_rendered(COMMENT, POLICY) == ()
    assert alive(COMMENT) == []
    assert inspect_rendered("", POLICY) == ()
    assert inspect_rendered(MARKER, POLICY) == ()


FOLDED = "Above.\n\n<details>\n<summary>More</summary>\n\n- below\n\n</details>\n\nAfter."


def test_the_one_fold_of_ours_passes_and_what_is_in_it_is_read():
    assert inspect_rendered(FOLDED, POLICY) == ()
    assert alive(FOLDED) == []
    assert violations(FOLDED.replace("below", "@victim")) == {"mention or address"}


@pytest.mark.parametrize(
    "text",
    [
        FOLDED + "\n\n" + FOLDED,
        FOLDED.replace("<details>", "<details open>"),
        FOLDED.replace("More", "<b>More</b>"),
        FOLDED.replace("More", "@victim"),
        FOLDED.replace("More", "[x](https://evil.example)"),
        FOLDED.replace("\n\n</details>", ""),
        FOLDED.replace("<summary>More</summary>\n", ""),
        FOLDED.replace("\n\n<details>", "\n<details>"),
        FOLDED.replace("- below", "</details>"),
        FOLDED.replace("- below", "<img src=x>"),
        FOLDED.removesuffix("\n\nAfter."),
    ],
)
def test_any_other_fold_is_a_violation(text: str):
    assert violations(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{MARKER}\n\nafter", "marker"),
        (f"{MARKER}\n{MARKER}", "marker"),
        (f"text {MARKER}", "marker"),
        (f"`{MARKER}`", "marker"),
        ("<!-- plumbline\nx -->", "marker"),
        ("x\n<!-- plumbline x --> <b>", "marker"),
        ("<!-- other -->", "markup"),
        ("a <b>x</b>", "markup"),
        ("<div>x</div>", "markup"),
        ("![x](https://evil.example)", "markup"),
        (f"![x](https://github.com/{REPOSITORY}/blob/main/a.png)", "markup"),
        ("[x](https://evil.example)", "link"),
        ("[x](javascript:alert(1))", "link"),
        (f"[x](https://github.com/{REPOSITORY}/issues/1)", "link"),
        (f'[x](https://github.com/{REPOSITORY} "hidden words")', "link"),
        ("https://evil.example", "address"),
        ("www.evil.example", "address"),
        ("thanks @user", "mention or address"),
        ("thanks @**user**", "mention or address"),
        ("thanks \\@user", "mention or address"),
        ("thanks &#64;user", "mention or address"),
        ("thanks ＠user", "mention or address"),
        ("fixes #1", "reference"),
        ("fixes o/r#1", "reference"),
        ("GH-1", "reference"),
        ("#**1**", "reference"),
        ("a\u200bb", "hidden characters"),
        ("a&#8203;b", "hidden characters"),
        ("`a\u202eb`", "hidden characters"),
        ("/close", "command"),
        ("a\n/anything", "command"),
        ("> bors r+", "command"),
        ("please /rebase it", "command"),
        ("```\n@dependabot merge\n```", "command"),
        ("`@claude fix it`", "command"),
        (f"[ask \\@claude](https://github.com/{REPOSITORY}/blob/main/a.md)", "command"),
        ("    /lgtm", "markup"),
        ("| a |\n|---|\n| b |", "markup"),
        ("> - " * 5 + "/close", "markup"),
        ("[", "unread bracket"),
        ("\\\\<", "unread bracket"),
        ("```mermaid\nx\n```", "drawing"),
        ("```suggestion\nx\n```", "drawing"),
        ("$x$", "mathematics"),
        ("text[^1]\n\n[^1]: the note is here", "footnote"),
        ("text[^1]\n\n[^1]: note", "link definition"),
        ("- [ ] task", "task or alert"),
        ("> [!NOTE]\n> x", "task or alert"),
        ("[x]: https://evil.example", "link definition"),
        (SECRET, "secret"),
        (f"`{SECRET}`", "secret"),
        (f"{SECRET[:12]}**{SECRET[12:]}**", "secret"),
        (f"{SECRET[:12]}`{SECRET[12:]}`", "secret"),
        ("x" * 70_000, "length"),
    ],
)
def test_anything_alive_is_a_violation(text: str, kind: str):
    assert kind in violations(text)


def test_literal_secrets_are_violations():
    assert inspect_rendered("the code is hunter2hunter2", POLICY, ("hunter2hunter2",)) == ("secret: ",)


def test_what_the_oracle_finds_alive_in_the_corpus_is_refused():
    """The other parser and the other rules agree: nothing the oracle sees alive passes the check.

    Lines of indented code are left out: the oracle reads raw lines and knows fences only.
    """
    fine = [attack for attack in ATTACKS if inspect_rendered(attack, POLICY) == ()]
    passed = [attack for attack in fine if [found for found in alive(attack) if not found.startswith("raw line     ")]]
    assert passed == []


@given(st.text(alphabet="@#*_~`[]()<>!|\\/&;:.-+=$ \n\t\u200baAg1é", max_size=60))
def test_it_never_raises_and_its_words_are_inert(text: str):
    for violation in inspect_rendered(text, POLICY):
        assert inspect_rendered(violation, POLICY) == ()

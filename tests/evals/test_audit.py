"""The audit finds what is false in a comment, and nothing in one that is true."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.benchmarks.audit import Ground, audit

ADDRESS = "https://github.example/ada/engine"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAGE = """# Leases

Run `engine work --lease-time 90` or call `engine.work(lease_time=90)`.
Since 2.4.1 the key `queue.lease-time` in engine.toml does the same.
An escaped \\_name\\_ is shown plain.
"""
FILES = {"docs/lease.md": PAGE, "src/engine.py": "def work(lease_time: int) -> None: ..."}
LINK = f"{ADDRESS}/blob/{COMMIT}/docs/lease.md#L3-L4"


def ground(**changed: Any) -> Ground:
    values: dict[str, Any] = {
        "address": ADDRESS,
        "commits": {COMMIT: FILES},
        "thread": "I set MY_LEASE=3",
        "quotes": {},
    }
    return Ground(**values | changed)


def quoting(*quotes: str, link: str = LINK) -> Ground:
    return ground(quotes={link: quotes})


# --- links -------------------------------------------------------------------------------------------------


def test_a_link_to_the_quoted_lines_resolves():
    found = audit(
        f"As you like.\n\n— [docs/lease.md › Leases]({LINK})", quoting("call  `engine.work(lease_time=90)`.\nSince")
    )
    assert (found.cited, found.unresolved) == (("docs/lease.md",), ())


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("https://elsewhere.example/x", "no permalink of this repository"),
        (f"{ADDRESS}/blob/main/docs/lease.md#L3", "no permalink of this repository"),
        (f"{ADDRESS}/blob/{COMMIT}/docs/lease.md", "no permalink of this repository"),
        (LINK.replace("engine/", "engines/"), "no permalink of this repository"),
        (LINK.replace("0123", "3210", 1), "no such file at that commit"),
        (LINK.replace("lease.md", "leases.md"), "no such file at that commit"),
        (LINK.replace("L4", "L6"), "the file has 5 lines"),
        (LINK.replace("L3", "L0"), "the file has 5 lines"),
        (LINK.replace("L3-L4", "L4-L3"), "the file has 5 lines"),
        (LINK.replace("L3-L4", "L3"), "nothing was quoted for it"),
    ],
)
def test_a_link_that_does_not_is_named_with_its_reason(link: str, why: str):
    for form in (f"[x]({link})", f"![x]({link})", f"see <{link}>", f"see {link}", f'<a href="{link}">x</a>'):
        found = audit(form, quoting("Since 2.4.1"))
        assert [one.rpartition(": ")[2] for one in found.unresolved] == [why]
        assert found.cited == ()


def test_a_quote_must_stand_in_the_lines_that_open():
    assert audit(f"[x]({LINK})", quoting("Since 2.4.1", "# Leases")).unresolved == (
        f"{LINK}: '# Leases' does not stand there",
    )


def test_of_a_disagreement_what_is_set_in_code_must_stand_there():
    assert audit(f"[The page]({LINK}) says that `queue.lease-time` is `10`.", ground()).unresolved == ()
    assert audit(f"[The page]({LINK}) says that `work_time` is `10`.", ground()).unresolved != ()


def test_a_file_name_in_a_sentence_is_no_link():
    assert audit("It stands in README.md and on engine.toml.", ground()).unresolved == ()


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "true",
    [
        *("`--lease-time`", "--lease-time 90", "`engine work --lease-time 90`", "`engine.work()`", "engine.work()"),
        *("`queue.lease-time`", "lease_time", "2.4.1", "MY_LEASE", "src/engine.py", "`_name_`", "\\_name\\_"),
        *("```python\nengine.work(lease_time=90)\n```", "    engine work --lease-time 90", f"at `{COMMIT[:7]}`"),
    ],
)
def test_what_stands_in_the_files_or_the_thread_exists(true: str):
    assert audit(true, ground()).invented == ()


@pytest.mark.parametrize(
    ("false", "names"),
    [
        ("use --lease-times", ["--lease-times"]),
        ("use `--lease`", ["--lease"]),
        ("`engine work --lease-timeout 90`", ["--lease-timeout"]),
        ("call engine.rest()", ["engine.rest"]),
        ("call `rest()`", ["rest"]),
        ("set **lease_times** to 3", ["lease_times"]),
        ("set `queue.lease-times`", ["queue.lease-times"]),
        ("since 2.4", ["2.4"]),
        ("since 2.4.11", ["2.4.11"]),
        ("MY_LEASES", ["MY_LEASES"]),
        ("the LeaseKeeper class", ["LeaseKeeper"]),
        ("see docs/leases.md", ["docs/leases.md"]),
        ("```\nlease_time = rest(90)\n```", ["rest"]),
        ("`https://engine.example/rest`", ["https://engine.example/rest"]),
        ("| a |\n|---|\n| `--rest` |", ["--rest"]),
        ("<details>\n<summary>More</summary>\n\n`--rest`\n\n</details>", ["--rest"]),
        (f"at `{COMMIT[:3]}`", [COMMIT[:3]]),
    ],
)
def test_what_stands_nowhere_is_invented(false: str, names: list[str]):
    assert list(audit(false, ground()).invented) == names


def test_plain_words_are_no_names():
    found = audit("It waits for a while, e.g. a minute; then try again and/or stop.", ground(thread="e.g."))
    assert found.names in ((), ("e.g",))
    assert found.invented == ()


@given(st.text(max_size=80))
def test_any_comment_can_be_audited(comment: str):
    found = audit(comment, ground())
    assert set(found.invented) <= set(found.names)
    assert found.shown >= 0


# --- words -------------------------------------------------------------------------------------------------


def test_words_are_those_above_the_fold():
    folded = (
        "one `two` [three](x)\nfour\n\n```\nfive six\n```\n\n<details>\n<summary>More</summary>\n\nseven\n\n</details>"
    )
    assert audit(folded, ground()).shown == 6
    assert audit(f"{folded}\n\n_eight_", ground()).shown == 7
    assert audit("设置 lease", ground()).shown == 3

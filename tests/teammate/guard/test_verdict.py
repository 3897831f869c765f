"""The verdict on whatever a model may say: listed labels, at most one comment, every statement with its evidence."""

import re
from typing import Any

import pytest

from app.domain.decision import TriageDecision
from app.domain.repository_settings import LabelSettings, RepositorySettings
from app.domain.snapshot import Snapshot
from app.domain.verdict import Verdict
from app.knowledge.chunking import chunk
from app.teammate.guard.answers import MAX_CLAIM, MAX_CLAIMS
from app.teammate.guard.verdict import judge
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import REPOSITORY, SECRET, alive
from tests.teammate.guard.verdicts import (
    HEAD,
    LITERAL,
    OTHER,
    QUOTE,
    SHOWN,
    WEB,
    answered,
    body_of,
    claim,
    names_of,
    passage,
    proposed,
    ruled,
)


def whys(verdict: Verdict) -> list[str]:
    return [refusal.why for refusal in verdict.refusals]


# --- labels ----------------------------------------------------------------------------------------------


def with_labels(*current: str, **limits: Any) -> Snapshot:
    return snapshot(current_labels=current, settings=RepositorySettings(labels=LabelSettings(**limits)))


def test_a_listed_label_is_added_as_the_repository_spells_it():
    verdict = ruled(proposed("BUG"))
    assert names_of(verdict) == ("bug",)
    assert verdict.summary == "bug: It says so."
    assert verdict.refusals == ()


@pytest.mark.parametrize(
    ("decision", "shown", "names", "reasons"),
    [
        (proposed("bug", "invented"), with_labels(), ("bug",), ["the repository has no such label"]),
        (proposed("bug", "bug", "Bug"), with_labels(), ("bug",), []),
        (proposed("bug", "question"), with_labels("bug"), ("question",), []),
        (proposed("bug", "question"), with_labels(max=1), ("bug",), ["more than 1 labels"]),
        (proposed("bug", "question"), with_labels(deny=("b*",)), ("question",), ["denied by the settings"]),
        (proposed("bug", "question"), with_labels(allow=("q*",)), ("question",), ["not among the allowed labels"]),
        (proposed("bug", confidence=0.6), with_labels(), ("bug",), []),
        (proposed("bug", confidence=0.0), with_labels(min_confidence=0.0), ("bug",), []),
    ],
)
def test_each_limit_on_labels(decision: TriageDecision, shown: Snapshot, names: tuple[str, ...], reasons: list[str]):
    verdict = ruled(decision, shown)
    assert names_of(verdict) == names
    assert whys(verdict) == reasons


@pytest.mark.parametrize(
    ("decision", "shown"),
    [
        (TriageDecision(), with_labels()),
        (proposed("invented"), with_labels()),
        (proposed("bug"), with_labels("bug")),
        (proposed("bug"), with_labels(max=0)),
        (proposed("bug", confidence=0.59), with_labels()),
        (proposed("bug", confidence=1.0), snapshot(labels=())),
    ],
)
def test_no_label_is_no_effect(decision: TriageDecision, shown: Snapshot):
    verdict = ruled(decision, shown)
    assert (verdict.effects, verdict.summary) == ((), "no label to add")


def test_an_unsure_proposal_says_how_unsure():
    assert whys(ruled(proposed("bug", confidence=0.123))) == ["confidence 0.12 is under the threshold"]


def test_an_unsure_proposal_takes_no_place_of_a_sure_one():
    unsure = proposed("question", "documentation", confidence=0.2).labels
    verdict = ruled(TriageDecision(labels=(*unsure, *proposed("bug").labels)), with_labels(max=1))
    assert names_of(verdict) == ("bug",)


# --- answers ---------------------------------------------------------------------------------------------


def test_an_answer_states_links_and_says_who_speaks():
    second = claim("Nothing is lost.", 2, "finds what no event announced")
    verdict = ruled(answered(claim(), second))
    assert body_of(verdict) == (
        "Set both, then restart.\n\n"
        f"— [docs/webhooks.md › Rotate the secret]({WEB}/blob/{HEAD}/docs/webhooks.md#L3-L9)\n\n"
        "Nothing is lost.\n\n"
        f"— [docs/recovery.md]({WEB}/blob/{HEAD}/docs/recovery.md#L1)\n\n"
        "_Automated answer by plumbline from this repository's files at `0123456`; react with 👎 if it is wrong._"
    )
    assert verdict.summary == "answers from docs/webhooks.md, docs/recovery.md"
    assert verdict.refusals == ()


@pytest.mark.parametrize(
    ("number", "quote"),
    [
        (1, "Set both secrets, the new one second"),
        (1, "set both secrets, the new one first"),
        (1, "comma"),  # too short to be evidence of anything
        (1, "Set \n\t bo"),
        (1, ""),
        (1, "        "),
        (2, QUOTE),
        (0, QUOTE),
        (-1, QUOTE),
        (3, QUOTE),
        (10**12, QUOTE),
    ],
)
def test_a_claim_without_its_quote_is_not_said(number: int, quote: str):
    verdict = ruled(answered(claim("An invention.", number, quote), claim("A fact.")))
    assert body_of(verdict).startswith("A fact.")
    assert "invention" not in body_of(verdict)
    assert [(one.what, one.why) for one in verdict.refusals] == [
        ("An invention.", "its quote is not in the passage it names")
    ]
    assert ruled(answered(claim("An invention.", number, quote))).effects == ()


@pytest.mark.parametrize("quote", ["separated by a comma. Then restart.", "separated  by\n a comma.", f" {QUOTE} "])
def test_a_quote_may_be_wrapped_otherwise(quote: str):
    assert body_of(ruled(answered(claim("It is.", 1, quote)))).startswith("It is.")


def test_no_passages_no_answer():
    verdict = ruled(answered(claim()), snapshot(repository=REPOSITORY, passages=()))
    assert (verdict.effects, verdict.summary) == ((), "the answer did not pass the guard")


def test_silence_is_told_on_one_plain_line():
    verdict = ruled(answered(silence="The docs do not\nsay, @victim."))
    assert (verdict.effects, verdict.refusals, verdict.summary) == ((), (), "The docs do not say, victim.")


def test_the_first_claims_are_said_and_the_rest_is_told():
    verdict = ruled(answered(*(claim(f"Number {number}.") for number in range(9))))
    assert re.findall(r"Number (\d)", body_of(verdict)) == ["0", "1", "2", "3", "4"]
    assert whys(verdict) == [f"at most {MAX_CLAIMS} are said"]


def test_nine_inventions_first_leave_no_room_for_a_fact():
    invented = [claim(f"Number {number}.", quote="not to be found there") for number in range(9)]
    assert ruled(answered(*invented, claim())).effects == ()


def test_a_claim_is_cut_between_its_paragraphs():
    verdict = ruled(answered(claim("\n\n".join(f"Paragraph {number}. " + "x" * 400 for number in range(9)))))
    assert "Paragraph 3." in body_of(verdict)
    assert "Paragraph 8." not in body_of(verdict)
    assert whys(verdict) == ["length is not released"]
    assert ruled(answered(claim("x" * (MAX_CLAIM + 1)))).effects == ()


def test_what_is_taken_out_of_a_claim_is_told():
    verdict = ruled(answered(claim(f"Ask @victim, the code is {LITERAL} or {SECRET}.")))
    assert "Ask `victim`, the code is" in body_of(verdict)
    assert {"mention is not released", "secret is not released"} <= set(whys(verdict))
    told = verdict.model_dump_json()
    assert LITERAL not in told
    assert SECRET not in told


def test_a_claim_of_which_nothing_is_left_has_no_source_either():
    verdict = ruled(answered(claim("<!-- hidden -->")))
    assert verdict.effects == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/octo/plumb/blob/main/a.md",
        f"{WEB}/issues/1",
        "https://github.com/other/repo/blob/main/a.md",
        f"{WEB}/blob/main/a.md?q=1",
        f"{WEB}/blob/main/a.md) @victim [x](",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_source_that_must_not_be_linked_stops_the_comment(url: str):
    """The last check reads the finished comment, so it holds for our own links as well."""
    verdict = ruled(answered(claim()), snapshot(repository=REPOSITORY, passages=(passage(url=url),)))
    assert (verdict.effects, verdict.summary) == ((), "the answer did not pass the guard")
    assert {refusal.what for refusal in verdict.refusals} == {"docs/webhooks.md"}


def test_a_source_that_must_not_be_linked_costs_its_own_claim_only():
    shown = snapshot(repository=REPOSITORY, passages=(passage(url="https://evil.example/a"), passage()))
    verdict = ruled(answered(claim(), claim(number=2)), shown)
    assert "evil" not in body_of(verdict)
    assert len(verdict.refusals) == 1


def test_an_enterprise_server_is_linked_at_its_own_address():
    url = f"https://git.corp.example/{REPOSITORY}/blob/{HEAD}/a.md#L1"
    shown = snapshot(repository=REPOSITORY, passages=(passage(url=url),))
    assert ruled(answered(claim()), shown).effects == ()
    verdict = judge(answered(claim()), shown, web_origin="https://git.corp.example", handle="plumbline")
    assert f"]({url})" in body_of(verdict)


@pytest.mark.parametrize(
    "heading", ["A > B > Use `x` & <y>", "[link](https://evil.example)", "@victim > #1 /close", ""]
)
@pytest.mark.parametrize("path", ["docs/a.md", "docs/[odd] (file) name.md", "docs/ünï+çode_x.md", ".github/SUPPORT.md"])
def test_files_may_be_called_anything(path: str, heading: str):
    """Links as the index makes them, of files whose names and headings are as odd as files are."""
    text = f"# {heading}\n\n{QUOTE}, separated by a comma." if heading else f"{QUOTE}, separated by a comma."
    (made,) = chunk(path, text, commit=HEAD, web_url=WEB)
    verdict = ruled(answered(claim()), snapshot(repository=REPOSITORY, passages=(made,)))
    body = body_of(verdict)
    assert f"]({made.url})" in body
    # The oracle takes no escape but a space in a link, and GitHub's file names need a few more.
    assert [one for one in alive(body) if not one.startswith(f"link {WEB}/blob/")] == []


# --- what the evidence does not carry ----------------------------------------------------------------------


def test_an_invented_flag_costs_its_own_claim():
    verdict = ruled(answered(claim("Pass --rotate-now."), claim("Set both, then restart.")))
    assert "rotate-now" not in body_of(verdict)
    assert [(one.what, one.why) for one in verdict.refusals] == [
        ("rotate-now", "it names what is not in its source"),
    ]
    assert ruled(answered(claim("Pass --rotate-now."))).effects == ()


def test_a_name_that_the_repository_knows_may_be_said():
    shown = SHOWN.model_copy(update={"known": ("--rotate-now",)})
    assert "--rotate-now" in body_of(ruled(answered(claim("Pass --rotate-now.")), shown))


def test_nothing_is_called_solved():
    verdict = ruled(answered(claim("Your problem is solved."), claim("Set both.")))
    assert body_of(verdict).startswith("Set both.")
    assert whys(verdict) == ["it says what only maintainers may say"]


PORT = passage(
    "The server listens on `PORT` (default: 8000).", path="docs/serve.md", url=f"{WEB}/blob/{HEAD}/docs/serve.md#L1"
)
CODE = passage(
    "class Settings:\n    port: int = 8080",
    path="app/settings.py",
    heading="Settings",
    url=f"{WEB}/blob/{HEAD}/app/settings.py#L7-L8",
)


def test_documentation_that_contradicts_the_source_is_shown_as_such():
    shown = snapshot(repository=REPOSITORY, passages=(PORT, CODE))
    asked = answered(claim("It listens on `PORT`, 8000 unless set.", 1, "default: 8000"))
    line = f"[The documentation]({PORT.url}) says that `PORT` is `8000`; [the source]({CODE.url}) says `8080`."
    assert line in body_of(ruled(asked, shown))
    assert "Die Dokumentation" in body_of(ruled(asked, shown.model_copy(update={"language": "de"})))
    assert line not in body_of(ruled(answered(claim("The server listens.", 1, "The server listens")), shown))


def test_a_contradiction_that_must_not_be_linked_is_left_out():
    foreign = CODE.model_copy(update={"url": "https://evil.example/a"})
    shown = snapshot(repository=REPOSITORY, passages=(PORT, foreign))
    body = body_of(ruled(answered(claim("It listens on `PORT`.", 1, "listens on `PORT`")), shown))
    assert body.startswith("It listens on `PORT`.\n\n— [docs/serve.md")
    assert "evil" not in body


def test_a_long_answer_is_folded():
    long = "Set both secrets, the new one first. " * 12
    verdict = ruled(answered(claim(long), claim(long, 2, "finds what no event announced")))
    body = body_of(verdict)
    assert body.index(OTHER.url) > body.index("<details>")
    assert alive(body) == []

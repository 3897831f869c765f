"""Examples for fine-tuning: the right reply, in the form of the provider, and only what may be learnt from."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.adapters.prompt_files import PromptFiles
from app.domain.past import Neighbour
from app.domain.signal import Wanted
from app.ports.listening import Standing
from app.settings import Settings
from evals.cases.datasets import split_of
from evals.cases.export import Allowed, export, sidecar_of
from evals.cases.harvest import NO_CONSENT, PRIVATE
from evals.cases.pairs import ANSWERING
from tests.contracts.values import a_past
from tests.evals.shop import PUBLIC, Shop, in_train, text_of


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "datasets")


async def test_what_holds_now_counts_and_not_what_held_then(shop: Shop, prompts: Any):
    for number in in_train(2):
        await shop.case(number)
    await shop.harvest()
    await shop.case(in_train(3)[-1])
    out = shop.folder / "pairs.jsonl"
    for standing, why in ((Standing(False, False), NO_CONSENT), (Standing(True, True), PRIVATE)):
        shop.cases.standings[840] = standing
        assert (await shop.harvest()).refused == {why: 1}
        done = export(shop.folder, out, "openai", prompts, Allowed({840: standing}, None, []))
        assert (done.pairs, done.refused) == (0, {why: 2})
    assert export(shop.folder, out, "openai", prompts, Allowed({}, None, [])).refused == {NO_CONSENT: 2}


# --- export ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prompts() -> Any:
    files = PromptFiles(Settings.model_construct().prompts_dir)
    return {skill: files.live(skill, "x") for skill in ("triage", "duplicates", "needs-info", "answer", "pull-request")}


NEAR = [Neighbour(thread=a_past(55, "It stalls", "again"), score=0.9).model_dump(mode="json")]


@pytest.mark.parametrize(
    ("skill", "wanted", "seen", "reply"),
    [
        ("triage", Wanted(labels_on=("bug",), labels_off=("question",)), {}, {"labels": ["bug"]}),
        ("triage", Wanted(silence=True), {}, {"labels": []}),
        ("triage", Wanted(labels_on=("no such label",), labels_off=("Question",)), {}, {"labels": []}),
        ("pull-request", Wanted(labels_on=("bug",)), {}, {"labels": ["question", "bug"]}),
        ("duplicates", Wanted(duplicate_of=55), {"neighbours": NEAR}, {"findings": [1]}),
        ("duplicates", Wanted(not_duplicate_of=55), {}, {"findings": []}),
        ("duplicates", Wanted(duplicate_of=56), {"neighbours": NEAR}, None),
        ("needs-info", Wanted(silence=True), {}, {"asks": []}),
        ("answer", Wanted(silence=True), {}, {"claims": []}),
        ("answer", Wanted(body="Set both secrets."), {}, "Set both secrets."),
        ("triage", None, {}, None),
        ("needs-info", Wanted(body="?"), {}, None),
    ],
)
async def test_the_reply_is_what_would_have_been_right(
    skill: Any, wanted: Wanted | None, seen: dict[str, Any], reply: Any, shop: Shop, prompts: Any
):
    (number,) = in_train(1)
    await shop.case(number, skill=skill, wanted=wanted, seen=seen)
    await shop.harvest()
    out = shop.folder / "pairs.jsonl"
    done = export(shop.folder, out, "anthropic", prompts, Allowed(PUBLIC, None, []))
    assert done.pairs == (reply is not None)
    if reply is None:
        return
    example = json.loads(out.read_text())
    said = example["messages"][-1]["content"]
    if isinstance(reply, str):
        assert (said, example["system"]) == (reply, ANSWERING)
        assert "Set both secrets, the new one first" in example["messages"][0]["content"]
        return
    names = {
        name: [one.get("name", one.get("thread")) for one in values]
        for name, values in json.loads(said).items()
        if name in reply
    }
    assert names == reply
    assert text_of(number) in example["messages"][0]["content"]


@pytest.mark.parametrize("form", ["anthropic", "openai"])
async def test_examples_are_of_the_providers_form(form: Any, shop: Shop, prompts: Any):
    for number in in_train(3):
        await shop.case(number)
    await shop.harvest()
    out = shop.folder / "pairs.jsonl"
    assert export(shop.folder, out, form, prompts, Allowed(PUBLIC, None, [])).pairs == 3
    origins = [json.loads(line) for line in sidecar_of(out).read_text().splitlines()]
    for example, origin in zip(map(json.loads, out.read_text().splitlines()), origins, strict=True):
        roles = [one["role"] for one in example["messages"]]
        if form == "anthropic":
            assert (set(example), roles) == ({"system", "messages"}, ["user", "assistant"])
        else:
            assert (set(example), roles) == ({"messages"}, ["system", "user", "assistant"])
        assert all(one["content"].strip() for one in example["messages"])
        assert origin["consent"]["learn"] is True
        assert origin["provenance"]["url"].startswith("https://github.com/")


async def test_only_what_may_be_learnt_from_is_exported(shop: Shop, prompts: Any):
    shop.cases.standings.clear()
    await shop.case(1, number=next(n for n in range(1, 99) if split_of(f"840-{n}") == "holdout"))
    train, private, gone, foreign = in_train(4)
    await shop.case(train)
    await shop.case(private, private=True)
    await shop.case(gone)
    other = next(n for n in range(500, 600) if split_of(f"841-{n}") == "train")
    await shop.case(foreign, repository_id=841, number=other)
    await shop.harvest(installation=7)
    await shop.erasures.ask("thread", f"840#{gone}")
    allowed = Allowed(PUBLIC, None, await shop.erasures.known())
    out = shop.folder / "pairs.jsonl"
    done = export(shop.folder, out, "openai", prompts, allowed)
    assert done.pairs == 1
    assert sorted(done.refused.values()) == [1, 1, 1]
    assert text_of(train) in out.read_text()

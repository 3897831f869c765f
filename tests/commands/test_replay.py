"""A replay reads what is given to it, plays it whole, and counts what GitHub saw; the contract of its two outputs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.commands import replay
from app.commands.replay import AT_ONCE, install, lay_out, report_of
from app.commands.replay_files import Files, Record, read_files, read_records
from app.errors import ConfigurationError
from app.playground.hub import Hub
from app.store.ledger import Settled
from tests.commands.shell import plumbline

FIGURES = [
    *("threads", "deliveries", "acknowledged", "labels", "comments", "drafts", "duplicate_comments", "lost", "errors"),
    *("seconds", "p50_s", "p99_s"),
]


def a_record(**changed: Any) -> dict[str, Any]:
    return {"repo": "acme/tool", "title": "It stops", "body": "now and then", "author": "ada"} | changed


def lines(folder: Path, *records: Mapping[str, Any] | str) -> Path:
    file = folder / "threads.jsonl"
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records), "utf-8")
    return file


# --- reading -----------------------------------------------------------------------------------------------


def test_blank_lines_and_unknown_fields_are_passed_over_and_the_limit_counts_threads(tmp_path: Path):
    file = lines(tmp_path, a_record(title="1", number=7), "", "  ", a_record(title="2"), a_record(title="3"))
    assert [one.title for one in read_records([file], None)] == ["1", "2", "3"]
    assert [one.title for one in read_records([file], 2)] == ["1", "2"]
    assert [one.title for one in read_records([file, file], 4)] == ["1", "2", "3", "1"]


def test_what_comes_after_the_limit_is_not_even_read(tmp_path: Path):
    assert len(read_records([lines(tmp_path, a_record(), "no JSON"), tmp_path / "gone"], 1)) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no JSON", r":2: line: Invalid JSON"),
        ("[]", r":2: line: "),
        (json.dumps({"title": "x"}), r":2: repo: Field required"),
        (json.dumps(a_record(repo="tool")), r":2: repo: String should match"),
        (json.dumps(a_record(repo="a/b/c")), r":2: repo: String should match"),
        (json.dumps(a_record(labels=[1])), r":2: labels.0: "),
        (json.dumps(a_record(comments=[{"body": {}}])), r":2: comments.0.body: "),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, said: str, tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"threads\.jsonl" + said):
        read_records([lines(tmp_path, a_record(), line)], None)


def test_a_file_that_is_not_there_or_holds_nothing_is_said(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="there is no file"):
        read_records([tmp_path / "gone"], None)
    with pytest.raises(ConfigurationError, match="holds no thread"):
        read_records([lines(tmp_path, "")], None)
    with pytest.raises(ConfigurationError, match="holds no file"):
        read_files(lines(tmp_path, ""))


def test_a_question_of_which_little_is_known_is_a_thread(tmp_path: Path):
    (read,) = read_records([lines(tmp_path, {"repo": "a/b", "title": "x", "body": None, "gold_paths": ["y"]})], None)
    assert (read.author, read.labels, read.comments) == (None, None, None)


def a_page(**changed: Any) -> dict[str, Any]:
    return {"repo": "acme/tool", "path": "docs/use.md", "text": "# Use"} | changed


def test_pages_are_the_files_of_their_repository_whatever_its_case(tmp_path: Path):
    file = lines(tmp_path, a_page(), "", a_page(repo="Acme/Tool", path="README.md", text=""), a_page(repo="b/c"))
    assert read_files(file) == {
        "acme/tool": {"docs/use.md": "# Use", "README.md": ""},
        "b/c": {"docs/use.md": "# Use"},
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"repo": "tool"}, "repo: String should match"),
        ({"path": "/etc/passwd"}, "path: String should match"),
        ({"path": ""}, "path: String should match"),
        ({"path": "a\nb"}, "path: String should match"),
        ({"text": None}, "text: Input should be a valid string"),
    ],
)
def test_a_page_that_cannot_be_read_is_named(changed: dict[str, Any], said: str, tmp_path: Path):
    with pytest.raises(ConfigurationError, match=rf"threads\.jsonl:2: {said}"):
        read_files(lines(tmp_path, a_page(), a_page(**changed)))


# --- playing -----------------------------------------------------------------------------------------------


def played(*records: dict[str, Any], mode: replay.Mode = "auto", files: Mapping[str, Files] | None = None) -> Hub:
    hub, read = Hub(), [Record.model_validate(one) for one in records]
    hub.webhook_url = "http://127.0.0.1:9/webhooks/github"
    lay_out(hub, read, files or {}, mode)
    install(hub)
    for one in read:
        replay._play_thread(hub, one)
    return hub


def test_repositories_have_the_labels_of_their_threads_and_the_mode():
    hub = played(
        a_record(labels=["bug", "area: x"]), a_record(labels=["docs"]), a_record(repo="b/c", labels=None), mode="draft"
    )
    repository = hub.repository("acme/tool")
    assert [label.name for label in repository.labels.values()] == ["bug", "area: x", "docs"]
    assert hub.repository("b/c").labels == {}
    assert held(hub, "acme/tool")[".github/plumbline.yml"] == f"mode: draft\n{AT_ONCE}"
    assert {one.account for one in hub.state.installations.values()} == {"acme", "b"}


def held(hub: Hub, name: str) -> dict[str, str]:
    repository = hub.repository(name)
    tree = repository.commits[repository.branches["main"]].tree
    return {path: repository.blobs[blob] for path, blob in tree.items()}


def test_repositories_hold_their_files_besides_the_settings_of_the_replay():
    files = {"acme/tool": {"docs/use.md": "# Use", ".github/plumbline.yml": "mode: off"}}
    hub = played(a_record(repo="Acme/Tool"), a_record(repo="b/c"), files=files)
    assert held(hub, "acme/tool") == {"docs/use.md": "# Use", ".github/plumbline.yml": f"mode: auto\n{AT_ONCE}"}


def test_of_a_repository_without_files_nothing_is_made_up():
    assert held(played(a_record()), "acme/tool")["README.md"] == "# acme/tool\n"


def test_threads_come_without_the_labels_that_are_to_be_found():
    hub = played(a_record(labels=["bug"]))
    assert hub.repository("acme/tool").threads[1].labels == []


def test_what_github_would_not_take_is_cut_or_left_out():
    hub = played(
        a_record(title=" " * 300 + "x", body=None, author=None, labels=["Bug", "bug ", "  ", "l" * 60, "L" * 60]),
        a_record(repo="Acme/Tool", title="t" * 300, body="b" * 70_000),
        a_record(comments=[{"author": None, "body": " "}, {"body": None}, {"author": None, "body": "c" * 70_000}]),
    )
    (repository,) = hub.state.repositories.values()
    assert repository.full_name == "acme/tool"
    assert [label.name for label in repository.labels.values()] == ["Bug", "l" * 50]
    first, second, third = repository.threads.values()
    assert (first.title, first.body, first.author) == ("untitled", "", "ghost")
    assert (len(second.title), len(second.body)) == (256, 65_536)
    (comment,) = (repository.comments[one] for one in third.comments)
    assert (comment.author, len(comment.body)) == ("ghost", 65_536)


@pytest.mark.parametrize(
    ("association", "role"), [("MEMBER", "member"), ("OWNER", "owner"), ("NONE", "none"), (None, "none")]
)
def test_people_have_the_say_they_had(association: str | None, role: str):
    hub = played(
        a_record(
            author_association=association, comments=[{"author": "bob", "author_association": association, "body": "x"}]
        )
    )
    repository = hub.repository("acme/tool")
    assert [hub.role(repository, login) for login in ("ada", "bob")] == [role, role]


# --- counting ----------------------------------------------------------------------------------------------


def end(hub: Hub, **changed: Any) -> Settled:
    values: dict[str, Any] = {
        "open": 0,
        "dead": 0,
        "drafts": 0,
        "failed_runs": 0,
        "guids": frozenset(one.guid for one in hub.state.deliveries),
        "latencies_s": (),
    }
    return Settled(**values | changed)


def delivered(hub: Hub, status: int = 202) -> Hub:
    for one in hub.state.deliveries:
        one.status = status
    return hub


def test_nothing_but_people_counts_nothing():
    hub = delivered(played(a_record(), a_record()))
    report = report_of(hub, end(hub), threads=2, seconds=1.23456)
    assert (report.threads, report.deliveries, report.acknowledged) == (2, len(hub.state.deliveries), report.deliveries)
    assert (report.labels, report.comments, report.duplicate_comments, report.lost, report.errors) == (0,) * 5
    assert (report.seconds, report.p50_s, report.p99_s) == (1.235, None, None)


def test_labels_and_comments_of_the_app_alone_are_counted():
    hub = played(a_record(labels=["bug", "docs"]))
    me = hub.state.app.login
    hub.add_labels(actor=me, repo="acme/tool", number=1, names=["bug"])
    hub.add_labels(actor="acme", repo="acme/tool", number=1, names=["docs"])
    hub.comment(actor="ada", repo="acme/tool", number=1, body="me too <!-- plumbline:1 -->")
    hub.comment(actor=me, repo="acme/tool", number=1, body="It is so. <!-- plumbline:1 -->")
    report = report_of(delivered(hub), end(hub, drafts=3), threads=1, seconds=1)
    assert (report.labels, report.comments, report.drafts, report.duplicate_comments) == (1, 1, 3, 0)


def test_the_same_intent_said_again_is_a_duplicate_and_another_is_not():
    hub = played(a_record(), a_record())
    for number, body in (
        *((1, "a <!-- one -->"), (1, "b <!-- one -->"), (1, "c <!-- one -->")),
        *((1, "d <!-- two -->"), (2, "a <!-- one -->")),
    ):
        hub.comment(actor=hub.state.app.login, repo="acme/tool", number=number, body=body)
    assert report_of(delivered(hub), end(hub), threads=2, seconds=1).duplicate_comments == 2


def test_lost_is_acknowledged_but_not_stored_or_given_up():
    hub = delivered(played(a_record(), a_record()))
    first, *others = (one.guid for one in hub.state.deliveries)
    report = report_of(hub, end(hub, guids=frozenset(others), dead=2), threads=2, seconds=1)
    assert first not in others
    assert (report.lost, report.errors) == (3, 2)


@pytest.mark.parametrize("status", [0, 400, 500, None])
def test_what_was_not_acknowledged_is_an_error_and_not_lost(status: int | None):
    hub = delivered(played(a_record()))
    assert hub.state.deliveries
    hub.state.deliveries[-1].status = status
    report = report_of(hub, end(hub, guids=frozenset(), failed_runs=2), threads=1, seconds=1)
    assert report.deliveries - report.acknowledged == 1
    assert (report.lost, report.errors) == (report.acknowledged, 3)


def test_latencies_are_seconds_by_nearest_rank():
    hub = delivered(played(a_record()))
    report = report_of(hub, end(hub, latencies_s=tuple(n / 100 for n in range(100, 0, -1))), threads=1, seconds=1)
    assert (report.p50_s, report.p99_s) == (0.51, 1.0)


# --- the command -------------------------------------------------------------------------------------------

QUESTION = "Which labels are in use here?"
PAGE = a_page(path="docs/labels.md", text="# Labels in use\n\nThreads are sorted by the labels `bug` and `question`.\n")
THREE = (
    a_record(title="Bug: the tool crashes on start", body="This is a bug, it crashes.", labels=["bug", "question"]),
    a_record(
        title="A thread",
        comments=[{"author": "grace", "author_association": "MEMBER", "body": f"@plumbline {QUESTION}"}],
    ),
    a_record(repo="Other/Thing", title="NUL \0 and </script>", body="\0", author="helper[bot]", labels=["<b>x</b>"]),
)


@pytest.mark.parametrize(("mode", "embeddings"), [("auto", "bundled"), ("draft", "none")])
async def test_three_threads_through_the_whole_product(mode: str, embeddings: str, tmp_path: Path):
    file, corpus, dump = lines(tmp_path, *THREE), tmp_path / "corpus.jsonl", tmp_path / "seen.json"
    corpus.write_text(json.dumps(PAGE))
    done = await plumbline(
        *("replay", str(file), "--files", str(corpus), "--mode", mode, "--json", "--dump", str(dump)),
        folder=tmp_path,
        within_s=90,
        PLUMBLINE_EMBEDDINGS=embeddings,
    )
    assert done.code == 0, done.err
    report = json.loads(done.out.splitlines()[-1])
    assert list(report) == FIGURES
    assert (report["threads"], report["lost"], report["errors"], report["duplicate_comments"]) == (3, 0, 0, 0)
    assert report["acknowledged"] == report["deliveries"] >= 4

    seen = json.loads(dump.read_text("utf-8"))
    assert set(seen) == {"requests", "threads", "notifications"}
    assert {frozenset(one) for one in seen["requests"]} == {frozenset(("method", "path", "actor", "status", "body"))}
    assert {frozenset(one) for one in seen["threads"]} == {
        frozenset(("repo", "number", "kind", "author", "title", "labels", "comments", "repo_labels"))
    }
    first, second, third = seen["threads"]
    assert (first["repo"], first["number"], first["kind"], first["author"]) == ("acme/tool", 1, "issue", "ada")
    assert (first["repo_labels"], third["repo_labels"]) == (["bug", "question"], ["<b>x</b>"])
    assert set(second["comments"][0]) == {"author", "body", "is_app"}
    assert (second["comments"][0]["author"], second["comments"][0]["is_app"]) == ("grace", False)
    assert third["labels"] == []

    reading = ("/access_tokens", "/graphql")
    written = [one for one in seen["requests"] if one["method"] != "GET" and not one["path"].endswith(reading)]
    by_app = [one for thread in seen["threads"] for one in thread["comments"] if one["is_app"]]
    if mode == "auto":
        assert first["labels"] == ["bug"]
        assert (report["labels"], report["comments"], report["drafts"]) == (1, len(by_app), 0)
        assert 0 < report["p50_s"] <= report["p99_s"]
        assert {one["path"].split("/issues/")[0] for one in written} == {"/repos/acme/tool"}
    else:  # a member who mentions the teammate is answered all the same
        assert [one["path"] for one in written] == ["/repos/acme/tool/issues/2/comments"]
        assert (first["labels"], report["labels"], report["comments"]) == ([], 0, len(by_app))
        assert report["drafts"] >= 1


async def test_a_dump_with_no_place_to_go_is_said_before_anything_is_played(tmp_path: Path):
    file = lines(tmp_path, a_record())
    done = await plumbline("replay", str(file), "--dump", "gone/seen.json", folder=tmp_path)
    assert (done.code, done.err) == (1, "plumbline: --dump gone/seen.json: name a file in a folder that exists\n")

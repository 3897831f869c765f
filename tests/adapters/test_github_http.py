"""Headers and bodies as GitHub, proxies and broken wires send them, read without ever raising."""

import io
import tarfile
from datetime import UTC, datetime

import orjson
import pytest
from githubkit import UnauthAuthStrategy
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.github_graphql import graphql_answer
from app.adapters.github_http import GitHubHttp, PooledGitHub, Raw, read_answer
from app.adapters.github_parse import rest_comment, rest_thread, text_files


def raw(status: int | None, body: object = b"", **headers: str) -> Raw:
    packed = body if isinstance(body, bytes) else orjson.dumps(body)
    return Raw(status, {name.replace("_", "-"): value for name, value in headers.items()}, packed)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(header, seconds):
    answer = read_answer(raw(429, retry_after=header, date="Fri, 20 Nov 2026 12:00:00 GMT"))
    assert answer.retry_after == seconds


def test_limits():
    answer = read_answer(raw(403, {"message": "m"}, x_ratelimit_remaining="0", x_ratelimit_reset="1795176000"))
    assert (answer.remaining, answer.reset_at) == (0, datetime.fromtimestamp(1795176000, UTC))
    nonsense = read_answer(raw(403, {"message": "m"}, x_ratelimit_remaining="many", x_ratelimit_reset="-9"))
    assert (nonsense.remaining, nonsense.reset_at) == (None, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "Not Found"}, "Not Found"),
        (
            {"message": "Validation Failed", "errors": [{"message": "body is too long"}, {"code": "missing"}]},
            "Validation Failed: body is too long; missing",
        ),
        ({"message": "Bad", "errors": ["one", 2]}, "Bad: one; 2"),
        (b"<html>Unicorn!</html>", "<html>Unicorn!</html>"),
        (b"", ""),
        (["a", "list"], ""),
    ],
)
def test_messages(body, message):
    assert read_answer(raw(422, body)).message == message


def test_a_message_is_bounded():
    assert len(read_answer(raw(502, b"<html>" + b"x" * 100_000)).message) == 300


@pytest.mark.parametrize(
    ("body", "remote_id"), [({"id": 7}, "7"), ({}, None), (b'{"id": 7', None), ([{"id": 7}], None), (b"", None)]
)
def test_the_id_of_what_was_created(body, remote_id):
    assert read_answer(raw(201, body)).remote_id == remote_id


@given(
    st.none() | st.integers(100, 599),
    st.binary(max_size=60)
    | st.dictionaries(st.text(), st.none() | st.integers(-(2**63), 2**63) | st.text()).map(orjson.dumps),
    st.dictionaries(
        st.sampled_from(["retry-after", "date", "x-ratelimit-reset", "x-ratelimit-remaining"]), st.text(max_size=30)
    ),
)
def test_any_answer_can_be_read(status, body, headers):
    answer = read_answer(Raw(status, headers, body))
    assert answer.status == status
    assert len(answer.message) <= 300


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"type": "NOT_FOUND", "message": "Could not resolve to a node"}, 404),
        ({"type": "FORBIDDEN", "message": "Resource not accessible by integration"}, 403),
        ({"type": "RATE_LIMITED", "message": "API rate limit exceeded"}, 429),
        ({"type": "UNPROCESSABLE", "message": "Body is too long"}, 422),
        ({"message": "Field 'x' doesn't exist"}, 422),
        ({"message": "Something went wrong while executing your query."}, 502),
        ({"message": "a timeout"}, 502),
    ],
)
def test_graphql_errors_have_the_status_of_rest(error, status):
    answer, data = graphql_answer(raw(200, {"data": {"repository": None}, "errors": [error]}))
    assert (answer.status, answer.message, data) == (status, error["message"], {})


def test_graphql_answers():
    assert graphql_answer(raw(200, {"data": {"a": 1}}))[1] == {"a": 1}
    assert graphql_answer(raw(200, b'{"data": {"a"'))[0].status == 502
    assert graphql_answer(raw(401, {"message": "Bad credentials"}))[0].status == 401
    assert graphql_answer(raw(None))[0].status is None


def test_accounts_and_texts_that_are_gone():
    data = {
        "id": 1,
        "user": None,
        "body": None,
        "created_at": "2026-11-20T12:00:00Z",
        "updated_at": "2026-11-20T12:00:00Z",
    }
    comment = rest_comment(data)
    assert (comment.author, comment.author_is_bot, comment.body, comment.association) == ("ghost", False, "", "NONE")
    thread = rest_thread(data | {"number": 1, "node_id": "I_1", "title": "T", "state": "closed", "labels": ["a"]}, [])
    assert (thread.labels, thread.state, thread.body) == (("a",), "closed", "")


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("top/link.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return buffer.getvalue()


def test_text_files_of_an_archive():
    files = {
        "top/a.md": b"A",
        "top/deep/b.txt": "Grüße".encode(),
        "top/image.png": b"\x89PNG\r\n",
        "top/nul.txt": b"a\0b",
        "top/empty.py": b"",
        "top/long.txt": b"x" * 400_001,
        "pax_global_header": b"x",
    }
    assert text_files(packed(files)) == {"a.md": "A", "deep/b.txt": "Grüße", "empty.py": ""}


@pytest.mark.parametrize(
    "archive", [b"", b"not a tarball", packed({"top/a": b"x" * 9000})[:40]], ids=["empty", "text", "cut off"]
)
def test_no_archive_at_all(archive):
    with pytest.raises((tarfile.TarError, EOFError, OSError)):
        text_files(archive)


@pytest.mark.parametrize(
    ("api_url", "graphql_url"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghe.example/api/v3/", "https://ghe.example/api/graphql"),
    ],
)
def test_where_graphql_lives(api_url, graphql_url):
    http = GitHubHttp(PooledGitHub(UnauthAuthStrategy(), base_url=api_url), api_url)
    assert http.graphql_url == graphql_url

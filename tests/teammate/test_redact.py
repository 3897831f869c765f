import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.teammate.redact import MARK, redact, redact_tree, secret_spans

# Built from parts, so that no scanner takes this file for a leak.
LONG = "ghs_" + "123456_eyJhbGciOiJSUzI1NiJ9." + "aB3-_x" * 40 + "." + "Zz9_-" * 50
SECRETS = {
    "classic token": "ghp_" + "aB3" * 12,
    "server token": "ghs_" + "aB3" * 12,
    "server token of 2026": LONG,
    "oauth token": "gho_" + "aB3" * 12,
    "user token": "ghu_" + "aB3" * 12,
    "refresh token": "ghr_" + "aB3" * 25,
    "fine-grained token": "github_pat_" + "11ABCDE_" + "x9" * 30,
    "old installation token": "v1." + "0123abcdef" * 4,
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\n+/=\n-----END RSA PRIVATE KEY-----",
    "unfinished private key": "-----BEGIN " + "PRIVATE KEY-----\\nMIIEow",
    "aws id": "AKIA" + "IOSFODNN7EXAMPLE",
    "anthropic": "sk-ant-" + "api03-" + "aB3_-" * 10,
    "openai": "sk-" + "proj-" + "aB3_-" * 10,
    "older openai": "sk-" + "aB3x" * 12,
    "langsmith": "lsv2_pt_" + "0a1b" * 8 + "_0a1b2c3d4e",
    "slack": "xoxb-" + "123456789012-abcdefABCDEF",
    "google": "AIza" + "SyA1-_b" * 5,
    "stripe": "sk_live_" + "aB3x" * 6,
    "npm": "npm_" + "aB3x" * 9,
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + "aB3_-" * 10,
    "gitlab": "glpat-" + "aB3_-" * 5,
    "jwt": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "SflKxwRJSMeKKF2QT4",
}
WRAPPINGS = ("{}", "a {} b", '"{}"', "key={}", "({}).", "x{}", "`{}`", "line\n{}\nline", '{{"token":"{}"}}', "\\n{}\\n")


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_no_shape_survives_wherever_it_stands(secret: str):
    for wrapping in WRAPPINGS:
        if wrapping == "x{}" and secret.startswith(("sk-", "v1.")) and "ant" not in secret:
            continue  # "task-...": these two prefixes are also ends of ordinary words
        text = redact(wrapping.format(secret))
        assert MARK in text
        assert secret[-12:] not in text
        assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc12345", f"Authorization: Bearer {MARK}"),
        ('"authorization": "token abcdef123456"', f'"authorization": "token {MARK}"'),
        ("curl -H 'authorization: Basic dXNlcjpwYXNz'", f"curl -H 'authorization: Basic {MARK}'"),
        ("bearer 0123456789abcdef0123", f"bearer {MARK}"),
        ("postgresql://app:s3cret@db/x", f"postgresql://{MARK}@db/x"),
        ("https://:pw@host", f"https://{MARK}@host"),
        ("aws_secret_access_key = " + "aB3/" * 10, f"aws_secret_access_key = {MARK}"),
        ("https://hooks.slack.com/services/" + "T0/B0/aB3x" * 3, f"https://hooks.slack.com/services/{MARK}"),
    ],
)
def test_the_words_around_a_secret_stay(text: str, expected: str):
    assert redact(text) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ghs_ is the prefix of a token, ghp_short is none",
        "Authorization: Bearer $TOKEN, or Bearer <token>",
        "https://user@host/x and https://host:8080/a@b and git@github.com:o/r.git",
        "the commit 0123456789abcdef0123456789abcdef01234567",
        "task-" + "a" * 40 + " and risk-free-and-very-long-class-name",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "a bearer of bad news, the bearer internationalization",
        "import app.teammate.guard.markdown",
        f"already {MARK}",
    ],
)
def test_ordinary_text_stays(text: str):
    assert redact(text) == text


HOOK = "4fe2c9d1a7b83e6054fe2c9d1a7b83e605440123"


@pytest.mark.parametrize("literal", [HOOK, "päss wörd/+%", "line one\nline two", "x~y!z?"])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_literal_is_found_in_each_form(literal: str, before: str):
    raw = literal.encode()
    wrapped = base64.b64encode(before.encode() + raw + b"tail").decode()
    core = base64.b64encode(raw).decode()[4:-4]
    for text in (literal, raw.hex(), raw.hex().upper(), json.dumps({"secret": literal}), literal[::-1], wrapped):
        clean = redact(f"{before}{text} end", [literal])
        if len(raw) >= 8 or text in (literal, json.dumps({"secret": literal})):
            assert MARK in clean
            assert literal not in clean
            assert core not in clean or len(core) < 6


def test_literals_that_would_eat_ordinary_words_are_ignored():
    assert redact("a b abc", ["", "a", "abc"]) == "a b abc"
    assert redact("[redacted]", ["redacted", "[red"]) == "[redacted]"


def test_overlapping_secrets_are_one():
    assert secret_spans("Authorization: Bearer ghp_" + "a" * 36) == [(22, 62)]


@given(
    st.text(alphabet="ghsp_eyJ.-BEGIN PRVATKY:/@a1\n", max_size=120),
    st.lists(st.text("abc019", min_size=4), max_size=2),
)
def test_redacting_twice_is_redacting_once(text: str, literals: list[str]):
    once = redact(text, literals)
    assert redact(once, literals) == once


SPARSE = [
    "ghs_",
    "eyJ",
    "eyJaaaaaaaa.eyJ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY",
    "sk-",
    "sk-ant-",
    "://",
    "://:",
    "://a:",
    "xox",
    "authorization: ",
    "authorization:" + " " * 4,
    "bearer ",
    "aws key ",
    "AKIA",
    "a",
    "A",
    "1",
    ".",
    "-",
    "_",
    " ",
    "SG.a",
    "v1.0",
    "eyJ" * 100 + "." + "eyJ",
    "aws secret=" + "a" * 39,
    "github_pat_",
    "hooks.slack.com/services/",
]


@pytest.mark.parametrize("piece", SPARSE, ids=repr)
def test_time_is_linear_in_the_text(piece: str):
    text = (piece * 65_536)[:65_536]
    assert min(_seconds(text) for _ in range(3)) < 0.15  # 50 ms on an idle core


def _seconds(text: str) -> float:
    start = time.thread_time()
    redact(text, [HOOK])
    return time.thread_time() - start


def test_trees_are_redacted_to_their_leaves():
    token = SECRETS["server token"]
    tree = {
        "Authorization": "short",
        "x-api-key": b"short",
        "input_tokens": 12,
        "list": [token, (token, {token}), None, True, 1.5],
        token: {"deep": f"a {token}"},
        "bytes": token.encode(),
    }
    assert redact_tree(tree) == {
        "Authorization": MARK,
        "x-api-key": MARK,
        "input_tokens": 12,
        "list": [MARK, [MARK, [MARK]], None, True, 1.5],
        MARK: {"deep": f"a {MARK}"},
        "bytes": MARK,
    }


def test_exceptions_become_one_line_with_their_causes():
    token = SECRETS["server token"]
    error = ValueError(f"bad {token}")
    error.__cause__ = KeyError(token)
    assert redact_tree({"error": error}) == {"error": f"ValueError: bad {MARK} <- KeyError: '{MARK}'"}
    error.__cause__.__context__ = error  # a loop ends
    assert redact_tree(error).count("ValueError") == 1


def test_unknown_objects_and_cycles_are_safe():
    class Leaky:
        def __str__(self) -> str:
            return SECRETS["npm"]

    loop: list[object] = []
    loop.append(loop)
    assert redact_tree(Leaky()) == MARK
    assert "nested too deeply" in str(redact_tree(loop))

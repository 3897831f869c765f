"""No secret and nobody's name survives; who answered whom, and everything technical, can still be read."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.snapshot import Snapshot
from app.teammate.cases.scrub import hashed, scrubber
from tests.fakes.snapshots import snapshot
from tests.teammate.test_redact import SECRETS

OURS = ("plumbline[bot]", "plumbline")


def scrubbed(text: str, **people: str) -> str:
    names = {"author": "grace", "asked_by": "linus-t", "repository": "ada/engine", **people}
    return scrubber(names | {"body": text}, ours=OURS, secrets=("hunter2-hunter2",)).text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Grace said so", "person-1 said so"),
        ("@grace, and GRACE's code", "@person-1, and person-1's code"),
        ("@linus-t is not linus", "@person-2 is not linus"),
        ("disgrace, graceful, grace-hopper", "disgrace, graceful, grace-hopper"),
        ("cc @margaret", "cc @person-3"),
        ("margaret is a word where she is only mentioned; @margaret", None),
        ("@plumbline please", "@plumbline please"),
        ("mail grace.h+x@navy.example.org now", "mail [e-mail] now"),
        ("Signed-off-by: Grace Hopper <g@navy.mil>\nNext", "Signed-off-by: [person]\nNext"),
        ("/home/ghopper/src and /Users/gh/x and C:\\Users\\Grace H\\x", None),
        ("from 8.8.8.8 to 127.0.0.1 and 192.168.1.4", "from [address] to 127.0.0.1 and 192.168.1.4"),
        (
            "version 8.8.4.4, v9.9.9.9, foo==1.2.3.4, 119.0.6045.105",
            "version 8.8.4.4, v9.9.9.9, foo==1.2.3.4, 119.0.6045.105",
        ),
        ("`@dataclass` and @app.route('/') and @types/node and @acme/team", None),
        ("```\n@Override\n```", "```\n@Override\n```"),
        ("key hunter2-hunter2", "key [redacted]"),
    ],
)
def test_people_and_what_leads_to_them(text: str, expected: str | None):
    found = scrubbed(text)
    if expected is not None:
        assert found == expected
    assert scrubbed(found) == found or "person-" in found


def test_homes_keep_their_paths():
    assert scrubbed("/home/ghopper/src, C:\\Users\\Ada\\x") == "/home/user/src, C:\\Users\\user\\x"


def test_code_and_packages_are_no_people():
    text = "@app.route('/') and @types/node and @acme/team and `@dataclass`"
    assert scrubbed(text) == text


def test_who_is_only_mentioned_is_a_word_elsewhere():
    assert scrubbed("@param x; param is a word") == "@person-3 x; param is a word"


def test_the_repositorys_own_name_stays_where_it_stands_whole():
    text = "https://github.com/grace/engine/issues/1 by grace in grace/engine, not grace/other"
    expected = "https://github.com/grace/engine/issues/1 by person-1 in grace/engine, not person-1/other"
    assert scrubbed(text, repository="grace/engine") == expected


def test_a_short_login_is_replaced_only_where_it_is_one():
    assert scrubbed("al, @al and also", author="al") == "al, @person-1 and also"
    assert scrubbed("al", author="al") == "person-1"


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_no_planted_secret_survives_anywhere_in_a_snapshot(secret: str):
    said = ({"author": "eve", "role": "none", "text": f"it is {secret} "},)
    seen = snapshot(title=f"x {secret}", body=f"```\n{secret}\n```", question=f"{secret} ?", conversation=said)
    kept = json.dumps(scrubber(seen.model_dump(mode="json"), ours=OURS).tree(seen.model_dump(mode="json")))
    assert secret[-12:] not in kept
    assert "eve" not in re.findall(r"\w+", kept)


def test_a_scrubbed_snapshot_is_still_one_and_the_same_person_is_the_same():
    said = tuple(
        {"author": who, "role": "none", "text": f"@{other} look"} for who, other in (("eve", "Grace"), ("grace", "eve"))
    )
    seen = snapshot(conversation=said).model_dump(mode="json")
    kept = Snapshot.model_validate(scrubber(seen, ours=OURS).tree(seen))
    assert kept.author == kept.asked_by == "person-1"
    assert [(one.author, one.text) for one in kept.conversation] == [
        ("person-2", "@person-1 look"),
        ("person-1", "@person-2 look"),
    ]
    assert (kept.repository, kept.passages) == ("ada/engine", snapshot().passages)


@given(st.text(max_size=300), st.from_regex(r"[a-z][a-z0-9]{3,12}", fullmatch=True))
@settings(max_examples=150, deadline=None)
def test_a_login_never_stands_alone_afterwards(text: str, login: str):
    kept = scrubbed(f"{text} {login} @{login}\n{text}", author=login)
    if login not in ("person", "user", "plumbline", "redacted", "address", "mail", "engine"):
        assert not re.search(rf"(?<![A-Za-z0-9@/-]){login}(?![A-Za-z0-9/-])", kept)


def test_a_hash_is_the_same_for_one_person_and_nobody_elses():
    assert hashed("Grace", b"k") == hashed("grace", b"k")
    assert len({hashed("grace", b"k"), hashed("grace", b"l"), hashed("gracie", b"k")}) == 3

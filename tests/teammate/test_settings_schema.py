"""The schema agrees with the parser and with the documentation, and the published copy with both."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from app.teammate.repository_settings import SECTIONS, SPELLED, SWITCHED, parse_settings
from app.teammate.settings_schema import SAID, schema_text, settings_schema
from tests.teammate.test_repository_settings import EVERYTHING

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "settings.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SCHEMA = settings_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


class Words(yaml.SafeLoader):
    """YAML 1.2, as editors read it: `off` is a word, times are no numbers."""


Words.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.rpartition(":")[2] in ("null", "float")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Words.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))
Words.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?[0-9]+$"), list("-+0123456789"))


def wrong(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(yaml.load(text, Loader=Words) or {})]


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, one in schema["properties"].items():
        yield prefix + name, one
        for kind in one.get("anyOf", ()):
            if "properties" in kind:
                yield from keys(kind, f"{name}.")


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_published_copy_is_this_one():
    command = "python -c 'from app.teammate.settings_schema import schema_text; print(schema_text(), end=\"\")'"
    assert (DOCS / "plumbline.schema.json").read_text() == schema_text(), f"{command} > docs/plumbline.schema.json"


def test_it_knows_every_key_and_says_what_each_does():
    known = {name for name, _ in keys(SCHEMA)}
    assert known == set(SAID)
    fields = {f"{name}.{SPELLED.get(key, key)}" for name, model in SECTIONS.items() for key in model.model_fields}
    assert {name for name in known if "." in name} == fields | {f"{name}.enabled" for name in SWITCHED}


@pytest.mark.parametrize("text", [EVERYTHING, *EXAMPLES])
def test_schema_and_parser_take_what_is_documented(text):
    assert wrong(text) == []
    assert parse_settings(text)[1] == ()


@pytest.mark.parametrize(
    "text",
    [
        "answers: draft",
        "stale: true",
        "stale: off",
        "duplicates: false",
        "quiet_hours: off",
        "languages: auto",
        "labels:",
        "needs_info: {min_confidence: medium}",
        "mode: yes",
        "labells: {}",
        "labels: {max: 4}",
        "labels: {max: 1.5}",
        "labels: {min_confidence: surely}",
        "labels: {allow: bug}",
        "answers: true",
        "answers: loud",
        "languages: [english]",
        "languages: de",
        "quiet_hours: {from: 7, to: '09:00'}",
        "notify: {per_person: -1}",
        "budget: {usd_per_day: much}",
        "tone: [a]",
        "stale: {days: 1}",
        "discussions: {enabled: true}",
        "- mode",
    ],
)
def test_schema_and_parser_agree(text):
    assert bool(wrong(text)) == bool(parse_settings(text)[1])


def test_the_page_is_a_complete_reference():
    assert "# yaml-language-server: $schema=" in PAGE
    rows = dict(re.findall(r"^\| `([\w.]+)` \| [^|]+ \| ([^|]+) \|", PAGE, re.MULTILINE))
    assert set(rows) == {name for name, one in keys(SCHEMA) if not any("properties" in x for x in one.get("anyOf", ()))}
    for name, one in keys(SCHEMA):
        if isinstance(default := one.get("default"), int | float) and not isinstance(default, bool):
            assert rows[name].strip().strip("`") == f"{default:g}", name

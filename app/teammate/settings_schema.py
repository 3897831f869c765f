"""Settings schema: `.github/plumbline.yml` as JSON Schema (draft 2020-12), for editors to complete and check.

It is generated from the models that the file becomes, with the spellings that the parser takes besides. The copy in
`docs/` and the one that a running Plumbline serves come from here.
"""

import json
from collections.abc import Mapping
from typing import Any

from app.domain.repository_settings import RepositorySettings
from app.teammate.repository_settings import ACTIONS, MODES, SPELLED, SWITCHED
from app.teammate.settings_values import CLOCK_TIME, CONFIDENCE, LANGUAGES, MOST_PATTERNS
from app.teammate.title_patterns import LONGEST_PATTERN

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

SAID: Mapping[str, str] = {
    "mode": "How far the teammate goes: off, mention (only when asked), draft (write nothing unasked), auto (write).",
    "labels": "Labels on issues. A single word is its mode.",
    "labels.mode": "How far labelling goes; the overall mode where it is not set.",
    "labels.allow": "Only these labels, by name or pattern with `*`; empty allows all that the repository has.",
    "labels.deny": "Never these labels, by name or pattern with `*`; wins over `allow`.",
    "labels.max": "How many labels may be added at once.",
    "labels.min_confidence": "How sure it must be: 0 to 1, or high (0.9), medium (0.75), low (0.6).",
    "answers": "Answers with citations. A single word is its mode.",
    "answers.mode": "How far answering goes; the overall mode where it is not set.",
    "duplicates": "Pointing out threads that say the same. A single word is its mode.",
    "labels.suggest": "Labels that wait for a person are GitHub's own suggestions, where the repository has those.",
    "duplicates.mode": "Off unless it is set.",
    "duplicates.enabled": "The same as mode: false is off, true is the overall mode.",
    "duplicates.min_confidence": "How sure it must be: 0 to 1, or high (0.9), medium (0.75), low (0.6).",
    "needs_info": "Asking for what is missing. A single word is its mode.",
    "needs_info.mode": "Off unless it is set.",
    "needs_info.enabled": "The same as mode: false is off, true is the overall mode.",
    "needs_info.min_confidence": "How sure it must be: 0 to 1, or high (0.9), medium (0.75), low (0.6).",
    "pull_requests": "Labels and remarks on pull requests. A single word is its mode.",
    "pull_requests.mode": "How far it goes on pull requests; the overall mode where it is not set.",
    "discussions": "The most that may happen in discussions. A single word is its mode.",
    "discussions.mode": "In discussions an action goes no further than this.",
    "ignore": "Threads to keep out of, whatever is asked there.",
    "ignore.authors": 'Logins or patterns with `*`, such as "*[bot]".',
    "ignore.labels": "Labels of such threads, by name or pattern with `*`.",
    "ignore.titles": "Regular expressions for titles of such threads; upper or lower case does not matter.",
    "tone": "How it should sound, in a sentence.",
    "guidelines": "What maintainers wish of answers. It never allows more than the settings do.",
    "languages": "Languages to answer in, as ISO 639-1 codes; auto is that of whoever asks.",
    "quiet_hours": "When comments that nobody asked for wait; `off` where the owner's defaults have some.",
    "quiet_hours.from": "Their beginning, as HH:MM.",
    "quiet_hours.to": "Their end, as HH:MM. Earlier than the beginning is past midnight, the same is all day.",
    "quiet_hours.timezone": "A time zone of the IANA database.",
    "hold_minutes": "How long what nobody asked for waits, so that people go first.",
    "notify": "How many comments may reach people.",
    "notify.per_person": "Comments that may reach one person within an hour.",
    "notify.per_hour": "Comments in the repository within an hour.",
    "budget": "What paid model calls may cost.",
    "budget.usd_per_day": "US dollars a day.",
    "budget.usd_per_thread": "US dollars for one thread.",
    "budget.calls_per_person": "Paid calls that one person may cause within an hour.",
    "stale": "A label for issues whose author never gave what was asked for. Nothing is ever closed.",
    "stale.enabled": "Off unless it is set.",
    "stale.days": "Days without an answer.",
    "stale.label": "The label to add.",
    "data": "What may be kept of what is written here.",
    "data.learn": "Whether failures may become exam questions, for a person to accept; off unless it is set.",
    "ai_policy": "none: this project wants no AI, and nothing happens here.",
}
"""What each key does, in a line that an editor shows."""


def settings_schema() -> Schema:
    """The whole schema."""
    made = RepositorySettings.model_json_schema()
    definitions: dict[str, Schema] = made.pop("$defs")
    properties = {key: _described(key, _key(key, schema, definitions)) for key, schema in made["properties"].items()}
    return {
        "$schema": DRAFT,
        "$id": "plumbline.schema.json",
        "title": "Plumbline: .github/plumbline.yml",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def schema_text() -> str:
    return json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"


def _key(name: str, schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """One key of the top level: a section, with the words that may stand for it, or a value."""
    reference = schema.get("$ref") or next((one["$ref"] for one in schema.get("anyOf", ()) if "$ref" in one), "")
    if not reference:
        return _value(name, schema)
    model = definitions[reference.rpartition("/")[2]]
    fields = {SPELLED.get(key, key): _value(key, one) for key, one in model["properties"].items()}
    if name in SWITCHED:
        fields.setdefault("enabled", {"type": "boolean"})
    section: Schema = {
        "type": "object",
        "properties": {key: _described(f"{name}.{key}", one) for key, one in fields.items()},
        "additionalProperties": False,
    }
    return {"anyOf": [section, *_shorthands(name), {"type": "null"}]}


def _shorthands(name: str) -> list[Schema]:
    words: list[str | bool] = [*MODES] if name in ACTIONS else ["off"] if name == "quiet_hours" else []
    if name in SWITCHED:
        words += [word for word in ("on", "off") if word not in words] + [True, False]
    return [{"enum": words}] if words else []


def _value(key: str, schema: Schema) -> Schema:
    """As the parser reads it: what may be null need not be given at all."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    value = {**schema, **(kinds[0] if kinds else {})}
    value = {name: one for name, one in value.items() if name not in ("title", "anyOf") and one is not None}
    if value.get("items") == {"type": "string"}:
        value["items"] = {"type": ["string", "number"]}  # `1.10` may be the name of a label
    match key:
        case "min_confidence":
            number = {name: value.pop(name) for name in ("type", "minimum", "maximum")}
            return {"anyOf": [number, {"enum": [*CONFIDENCE]}], **value}
        case "start" | "end":
            return {"type": "string", "pattern": f"^{CLOCK_TIME}$"}
        case "languages":
            codes = {"type": "array", "items": {"enum": sorted(LANGUAGES)}}
            return {"anyOf": [{"const": "auto"}, codes], "default": "auto"}
        case "titles":
            one = {"type": "string", "format": "regex", "maxLength": LONGEST_PATTERN}
            return {**value, "items": one, "maxItems": MOST_PATTERNS}
    return value


def _described(path: str, schema: Schema) -> Schema:
    return {"description": SAID[path], **schema}

"""GitHub's own OpenAPI description as a judge of both directions: what clients send and what the playground answers.

Operations are compiled on first use: the whole description has more than eight hundred.
"""

import gzip
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from app.playground.model import RequestRecord

DATA = Path(__file__).parents[3] / "shared" / "data" / "webhooks"
DESCRIPTION = DATA / "openapi_api.github.com.json.gz"
EVENTS = DATA / "webhooks_schema.json"


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} is not on this machine")


class OpenApi:
    """Answers one question: what is wrong with this request or response? An empty list is good."""

    def __init__(self, path: Path = DESCRIPTION) -> None:
        # OpenAPI 3.0 says `nullable`; JSON Schema says it with the type.
        self._spec = _nullable(json.loads(gzip.decompress(path.read_bytes())))
        self._registry: Registry[Any] = Registry().with_resource(
            "urn:github", Resource.from_contents(self._spec, default_specification=DRAFT202012)
        )
        self._paths = sorted(
            (
                (re.compile(re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(path)) + r"\Z"), path)
                for path in self._spec["paths"]
            ),
            key=lambda item: item[1].count("{"),
        )
        self._deep = {
            "contents": "/repos/{owner}/{repo}/contents/{path}",
            "commits": "/repos/{owner}/{repo}/commits/{ref}",
            "git": "/repos/{owner}/{repo}/git/ref/{ref}",
        }

    def request_problems(self, record: RequestRecord) -> list[str]:
        """A logged request against its operation's requestBody."""
        if record.path == "/graphql":
            return []  # The playground has checked the query against GitHub's types when it ran it.
        operation = self._operation(record.method, record.path)
        if operation is None:
            return [f"{record.method} {record.path} is not in GitHub's description"]
        pointer, body = operation, self._at(operation).get("requestBody")
        if body is None:
            return [f"{record.method} {record.path} takes no body"] if record.body else []
        if record.body is None:
            return [f"{record.method} {record.path} needs a body"] if body.get("required") else []
        return self._problems(f"{pointer}/requestBody/content/application~1json/schema", record.body, closed=True)

    def response_problems(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """An answer against its operation's response for that status."""
        pointer = self._operation(method, path)
        if pointer is None:
            return [f"{method} {path} is not in GitHub's description"]
        responses = self._at(pointer)["responses"]
        if str(status) not in responses:
            return [f"{method} {path} never answers {status}, only {', '.join(responses)}"]
        place = f"{pointer}/responses/{status}"
        response = responses[str(status)]
        if "$ref" in response:
            place = response["$ref"].removeprefix("#")
            response = self._at(place)
        content = response.get("content")
        if not content:
            return []
        media = "application/json" if "application/json" in content else next(iter(content))
        return self._problems(f"{place}/content/{media.replace('/', '~1')}/schema", body)

    def _operation(self, method: str, path: str) -> str | None:
        parts = path.split("/")
        template = next((name for pattern, name in self._paths if pattern.match(path)), None)
        if template is None and len(parts) > 4:
            template = self._deep.get(parts[4])
        if template is None or method.lower() not in self._spec["paths"][template]:
            return None
        return f"/paths/{template.replace('~', '~0').replace('/', '~1')}/{method.lower()}"

    def _at(self, pointer: str) -> Any:
        node = self._spec
        for part in pointer.strip("/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node

    def _problems(self, pointer: str, instance: Any, *, closed: bool = False) -> list[str]:
        validator = self._validator(pointer)
        found = best_match(validator.iter_errors(instance))
        problems = [f"{'/'.join(map(str, found.absolute_path))}: {found.message[:300]}"] if found else []
        if closed and isinstance(instance, dict):
            known = set(_properties(self._at(pointer)))
            problems += [f"unknown field {name}" for name in instance if known and name not in known]
        return problems

    @lru_cache(maxsize=256)  # noqa: B019  one description lives as long as the test session
    def _validator(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": f"urn:github#{pointer}"}, registry=self._registry)


@lru_cache(maxsize=1)
def github() -> OpenApi:
    return OpenApi()


def _properties(schema: Any) -> Iterator[str]:
    yield from schema.get("properties", {})
    for kind in ("oneOf", "anyOf", "allOf"):
        for option in schema.get(kind, []):
            yield from _properties(option)


def _nullable(node: Any) -> Any:
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {name: _nullable(value) for name, value in node.items() if name not in ("example", "examples")}
    # The description says in places that an account is a user *and* an enterprise; its prose says or.
    if [option.get("title") for option in result.get("allOf", [])] == ["Simple User", "Enterprise"]:
        result["anyOf"] = result.pop("allOf")
    if node.get("nullable") is True:
        inner = {name: value for name, value in result.items() if name != "nullable"}
        return {"anyOf": [inner, {"type": "null"}]}
    return result

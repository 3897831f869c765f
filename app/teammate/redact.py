"""Secrets out of text and out of nested values, before anything is published, traced, logged or stored.

Two nets: the shapes of well-known credentials, and a list of literal secrets (a webhook secret has no shape) together
with the forms in which they leak: base64 at every alignment, hexadecimal, percent-encoded, JSON-escaped, reversed.
Shapes: https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
(the installation tokens of 2026 are about 520 characters and hold dots and hyphens), RFC 7468 (PEM), RFC 7519 (JWT).
Every pattern is linear in the text: prefixes are literal, repetitions bounded or possessive.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

MARK = "[redacted]"
_SHORTEST_LITERAL = 4
_SHORTEST_SHAPE = 15  # but for a password in an address
_DEEPEST = 40

# Not the end of a longer word, except after the escaped line end of a JSON or shell string.
_ALONE = r"(?:(?<![A-Za-z0-9_.-])|(?<=\\[nrt]))"
# A hint that must occur (in lower case) before the pattern is worth a search, and the pattern. Where a pattern has a
# group, only the group is the secret.
_SHAPES = tuple(
    (hint, re.compile(pattern))
    for hint, pattern in (
        ("gh", r"gh[oprsu]_[A-Za-z0-9._-]{20,}"),
        ("github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
        ("v1.", _ALONE + r"v1\.[0-9a-f]{40}"),
        ("-----begin ", r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]{0,40}-----|\Z)"),
        ("a", r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z2-7]{16}"),
        (
            "aws",
            r"(?i)aws.{0,20}?(?:secret|key).{0,20}?[\s'\"=:]((?=[a-z0-9/+]{0,39}[0-9/+])[a-z0-9/+]{40})(?![a-z0-9/+])",
        ),
        ("sk-", r"sk-ant-[A-Za-z0-9_-]{16,}"),
        ("sk-", _ALONE + r"sk-(?:proj-|svcacct-|admin-|or-v1-)[A-Za-z0-9_-]{20,}"),
        ("sk-", _ALONE + r"sk-[A-Za-z0-9]{20,}"),
        ("lsv2_", r"lsv2_(?:pt|sk)_[A-Za-z0-9_]{20,}"),
        ("xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
        ("xapp-", r"xapp-[A-Za-z0-9-]{20,}"),
        ("hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_]{20,})"),
        ("aiza", r"AIza[A-Za-z0-9_-]{35}"),
        ("ya29.", r"ya29\.[A-Za-z0-9._-]{20,}"),
        ("gocspx-", r"GOCSPX-[A-Za-z0-9_-]{20,}"),
        ("k_", r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}"),
        ("whsec_", r"whsec_[A-Za-z0-9+/=]{16,}"),
        ("npm_", r"npm_[A-Za-z0-9]{36}"),
        ("pypi-", r"pypi-[A-Za-z0-9_-]{40,}"),
        ("glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
        ("hf_", r"hf_[A-Za-z0-9]{30,}"),
        ("sg.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
        ("eyj", r"eyJ[A-Za-z0-9_-]{8,400}+\.eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}"),
        (
            "authorization",
            r"(?i)\bauthorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:bearer|basic|token)\s{1,4}([A-Za-z0-9._~+/=-]{8,})",
        ),
        ("bearer", r"(?i)\bbearer\s{1,4}((?=[a-z._~+/=-]{0,40}\d)[A-Za-z0-9._~+/=-]{20,})"),
        ("://", r"://([^\s/@:?#\[\]]{0,100}:[^\s/@\[\]]{1,200})@"),
    )
)
_SECRET_KEY = re.compile(
    r"(?i)(?:^|[_.-])(?:authorization|cookie|passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key)$"
)


def redact(text: str, literals: Sequence[str] = ()) -> str:
    """`text` with every secret replaced by `[redacted]`. Idempotent, linear in `text`, never raises.

    `literals` are secrets to find whatever their shape; those shorter than four characters are ignored, because
    they would cut ordinary words.
    """
    spans = secret_spans(text, literals)
    if not spans:
        return text
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], MARK]
        at = end
    return "".join([*parts, text[at:]])


def secret_spans(text: str, literals: Sequence[str] = ()) -> list[tuple[int, int]]:
    """Where secrets are: sorted, disjoint `(start, end)` offsets into `text`."""
    found: list[tuple[int, int]] = []
    if len(text) >= _SHORTEST_SHAPE or "://" in text:
        lowered = text.lower()
        shapes = [shape for hint, shape in _SHAPES if hint in lowered]
        found = [match.span(match.lastindex or 0) for shape in shapes for match in shape.finditer(text)]
    if known := _literal_pattern(tuple(literals)):
        found += [match.span() for match in known.finditer(text)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    # A mark from an earlier pass can lie inside a longer match, never be one.
    return [(start, end) for start, end in merged if text[start:end] != MARK]


def redact_tree(value: Any, literals: Sequence[str] = (), *, depth: int = 0) -> Any:
    """A copy of nested mappings, sequences, strings, bytes and exceptions with their secrets redacted.

    Strings under a key that names a secret (`Authorization`, `api_key`, ...) are redacted whole. Numbers, booleans and
    None pass; an exception becomes one line with its causes; anything else becomes its redacted `str`.
    """
    if depth > _DEEPEST:
        return "[nested too deeply]"
    below = depth + 1
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact(value, literals)
        case bytes() | bytearray():
            return redact(bytes(value).decode("utf-8", "replace"), literals)
        case BaseException():
            return redact(_one_exception(value), literals)
        case Mapping():
            return {
                redact(str(key), literals): MARK
                if isinstance(item, str | bytes) and _SECRET_KEY.search(str(key))
                else redact_tree(item, literals, depth=below)
                for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [redact_tree(item, literals, depth=below) for item in value]
        case _:
            return redact(str(value), literals)


def _one_exception(error: BaseException) -> str:
    lines, seen = [], set[int]()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(f"{type(current).__name__}: {current}")
        current = current.__cause__ or current.__context__
    return " <- ".join(lines)


@lru_cache(maxsize=16)
def _literal_pattern(literals: tuple[str, ...]) -> re.Pattern[str] | None:
    forms = {form for literal in literals if len(literal) >= _SHORTEST_LITERAL for form in _forms(literal)}
    wanted = sorted((form for form in forms if form not in MARK), key=lambda form: (-len(form), form))
    return re.compile("|".join(map(re.escape, wanted))) if wanted else None


def _forms(literal: str) -> set[str]:
    forms = {literal, json.dumps(literal)[1:-1], quote(literal, safe="")}
    raw = literal.encode("utf-8", "surrogatepass")
    if len(raw) < 8:  # encoded forms of a short literal would hit ordinary text
        return forms
    for offset in range(3):
        # The characters at the edges of a base64 form depend on its neighbours: only the inner ones are certain.
        code = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        inner = code[(0, 2, 3)[offset] : len(code) - (1 if (len(raw) + offset) % 3 else 0)]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return forms | {raw.hex(), raw.hex().upper(), literal[::-1]}

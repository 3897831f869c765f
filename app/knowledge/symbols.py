"""Symbols: the names, flags and keys that stand in a repository's files, so that a claim about one can be checked.

Read by words rather than through parsers, so that every language is read alike: an identifier counts where it stands
in code, never where only a comment or a sentence says it. What resolves is what somebody who opens the repository
would find; a name that is one letter off is not found.
"""

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import accumulate
from pathlib import PurePosixPath

from app.knowledge.flags import derived_flags, spelled_flags
from app.knowledge.notebook import read_notebook
from app.knowledge.paths import is_documentation, kind_of, looks_generated
from app.knowledge.words import words_of

LONGEST = 200
"""Characters of a token that somebody could look up."""

_HASH_COMMENTS = frozenset(
    words_of(".bash .dockerfile .ex .exs .graphql .jl .justfile .makefile .nix .pl .ps1 .py .pyi .r .rb .sh .tf .zsh")
)
_SLASH_COMMENTS = frozenset(
    words_of("""
        .c .cc .cjs .cpp .cs .css .cts .cxx .dart .go .h .hpp .hs .java .js .jsx .kt .kts .lua .m .mjs .ml .mts .php
        .proto .rs .scala .sql .svelte .swift .ts .tsx .vue .zig
    """)
)
_SETTINGS = frozenset(words_of(".cfg .conf .env .example .ini .json .properties .toml .yaml .yml"))

# An unclosed quote ends with its line, an unclosed block with the file: so every character is read once.
_QUOTED = r'"(?:[^"\\\n]|\\.)*+"?|\'(?:[^\'\\\n]|\\.){0,120}+\''
_HASH_CODE = re.compile(
    rf'(?P<comment>#[^\n]*)|(?P<text>"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?'
    rf"|'''(?:[^'\\]|\\.|'(?!''))*+(?:''')?|{_QUOTED})|(?P<name>[^\W\d]\w*)",
    re.DOTALL,
)
_SLASH_CODE = re.compile(
    rf"(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?)|(?P<text>{_QUOTED}|`(?:[^`\\]|\\.)*+`?)|(?P<name>[^\W\d]\w*)",
    re.DOTALL,
)
_WORD = r"[A-Za-z_](?:[\w.-]{0,78}\w)?"
_KEY = re.compile(_WORD)
_TAGGED_KEY = re.compile(rf'\b\w+:"({_WORD})')
"""Field tags of Go: `json:"max_retries,omitempty"`."""
_SETTING = re.compile(rf"""^([\s#;-]*)(?:export\s+)?["']?({_WORD})["']?\s*[:=]""")
"""A setting, commented out or not: examples of settings files explain most of theirs in comments."""
_JSON_KEY = re.compile(rf'"\$?({_WORD})"\s*:')
_TABLE = re.compile(r"^\s*\[+(\w(?:[\w.\"-]{0,118}\w)?)\]+\s*$")
_ENV_PREFIX = re.compile(r"""env_prefix["']?\s*[=:]\s*["'](\w*)["']""")
_FIELD = re.compile(r"^ +(\w+)\s*:", re.MULTILINE)
_WILDCARD = re.compile(r"^\s*from\s+\S+\s+import\s+\*", re.MULTILINE)
_CODE_OF_PAGE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<block>.*?)(?:^[ \t]*(?P=fence)|\Z)"
    r"|(?P<ticks>`{1,2})(?P<span>[^`\n]{1,200})(?P=ticks)"
    r"|^ *\.\. [\w:+-]{1,40}::[ \t]+(?P<directive>[^\n]+)"
    r"|^(?P<indented>(?: {3,}|\t)\S[^\n]*)",
    re.DOTALL | re.MULTILINE,
)
_PATH_SEPARATORS = re.compile(r"\.|::|#|->|\\")
_CALL = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Symbols:
    """What stands in some files. All spelled as written there, except for paths, which are relative to the root."""

    names: frozenset[str] = frozenset()
    """Identifiers in code, not qualified."""
    flags: frozenset[str] = frozenset()
    """Options of command lines with their dashes: `--dry-run`, `-n`."""
    keys: frozenset[str] = frozenset()
    """Keys of settings (also as dotted paths), environment variables, and strings of one word in code."""
    modules: frozenset[str] = frozenset()
    """Dotted Python packages and modules, from the top package on."""
    members: frozenset[str] = frozenset()
    """`module.name` for each name that stands in a Python module; `module.*` where it imports all of another."""
    files: frozenset[str] = frozenset()
    """Paths of files and folders, and every ending of one at a slash."""

    @classmethod
    def merge(cls, parts: Iterable["Symbols"]) -> "Symbols":
        held = [(one.names, one.flags, one.keys, one.modules, one.members, one.files) for one in parts]
        return cls(*(frozenset().union(*column) for column in zip(*held, strict=True)))

    def dump(self) -> bytes:
        """Compressed JSON; `load` takes it back."""
        held = {field.name: sorted(getattr(self, field.name)) for field in fields(self)}
        return zlib.compress(json.dumps(held, ensure_ascii=False).encode())

    @classmethod
    def load(cls, data: bytes) -> "Symbols":
        return cls(**{name: frozenset(held) for name, held in json.loads(zlib.decompress(data)).items()})

    def knows(self, token: str) -> bool:
        """Whether a code-like token, as a claim writes it, resolves: a flag, path, key, or dotted or called name.

        Arguments, subscripts and values (`--x=3`, `f(a)`, `m[k]`) are not looked at. Of a dotted name every part
        must stand somewhere; below a package of this repository it must stand in the module that is named.
        """
        if len(token) > LONGEST:
            return False
        token = _CALL.sub("", token.strip("`'\" \t\n,;:")).strip("@${}()!?*&").rstrip(".")
        if token.startswith("-"):
            return self._knows_flag(re.split(r"[=\s]", token)[0])
        token = token.partition("=")[0].strip()
        if "/" in token and token.strip("./"):
            return token.strip("./") in self.files
        if not token or token in self.keys or token in self.names or token in self.files:
            return bool(token)
        parts = [part for part in _PATH_SEPARATORS.split(token) if part]
        dotted = list(accumulate(parts, lambda left, right: f"{left}.{right}"))
        inner = next((count for count, name in enumerate(dotted) if name not in self.modules), len(dotted))
        if 0 < inner < len(dotted) and self.members.isdisjoint((dotted[inner], f"{dotted[inner - 1]}.*")):
            return False
        return bool(parts) and all(map(self._knows_word, parts[inner:]))

    def _knows_flag(self, flag: str) -> bool:
        """A compound flag may be made from its bare name, such as in `.option("dry-run")`."""
        bare = flag.lstrip("-")
        return flag in self.flags or (flag.startswith("--") and "-" in bare and bare in self.keys)

    def _knows_word(self, word: str) -> bool:
        snake = word.replace("-", "_")
        return word in self.names or word in self.keys or ("-" in word and (snake in self.names or snake in self.keys))


def symbols_of(path: str, text: str) -> Symbols:
    """What stands in one file. Of documentation only its code counts, and that gives flags and keys, no names.

    Of generated files, and of kinds that are neither code, settings nor documentation, only the path is known.
    """
    suffix = PurePosixPath(path.lower()).suffix or f".{PurePosixPath(path.lower()).name.lstrip('.')}"
    files = _endings(path)
    if is_documentation(path):
        code = _code_of_notebook(text) if kind_of(path) == "notebook" else _code_of_page(text)
        return Symbols(flags=spelled_flags(code), keys=_settings(code) | _keys(code.split("\n")), files=files)
    if suffix in _SETTINGS:
        found = frozenset(_JSON_KEY.findall(text)) if suffix == ".json" else _settings(text)
        return Symbols(flags=spelled_flags(text), keys=found, files=files)
    if suffix not in _HASH_COMMENTS | _SLASH_COMMENTS or looks_generated(text):
        return Symbols(files=files)
    return _symbols_of_source(path, text, suffix in _HASH_COMMENTS, files)


def _symbols_of_source(path: str, text: str, hashes: bool, files: frozenset[str]) -> Symbols:
    names: set[str] = set()
    strings: list[str] = []
    for match in (_HASH_CODE if hashes else _SLASH_CODE).finditer(text):
        if match.lastgroup == "name":
            names.add(match[0])
        elif match.lastgroup == "text":
            strings.append(match[0].strip("\"'`"))
    quoted = "\n".join(strings)
    python = path.endswith((".py", ".pyi"))
    module = _module(path) if python else ""
    stands = names | ({"*"} if _WILDCARD.search(text) else set())
    return Symbols(
        names=frozenset(names),
        flags=spelled_flags(text if path.endswith((".sh", ".bash")) else quoted) | derived_flags(text, python=python),
        keys=_keys(strings) | frozenset(_TAGGED_KEY.findall(quoted)) | (_environment(text) if python else frozenset()),
        modules=frozenset(accumulate(module.split("."), lambda left, right: f"{left}.{right}")) - {""},
        members=frozenset(f"{module}.{name}" for name in stands) if module else frozenset(),
        files=files,
    )


def _module(path: str) -> str:
    """The dotted name that imports the file; empty for a file that is in no folder, and so in no package."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    while len(parts) > 1 and parts[0] in ("src", "lib", "python"):
        parts.pop(0)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) if len(parts) > 1 else ""


def _keys(strings: Iterable[str]) -> frozenset[str]:
    return frozenset(text for text in map(str.strip, strings) if _KEY.fullmatch(text))


def _settings(text: str) -> frozenset[str]:
    """Keys, and their dotted paths below INI and TOML tables or by the indentation of YAML."""
    found: set[str] = set()
    table = ""
    path: list[tuple[int, str]] = []
    for line in text.split("\n"):
        if header := _TABLE.match(line):
            table = header[1].strip().replace('"', "")
            found |= {table, *table.split(".")}
        elif match := _SETTING.match(line):
            depth, key = len(match[1]), match[2]
            while path and path[-1][0] >= depth:
                path.pop()
            path.append((depth, key))
            found |= {key, ".".join(filter(None, (table, *(name for _, name in path[-6:]))))}
    return frozenset(found)


def _environment(text: str) -> frozenset[str]:
    """The variables that fill the fields of a settings class of pydantic."""
    if "BaseSettings" not in text:
        return frozenset()
    prefixes = _ENV_PREFIX.findall(text) or [""]
    return frozenset((prefix + field).upper() for prefix in prefixes for field in _FIELD.findall(text))


def _code_of_page(text: str) -> str:
    """Fences, code spans, subjects of directives and indented lines of a page, one below the other."""
    groups = ("block", "span", "directive", "indented")
    return "\n".join(match[group] or "" for match in _CODE_OF_PAGE.finditer(text) for group in groups)


def _code_of_notebook(text: str) -> str:
    notebook = read_notebook(text)
    return "\n".join(notebook.lines[position - 1] for position in sorted(notebook.code)) if notebook else ""


def _endings(path: str) -> frozenset[str]:
    """`a/b/c.py` -> itself, `b/c.py`, `c.py`, and its folders `a`, `a/b`, `b`."""
    parts = path.split("/")
    return frozenset(
        "/".join(parts[start:end]) for end in range(1, len(parts) + 1) for start in range(max(end - 8, 0), end)
    )

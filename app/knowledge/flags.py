"""Flags: the options of command lines that a text spells out, or that a library derives from code.

The usual libraries are known by how a declaration looks: argparse, click, optparse, commander and picocli spell
the flag; typer, clap, cobra, Go's flag and yargs make it from a name.
"""

import ast
import re
import warnings
from collections.abc import Iterator

_SPELLED = re.compile(r"""(?<![^\s,/|=\[({<"'`])(--[A-Za-z0-9][\w-]*|-[A-Za-z0-9])(?![\w-])""")
_GO = re.compile(r'[Ff]lags?(?:Set)?(?:\(\))?\.\w+\(\s*(?:&?[\w.\[\]]+\s*,\s*)?"([A-Za-z][\w-]*)"(?:\s*,\s*"(\w)")?')
_CLAP = re.compile(r"""\b(?:long|short|alias|visible_alias)\s*[(=]\s*["']([\w-]+)["']""")
_CLAP_FIELD = re.compile(
    r"#\[(?:arg|clap|structopt)\(([^\]]{0,300})\)\]\s*(?:(?:#\[[^\]]{0,200}\]|///[^\n]*)\s*){0,9}(?:pub(?:\([^)]*\))?\s+)?(\w+)\s*:"
)
_BARE_LONG = re.compile(r"\blong\b(?!\s*[=(])")
_YARGS = re.compile(r"""\.(?:option|positional)\(\s*["']([A-Za-z][\w-]*)["']""")


def spelled_flags(text: str) -> frozenset[str]:
    """`--dry-run` and `-n` wherever they stand as words of their own."""
    return frozenset(_SPELLED.findall(text))


def derived_flags(source: str, *, python: bool) -> frozenset[str]:
    """Flags that no text spells; `source` is all of one file."""
    return frozenset(_typer(source) if python else _declared(source))


def _declared(source: str) -> Iterator[str]:
    for name, short in _GO.findall(source):
        yield from (f"--{name}", f"-{name}", *([f"-{short}"] if short else []))
    for name in (*_CLAP.findall(source), *_YARGS.findall(source)):
        yield f"--{name}" if len(name) > 1 else f"-{name}"
    for arguments, field in _CLAP_FIELD.findall(source):
        if _BARE_LONG.search(arguments):
            yield f"--{field.replace('_', '-')}"


def _typer(source: str) -> Iterator[str]:
    """The parameters of a command are its options, and argparse can derive the negation of a flag."""
    if "BooleanOptionalAction" in source:
        yield from (f"--no-{flag[2:]}" for flag in spelled_flags(source) if flag.startswith("--"))
    if "typer" not in source:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_is_command, node.decorator_list)):
            for parameter in (*node.args.args, *node.args.kwonlyargs):
                name = parameter.arg.replace("_", "-")
                yield from (f"--{name}", f"--no-{name}")


def _is_command(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in ("command", "callback")

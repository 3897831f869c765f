"""Source: Python by top-level definition, everything else by runs of lines between blank ones."""

import ast
import warnings
from collections.abc import Iterator, Sequence

from app.knowledge.sections import Section, blank_line_blocks

LONG_DEFINITION = 40
"""Lines above which a class is cut into its methods, so that a quote names the method."""

_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def python_sections(lines: Sequence[str]) -> list[Section] | None:
    """One section per definition, named by its dotted path; None where the file is not valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return list(_cut(lines, tree.body, (), 1, len(lines)))


def window_sections(lines: Sequence[str]) -> list[Section]:
    blocks = blank_line_blocks(lines, 1, len(lines))
    return [Section((), blocks)] if blocks else []


def _cut(
    lines: Sequence[str], body: Sequence[ast.stmt], trail: tuple[str, ...], first: int, last: int
) -> Iterator[Section]:
    """Sections of the lines `first`..`last`: each definition in `body`, and what stands between them."""
    reached = first
    for node in body:
        if not isinstance(node, _DEFINITION) or node.end_lineno is None:
            continue
        start = _with_comments(lines, min([node.lineno, *(item.lineno for item in node.decorator_list)]), reached)
        if start < reached:
            continue  # two definitions share a line
        if between := blank_line_blocks(lines, reached, start - 1):
            yield Section(trail, between)
        own = (*trail, node.name)
        if isinstance(node, ast.ClassDef) and node.end_lineno - start >= LONG_DEFINITION:
            yield from _cut(lines, node.body, own, start, node.end_lineno)
        else:
            yield Section(own, blank_line_blocks(lines, start, node.end_lineno))
        reached = node.end_lineno + 1
    if rest := blank_line_blocks(lines, reached, last):
        yield Section(trail, rest)


def _with_comments(lines: Sequence[str], start: int, reached: int) -> int:
    """Comment lines directly above a definition belong to it."""
    while start > reached and lines[start - 2].lstrip().startswith("#"):
        start -= 1
    return start

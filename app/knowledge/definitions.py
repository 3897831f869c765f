"""Definitions: what a source file defines and where, read with tree-sitter, which takes broken files as they come.

The grammars name their nodes alike, so one table of node types serves all languages; a type means the same thing
in each grammar that has it.
"""

import importlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from app.knowledge.words import words_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

DEEPEST = 6
"""Levels of definitions inside one another that are told apart."""
LONGEST_SIGNATURE = 160
LONG_DEFINITION = 1_500
"""Bytes above which a definition is cut into those it holds, so that a quote names the method."""

ENOUGH_TIME = 0.1
ENOUGH_TIME_PER_BYTE = 5e-6
"""Seconds of computing; real files of all languages take a microsecond a byte at most."""
_AT_ONCE = 65_536

_GRAMMARS = {
    suffix: (f"tree_sitter_{module}", factory)
    for suffixes, module, factory in (
        (".py .pyi", "python", "language"),
        (".js .jsx .mjs .cjs", "javascript", "language"),
        (".ts .mts .cts", "typescript", "language_typescript"),
        (".tsx", "typescript", "language_tsx"),
        (".go", "go", "language"),
        (".rs", "rust", "language"),
        (".java", "java", "language"),
        (".c", "c", "language"),
        (".h .hh .hpp .cc .cpp .cxx", "cpp", "language"),
        (".rb", "ruby", "language"),
        (".cs", "c_sharp", "language"),
        (".php", "php", "language_php"),
        (".sh .bash", "bash", "language"),
    )
    for suffix in words_of(suffixes)
}
_DEFINITIONS = frozenset(
    words_of("""
        abstract_class_declaration annotation_type_declaration class class_declaration class_definition class_specifier
        constructor_declaration delegate_declaration enum_declaration enum_item enum_specifier function_declaration
        function_definition function_item function_signature generator_function_declaration impl_item
        interface_declaration internal_module macro_definition method method_declaration method_definition mod_item
        module namespace_declaration namespace_definition record_declaration singleton_method struct_declaration
        struct_item struct_specifier trait_declaration trait_item type_alias_declaration type_declaration
        type_definition type_item union_item union_specifier
    """)
)
_VARIABLES = frozenset(words_of("lexical_declaration variable_declaration"))
"""A definition at the top of a file, and deeper down where its value is a function."""
_WRAPPERS = frozenset(
    words_of("ambient_declaration decorated_definition export_statement expression_statement template_declaration")
)
"""What adds words to the one definition in it."""
_GROUPS = frozenset(
    words_of("""
        block compound_statement declaration_list else_clause if_statement linkage_specification preproc_elif
        preproc_else preproc_if preproc_ifdef statement_block try_statement
    """)
)
"""What holds definitions and has no name of its own, such as an include guard."""
_NAME = re.compile(r"(?!.*(?://|/\*))[^{}]{1,160}")
"""No pattern that takes a value apart, and no misread stretch of code."""


@dataclass(frozen=True, slots=True)
class Definition:
    """Lines are 1-based and inclusive; `members` are those inside it, told apart where it is long."""

    name: str
    signature: str
    """How it is declared, on one line."""
    start: int
    end: int
    members: tuple["Definition", ...] = ()


def has_grammar(suffix: str) -> bool:
    return suffix in _GRAMMARS


def definitions(suffix: str, text: str) -> list[Definition]:
    """What the file defines at its top, in order; `suffix` is a lower-case one that `has_grammar`.

    Nothing where the text keeps the parser busy: recovering from errors can take it quadratic time.
    """
    data = text.encode(errors="replace")
    parser = _parser(*_GRAMMARS[suffix])
    until = time.thread_time() + ENOUGH_TIME + ENOUGH_TIME_PER_BYTE * len(data)
    try:
        tree = parser.parse(
            lambda start, _: data[start : start + _AT_ONCE],
            progress_callback=lambda _offset, _has_error: time.thread_time() > until,
        )
    except ValueError:  # given up
        parser.reset()
        return []
    return list(_File(data).inside(tree.root_node, 0))


@lru_cache(maxsize=len(_GRAMMARS))
def _parser(module: str, factory: str) -> "Parser":
    from tree_sitter import Language, Parser

    return Parser(Language(getattr(importlib.import_module(module), factory)()))


def _body(node: "Node") -> "Node | None":
    """Also of a function that is the value of a variable."""
    for value in (node, *(each.child_by_field_name("value") for each in node.named_children)):
        if value and (body := value.child_by_field_name("body")):
            return body
    return None


def _core(node: "Node") -> "Node":
    """The definition inside its decorators, `export` or `template<...>`; the node itself where there is none."""
    core = node
    for _ in range(DEEPEST):
        if core.type not in _WRAPPERS:
            break
        inner = core.child_by_field_name("definition") or core.child_by_field_name("declaration")
        inner = inner or next(
            (each for each in core.named_children if each.type in _DEFINITIONS | _VARIABLES | _WRAPPERS), None
        )
        if inner is None:
            break
        core = inner
    return core


@dataclass(frozen=True, slots=True)
class _File:
    """The text that the nodes of its tree point into."""

    data: bytes

    def inside(self, holder: "Node", depth: int) -> Iterator[Definition]:
        for node in holder.named_children:
            core = _core(node)
            if node.type in _GROUPS and depth < DEEPEST:
                yield from self.inside(node, depth + 1)
            elif core.type in _DEFINITIONS or (core.type in _VARIABLES and (depth == 0 or _body(core))):
                if not _NAME.fullmatch(name := self.name(core)):
                    continue
                body = _body(core)
                long = node.end_byte - node.start_byte > LONG_DEFINITION and depth < DEEPEST
                yield Definition(
                    name,
                    self.text(core.start_byte, body.start_byte if body else core.end_byte, lines=9 if body else 1),
                    node.start_point.row + 1,
                    node.end_point.row + (1 if node.end_point.column else 0),
                    tuple(self.inside(body, depth + 1)) if body and long else (),
                )

    def name(self, node: "Node") -> str:
        """The field that names it; of an `impl` its type; of a method of Go also the receiver's type."""
        if node.type == "impl_item":
            return " for ".join(self.field(node, field) for field in ("trait", "type") if self.field(node, field))
        named = node
        for _ in range(DEEPEST):
            if named.type != "qualified_identifier" and (name := self.field(named, "name")):
                owner = self.field(node, "receiver").strip("()").split()[-1:]
                return ".".join([*(part.lstrip("*").partition("[")[0] for part in owner), name])
            inner = named.child_by_field_name("declarator")
            if inner is None:
                break
            named = inner
        if named is not node:
            return self.text(named.start_byte, named.end_byte)
        # Of a declaration of several the first: `const x = ...` and `type (...)` keep names one level down.
        return next((name for each in node.named_children if (name := self.field(each, "name"))), "")

    def field(self, node: "Node", field: str) -> str:
        part = node.child_by_field_name(field)
        return self.text(part.start_byte, part.end_byte) if part else ""

    def text(self, start: int, end: int, *, lines: int = 9) -> str:
        """Some lines of the file as one, without the bracket that opens what follows."""
        raw = self.data[start : min(end, start + 4 * LONGEST_SIGNATURE)].decode(errors="ignore")
        return " ".join(" ".join(raw.split("\n")[:lines]).split()).rstrip("{:= ")[:LONGEST_SIGNATURE]

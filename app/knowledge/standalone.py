"""Standalone: a quote as Markdown that can stand alone in a comment.

The documentation was written for a site builder: admonitions, tabs, short codes, roles and directives mean nothing on
GitHub. What they hold is said, what they are is not; code comes in fences.
"""

import re
import textwrap

from app.knowledge.sections import plain_roles

_NAMED = r"\.\. (?:note|tip|hint|important|warning|seealso)::"
_MARK = re.compile(rf"^[ \t]*(?:(?:!!!|\?\?\?\+?|===|:::|///).*|{_NAMED})[ \t]*$", re.MULTILINE)
_OPENED = re.compile(
    rf"^([ \t]*+)(?:(?:!!!|\?\?\?\+?).*|===[ \t]+[\"'](.+?)[\"'][ \t]*|{_NAMED}[ \t]*)\n"
    r"((?:[ \t]*\n|\1[ \t]+\S.*(?:\n|\Z))+)",
    re.MULTILINE,
)
"""An admonition, or a tab of MkDocs with its label, and what it holds, indented."""
_LITERAL = re.compile(
    r"^([ \t]*+)(?!\.\. )(.*)::[ \t]*\n(?:[ \t]*\n)+((\1[ \t]+)\S.*(?:\n|\Z)(?:\4.*(?:\n|\Z)|[ \t]*\n)*)", re.MULTILINE
)
"""Of reStructuredText: a paragraph, or nothing, that announces the code indented below it."""
_CODE_DIRECTIVE = re.compile(
    r"^\.\. (?:code-block|code|sourcecode)::[ \t]*(\S*)[ \t]*\n+((?:[ \t]+\S.*(?:\n|\Z)|\n)+)", re.MULTILINE
)
_INCLUDED = re.compile(
    r"^[ \t]*\{[*!%][^\n]*[*!%]\}[ \t]*$|^\.\. _[^\n]*:[^\n]*$|\{\{[%<][^\n]*?[%>]\}\}", re.MULTILINE
)
"""What a site builder puts in here (a file, a short code), and the targets of references: nothing that is said."""
_SHORT_LINK = re.compile(
    r"\[([^\]\n]{1,200})\]\(\{\{[^\n]*?\}\}[^)\n]*\)|`([^`<\n]{1,200}?)(?:\s*<[^`\n]*>)?`__?(?!\w)"
)
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+")


def standalone(text: str) -> str:
    """The text lightly trimmed: no marks, short codes or roles; tabs by their label, directives as fences."""
    opened = _MARK.sub("", _LITERAL.sub(_literal, _OPENED.sub(_opened, text)))
    plain = textwrap.dedent(_INCLUDED.sub("", _SHORT_LINK.sub(_label, opened))).strip()
    fenced = _CODE_DIRECTIVE.sub(
        lambda match: f"```{match.group(1)}\n{textwrap.dedent(match.group(2)).strip()}\n```\n", plain
    )
    return plain_roles(fenced).strip()


def _opened(mark: re.Match[str]) -> str:
    """What it holds, no longer indented; a tab keeps its label, which may name a system or a file."""
    indent, label, held = mark.groups()
    said = textwrap.dedent(held).strip()
    return textwrap.indent(f"{label}:\n\n{said}\n\n" if label else f"{said}\n\n", indent)


def _literal(block: re.Match[str]) -> str:
    """A fence where the paragraph stands, or within the item that it belongs to."""
    indent, announced, code = block[1], block[2], textwrap.dedent(block[3]).strip()
    within = indent + " " * (item.end() if (item := _ITEM.match(announced)) else 0)
    fence = textwrap.indent(f"```\n{code}\n```\n\n", within)
    return f"{indent}{announced}:\n\n{fence}" if announced else fence


def _label(link: re.Match[str]) -> str:
    """What a link shows; a name stays code."""
    return link[1] or (link[2] if " " in link[2] else f"`{link[2]}`")

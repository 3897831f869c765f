"""Everything that goes to a model, first: what a person cannot see is taken out or made visible, bulk is cut by name.

Ordinary Markdown comes back byte for byte. Text hidden from the readers of a thread (invisible characters, HTML
comments, attributes, collapsed sections) is where instructions to machines are put; what was found is counted, so that
a run can show it. Text stays untrusted afterwards: `fence` names it and closes it in.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape

from markdown_it import MarkdownIt

from app.teammate.guard.hidden import Removal, strip_hidden

_LONGEST_RUN, _HEAD, _TAIL = 200, 60, 100  # lines
_LONGEST_LINE, _LINE_HEAD, _LINE_TAIL = 6_000, 2_000, 1_000  # characters
_PASSES = 5

_ENTITY = re.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z]{2,24});")
_DATA_URI = re.compile(r"(?i)data:[\w/+.-]{1,80}(?:;[\w=.+-]{1,60}){0,4},[a-z0-9+/=%_-]{64,}")
_WALL = re.compile(r"(?<![A-Za-z0-9+/=_-])(?=.{0,400}[A-Za-z0-9])[A-Za-z0-9+/=_-]{500,}")
_WALL_LINES = re.compile(r"(?m)(?:^[ \t>]{0,8}[A-Za-z0-9+/=]{60,200}\r?\n){8,}")
# A comment without an end runs to the end of the text, so that each start is searched from once.
_UNSEEN = re.compile(
    r"""(?xsi)
    (?P<code> (?<!`) (?P<ticks>`{1,3}) (?!`) [^`\n]{1,400} (?P=ticks) (?!`) )
    | (?P<comment> <!-->|<!--->|<!--.*?(?:-->|\Z) | <\?.{0,300}?\?> | <![a-z][^>]{0,300}> | <!\[CDATA\[.{0,300}?\]\]> )
    | (?P<details> <(?P<end>/?)details\b[^<>]{0,200}> )
    | < (?P<name>[a-z][a-z0-9-]{0,30}) (?P<attributes> \s (?:[^<>"']++ | "[^"]{0,1000}+" | '[^']{0,1000}+'){0,40}+ ) >
    """
)
_ATTRIBUTE = re.compile(r"(?s)\s+([\w:@.-]{1,60})\s{0,8}=\s{0,8}(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)")
_OPEN_FENCE = re.compile(r"^[ >]{0,8}(`{3,}|~{3,})")
_BLOCKS = MarkdownIt("commonmark").disable(["inline", "text_join"])


@dataclass(frozen=True)
class Sanitized:
    """Text for a prompt, and what was removed from it or made visible in it."""

    text: str
    removed: tuple[Removal, ...] = ()


def sanitize(text: str | None, *, limit: int = 60_000) -> Sanitized:
    """`text` without what people cannot see, at most `limit` characters. Idempotent, never raises."""
    counts: dict[str, int] = {}

    def count(kind: str, number: int = 1) -> None:
        counts[kind] = counts.get(kind, 0) + number

    current = _shortened(text or "", limit, count)
    for _ in range(_PASSES):
        following = _pass(current, limit, count)
        if following == current:
            break
        current = following
    else:  # built to need ever more passes: nothing in it may open a tag or an entity again
        count("unsettled")
        current = strip_hidden(current.replace("<", "‹").replace("&", "＆"))[0]
        current = _shortened(_compacted(current, count), limit, count)
    return Sanitized(current, tuple(Removal(kind, number) for kind, number in counts.items()))


def fence(name: str, text: str, nonce: str) -> str:
    """Untrusted `text` between two lines that only the holder of `nonce` can write, named for the model.

    `nonce` must be at least eight letters and digits, new and secret for each prompt; ValueError otherwise.
    """
    if not re.fullmatch(r"[A-Za-z0-9]{8,64}", nonce):
        raise ValueError("a fence needs a nonce of 8 to 64 letters and digits, drawn anew for each prompt")
    label = re.sub(r"[^\w .:/#-]+", " ", strip_hidden(name)[0]).replace(nonce, " ").strip()[:100]
    inside = re.sub(nonce, "·", text, flags=re.IGNORECASE)
    inside = re.sub(r"(?i)<(?=\s*/?\s*untrusted)", "‹", inside)
    return f'<untrusted-{nonce} name="{label}">\n{inside}\n</untrusted-{nonce}>'


def _pass(text: str, limit: int, count: Callable[[str, int], None]) -> str:
    text, removed = strip_hidden(text)
    for removal in removed:
        count(removal.kind, removal.count)
    if "<" in text or "&" in text:
        text = "".join(piece if code else _visible(piece, count) for piece, code in _pieces(text))
    return _shortened(_compacted(text, count), limit, count)


def _entity(entity: str, count: Callable[[str, int], None]) -> str:
    """Nothing for an entity that stands for a hidden character; any other entity as it is."""
    character = unescape(entity)
    number = int(entity[3:-1], 16) if entity[:3].lower() == "&#x" else int(entity[2:-1]) if entity[1] == "#" else -1
    # A character alone has no emoji or letter beside it: joiners and selectors written as entities go as well.
    if number in range(9) or (len(character) == 1 and not character.isspace() and strip_hidden(character)[1]):
        count("encoded character", 1)
        return ""
    return entity


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of lines, and whether each is a code block, as GitHub would see it."""
    lines = re.split(r"(?<=\n)", text)
    at = 0
    if "```" in text or "~~~" in text or "    " in text or "\t" in text:
        for token in _BLOCKS.parse(text):
            if token.type in {"fence", "code_block"} and token.map and token.map[0] >= at:
                yield "".join(lines[at : token.map[0]]), False
                yield "".join(lines[token.map[0] : token.map[1]]), True
                at = token.map[1]
    yield "".join(lines[at:]), False


def _visible(prose: str, count: Callable[[str, int], None]) -> str:
    def shown(match: re.Match[str]) -> str:
        comment = match["comment"]
        unfinished = comment and comment.startswith("<!--") and not comment.endswith("-->")
        if unfinished and prose[: match.start()].rpartition("\n")[2].strip(" "):  # inside a line it hides nothing
            return "<!--" + _UNSEEN.sub(shown, comment[4:].replace("<!--", "<! --"))
        if comment:
            count("HTML comment", 1)
            return f"[hidden comment removed: {len(comment):,} characters]"
        if match["details"]:
            count("collapsed section", 0 if match["end"] else 1)
            return "[end of collapsed section]" if match["end"] else "[collapsed section]"
        return match[0] if match["code"] else _tag(match, count)

    prose = _ENTITY.sub(lambda match: _entity(match[0], count), prose)
    return _UNSEEN.sub(shown, prose)


def _tag(match: re.Match[str], count: Callable[[str, int], None]) -> str:
    """The tag without attributes that hide words; the words stand after it."""
    words: list[str] = []

    def kept(attribute: re.Match[str]) -> str:
        name, value = attribute[1].lower(), attribute[2].strip("\"'")
        wordy = len(value.split()) > 1 or len(value) > 60
        if name in {"href", "src"} or (name not in {"alt", "title", "aria-label"} and not wordy):
            return attribute[0]
        count("hidden attribute", 1)
        words.append(f"[hidden {name}: {re.sub(r'[<>&`]', ' ', value)[:300]}]")
        return ""

    attributes = _ATTRIBUTE.sub(kept, match["attributes"])
    return f"<{match['name']}{attributes}>{''.join(words)}" if words else match[0]


def _compacted(text: str, count: Callable[[str, int], None]) -> str:
    def cut(match: re.Match[str]) -> str:
        count("base64", 1)
        return f"[... {len(match[0]):,} characters of base64 cut]" + "\n" * match[0].endswith("\n")

    for pattern in (_DATA_URI, _WALL_LINES, _WALL):
        text = pattern.sub(cut, text)
    if text.count("\n") > _LONGEST_RUN or len(text) > _LONGEST_LINE:
        text = "".join(_short_run(run, count) for run in _runs(text))
    return text


def _runs(text: str) -> Iterator[list[str]]:
    """Lines grouped as a log would be: up to a blank line, or a whole fenced block."""
    run: list[str] = []
    closing = ""
    for line in re.split(r"(?<=\n)", text):
        mark = _OPEN_FENCE.match(line)
        if not line.strip() and not closing:
            yield from (run, [line])
            run = []
            continue
        if mark and not closing:
            yield run
            run, closing = [line], mark[1]
            continue
        run.append(line)
        if mark and closing and mark[1].startswith(closing) and not line.strip(" >`~\r\n"):
            yield run
            run, closing = [], ""
    yield run


def _short_run(run: list[str], count: Callable[[str, int], None]) -> str:
    lines = [_short_line(line, count) for line in run]
    if len(lines) <= _LONGEST_RUN:
        return "".join(lines)
    count("long log", 1)
    return "".join([*lines[:_HEAD], f"[... {len(lines) - _HEAD - _TAIL:,} lines cut]\n", *lines[-_TAIL:]])


def _short_line(line: str, count: Callable[[str, int], None]) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    count("long line", 1)
    left_out = len(line) - _LINE_HEAD - _LINE_TAIL
    return f"{line[:_LINE_HEAD]}[... {left_out:,} characters cut]{line[-_LINE_TAIL:]}"


def _shortened(text: str, limit: int, count: Callable[[str, int], None]) -> str:
    if len(text) <= limit:
        return text
    count("length", len(text) - limit)
    room = max(0, limit - 40)
    head = room * 2 // 3
    notice = f"\n[... {len(text) - room:,} characters cut]\n"
    return (text[:head] + notice + text[len(text) - (room - head) :])[:limit]

"""Compaction: a thread of any size as a text of bounded size, with what was cut said in words.

People paste whole logs, images as base64, embeddings and minified bundles. What a reader needs of those is how they
begin, how they end and the errors in between; what a reader must know is that something is missing. Small parts stay
whole: what a person wrote between two logs is not the price of the logs. Time grows with the text, not faster.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

ERROR = re.compile(
    r"""(?P<named>\b(?:[A-Za-z_]\w{0,60}\.){0,8}
        [A-Za-z_]\w{0,60}(?:Error|Exception|Failure|Fault|Panic)\b(?=\s{0,3}[:(\[{]|\s*$))
    | \b(?:error|Error|fatal|Fatal|panic|exception|Exception|failure|Failure)\b
        \s{0,3}(?:\[[\w.-]{1,40}\]|\#?\d{1,9}|\w{0,20}\d{2,9})?\s{0,3}:(?=\s*\S)
    | \b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC)\b | \bSegmentation\ fault | \bcore\ dumped | \bassert(?:ion)?\ failed
    | \b(?:is\ not\ (?:a\ function|defined)|[Cc]annot\ (?:read\ propert|find\ (?:module|symbol))|No\ module\ named
        |[Nn]o\ such\ file|command\ not\ found|[Pp]ermission\ denied|[Uu]nexpected\ token|undefined\ reference)
    | \b(?:Uncaught|Unhandled)\s{1,3}\w | \b[Cc]aused\ by: | \bpanicked\ at\b | ^\s{0,8}E\s{2,8}\w | ^npm\ ERR!\ code
    """,
    re.VERBOSE,
)
"""A line that says what went wrong."""
_MAYBE_ERROR = re.compile(
    r"rror|RROR|xception|ail|ault|anic|PANIC|atal|FATAL|CRITICAL|SEVERE|core d|is not|annot|No mod|such f|not f|denied"
    r"|token|undef|Un(?:ca|ha)|aused|ERR|^\s{0,8}E\s"
)
"""A part of every line that `ERROR` finds. It is looked for ten times as fast, and most lines of a log have none."""

LOG_LINE = re.compile(
    r"""\s{0,40}(?:
    \[?\d{4}[-/]\d\d[-/]\d\d[T\ _] | \[?\d\d:\d\d:\d\d | [A-Z][a-z]{2}\ {1,2}\d{1,2}\ \d\d:\d\d | [IWEF]\d{4}\ \d\d:
    | \[?(?:INFO|DEBUG|WARN(?:ING)?|ERROR|TRACE|FATAL|NOTICE|VERBOSE)\b | npm\ (?:ERR!|WARN|info)\b
    | \d{1,3}(?:\.\d{1,3}){3}\ \S | at\s+\S+\ ?\(.*\) | at\s+(?:[\w$<>]+[.:/]){1,} | File\ ".{1,300}",\ line\ \d
    | Traceback\ \(most | \.{3}\ \d+\ more | \#\d{1,4}\s+(?:0x|\S+\() | goroutine\ \d | \d{1,4}:\s+0x
    | from\ \S{1,200}:\d+:in\b | \^{3,}\s*$
    )""",
    re.VERBOSE,
)
"""A line that a machine wrote while running: a record, or a frame of a stack trace."""

FENCE = re.compile(r"[ \t]{0,8}(?:>[ \t]?){0,8}(`{3,}|~{3,})")
_WALL = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/=_-]{400,}+")
_NUMBERS = re.compile(r"(?<![\d\s.,+\[\]-])(?<!\d[eE])(?:[\d\s.,+\[\]-]|(?<=\d)[eE](?=[+-]?\d)){400,}+")
_DATA_LINE = re.compile(r"[ \t>]{0,8}(?:[A-Za-z0-9+/=_-]{56,}|[\d\s.,+\[\](){}eE-]*\d[\d\s.,+\[\](){}eE-]*)\s*$")
_DIGITS = re.compile(r"\d+")

_DATA_KEPT = 400
"""Characters kept of each block of bare data."""
_BLANKS = 2
"""Blank lines in a row that mean something."""
_LEAST_SHARE = 300
"""Characters; where every block would get less than this, the text is cut as one block."""
_NOTICE = 60
"""Characters that the longest notice of a gap may take."""
_SENTENCES = 8

_Kind = Literal["text", "log", "code", "data", "blank"]


@dataclass(frozen=True, slots=True)
class Compacted:
    """`text` is bounded; `cut` holds sentences that say what was left out, none where nothing was."""

    text: str
    cut: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    kind: _Kind
    first: int
    """Number of its first line in the whole text, from 1."""
    lines: list[str]

    @property
    def size(self) -> int:
        return sum(map(len, self.lines)) + len(self.lines)

    def room(self, share: int) -> int:
        """The most characters that it may take; bare data never gets a full share."""
        return min(share, _NOTICE if self.kind == "blank" else _DATA_KEPT if self.kind == "data" else share)


def compact(text: str, limit: int) -> Compacted:
    """`text` in at most `limit` characters, lines kept whole where that is possible. Never raises.

    Base64 and long rows of numbers are cut in a short text too: nobody reads them. Line numbers count from 1.
    """
    cut: list[str] = []
    lines = [_without_walls(line, cut) if len(line) > _DATA_KEPT else line for line in text.split("\n")]
    blocks = list(_blocks(lines))
    room = limit + 1  # the last line has no line end
    share = _share([block.room(block.size) for block in blocks], room)
    if share < _LEAST_SHARE:
        blocks = [_Block("log" if any(block.kind == "log" for block in blocks) else "text", 1, lines)]
        share = room
    kept = [_cut_block(block, block.room(share), cut) for block in blocks]
    return Compacted(_bounded("\n".join(kept), limit, cut), _summed(cut))


def _without_walls(line: str, cut: list[str]) -> str:
    def numbers(match: re.Match[str]) -> str:
        return wall(match, "numbers") if any(char.isdigit() for char in match[0]) else match[0]

    def wall(match: re.Match[str], what: str = "base64") -> str:
        cut.append(f"{_amount(len(match[0]))} of {what} left out.")
        return f" [{_amount(len(match[0]))} of {what} left out] "

    return _WALL.sub(wall, _NUMBERS.sub(numbers, line))


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Neighbouring lines of one kind; a fence is code or log as a whole, blank lines belong to what is above."""
    number = 1
    for (kind, _), group in groupby(_kinds(lines), key=lambda item: item[0]):
        block = [line for _, line in group]
        log = kind == "code" and sum(map(bool, map(LOG_LINE.match, block[:40]))) * 3 > len(block[:40])
        yield _Block("log" if log else kind, number, block)
        number += len(block)


def _kinds(lines: Sequence[str]) -> Iterator[tuple[tuple[_Kind, int], str]]:
    """Each line with its kind and the number of the fence it stands in (0 outside)."""
    fence, fences, blanks = "", 0, 0
    key: tuple[_Kind, int] = ("text", 0)
    for line in lines:
        blanks = 0 if line.strip() else blanks + 1
        if blanks > _BLANKS:
            yield ("blank", fences), line
            continue
        mark = match[1] if (match := FENCE.match(line)) else ""
        if fence:
            key = ("data" if len(line) > 8 and _DATA_LINE.match(line) else "code", fences)
            if mark.startswith(fence) and not line.strip("> \t`~\r"):
                fence = ""
        elif mark:
            fence, fences = mark, fences + 1
            key = ("code", fences)
        elif not blanks:
            data = len(line) > 8 and _DATA_LINE.match(line)
            key = ("data" if data else "log" if LOG_LINE.match(line) else "text", 0)
        elif key[1]:
            key = ("text", 0)
        yield key, line


def _share(sizes: Sequence[int], limit: int) -> int:
    """The most that a block may take so that all fit: small ones stay whole, large ones get the same."""
    left = limit
    for position, size in enumerate(sorted(sizes)):
        fair = left // (len(sizes) - position)
        if size > fair:
            return fair
        left -= size
    return limit


def _cut_block(block: _Block, share: int, cut: list[str]) -> str:
    """Its first lines, its last lines, and the errors between with a line before and two after them."""
    if block.size <= share:
        return "\n".join(block.lines)
    if block.kind == "blank":
        return f"[{_range(block.first, block.first + len(block.lines) - 1)} are blank]"
    widest = share - 2 * _NOTICE if len(block.lines) == 1 else max(200, share // 8)
    lines = [_short_line(line, widest) if len(line) > widest else line for line in block.lines]
    kept = _kept(lines, share)
    pieces: list[str] = []
    ranges: list[str] = []
    for here, group in groupby(range(len(lines)), key=kept.__contains__):
        numbers = list(group)
        if here:
            pieces += [lines[number] for number in numbers]
        else:
            ranges.append(_range(block.first + numbers[0], block.first + numbers[-1]))
            pieces.append(f"[{ranges[-1]} left out]")
    text = "\n".join(pieces)
    where = "; ".join(ranges[:3]) + ("; …" if len(ranges) > 3 else "") if ranges else "inside long lines"
    cut.append(f"{_amount(max(0, block.size - len(text)))} of {block.kind} left out: {where}.")
    return text


def _kept(lines: Sequence[str], share: int) -> set[int]:
    """Positions to keep, in `share` characters, notices of the gaps included: up to a third for errors."""
    if sum(map(len, lines)) + len(lines) <= share:
        return set(range(len(lines)))
    budget = share - 2 * _NOTICE
    kept: set[int] = set()
    room = budget // 3
    for error in _telling_errors(lines):
        around = {position for position in range(error - 1, error + 3) if 0 <= position < len(lines)} - kept
        cost = sum(len(lines[position]) + 1 for position in around) + _NOTICE
        if cost <= room:
            room -= cost
            kept |= around
    budget -= budget // 3 - room
    for order, part in ((range(len(lines) - 1, -1, -1), 0.4), (range(len(lines)), 0.6)):
        room = int(budget * part)
        for position in order:
            room -= 0 if position in kept else len(lines[position]) + 1
            if room < 0:
                break
            kept.add(position)
    return kept


def _telling_errors(lines: Sequence[str]) -> list[int]:
    """Error lines, each shape once, from both ends inward: the cause is often first, the effect last."""
    shapes: dict[str, int] = {}
    for position, line in enumerate(lines):
        if _MAYBE_ERROR.search(line) and ERROR.search(line):
            shapes.setdefault(_DIGITS.sub("0", line)[-100:], position)
    found = list(shapes.values())
    return [found[turn // 2 if turn % 2 == 0 else -1 - turn // 2] for turn in range(len(found))]


def _short_line(line: str, width: int) -> str:
    """Head and tail of a long line, and the first error in between."""
    room = max(0, width - _NOTICE)
    head, tail = line[: room // 2], line[len(line) - room // 5 :]
    error = ERROR.search(line, len(head), len(line) - len(tail))
    middle = f"{line[error.start() : error.start() + room // 5]} … " if error else ""
    left_out = len(line) - len(head) - len(tail) - max(0, len(middle) - 3)
    return f"{head} … {middle}[{_amount(left_out)} left out] … {tail}"


def _bounded(text: str, limit: int, cut: list[str]) -> str:
    """The last resort, for limits too small for the notices."""
    if len(text) <= limit:
        return text
    notice = f"\n[{_amount(len(text) - limit)} left out]\n"
    cut.append(f"{_amount(len(text) - limit)} of text left out.")
    room = limit - len(notice)
    return text[: room * 2 // 3] + notice + text[len(text) - (room - room * 2 // 3) :] if room > 0 else text[:limit]


def _summed(cut: Sequence[str]) -> tuple[str, ...]:
    left = len(cut) - _SENTENCES
    return (*cut[:_SENTENCES], f"{left:,} more parts left out.") if left > 0 else tuple(cut)


def _range(first: int, last: int) -> str:
    return f"line {first:,}" if first == last else f"lines {first:,}-{last:,}"


def _amount(characters: int) -> str:
    if characters >= 1_000_000:
        return f"{characters / 1_000_000:.1f} MB"
    return f"{characters:,} characters" if characters < 10_000 else f"{characters // 1_000:,} kB"

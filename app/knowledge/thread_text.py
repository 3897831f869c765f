"""Thread text: what a person wrote in a thread, apart from everything that only stands around it.

Two threads with one form look alike, and a log has more words than the report it belongs to. Whatever compares,
labels or judges threads reads `substance`; exact matches are made on `error_lines` and `identifiers`.
"""

import re
from collections.abc import Iterable, Iterator

from app.knowledge.compaction import ERROR, FENCE, LOG_LINE, Compacted, compact
from app.knowledge.words import STOP_WORDS, words_of

__all__ = ["Compacted", "compact", "error_lines", "identifiers", "substance"]

_LONGEST = 200_000
"""Characters of a body that are read; GitHub takes 65,536."""
_CODE_LINES = 60
_LOG_ERRORS = 4
_SIGNATURE_LINES = 12
"""A signature stands so near the end; anywhere else the same line is a rule between two parts."""
_LONGEST_ERROR = 300
_LONGEST_HINT = 300
_MOST = 200
"""Error lines or identifiers of one text."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(
    r"""</?(?:details | summary | img | br | p | div | a | b | i | em | strong | kbd | su[bp] | center | table | t[rdh]
    | ul | ol | li | h[1-6] | hr | video | source | picture | font | span | pre | code | tt)\b[^<>\n]{0,600}>""",
    re.IGNORECASE | re.VERBOSE,
)
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,600}\)")
_IMAGE_NAME = re.compile(
    r"(?:image|img|screen ?shot|photo|picture|video)?(?:at|png|jpe?g|gif|am|pm|[\d\s_.:-])*$", re.IGNORECASE
)
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t#]*$")
_BOLD_HEADING = re.compile(r"\s{0,3}(?:\*\*|__)([^*_\n]{2,400})(?:\*\*|__)\s{0,3}:?\s{0,8}$")
_BOX = re.compile(r"\s{0,12}(?:[-*+]|\d{1,3}[.)])\s{1,4}\[\s?([xX]?)\s?\]\s?(.*)$")
_QUOTE = re.compile(r"\s{0,3}>")
_MAIL = re.compile(
    r"\s{0,3}(?:On|Am|Le|El|Il|Em)\b.{6,200}\b(?:wrote|schrieb|écrit|escribió|scritto|escreveu)\s?:\s*$", re.IGNORECASE
)
_FORWARDED = re.compile(r"\s{0,3}-{2,}\s?(?:original|forwarded) (?:message|mail)\b", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"-- ?$|\s{0,3}(?:sent from my|get outlook for|you are receiving this because|reply to this email directly)\b",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    r"[\s_*`-]*(?:no response|n\s?/\s?a|none|nothing|not applicable|nil|null|tbd|-+|\.+|\?+|x+)[\s_*`.!-]*$",
    re.IGNORECASE,
)
_FORM_SAYS = re.compile(
    r"""\b(?:a\ clear\ and\ concise\ description
    | before\ (?:submitting|opening|filing|posting|creating)\ (?:an?|this|your)
    | please\ (?:fill\ | make\ sure\ (?:you|that\ you|to)\ | (?:read|follow|complete)\ the\ | search\ | paste\ | be\ as
      | (?:describe|provide|include)\ (?:an?|the|your|any|all|as|more|enough|relevant|detailed)\ (?:\w+\ ){0,3}
        (?:steps|information|description|details?|versions?|logs?|output|context|reproduction|report)\b)
    | steps\ to\ reproduce\ the\ behaviou?r: | if\ applicable,\ add | add\ any\ other\ (?:context|information)
    | feature\ requests?\ should\ be | issue\ tracker\ is\ | request\ a\ \W*feature\W*\ or\ report
    | is\ your\ feature\ request\ related | is\ there\ an\ existing\ issue )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Sentences of the forms themselves."""
_BOX_SAYS = re.compile(
    r"""\b(?:i(?:['’]ve|\ have)\ | i['’]m\ | i\ (?:agree|confirm|understand|acknowledge|am|did|would\ like|will)\b
    | (?:searched|checked|read|skimmed)\b | code\ of\ conduct | (?:this|there|it)\ is\ (?:no|not)\b )""",
    re.IGNORECASE | re.VERBOSE,
)
"""What a ticked box promises to the maintainers; it says nothing about the thread."""
_RECORD = re.compile(
    r"""^\s*(?:\[?\d{4}[-/]\d\d[-/]\d\d[T _]?[\d:.,+Z-]*\]?\s* | \[?\d\d:\d\d:\d\d[\d.,]*\]?\s*
    | \[?(?:INFO|DEBUG|WARN(?:ING)?|ERROR|TRACE|FATAL|CRITICAL|SEVERE)\]?\s*[:|-]?\s+
    | \[[\w .:/-]{1,40}\]\s* | [>|E]\s+ | Caused\ by:\s+ )+""",
    re.VERBOSE,
)
_CODE = re.compile(
    r"""\b(?:ERR_[A-Z0-9_]{3,60} | SIG(?:SEGV|ABRT|KILL|BUS|ILL|FPE|TERM) | 0x[89A-Fa-f][0-9A-Fa-f]{7}
    | E(?:ACCES|ADDRINUSE|CONN[A-Z]{4,12}|EXIST|INVAL|IO|ISDIR|MFILE|NO(?:ENT|MEM|SPC|TDIR)|PERM|PIPE|RESOLVE|TIMEDOUT)
    | (?:TS|CS|ORA-|MSB|NU|CVE-\d{4}-|KB|C|E)\d{4,7} | E\d{3} )\b
    | \b(?:status\ code|exit\ code|exit\ status|exited\ with|HTTP(?:/[\d.]{1,4})?|errno)
      \s{0,2}[:=]?\s{0,2}\d{1,10}\b""",
    re.VERBOSE,
)
_URL = re.compile(r"\b(?:https?://|www\.|git@)[^\s<>\"')\]]+", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"""(?<![\w/.@-])(?:
    (?P<flag>--[a-zA-Z][\w-]{1,60})
    | (?P<path>(?:~|\.{1,2}|[A-Za-z]:)?[/\\]?(?:[\w@.+-]{1,80}[/\\]){1,20}[\w@.+-]{1,80}
        | [\w-]{1,80}\.(?:py|pyx|jsx?|tsx?|vue|go|rs|rb|java|kt|cs|cpp|cc|c|h|hpp|php|swift|scala|sh|ps1|json|ya?ml|toml
          |ini|cfg|conf|xml|html?|s?css|md|rst|ipynb|lock|sql|proto|gradle|tf|so|dll|exe|jar|whl)\b)
    | (?P<name>[A-Za-z_$][\w$]{0,80}(?:(?:\.|::|->|\#)[A-Za-z_$][\w$]{0,80}){0,12}(?:\(\))?)
    )""",
    re.VERBOSE,
)
_TICKED = re.compile(r"(?<!`)`([^`\s]{2,80})`(?!`)")
_CODE_NAME = re.compile(r"[a-z\d][A-Z]|[A-Za-z]_[A-Za-z]|\w(?:::|->|#)\w|\(\)$|^_+[a-z]\w*|^\$\w|[A-Z]{2,}[a-z]{3,}")
_DOTTED = re.compile(r"[A-Za-z_]\w+(?:\.[A-Za-z_]\w+)+(?:\(\))?")
_PLAIN_NAMES = frozenset(
    words_of("""
        github gitlab javascript typescript coffeescript macos ios ipados tvos watchos youtube stackoverflow postgresql
        mysql sqlite mongodb graphql openapi devops nodejs node.js vue.js next.js nuxt.js react.js angular.js express.js
        iphone ipad ebay linkedin wordpress pypi numpy pytorch tensorflow powershell vscode webassembly webpack
        libreoffice openstack dockerhub bitbucket jetbrains intellij i.e e.g etc readme.md
    """)
)
"""Names of products that are written like code."""


def substance(body: str) -> str:
    """What the person wrote: without the form's skeleton, quoted mails, signatures and logs. Idempotent, never raises.

    A heading stays with its answer; code stays, long code shortened; of a log or a stack trace its last errors stay.
    """
    text = compact(body.replace("\r\n", "\n").replace("\r", "\n"), _LONGEST).text
    lines = _TAG.sub(" ", _IMAGE.sub(_image, _COMMENT.sub(" ", text))).split("\n")
    kept = _answered(_written(_pieces(lines)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def error_lines(body: str) -> list[str]:
    """Exceptions, error messages and error codes, each once, in order; records without their time stamps."""
    found: dict[str, None] = {}
    for line in compact(body, _LONGEST).text.splitlines():
        if match := ERROR.search(line[:2_000]):
            near = line[match.start() if match["named"] else max(0, match.start() - 120) :]
            found[" ".join(_RECORD.sub("", near).split())[:_LONGEST_ERROR].rstrip(":")] = None
        else:
            found.update((" ".join(code[0].split()), None) for code in _CODE.finditer(line[:2_000]))
    return [line for line in found if line][:_MOST]


def identifiers(text: str) -> list[str]:
    """Names that come from code: dotted, snake_case, CamelCase, calls, flags, paths; each once, in order."""
    text = _URL.sub(" ", compact(text, _LONGEST).text)
    found: dict[str, None] = {}
    spans = sorted(
        [(match.start(), match[1]) for match in _TICKED.finditer(text)]
        + [(match.start(), match[0]) for match in _IDENTIFIER.finditer(text) if _is_code(match)]
    )
    for _, name in spans:
        bare = name.strip("`.,;:'\"").removesuffix("()")
        if len(bare) > 1 and bare[0] not in "[<" and any(map(str.isalpha, bare)) and bare.lower() not in _PLAIN_NAMES:
            found[bare] = None
    return list(found)[:_MOST]


def _is_code(match: re.Match[str]) -> bool:
    """Whether it could not just as well be a word, an abbreviation or "and/or"."""
    if name := match["name"]:
        dotted = _DOTTED.fullmatch(name) and name.rpartition(".")[2].lower() not in STOP_WORDS  # "lost.Then"
        return bool(dotted or _CODE_NAME.search(name))
    path = match["path"]
    return not path or "." in path or path.count("/") + path.count("\\") > 1 or "_" in path


def _image(match: re.Match[str]) -> str:
    return " " if _IMAGE_NAME.match(match[1]) else f" {match[1]} "


def _pieces(lines: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    """Lines outside fences one by one, and each fence with its marks as a whole (True)."""
    fence: list[str] = []
    mark = ""
    for line in lines:
        opening = match[1] if (match := FENCE.match(line)) else ""
        if not mark and not opening:
            yield False, [line]
            continue
        fence.append(line)
        if not mark:
            mark = opening
        elif opening.startswith(mark) and not line.strip("> \t`~"):
            yield True, fence
            fence, mark = [], ""
    if fence:
        yield True, fence


def _written(pieces: Iterable[tuple[bool, list[str]]]) -> Iterator[str]:
    """Without quotes, signatures, boxes nobody ticked, the form's own sentences and the bulk of logs."""
    log: list[str] = []
    rest = list(pieces)
    for position, (fenced, lines) in enumerate(rest):
        line = lines[0]
        if not fenced and LOG_LINE.match(line):
            log.append(line)
            continue
        if log and (fenced or line.strip()):
            yield from _errors_of(log)
            log = []
        if fenced:
            yield from _shortened(lines)
        elif _FORWARDED.match(line) or (_SIGNATURE.match(line) and len(rest) - position <= _SIGNATURE_LINES):
            break
        elif _MAIL.match(line):
            continue
        elif _QUOTE.match(line):
            yield from ([line.lstrip("> ")] if ERROR.search(line) else [])
        elif box := _BOX.match(line):
            yield from ([f"- {box[2]}"] if box[1] and not _BOX_SAYS.search(box[2]) else [])
        elif len(line) > _LONGEST_HINT or not _FORM_SAYS.search(line):
            yield line
    yield from _errors_of(log)


def _shortened(fence: list[str]) -> Iterator[str]:
    """A fence in bounds: of a log its errors, of code its beginning and end; an empty one says nothing."""
    inside = fence[1:-1] if len(fence) > 1 and FENCE.match(fence[-1]) else fence[1:]
    if not any(map(str.strip, inside)):
        return
    if sum(map(bool, map(LOG_LINE.match, inside))) * 3 > len(inside):
        yield from _errors_of(inside) or inside[:_LOG_ERRORS]
        return
    yield fence[0]
    yield from inside if len(inside) <= _CODE_LINES else [*inside[:40], *inside[-20:]]
    yield fence[-1] if len(fence) > 1 else fence[0]


def _errors_of(log: list[str]) -> list[str]:
    return error_lines("\n".join(log))[-_LOG_ERRORS:]


def _answered(lines: Iterable[str]) -> list[str]:
    """Without headings that nothing was written under, and without "no response"."""
    kept: list[str] = []
    waiting: list[tuple[int, str]] = []
    for line in lines:
        heading = _HEADING.match(line)
        bold = None if heading else _BOLD_HEADING.match(line)
        if heading or bold:
            level = len(heading[1]) if heading else 7
            waiting = [above for above in waiting if above[0] < level]
            waiting.append((level, line))
        elif line.strip() and not _NO_ANSWER.match(line):
            kept += [above for _, above in waiting]
            waiting = []
            kept.append(line)
        elif not line.strip() and not waiting:
            kept.append(line)
    return kept

"""Parse: what a comment says to the teammate. Pure, never raises, in time linear in the text.

`@handle verb ...` is a command that ends with its line. Whatever else follows the name is a question, so that nobody
has to learn a language to be understood. Code, quotes and HTML comments say nothing.
"""

import re
from dataclasses import dataclass
from typing import Literal

from app.domain.effect import Content
from app.teammate.spoken import mention, spoken

Verb = Literal[
    "help",
    "settings",
    "why",
    "undo",
    "pause",
    "resume",
    "ignore",
    "retriage",
    "label",
    "duplicate",
    "not-a-duplicate",
    "draft",
    "post",
]
Share = Literal["all", "labels", "comment"]

MOST_COMMANDS, MOST_LABELS, LONGEST = 10, 20, 400
"""Of one comment; names in one command; characters of a line that is looked at as a command."""


@dataclass(frozen=True, slots=True)
class Command:
    """`share` is what to undo, `add` and `remove` are names of labels as they were typed, `number` the original of a
    duplicate.
    """

    verb: Verb
    share: Share = "all"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    number: int = 0

    @property
    def words(self) -> str:
        """The command spelled one way, so that an edit which changes nothing of it can be told from one that does."""
        names = [f'+"{name}"' for name in self.add] + [f'-"{name}"' for name in self.remove]
        of = [self.share] if self.verb == "undo" else [f"of #{self.number}"] if self.number else []
        return " ".join([self.verb, *of, *names])


@dataclass(frozen=True, slots=True)
class Heard:
    """`asks` says that there is more than commands: then `question` is what, without our name and the commands.

    `thanks` is how to answer words that only thank or agree; `slip` says that something was nearly a command.
    """

    commands: tuple[Command, ...] = ()
    asks: bool = False
    question: str = ""
    thanks: Content | None = None
    slip: bool = False


def parse(text: str, handle: str) -> Heard:
    """What `text` (Markdown) says to @handle; nothing where it does not name it."""
    commands: list[Command] = []
    rest: list[str] = []
    asks = slip = False
    at = 0
    for start, end, stop, words in _addresses(text, handle):
        read = _command(words) if len(words) <= LONGEST else None
        if isinstance(read, Command):
            commands.append(read)
        slip |= read == "slip"
        asks |= read is None
        rest.append(text[at:start])
        at = end if read is None else stop
    question = "".join([*rest, text[at:]]).strip()
    thanks = _thanks(spoken(question)) if asks and not commands else None
    return Heard(
        commands=tuple(dict.fromkeys(commands))[:MOST_COMMANDS],
        asks=asks and not thanks,
        question=question,
        thanks=thanks,
        slip=slip,
    )


def _addresses(text: str, handle: str) -> list[tuple[int, int, int, str]]:
    """Where @handle starts and ends, where the line or the next such name ends what is said to it, and what is said."""
    name = mention(handle)
    found: list[tuple[int, int, int, str]] = []
    if not name.search(text):
        return found
    line_at = 0
    for line in spoken(text).splitlines(keepends=True):
        marks = list(name.finditer(line))
        for mark, following in zip(marks, [*marks[1:], None], strict=False):
            stop = following.start() if following else len(line.rstrip("\r\n"))
            said = line[mark.end() : stop]
            end = mark.end() + len(said) - len(said.lstrip(",: \t"))
            found.append((line_at + mark.start(), line_at + end, line_at + stop, said))
        line_at += len(line)
    return found


# --- one line --------------------------------------------------------------------------------------------

_POLITE = r"(?:please|pls|kindly)"
_BEFORE = re.compile(rf"^(?:{_POLITE},? |/)+", re.IGNORECASE)
_AFTER = re.compile(rf"(?:,? (?:{_POLITE}|thanks|thank you|thx))?[.!,;:]*$", re.IGNORECASE)
_HERE = r"(?: (?:it|this|here|now|again|(?:on )?(?:this|the) (?:thread|issue|discussion|pull request|pr)))*"
_DUPLICATE = r"(?:this is |it is |is )?"
_PATTERNS: tuple[tuple[Verb, str], ...] = (
    ("help", r"(?:help|commands)\??"),
    ("settings", r"(?:settings|configuration|config)\??"),
    ("why", r"why(?: (?:this|that|did you (?:do|say|add|write) (?:it|this|that)))?\??"),
    ("undo", rf"undo(?: (?P<share>all|everything|labels?|comments?))?{_HERE}"),
    ("pause", rf"pause{_HERE}"),
    ("resume", rf"(?:resume|unpause){_HERE}"),
    ("ignore", rf"(?:ignore|stop|(?:be )?quiet|(?:be )?silent|shut up|go away){_HERE}"),
    ("retriage", rf"re-?triage{_HERE}"),
    ("label", r"(?P<un>un)?labels? (?P<names>.*[^?])"),
    ("not-a-duplicate", rf"{_DUPLICATE}(?:not|no) (?:a )?dup(?:e|licate)?(?: of #?\d{{1,9}})?"),
    ("duplicate", rf"{_DUPLICATE}(?:a )?dup(?:e|licate)?(?: of)? #?(?P<number>[1-9]\d{{0,8}})"),
    ("draft", rf"draft{_HERE}"),
    ("post", rf"post{_HERE}"),
)
_GRAMMAR = tuple((verb, re.compile(pattern, re.IGNORECASE)) for verb, pattern in _PATTERNS)
_NAME = re.compile(r"""(?P<sign>[+-]?)(?:"(?P<quoted>[^"]{1,100})"|(?P<bare>[^\s,"]{1,100}))""")
_FIRST_WORDS = (
    *("help", "settings", "why", "undo", "pause", "resume", "ignore", "retriage", "label", "unlabel", "duplicate"),
    *("draft", "post", "stop"),
)


def _command(said: str) -> Command | Literal["slip"] | None:
    """The command that a line gives; `slip` where it is one wrongly spelled, None where it is something else."""
    line = " ".join(said.split()).strip("*_ ,:-–—").translate({ord("“"): '"', ord("”"): '"'})
    line = _AFTER.sub("", _BEFORE.sub("", line))
    command = _read(line)
    if command or line.endswith("?"):
        return command
    first, space, others = line.partition(" ")
    for word in _FIRST_WORDS:
        if _is_near(first.casefold(), word) and _read(f"{word}{space}{others}"):
            return "slip"
    return None


def _read(line: str) -> Command | None:
    for verb, pattern in _GRAMMAR:
        found = pattern.fullmatch(line)
        if not found:
            continue
        parts = found.groupdict()
        if verb == "label":
            return _labels(parts["names"], unlabel=bool(parts["un"]))
        share = (parts.get("share") or "all").casefold()
        return Command(
            verb,
            share="labels" if share.startswith("label") else "comment" if share.startswith("comment") else "all",
            number=int(parts.get("number") or 0),
        )
    return None


def _labels(names: str, *, unlabel: bool) -> Command | None:
    add: list[str] = []
    remove: list[str] = []
    for token in _NAME.finditer(names):
        takes_off = unlabel or token["sign"] == "-"
        (remove if takes_off else add).append((token["quoted"] or token["bare"]).strip())
    if not add + remove or len(add + remove) > MOST_LABELS:
        return None
    return Command("label", add=tuple(dict.fromkeys(add)), remove=tuple(dict.fromkeys(remove)))


def _is_near(word: str, known: str) -> bool:
    """Whether `word` is `known` with a slip of the finger or two: letters missing, added, changed or swapped."""
    most = 1 if len(known) <= 5 else 2
    if word == known or abs(len(word) - len(known)) > most:
        return False
    before, last = list[int](), list(range(len(known) + 1))
    for row, letter in enumerate(word, 1):
        here = [row]
        for column, other in enumerate(known, 1):
            cost = min(last[column] + 1, here[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == known[column - 2] and word[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        before, last = last, here
    return last[-1] <= most


# --- words that want no answer ---------------------------------------------------------------------------

_WORD = re.compile(r"[^\W_]+|[^\w\s.,!;:'’()*\ufe0f-]")
_MOST_WORDS = 25
_THANKS = frozenset(
    (
        *("thanks", "thank", "thankyou", "thx", "ty", "cheers", "merci", "danke", "gracias", "obrigado", "obrigada"),
        *("grazie", "спасибо", "ありがとう", "谢谢", "❤", "🙏"),
    )
)
_AGREES = frozenset(
    (
        *("agree", "agreed", "ok", "okay", "yes", "yep", "right", "correct", "exactly", "good", "great", "nice"),
        *(
            "perfect",
            "awesome",
            "cool",
            "lgtm",
            "works",
            "worked",
            "solved",
            "fixed",
            "confirmed",
            "indeed",
            "👍",
            "🎉",
        ),
    )
)
_FILLERS = frozenset(
    (
        *("you", "so", "very", "much", "a", "lot", "that", "this", "it", "is", "was", "i", "we", "for", "the", "your"),
        *("my", "us", "help", "helped", "helps", "helpful", "answer", "to", "all", "and", "really", "now", "me", "too"),
        *("looks", "sounds", "quick", "fast", "explanation", "well", "done", "work", "again", "bot", "dear", "1", "s"),
    )
)


def _thanks(said: str) -> Content | None:
    """How to answer words that only thank or agree; None for everything that says or asks more."""
    words = [match[0] for match in _WORD.finditer(said[:LONGEST].casefold())]
    if len(said) > LONGEST or len(words) > _MOST_WORDS or not set(words) <= _THANKS | _AGREES | _FILLERS:
        return None
    return "heart" if _THANKS & set(words) else "+1" if _AGREES & set(words) else None

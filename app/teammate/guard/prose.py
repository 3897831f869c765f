r"""Prose in which nothing acts: mentions, references, addresses and commands become inert code or plain words.

GitHub acts on the text of a rendered document, outside code and links, and escapes do not help: `\@name` is a
mention. So each line of prose is read as a person would see it, across emphasis, and what would act is cut out and put
back as inline code. See https://docs.github.com/get-started/writing-on-github (mentioning people and teams, referencing
issues, linking a pull request to an issue with a keyword, autolinked references).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import assert_never

from app.teammate.guard.bots import ANYWHERE, LINE_START, without_triggers
from app.teammate.guard.document import Break, Code, Inline, Link, Text
from app.teammate.guard.hidden import strip_hidden
from app.teammate.guard.links import LinkPolicy
from app.teammate.redact import MARK, redact, secret_spans

AT = "@＠﹫"
_SLOT = "\ufffc"  # stands for code and links; never in the text itself, `strip_hidden` takes it out
_SPACES = re.compile(r"\s+")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)|<!(?=-)", re.DOTALL)
_OUR_MARKER = re.compile(r"(?i)<!(-*)(?=[\s-]*plumbline)")
_URL = re.compile(rf"(?i)(?:[a-z][a-z0-9+.-]{{1,14}}://|(?<![a-z0-9])www\.(?=\w))[^\s<>{_SLOT}]*")
_URL_END = ".,;:!?)'\"*_~`]}"
_AT = re.compile(rf"(?:(?<![\w.+-])[\w.+-]{{1,64}})?[{AT}](?:[\w./+-]*\w)?")
_ANY_AT = re.compile(f"[{AT}]")
_REFERENCE = re.compile(
    r"(?:(?<![\w./-])[\w./-]{1,140})?[#＃]\d+\w*"
    r"|(?i:\bgh-\d+)"
    r"|(?i:(?<![\w.-])[\w.-]{1,100}/[\w.-]{1,100}/(?:issues|pull|discussions|commit)/\w+)"
)
_COMMIT = re.compile(r"(?<![\w/.-])(?=[0-9a-f]{0,39}[a-f])(?=[0-9a-f]{0,39}[0-9])[0-9a-f]{7,40}(?![\w/-])")
# What is searched for, how a refusal names it, and the hints (in lower case) without which the search is not worth it.
_NAMED = (
    (_REFERENCE, "reference", ("#", "＃", "gh-", "/issues/", "/pull/", "/discussions/", "/commit/")),
    (_COMMIT, "commit", ("",)),
    (ANYWHERE, "command", ("/", "bors", "test this", "r+", "r?")),
)
_MONEY = re.compile(rf"(?<![^\s{_SLOT}])[^\s{_SLOT}$]{{0,200}}\$(?:[^\s{_SLOT}]*[^\s{_SLOT}.,;:!?])?")
_TASK = re.compile(r"^\s*\[([ xX])\](?=\s)")
_ALERT = re.compile(r"\[!(?=\w)")


# From, to, and what is written instead.
Cut = tuple[int, int, Text | Code | Link]


@dataclass(frozen=True)
class Refusal:
    """Something in the text was not released: its kind, and a short inert excerpt for the trace."""

    kind: str
    detail: str


@dataclass(frozen=True)
class Calm:
    """How prose is calmed: the policy, literal secrets, and where refusals are noted."""

    policy: LinkPolicy
    literals: tuple[str, ...]
    note: Callable[[str, str], None]

    def inlines(self, nodes: Sequence[Inline]) -> tuple[Inline, ...]:
        """Inline nodes with nothing alive in them."""
        settled: list[Inline] = [self._settled(node) for node in self._unlinked(nodes)]
        return tuple(_merged(self._calm(_task(settled))))

    def code(self, text: str) -> str:
        """Code without hidden characters, secrets, triggers of bots or a forged marker; otherwise as it was."""
        text = redact(strip_hidden(text)[0], self.literals)
        return without_triggers(_OUR_MARKER.sub(r"< !\1", text))

    def _unlinked(self, nodes: Sequence[Inline]) -> Iterator[Inline]:
        for node in nodes:
            if not isinstance(node, Link):
                yield node
            elif not node.url:
                self.note("image", _plain(node.label))
                yield from (replace(part, style=node.style) for part in node.label)
            elif not self.policy.allows(node.url) or redact(node.url, self.literals) != node.url:
                self.note("link", node.url)
                yield from node.label
            elif _plain(node.label) == node.url:
                yield node
            else:
                label = tuple(part for part in self.inlines(node.label) if isinstance(part, Text | Code))
                if _plain(label).strip():
                    yield replace(node, label=tuple(replace(part, style="") for part in label))

    def _settled(self, node: Inline) -> Inline:
        match node:
            case Text():
                return Text(_ALERT.sub("[", _SPACES.sub(" ", strip_hidden(node.text)[0])), node.style)
            case Code():
                return Code(self._word(node.text), node.style)
            case Break() | Link():
                return node
            case _:
                assert_never(node)

    def _calm(self, nodes: list[Inline]) -> Iterator[Inline]:
        whole = "".join(
            node.text if isinstance(node, Text) else "\n" if isinstance(node, Break) else _SLOT for node in nodes
        )
        cuts = _disjoint(self._cuts(whole))
        if not cuts:
            yield from nodes
            return
        at = 0
        for node in nodes:
            end = at + (len(node.text) if isinstance(node, Text) else 1)
            if not isinstance(node, Text):
                yield node
            else:
                while at < end:
                    if cuts and cuts[0][0] <= at:
                        start, stop, instead = cuts[0]
                        if start == at:
                            yield replace(instead, style=node.style)
                        at = min(stop, end)
                        if at == stop:
                            cuts.pop(0)
                    else:
                        until = min(end, cuts[0][0]) if cuts else end
                        yield Text(whole[at:until], node.style)
                        at = until
            at = end

    def _cuts(self, whole: str) -> Iterator[Cut]:
        """What must not stay in the prose `whole`, most important first, with what is written instead."""
        for start, end in secret_spans(whole, self.literals):
            self.note("secret", "")
            yield start, end, Text(MARK)
        if "<!" in whole:
            for match in _COMMENT.finditer(whole):
                self.note("comment", match[0])
                yield *match.span(), Text(" ")
        for match in _URL.finditer(whole) if "://" in whole or "www." in whole.lower() else ():
            url = match[0].rstrip(_URL_END)
            yield match.start(), match.start() + len(url), self._address(url)
        yield from self._acts(whole)

    def _acts(self, whole: str) -> Iterator[Cut]:
        for match in LINE_START.finditer(whole):
            self.note("command", match[1])
            yield *match.span(1), Code(self._word(match[1]))
        for match in _AT.finditer(whole) if _ANY_AT.search(whole) else ():
            yield *match.span(), self._mention(match[0])
        lowered = whole.lower()
        for pattern, kind, hints in _NAMED:
            for match in pattern.finditer(whole) if any(hint in lowered for hint in hints) else ():
                self.note(kind, match[0])
                yield *match.span(), Code(self._word(match[0]))
        if whole.count("$") > 1:  # a pair would be mathematics
            for match in _MONEY.finditer(whole):
                yield *match.span(), Code(self._word(match[0]))

    def _address(self, url: str) -> "Text | Code | Link":
        if self.policy.allows(url):
            return Link((Text(url),), url)
        self.note("link", url)
        bare = re.split(r"[?#]", url.partition("://")[2] or url, maxsplit=1)[0].rpartition("@")[2]
        return Code(self._word(bare.removeprefix("www.")[:120])) if bare else Text(" ")

    def _mention(self, run: str) -> "Text | Code":
        name, _, rest = re.split(f"([{AT}])", run, maxsplit=1)
        if name and rest:
            return Code(self._word(f"{name}@{rest}"))  # an address or a commit of a fork
        self.note("mention", run)
        return Code(self._word(rest)) if rest else Text(f"{name} at ")

    def _word(self, text: str) -> str:
        return _SPACES.sub(" ", self.code(text)).strip()


def _plain(nodes: Sequence[Inline]) -> str:
    return "".join(node.text for node in nodes if isinstance(node, Text | Code))


def _task(nodes: list[Inline]) -> list[Inline]:
    """A task list's box, which GitHub would make a live checkbox, as a character."""
    if nodes and isinstance(nodes[0], Text):
        box = _TASK.sub(lambda match: "☐" if match[1] == " " else "☑", nodes[0].text)
        return [replace(nodes[0], text=box), *nodes[1:]]
    return nodes


def _disjoint(cuts: Iterator[Cut]) -> list[Cut]:
    """Sorted, and where two overlap the more important one only; the next pass looks at what is left."""
    taken: dict[int, None] = {}
    kept = []
    for start, end, instead in cuts:
        if start < end and not any(offset in taken for offset in range(start, end)):
            taken.update(dict.fromkeys(range(start, end)))
            kept.append((start, end, instead))
    return sorted(kept, key=lambda cut: cut[0])


def _merged(nodes: Iterator[Inline]) -> Iterator[Inline]:
    """Adjacent text is one text, adjacent code one code: side by side their marks would run into each other."""
    present = (node for node in nodes if not isinstance(node, Text | Code) or node.text)
    for (kind, _), group in groupby(present, lambda node: (type(node), "" if type(node) is Code else node.style)):
        first, *more = group
        if not more or not isinstance(first, Text | Code):
            yield first
            yield from more
        else:
            text = _plain([first, *more])
            yield replace(first, text=_SPACES.sub(" ", text) if kind is Text else text)

"""What a model wrote, made safe to publish on GitHub: the guard's main door.

The text is fully hostile. It is not searched for bad things and patched; it is read into a few known shapes, calmed,
and written anew (`document`, `prose`, `write`), so what is not understood cannot pass. The pass is repeated until it
changes nothing, which makes the result a fixed point: `safe_markdown(safe.markdown)` is the same text. What does not
settle is not released.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.teammate.guard.bots import commands_a_bot
from app.teammate.guard.document import Block, Bullets, Fence, Paragraph, Quote, read
from app.teammate.guard.hidden import strip_hidden
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.plain import excerpt
from app.teammate.guard.prose import Calm, Refusal
from app.teammate.guard.write import write
from app.teammate.redact import redact

# A model's longest answer is far below this; the parser needs about 10 microseconds a character at its worst.
INPUT_CAP = 12_000
LIMIT = 8_000
_PASSES = 6
_REFUSALS = 50


@dataclass(frozen=True)
class Safe:
    """Markdown that may be published, and what was refused on the way (at most 50 entries)."""

    markdown: str
    refused: tuple[Refusal, ...] = ()


def safe_markdown(text: str, policy: LinkPolicy, *, limit: int = LIMIT, literals: Sequence[str] = ()) -> Safe:
    """The harmless document that `text` meant, at most `limit` characters, cut between blocks.

    `literals` are secrets to redact beside the known shapes. Never raises; an empty result means: publish nothing.
    """
    refused: dict[tuple[str, str], Refusal] = {}

    def note(kind: str, detail: str) -> None:
        if len(refused) < _REFUSALS and (kind, detail) not in refused:
            refused[kind, detail] = Refusal(kind, excerpt(detail, literals))

    if len(text) > INPUT_CAP:
        note("length", f"{len(text)} characters, read up to {INPUT_CAP}")
    calm = Calm(policy, tuple(literals), note)
    current = text[:INPUT_CAP]
    for _ in range(_PASSES):
        following = _pass(current, calm, limit)
        if following == current:
            return Safe(current, tuple(dict.fromkeys(refused.values())))
        current = following
    note("unsettled", current)
    return Safe("", tuple(dict.fromkeys(refused.values())))


def _pass(text: str, calm: Calm, limit: int) -> str:
    visible, removed = strip_hidden(text)
    for removal in removed:
        calm.note("hidden", removal.kind)
    kept: list[str] = []
    room = limit
    cleared = redact(visible, calm.literals)
    if cleared != visible:
        calm.note("secret", "")
    for block in write(list(_calm(read(cleared), calm))):
        room -= len(block) + 2
        if room < -2:
            calm.note("length", f"more than {limit} characters")
            break
        kept.append(block)
    return "\n\n".join(kept)


def _calm(blocks: Sequence[Block], calm: Calm) -> Iterator[Block]:
    for block in blocks:
        match block:
            case Paragraph():
                yield Paragraph(calm.inlines(block.inlines))
            case Quote():
                yield Quote(tuple(_calm(block.blocks, calm)))
            case Bullets():
                yield replace(block, items=tuple(tuple(_calm(item, calm)) for item in block.items))
            case Fence() if commands_a_bot(block.code):
                calm.note("command", block.code)
            case Fence():
                yield replace(block, code=calm.code(block.code))

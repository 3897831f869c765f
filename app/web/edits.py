"""What a person makes of a draft: held to the rules that hold for our own words, shown as GitHub will show it.

A comment is the teammate's whoever worded it, so an edit may mention nobody, close nothing and carry no marker either.
What passes the guard's independent check is taken to the letter; anything else is calmed, and the person sees how.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

from markupsafe import Markup

from app.pages import markdown
from app.teammate.guard import LinkPolicy, inspect_rendered, safe_markdown

LONGEST = 12_000
"""Characters of an edit: far more than anybody reads, and what the guard reads whole."""

# The one fold that `wording` writes, and the marker that only the publisher may.
_FOLD = re.compile(r"\n\n<details>\n<summary>([^\n<>&@#`\[\]]{1,40})</summary>\n\n(.*)\n\n</details>\n\n", re.DOTALL)
_MARKER = re.compile(r"(?i)<!-*\s*plumbline")
_THREAD = re.compile(r"/(?:issues|pull|discussions)/(\d{1,9})(?!\d)")


@dataclass(frozen=True, slots=True)
class Edited:
    """The words that may be published, and what had to be changed for that. `problem`: they cannot be."""

    body: str
    changes: tuple[str, ...] = ()
    problem: str = ""


def edited(text: str, draft: str, policy: LinkPolicy, secrets: Sequence[str] = ()) -> Edited:
    """`text` as it may be written in place of `draft`, whose links to threads may stay."""
    body = "\n".join(text.strip().splitlines())
    policy = policy.with_threads(int(number) for number in _THREAD.findall(draft))
    if not body:
        return Edited("", problem="There are no words left. To write nothing, decline the draft.")
    if len(body) > LONGEST:
        return Edited(body, problem=f"That is {len(body):,} characters; at most {LONGEST:,} can be written.")
    if body == draft.strip() or not (_MARKER.search(body) or inspect_rendered(body, policy, secrets)):
        return Edited(body)
    return _calmed(body, policy, secrets)


def _calmed(body: str, policy: LinkPolicy, secrets: Sequence[str]) -> Edited:
    changes: dict[str, None] = {}

    def calm(part: str) -> str:
        safe = safe_markdown(part, policy, literals=secrets)
        changes.update(dict.fromkeys(f"{one.kind}: {one.detail}" if one.detail else one.kind for one in safe.refused))
        return safe.markdown

    if fold := _FOLD.search(body):
        before, inside, after = calm(body[: fold.start()]), calm(fold[2]), calm(body[fold.end() :])
        result = f"{before}\n\n<details>\n<summary>{fold[1]}</summary>\n\n{inside}\n\n</details>\n\n{after}".strip()
    else:
        result = calm(body)
    if not result:
        return Edited(body, problem="Nothing of this may be published in the teammate's name.")
    if left := inspect_rendered(result, policy, secrets):
        return Edited(body, problem=f"This may not be published: {'; '.join(left)}.")
    return Edited(result, tuple(changes) or ("Markdown: rewritten more plainly",) if result != body else ())


def difference(before: str, after: str) -> str:
    """A unified diff without file names, for people and for later learning."""
    return "\n".join(list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:])


def as_github(body: str) -> Markup:
    """A comment as GitHub shows it: Markdown without live HTML, and our fold folded."""
    fold = _FOLD.search(body)
    if fold is None:
        return markdown(body)
    inside = Markup("<details><summary>{}</summary>{}</details>").format(fold[1], markdown(fold[2]))
    return markdown(body[: fold.start()]) + inside + markdown(body[fold.end() :])

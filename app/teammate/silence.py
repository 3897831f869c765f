"""Where people asked in the thread itself to be left alone: a marker in its text, or a label. Pure.

Looked at before the queue, before the model and before the write, because each may come long after the one before.
"""

import re
from collections.abc import Iterable

MARKER = "[no bot]"
PAUSE_LABELS = frozenset({"no-bot", "plumbline:pause"})
_MARKER = re.compile(r"\[no[ -]?bots?\]", re.IGNORECASE)


def silenced(title: str, body: str, labels: Iterable[str]) -> str:
    """Why nothing unasked is done on this thread; empty where something may be."""
    if _MARKER.search(title) or _MARKER.search(body):
        return f"the thread says {MARKER}"
    carried = next((label for label in labels if label.casefold() in PAUSE_LABELS), "")
    return f"the thread carries the label {carried}" if carried else ""

"""The guard: what a model proposes, reduced to what may happen. Pure, and closed by default."""

from app.teammate.guard.labels import RefusedLabel, allowed_labels
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.markdown import Safe, safe_markdown
from app.teammate.guard.plain import one_line
from app.teammate.guard.prose import Refusal
from app.teammate.guard.rendered import inspect_rendered

__all__ = [
    "LinkPolicy",
    "Refusal",
    "RefusedLabel",
    "Safe",
    "allowed_labels",
    "inspect_rendered",
    "one_line",
    "safe_markdown",
]

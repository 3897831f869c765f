"""Clean: sanitizes text after text for one snapshot and remembers, by source, what was taken out or cut."""

from dataclasses import dataclass, field

from app.knowledge.thread_text import compact
from app.teammate.sanitize import sanitize


@dataclass(slots=True)
class Clean:
    removed: list[str] = field(default_factory=list)

    def text(self, source: str, raw: str, limit: int) -> str:
        """At most `limit` characters that may be shown to a model."""
        if len(raw) > limit:
            compacted = compact(raw, limit)
            self.removed += [f"{source}: {cut}" for cut in compacted.cut]
            raw = compacted.text
        cleaned = sanitize(raw, limit=limit)
        self.removed += [f"{source}: {one.kind} ({one.count})" for one in cleaned.removed]
        return cleaned.text

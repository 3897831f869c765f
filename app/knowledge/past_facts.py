"""Past facts: what follows from a repository's past for its future, derived so that no text has to be kept.

Of a report it is what it lacked; of a comment what a maintainer asked for, which original they named, and which file
somebody reviewed. A Remark consists of numbers, names of things, a login and a path, and of nothing a person wrote.
"""

from app.domain.past import PastComment, PastThread, Remark
from app.domain.thread import Label
from app.knowledge.changes import is_bot
from app.knowledge.duplicates import MAINTAINERS, declared_original
from app.knowledge.labels import understand
from app.knowledge.needs import lacking
from app.knowledge.needs_signs import WHATS, What, asks_for

_NO_REPORT = ("enhancement", "documentation")
"""Kinds of which nothing is asked that a report needs."""


def remark_of(past: PastComment, repository: str) -> Remark:
    """What is kept of a comment in `repository` (`owner/name`); nothing of a bot's."""
    comment = past.comment
    remark = Remark(id=int(comment.id), number=past.number, at=comment.updated_at)
    if comment.author_is_bot:
        return remark
    if past.path:
        return remark.model_copy(update={"reviewer": comment.author, "path": past.path})
    asked = asks_for(comment.body) if comment.association in MAINTAINERS else frozenset()
    original = declared_original([comment], repository)
    return remark.model_copy(
        update={
            "asks": tuple(what for what in WHATS if what in asked),
            "duplicate_of": original if original != past.number else None,
        }
    )


def lacks(thread: PastThread) -> tuple[What, ...]:
    """What a report did not say. Maintainers and bots are not asked, and a wish is no report."""
    if thread.kind != "issue" or thread.association in MAINTAINERS or is_bot(thread.author):
        return ()
    if any(label.kind for label in understand((Label(name=name) for name in thread.labels), _NO_REPORT)):
        return ()
    return tuple(lacking(thread.title, thread.body))

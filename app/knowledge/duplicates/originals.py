"""Originals: which thread people say another one repeats, followed to its root.

People link in any direction and sometimes in circles, so nothing here trusts the links to be a tree.
"""

import re
from collections.abc import Iterable, Mapping

from app.domain.thread import Comment

MAINTAINERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""GitHub's `author_association` of people who maintain the repository."""
_ASIDE = re.compile(
    r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)|^[ \t]*>.*?$|`[^`\n]*`|<!--.*?(?:-->|\Z)", re.MULTILINE | re.DOTALL
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_DECLARED = re.compile(
    r"""\bduplicate\ of:?\s{1,3}[*_(\[]{0,3}(?:
        (?P<repository>[\w.-]{1,100}/[\w.-]{1,100})?(?:\#|\bGH-)(?P<number>\d{1,9})\b
        | https?://[^\s/]{1,255}/(?P<place>[\w.-]{1,100}/[\w.-]{1,100})/(?:issues|pull|discussions)/(?P<named>\d{1,9})\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_UNSURE = re.compile(
    r"\b(?:not|never|\w+n['’]t|possibl[ey]|potential|perhaps|maybe|might|may|could|if|unless)\b", re.IGNORECASE
)


def declared_original(comments: Iterable[Comment], repository: str) -> int | None:
    """The number a maintainer named last with "Duplicate of #N", as a comment that GitHub itself understands.

    Of `repository` (`owner/name`) only. Questions, doubts, denials, quotes and code declare nothing.
    Source: docs.github.com, "Marking issues or pull requests as a duplicate".
    """
    found = None
    for comment in comments:
        if comment.association in MAINTAINERS and not comment.author_is_bot:
            found = _declared(comment.body, repository) or found
    return found


def _declared(body: str, repository: str) -> int | None:
    for sentence in _SENTENCE.split(_ASIDE.sub(" ", body)):
        match = _DECLARED.search(sentence)
        if match and not _UNSURE.search(sentence[: match.start()]) and not sentence.rstrip().endswith("?"):
            place = match["repository"] or match["place"] or repository
            if place.lower() == repository.lower():
                return int(match["number"] or match["named"])
    return None


def original_of(number: int, declared: Mapping[int, int]) -> int:
    """The root of `number`; `declared` says which thread each duplicate repeats. Of a circle, its oldest thread."""
    path = [number]
    seen = {number}
    while (following := declared.get(path[-1])) is not None:
        if following in seen:
            return min(path[path.index(following) :])
        path.append(following)
        seen.add(following)
    return path[-1]

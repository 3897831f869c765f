"""Marker: the signed, invisible last line by which a lost comment is found again, and an edited one is told.

A create whose answer was lost may or may not have happened. The comment itself must tell, and nobody else may
be able to say it in our name: a match needs our App as the author and a signature over where and why it was
written, so neither a pasted marker nor one carried over from another thread counts.

It ends in a seal, a digest of the words above. So the comment itself says whether they are still ours, whichever of
our wordings it shows: with an edit of unknown fate on its way, no record of ours could.
"""

import hmac
import re
from collections.abc import Iterable
from hashlib import sha256

from app.domain.effect import Effect
from app.domain.thread import Comment

COMMENT_LIMIT = 65_536
"""Characters GitHub takes in one comment (docs.github.com, REST API, issue comments: 422 above it)."""

CUT = "\n\n*(cut here: GitHub allows no longer comment)*"
SIGNATURE_HEX = 40
"""160 bits: beyond forging, and short in the source of the comment."""
SEAL_HEX = 16
LAST_LINE = re.compile(rf"(<!-- plumbline:1 [0-9a-f]{{{SIGNATURE_HEX}}})(?: ([0-9a-f]{{{SEAL_HEX}}}))? -->\Z")


def sign(key: bytes, effect: Effect) -> str:
    """The marker of this effect's intent, on its thread, in its installation; always the same."""
    parts = (str(effect.thread.repository.installation_id), effect.node_id, effect.intent)
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
    signature = hmac.new(key, b"plumbline:1" + message, sha256).hexdigest()
    return f"<!-- plumbline:1 {signature[:SIGNATURE_HEX]} -->"


def with_marker(body: str, marker: str) -> str:
    """The comment as it is sent: body, empty line, sealed marker; at most `COMMENT_LIMIT` characters.

    The guard lets no body through that would be cut here; a cut keeps whole lines and no open code fence,
    because inside one the marker would be shown.
    """
    room = COMMENT_LIMIT - len(marker) - SEAL_HEX - 3
    text = body.rstrip()
    if len(text) > room:
        text = _closed(text[: room - len(CUT)].rsplit("\n", 1)[0]) + CUT
    return f"{text}\n\n{marker.removesuffix('-->')}{digest(text)[:SEAL_HEX]} -->"


def is_marked(body: str) -> bool:
    """Whether a comment ends in any marker of ours."""
    return _last_line(body) is not None


def is_as_written(body: str) -> bool:
    """Whether the words of one of our comments are those that we sent, not edited by anybody since."""
    last = _last_line(body)
    return last is not None and last[2] == digest(body.rstrip().rpartition("\n")[0])[:SEAL_HEX]


def digest(text: str) -> str:
    """SHA-256 of a text, whatever its line ends and the space around it became on the way."""
    return sha256("\n".join(text.strip().splitlines()).encode(errors="replace")).hexdigest()


def find(marker: str, comments: Iterable[Comment], app_login: str) -> list[Comment]:
    """Comments that carry this marker as their last line and were written by our App, oldest first."""
    own = (comment for comment in comments if comment.author == app_login and _marks(marker, comment.body))
    return sorted(own, key=lambda comment: (comment.created_at, len(comment.id), comment.id))


def _marks(marker: str, body: str) -> bool:
    last = _last_line(body)
    return last is not None and hmac.compare_digest(f"{last[1]} -->", marker)


def _last_line(body: str) -> re.Match[str] | None:
    return LAST_LINE.match(body.rstrip().rpartition("\n")[2])


def _closed(text: str) -> str:
    """`text` up to a code fence that is open at its end, if one is."""
    start, fence, offset = len(text), "", 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        run = bare[: len(bare) - len(bare.lstrip(bare[:1]))] if bare[:1] in ("`", "~") else ""
        if not fence and len(run) >= 3:
            start, fence = offset, run
        elif fence and bare == run and run.startswith(fence):
            fence = ""
        offset += len(line)
    return text[:start].rstrip() if fence else text

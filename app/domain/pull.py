"""PullChanges: what a pull request changes, as GitHub lists it."""

from app.domain.snapshot import ChangedFile
from app.domain.thread import Frozen


class PullChanges(Frozen):
    """`base` and `head` are names of branches, `commit` is the head's newest; `patches` are unified diffs by path,
    without those GitHub leaves out.
    """

    base: str
    head: str
    commit: str = ""
    files: tuple[ChangedFile, ...]
    patches: dict[str, str]

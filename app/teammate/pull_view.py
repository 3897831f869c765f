"""Pull view: what a pull request changes and what code finds in it, bounded, as the snapshot shows it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.past import PastThread
from app.domain.pull import PullChanges
from app.domain.snapshot import PullView
from app.domain.thread import Repository, Thread
from app.knowledge import codeowners, labeler
from app.knowledge.changes import PastPull
from app.knowledge.pulls import PullFacts, PullKnowledge, examine, linked_issues
from app.teammate.clean import Clean
from app.teammate.parts import Parts
from app.teammate.past import PAST_PULLS
from app.teammate.subject import Subject

MOST_FILES = 100
_PATCH = 12_000
_WANTS = re.compile(r"\b(?:summar\w+|tl;?dr|what (?:does|changes)|describe|overview)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Viewed:
    """`labels` -> how surely the repository's rules and history give them to these paths."""

    view: PullView
    labels: Mapping[str, float]


async def look_at_pull(
    parts: Parts, subject: Subject, papers: Mapping[str, str], clean: Clean, changes: PullChanges | None
) -> Viewed:
    """Reads what the pull request changes, unless that is known. Raises GitHubError."""
    changes = changes or await parts.reader.changes(subject.ref)
    past = await parts.threads.merged(subject.repository_id, PAST_PULLS)
    reviews = await parts.threads.reviews(subject.repository_id, [one.number for one in past])
    question = "" if subject.text == subject.thread.title else subject.text
    merged = _merged(past, reviews, subject.repository.name)
    return view_pull(subject.thread, changes, subject.repository, merged, papers, question=question, clean=clean)


def view_pull(
    thread: Thread,
    changes: PullChanges,
    repository: Repository,
    history: Sequence[PastPull],
    papers: Mapping[str, str],
    *,
    question: str,
    clean: Clean,
) -> Viewed:
    """`question` is what a comment asked, empty where none did; `history` is what was merged before."""
    owners = next((papers[path] for path in codeowners.PLACES if path in papers), "")
    report = examine(
        PullFacts(
            title=thread.title,
            body=thread.body,
            author=thread.author,
            base=changes.base,
            head=changes.head,
            files=changes.files,
        ),
        PullKnowledge(
            repository=repository.name,
            default_branch=repository.default_branch,
            labels=repository.labels,
            history=tuple(history),
            owners=codeowners.parse_codeowners(owners),
            labeler=papers.get(labeler.PLACE, ""),
        ),
    )
    if (more := len(changes.files) - MOST_FILES) > 0:
        clean.removed.append(f"changes: {more} more files left out")
    patches = "\n".join(f"--- {path}\n{patch}" for path, patch in changes.patches.items())
    return Viewed(
        PullView(
            files=changes.files[:MOST_FILES],
            patch=clean.text("patch", patches, _PATCH),
            size=f"{report.size.name}: {report.size.why}",
            remarks=report.remarks,
            reviewers=tuple(one.name for one in report.reviewers),
            wants_summary=bool(_WANTS.search(question)),
        ),
        {label.name: label.confidence for label in report.labels},
    )


def _merged(
    past: Sequence[PastThread], reviews: Mapping[int, Mapping[str, tuple[str, ...]]], repository: str
) -> list[PastPull]:
    return [
        PastPull(
            number=one.number,
            author=one.author,
            merged_at=one.merged_at,
            paths=one.paths,
            labels=one.labels,
            reviewers=reviews.get(one.number, {}),
            linked=bool(linked_issues(one.body, repository)),
        )
        for one in past
        if one.merged_at is not None and one.paths
    ]

"""Threads of made-up projects, for tests of the classifier."""

from datetime import UTC, datetime, timedelta

from app.knowledge.labelling.examples import Example

START = datetime(2025, 1, 1, tzinfo=UTC)


def example(title: str, *labels: str, repository: str = "ada/engine", body: str = "", day: int = 0) -> Example:
    return Example(repository, title, body, frozenset(labels), START + timedelta(days=day))


def history(repository: str = "ada/engine", count: int = 12) -> list[Example]:
    """As many bugs as wishes and questions, and an area of the repository's own."""
    return [
        one
        for number in range(count)
        for one in (
            example(f"Crash number {number} in the valve", "bug", "area: valve", repository=repository, day=number),
            example(f"Add gauge number {number}", "feature request", repository=repository, day=number),
            example(f"How do I oil wheel {number}?", "question", repository=repository, day=number),
        )
    ]

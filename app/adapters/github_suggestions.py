"""GitHub's own suggestions: labels that wait on an issue's page, with their reasons, for somebody to accept or reject.

The additive way is taken, "Add labels to an issue" with `suggest`: the GraphQL mutation replaces all labels of an
issue, so one that a person puts on meanwhile would be lost. A server that does not know `suggest` would put the labels
on at once, so it is first asked for the issue's suggestions: only where it knows those is it sent any. Afterwards it
is read back what stands. Source: docs.github.com, REST API, "Add labels to an issue" and "List issue suggestions".
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.adapters.github_http import TIMEOUT_S, Raw, before_it_left, read_answer
from app.adapters.github_writer import GitHubWrites
from app.domain.effect import NOT_TAKEN, LabelSuggestion, WriteAnswer
from app.domain.thread import RepositoryRef, ThreadRef
from app.errors import GitHubError

LONGEST_RATIONALE = 280


class GitHubSuggestions(GitHubWrites):
    """Writing, and suggesting. Never raises, writes once."""

    async def suggest_labels(self, ref: ThreadRef, labels: Sequence[LabelSuggestion]) -> WriteAnswer:
        """Suggest labels of the repository on an issue. What waits there already is not suggested again.

        501 where GitHub takes no suggestions or kept none: they must wait on our own page. `labels` of the answer are
        all that the issue carries, so whoever suggested sees what was put on instead.
        """
        if ref.kind != "issue":
            return WriteAnswer(NOT_TAKEN, "only issues take suggestions", stage="token")
        try:
            async with asyncio.timeout(TIMEOUT_S):
                waiting = await self._waiting(ref)
                ids = {one.name: await self._label_id(ref.repository, one.name) for one in labels}
        except GitHubError as error:
            return before_it_left(error.answer)
        except TimeoutError:
            return WriteAnswer(None, "GitHub could not be asked in time", stage="token")
        if waiting is None:
            return WriteAnswer(NOT_TAKEN, "this repository takes no suggestions", stage="token")
        fresh = [_choice(one) for one in labels if ids[one.name] not in waiting]
        if not fresh:
            return WriteAnswer(200)
        answer = await self._put_on(ref, fresh)
        return await self._read_back(ref, ids, answer) if answer.status == 200 else answer

    async def _read_back(self, ref: ThreadRef, ids: Mapping[str, int], answer: WriteAnswer) -> WriteAnswer:
        """The answer, if each label now waits or stands; what cannot be read now is believed."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                waiting = await self._waiting(ref) or frozenset()
        except (GitHubError, TimeoutError):
            return answer
        here = {name.casefold() for name in answer.labels or ()}
        lost = [name for name, label in ids.items() if label not in waiting and name.casefold() not in here]
        return WriteAnswer(NOT_TAKEN, f"GitHub kept no suggestion of {', '.join(lost)}") if lost else answer

    async def _waiting(self, ref: ThreadRef) -> frozenset[int] | None:
        """Ids of the labels that wait on the issue; None where GitHub knows no suggestions."""
        raw = await self._get(
            ref.repository, f"/repos/{ref.repository.name}/issues/{ref.number}/suggestions?per_page=100"
        )
        if raw.status == 404:
            return None
        return frozenset(one["target_id"] for one in _json(raw) if one["action"] == "add_label")

    async def _label_id(self, repository: RepositoryRef, name: str) -> int:
        """A label that the repository does not have is refused: adding it would make it."""
        raw = await self._get(repository, f"/repos/{repository.name}/labels/{quote(name, safe='')}")
        if raw.status == 404:
            raise GitHubError("label", WriteAnswer(422, f"the repository has no label {name}"))
        return int(_json(raw)["id"])

    async def _get(self, repository: RepositoryRef, url: str) -> Raw:
        token = await self._auth.for_repository(repository)
        raw = await self._http.get(url, token=token)
        if raw.status == 401:
            self._auth.refused(token)
        return raw


def _json(raw: Raw) -> Any:
    if raw.status != 200:
        raise GitHubError("suggestions", read_answer(raw))
    return raw.json()


def _choice(one: LabelSuggestion) -> dict[str, Any]:
    why = one.rationale.encode(errors="replace").decode()
    why = why if len(why) <= LONGEST_RATIONALE else why[: LONGEST_RATIONALE - 1] + "…"
    return {"name": one.name, "rationale": why, "confidence": one.confidence, "suggest": True}

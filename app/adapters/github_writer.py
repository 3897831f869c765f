"""Writing to GitHub: `ports.GitHubWriter`. The only module that changes anything there, and each call tries once.

A create that is repeated here would be repeated behind the outbox's back, and that is how one comment becomes four.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import quote

from app.adapters.github_auth import GitHubAuth
from app.adapters.github_graphql import LABELS_AND_ID, graphql_answer
from app.adapters.github_http import TIMEOUT_S, GitHubHttp, Raw, before_it_left, read_answer
from app.domain.effect import CheckPayload, Content, WriteAnswer
from app.domain.thread import RepositoryRef, ThreadRef
from app.errors import GitHubError

ADD_COMMENT = """mutation ($id: ID!, $body: String!) {
  addDiscussionComment(input: {discussionId: $id, body: $body}) { comment { id } }
}"""
EDIT_COMMENT = """mutation ($id: ID!, $body: String!) {
  updateDiscussionComment(input: {commentId: $id, body: $body}) { comment { id } }
}"""
DELETE_COMMENT = """mutation ($id: ID!) { deleteDiscussionComment(input: {id: $id}) { comment { id } } }"""
ADD_LABELS = """mutation ($id: ID!, $labels: [ID!]!) {
  addLabelsToLabelable(input: {labelableId: $id, labelIds: $labels}) { labelable { __typename } }
}"""
REMOVE_LABELS = """mutation ($id: ID!, $labels: [ID!]!) {
  removeLabelsFromLabelable(input: {labelableId: $id, labelIds: $labels}) { labelable { __typename } }
}"""
ADD_REACTION = """mutation ($id: ID!, $content: ReactionContent!) {
  addReaction(input: {subjectId: $id, content: $content}) { reaction { id } }
}"""
REACTIONS: Mapping[Content, str] = {"+1": "THUMBS_UP", "-1": "THUMBS_DOWN"}
"""GraphQL calls the others as REST does, in capitals."""
MOST_ANNOTATIONS = 50
LABEL_PAGES_MOST = 20
Method = Literal["POST", "PATCH", "DELETE"]


class GitHubWrites:
    """Never raises, never retries; the deadline covers everything, from the token to the last byte."""

    def __init__(self, http: GitHubHttp, auth: GitHubAuth) -> None:
        self._http = http
        self._auth = auth

    async def add_labels(self, ref: ThreadRef, names: Sequence[str]) -> WriteAnswer:
        if ref.kind == "discussion":
            return await self._label_discussion(ref, names)
        return await self._put_on(ref, [_utf8(name) for name in names])

    async def post_comment(self, ref: ThreadRef, node_id: str, body: str) -> WriteAnswer:
        if ref.kind == "discussion":
            return await self._mutate(ref.repository, ADD_COMMENT, {"id": node_id, "body": _utf8(body)})
        url = f"/repos/{ref.repository.name}/issues/{ref.number}/comments"
        return await self._rest("POST", ref.repository, url, {"body": _utf8(body)})

    async def edit_comment(self, ref: ThreadRef, comment_id: str, body: str) -> WriteAnswer:
        if ref.kind == "discussion":
            return await self._mutate(ref.repository, EDIT_COMMENT, {"id": comment_id, "body": _utf8(body)})
        url = f"/repos/{ref.repository.name}/issues/comments/{comment_id}"
        return await self._rest("PATCH", ref.repository, url, {"body": _utf8(body)})

    async def delete_comment(self, ref: ThreadRef, comment_id: str) -> WriteAnswer:
        if ref.kind == "discussion":
            return await self._mutate(ref.repository, DELETE_COMMENT, {"id": comment_id})
        url = f"/repos/{ref.repository.name}/issues/comments/{comment_id}"
        return await self._rest("DELETE", ref.repository, url, None)

    async def remove_label(self, ref: ThreadRef, name: str) -> WriteAnswer:
        if ref.kind == "discussion":
            return await self._label_discussion(ref, [name], REMOVE_LABELS)
        url = f"/repos/{ref.repository.name}/issues/{ref.number}/labels/{quote(_utf8(name), safe='')}"
        return await self._rest("DELETE", ref.repository, url, None)

    async def react(self, ref: ThreadRef, comment_id: str, content: Content) -> WriteAnswer:
        if ref.kind == "discussion" or (comment_id and not comment_id.isdigit()):  # a node id, also of reviews
            reaction = {"id": comment_id, "content": REACTIONS.get(content, content.upper())}
            return await self._mutate(ref.repository, ADD_REACTION, reaction)
        place = f"comments/{comment_id}" if comment_id else str(ref.number)
        url = f"/repos/{ref.repository.name}/issues/{place}/reactions"
        return await self._rest("POST", ref.repository, url, {"content": content})

    async def check(self, ref: RepositoryRef, payload: CheckPayload) -> WriteAnswer:
        """docs.github.com, REST API, checks: at most 50 annotations a request."""
        remarks = [
            {
                "path": one.path,
                "start_line": one.line,
                "end_line": one.line,
                "annotation_level": one.level,
                "message": _utf8(one.message),
            }
            for one in payload.annotations[:MOST_ANNOTATIONS]
        ]
        body = {
            "name": payload.name,
            "head_sha": payload.sha,
            "status": "completed",
            "conclusion": payload.conclusion,
            "output": {"title": _utf8(payload.title), "summary": _utf8(payload.summary), "annotations": remarks},
        }
        return await self._rest("POST", ref, f"/repos/{ref.name}/check-runs", body)

    async def redeliver(self, delivery_id: int) -> WriteAnswer:
        return await self._rest("POST", None, f"/app/hook/deliveries/{delivery_id}/attempts", None)

    async def _put_on(self, ref: ThreadRef, labels: Sequence[str | Mapping[str, Any]]) -> WriteAnswer:
        """Names, or names with what GitHub is to do with them."""
        url = f"/repos/{ref.repository.name}/issues/{ref.number}/labels"
        return await self._rest("POST", ref.repository, url, {"labels": labels})

    async def _label_discussion(self, ref: ThreadRef, names: Sequence[str], document: str = ADD_LABELS) -> WriteAnswer:
        """GraphQL wants ids; nothing is written before they are all known."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                discussion, known = await self._label_ids(ref)
        except GitHubError as error:
            return before_it_left(error.answer)
        except TimeoutError:
            return WriteAnswer(None, "the labels could not be listed in time", stage="token")
        missing = [name for name in names if name.casefold() not in known]
        if missing:
            return WriteAnswer(422, f"the repository has no label {', '.join(missing)}")
        ids = [known[name.casefold()] for name in names]
        return await self._mutate(ref.repository, document, {"id": discussion, "labels": ids})

    async def _label_ids(self, ref: ThreadRef) -> tuple[str, dict[str, str]]:
        """Node id of the discussion, and of each of the repository's labels by its name in lower case."""
        owner, _, name = ref.repository.name.partition("/")
        variables: dict[str, Any] = {"owner": owner, "name": name, "number": ref.number, "after": None}
        known: dict[str, str] = {}
        for _ in range(LABEL_PAGES_MOST):
            token = await self._auth.for_repository(ref.repository)
            raw = await self._http.query(LABELS_AND_ID, variables, token=token)
            answer, data = graphql_answer(raw)
            if not data:
                self._auth.refused(token if raw.status == 401 else "")
                raise GitHubError("labels", answer)
            found = data["repository"]
            known |= {label["name"].casefold(): label["id"] for label in found["labels"]["nodes"]}
            if not found["labels"]["pageInfo"]["hasNextPage"]:
                break
            variables["after"] = found["labels"]["pageInfo"]["endCursor"]
        return found["discussion"]["id"], known

    async def _rest(self, method: Method, repository: RepositoryRef | None, url: str, json: Any) -> WriteAnswer:
        raw = await self._once(method, repository, url, json)
        return raw if isinstance(raw, WriteAnswer) else read_answer(raw)

    async def _mutate(self, repository: RepositoryRef, document: str, variables: Mapping[str, Any]) -> WriteAnswer:
        body = {"query": document, "variables": variables}
        raw = await self._once("POST", repository, self._http.graphql_url, body)
        if isinstance(raw, WriteAnswer):
            return raw
        answer, data = graphql_answer(raw)
        comment = next((payload.get("comment") for payload in data.values() if payload), None)
        return replace(answer, remote_id=comment["id"] if comment else None)

    async def _once(self, method: Method, repository: RepositoryRef | None, url: str, json: Any) -> Raw | WriteAnswer:
        """GitHub's answer; or, without one, whether the request can have left. As the App without a repository."""
        left = False
        try:
            async with asyncio.timeout(TIMEOUT_S):
                token = await self._auth.for_repository(repository) if repository else self._auth.app_token()
                left = True
                raw = await self._http.once(method, url, token=token, json=json)
        except GitHubError as error:
            return before_it_left(error.answer)
        except ConnectionRefusedError as error:
            return WriteAnswer(None, str(error), stage="token")
        except TimeoutError:
            return WriteAnswer(None, f"no answer within {TIMEOUT_S:.0f} s", stage="write" if left else "token")
        if raw.status == 401 and repository:
            self._auth.refused(token)
        elif raw.status == 401:
            self._auth.app_token_refused(raw)
        return raw


def _utf8(text: str) -> str:
    """A lone surrogate cannot leave as UTF-8."""
    return text.encode(errors="replace").decode()

"""Reading from GitHub: `ports.GitHubReader` over REST, and over GraphQL where discussions need it."""

import asyncio
import re
import tarfile
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, cast, get_args
from urllib.parse import quote, urlencode

from app.adapters import github_parse as parse
from app.adapters.github_auth import GitHubAuth
from app.adapters.github_graphql import DISCUSSION, NEWEST_COMMENTS, graphql_answer
from app.adapters.github_http import JSON, GitHubHttp, Raw, read_answer
from app.domain.act import Act
from app.domain.effect import WriteAnswer
from app.domain.thread import Comment, Repository, RepositoryRef, Thread, ThreadRef
from app.errors import GitHubError
from app.ports import FailedDelivery, InstallationInfo, Permission

SHA = "application/vnd.github.sha"
PAGES_MOST, TAG_PAGES = 100, 4
ARCHIVE_MOST = 50_000_000
NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
Variables = dict[str, Any]


class GitHubReads:
    """Redirects are refused: a thread that moved may have moved to where other people read along."""

    def __init__(self, http: GitHubHttp, auth: GitHubAuth) -> None:
        self._http = http
        self._auth = auth
        self._login = ""

    async def app_login(self) -> str:
        """How GitHub names our comments: `slug[bot]`."""
        if not self._login:
            data = _json("app", await self._as_app("app", "/app"))
            self._login = f"{data['slug']}[bot]"
        return self._login

    async def repository(self, ref: RepositoryRef) -> Repository:
        data, labels, head = await asyncio.gather(
            self._json("repository", ref, f"/repos/{ref.name}"),
            self._all("labels", ref, f"/repos/{ref.name}/labels?per_page=100", conditional=True),
            self._head(ref),
        )
        return Repository(
            name=data["full_name"],
            private=data["private"],
            archived=data["archived"],
            default_branch=data["default_branch"],
            head=head,
            labels=tuple(parse.rest_label(label) for label in labels),
            web_url=data["html_url"],
        )

    async def thread(self, ref: ThreadRef) -> Thread:
        if ref.kind == "discussion":
            return await self._discussion(ref)
        issue = f"/repos/{ref.repository.name}/issues/{ref.number}"
        data, comments = await asyncio.gather(
            self._json("thread", ref.repository, issue),
            self._all("comments", ref.repository, f"{issue}/comments?per_page=100"),
        )
        return parse.rest_thread(data, comments)

    async def own_comments(self, ref: ThreadRef, since: datetime) -> list[Comment]:
        login = await self.app_login()
        if ref.kind == "discussion":
            listed = await self._newest_comments(ref, since)
        else:
            query = urlencode({"per_page": 100, "since": stamp(since)})
            url = f"/repos/{ref.repository.name}/issues/{ref.number}/comments?{query}"
            listed = [parse.rest_comment(data) for data in await self._settled("comments", ref.repository, url)]
        return [comment for comment in listed if comment.author == login]

    async def file(self, ref: RepositoryRef, path: str, *, commit: str = "") -> str | None:
        # As JSON although the raw form is shorter: a raw answer that was cut off looks like a whole one.
        at = f"?{urlencode({'ref': commit})}" if commit else ""
        raw = await self._get(ref, f"/repos/{ref.name}/contents/{quote(path)}{at}", conditional=True)
        if raw.status == 404:
            return None
        entry = _json("file", _good("file", raw))
        if not isinstance(entry, dict) or entry.get("encoding") != "base64":
            return None  # a folder, a submodule, or over a megabyte
        return b64decode(entry["content"]).decode(errors="replace")

    async def tags(self, ref: RepositoryRef) -> dict[str, str]:
        url = f"/repos/{ref.name}/tags?per_page=100"
        listed = await self._all("tags", ref, url, conditional=True, most=TAG_PAGES)
        return {data["name"]: data["commit"]["sha"] for data in listed}

    async def archive(self, ref: RepositoryRef, commit: str) -> dict[str, str]:
        token = await self._auth.for_repository(ref)
        packed = await self._http.download(f"/repos/{ref.name}/tarball/{commit}", token=token, most=ARCHIVE_MOST)
        try:
            return await asyncio.to_thread(parse.text_files, packed)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise GitHubError("archive", WriteAnswer(None, f"not a whole archive: {error}")) from None

    async def changed_threads(self, ref: RepositoryRef, since: datetime) -> list[ThreadRef]:
        query = {"state": "all", "sort": "updated", "direction": "asc", "per_page": 100, "since": stamp(since)}
        listed = await self._settled("changed threads", ref, f"/repos/{ref.name}/issues?{urlencode(query)}")
        return [ThreadRef(ref, parse.rest_kind(data), data["number"]) for data in listed]

    async def installations(self) -> list[InstallationInfo]:
        return [
            InstallationInfo(
                data["id"],
                (data.get("account") or {}).get("login", ""),
                bool(data.get("suspended_at")),
                parse.moment(data["created_at"]) if data.get("created_at") else None,
            )
            async for page in self._pages("installations", "/app/installations?per_page=100", self._as_app)
            for data in page
        ]

    async def installation_repositories(self, installation_id: int) -> list[RepositoryRef]:
        async def get(what: str, url: str) -> Raw:
            whole = RepositoryRef(installation_id, 0, "")
            return _good(what, await self._get(whole, url))

        return [
            RepositoryRef(installation_id, data["id"], data["full_name"])
            async for page in self._pages("repositories", "/installation/repositories?per_page=100", get)
            for data in page["repositories"]
        ]

    async def failed_deliveries(self, since: datetime) -> list[FailedDelivery]:
        """One listing call for each hundred deliveries; of a GUID that failed more than once, the last attempt."""
        newest: dict[str, FailedDelivery] = {}
        delivered: set[str] = set()
        async for page in self._pages("delivery log", "/app/hook/deliveries?per_page=100", self._as_app):
            for data in page:
                at, guid = parse.moment(data["delivered_at"]), data["guid"]
                if at < since:
                    break
                if 200 <= data["status_code"] < 300:
                    delivered.add(guid)
                failed = FailedDelivery(data["id"], guid, data["event"], at, data["status_code"])
                newest.setdefault(guid, failed)
            else:
                continue
            break
        return sorted((d for d in newest.values() if d.guid not in delivered), key=lambda d: (d.delivered_at, d.id))

    async def permission(self, ref: RepositoryRef, login: str) -> Permission:
        raw = await self._get(ref, f"/repos/{ref.name}/collaborators/{quote(login, safe='')}/permission")
        if raw.status == 404:
            return "none"
        data = _json("permission", _good("permission", raw))
        # `permission` knows neither maintain nor triage; `role_name` may be a role of an organization's own.
        level: str = data.get("role_name") if data.get("role_name") in get_args(Permission) else data["permission"]
        return cast("Permission", level) if level in get_args(Permission) else "none"

    async def acts(self, ref: ThreadRef) -> list[Act]:
        if ref.kind == "discussion":
            return []
        us = await self.app_login()
        url = f"/repos/{ref.repository.name}/issues/{ref.number}/timeline?per_page=100"
        acts = (parse.rest_act(data, us) for data in await self._settled("timeline", ref.repository, url))
        return sorted(filter(None, acts), key=lambda act: act.at)

    # --- discussions

    async def _discussion(self, ref: ThreadRef) -> Thread:
        comments: list[dict[str, Any]] = []
        variables: Variables = {"after": None}
        for _ in range(PAGES_MOST):
            found = await self._query(ref, DISCUSSION, variables)
            comments += found["comments"]["nodes"]
            info = found["comments"]["pageInfo"]
            variables = {"after": info["endCursor"]}
            if not info["hasNextPage"]:
                break
        return parse.graphql_thread(found, ref.number, comments)

    async def _newest_comments(self, ref: ThreadRef, since: datetime) -> list[Comment]:
        """Back from the newest until before `since`; what the teammate writes are never replies."""
        comments: list[Comment] = []
        variables: Variables = {"before": None}
        for _ in range(PAGES_MOST):
            listed = (await self._query(ref, NEWEST_COMMENTS, variables))["comments"]
            page = [parse.graphql_comment(data) for data in listed["nodes"]]
            comments = page + comments
            variables = {"before": listed["pageInfo"]["startCursor"]}
            if not listed["pageInfo"]["hasPreviousPage"] or not page or page[0].created_at < since:
                break
        return [comment for comment in comments if comment.updated_at >= since]

    async def _query(self, ref: ThreadRef, document: str, variables: Variables) -> dict[str, Any]:
        """The `discussion` of one query."""
        found = await self._in_repository(ref.repository, "discussion", document, variables | {"number": ref.number})
        discussion: dict[str, Any] = found["discussion"]
        return discussion

    async def _in_repository(
        self, ref: RepositoryRef, what: str, document: str, variables: Variables
    ) -> dict[str, Any]:
        """The `repository` of one query, in which there is a `what`."""
        owner, _, name = ref.name.partition("/")
        answer, data = await self._graphql(ref, document, variables | {"owner": owner, "name": name})
        found: dict[str, Any] = data.get("repository") or {}
        if found.get(what) is None:
            raise GitHubError(what, answer if answer.status != 200 else WriteAnswer(404, f"no such {what}"))
        return found

    async def _graphql(
        self, ref: RepositoryRef, document: str, variables: Variables
    ) -> tuple[WriteAnswer, dict[str, Any]]:
        token = await self._auth.for_repository(ref)
        raw = await self._http.query(document, variables, token=token)
        if raw.status == 401 and self._auth.refused(token):
            token = await self._auth.for_repository(ref)
            raw = await self._http.query(document, variables, token=token)
        return graphql_answer(raw)

    # --- REST

    async def _head(self, ref: RepositoryRef) -> str:
        """SHA of the newest commit; empty for a repository without any (409)."""
        raw = await self._get(ref, f"/repos/{ref.name}/commits/HEAD", accept=SHA, conditional=True)
        if raw.status in (404, 409):
            return ""
        sha = _good("newest commit", raw).body.decode(errors="replace").strip()
        if not re.fullmatch(r"[0-9a-f]{40,64}", sha):
            raise GitHubError("newest commit", WriteAnswer(None, "GitHub's answer was cut off"))
        return sha

    async def _json(self, what: str, ref: RepositoryRef, url: str, *, conditional: bool = True) -> Any:
        return _json(what, _good(what, await self._get(ref, url, conditional=conditional)))

    async def _all(
        self, what: str, ref: RepositoryRef, url: str, *, conditional: bool = False, most: int = PAGES_MOST
    ) -> list[dict[str, Any]]:
        async def get(_: str, page: str) -> Raw:
            return _good(what, await self._get(ref, page, conditional=conditional))

        return [data async for page in self._pages(what, url, get, most) for data in page]

    async def _settled(self, what: str, ref: RepositoryRef, url: str) -> list[dict[str, Any]]:
        """A listing in which nothing was skipped.

        Where somebody deletes an item between two pages, the next page starts one too late. So a listing of
        several pages is read until a reading shows nothing new.
        """
        known: dict[object, dict[str, Any]] = {}
        for _ in range(3):
            listed = await self._all(what, ref, url)
            fresh = [data for data in listed if _id(data) not in known]
            known |= {_id(data): data for data in listed}
            if len(listed) < 100 or not fresh:
                break
        return list(known.values())

    async def _pages(
        self, what: str, url: str, get: "Callable[[str, str], Any]", most: int = PAGES_MOST
    ) -> AsyncIterator[Any]:
        """Each page's JSON, as far as GitHub's `link` header leads, `most` of them at most."""
        for _ in range(most):
            raw = await get(what, url)
            yield _json(what, raw)
            following = NEXT.search(raw.headers.get("link", ""))
            if following is None:
                return
            url = following[1]

    async def _as_app(self, what: str, url: str) -> Raw:
        raw = await self._http.get(url, token=self._auth.app_token())
        if raw.status == 401:
            self._auth.app_token_refused(raw)
            raw = await self._http.get(url, token=self._auth.app_token())
        return _good(what, raw)

    async def _get(
        self, ref: RepositoryRef, url: str, *, accept: str = JSON, conditional: bool = False, etag: str = ""
    ) -> Raw:
        """One GET with the repository's token; a second one with a new token where an older one was refused."""
        who = f"{ref.installation_id}:{ref.repository_id}" if conditional else ""
        token = await self._auth.for_repository(ref)
        raw = await self._http.get(url, token=token, accept=accept, who=who, etag=etag)
        if raw.status == 401 and self._auth.refused(token):
            token = await self._auth.for_repository(ref)
            raw = await self._http.get(url, token=token, accept=accept, who=who, etag=etag)
        return raw


def _id(data: dict[str, Any]) -> object:
    """Some events of a timeline, such as commits, have a hash or an address and no id."""
    return data.get("id") or data.get("sha") or data.get("url") or str(data)


def _good(what: str, raw: Raw) -> Raw:
    if raw.status != 200:
        raise GitHubError(what, read_answer(raw))
    return raw


def _json(what: str, raw: Raw) -> Any:
    try:
        return raw.json()
    except ValueError:
        raise GitHubError(what, WriteAnswer(None, "GitHub's answer was cut off")) from None


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

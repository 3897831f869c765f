"""GitHub's REST JSON of what git holds (commits, trees, files, pull requests) and of the App's own affairs."""

import base64
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from app.playground import git
from app.playground.model import Commit, DeliveryAttempt, Installation, Repository, ReviewComment, Thread
from app.playground.render import (
    Json,
    issue,
    labels,
    node_id,
    repo_url,
    repository,
    rollup,
    thread_html,
    thread_node_id,
    user,
)
from app.playground.world import World


def installation(world: World, item: Installation) -> Json:
    url = f"{world.base_url}/app/installations/{item.id}"
    account = user(world, item.account)
    suspended_by = user(world, item.suspended_by) if item.suspended_by else None
    return {
        "id": item.id,
        "account": account,
        "repository_selection": "all" if item.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{world.base_url}/installation/repositories",
        "html_url": f"{world.base_url}/settings/installations/{item.id}",
        "app_id": world.state.app.id,
        "app_slug": world.state.app.slug,
        "client_id": f"Iv23li{world.state.app.id}",
        "target_id": account["id"],
        "target_type": account["type"],
        "permissions": item.permissions,
        "events": world.state.app.events,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": suspended_by,
        "suspended_at": item.suspended_at,
    }


def delivery(item: DeliveryAttempt) -> Json:
    return {
        "id": item.id,
        "guid": item.guid,
        "delivered_at": item.delivered_at,
        "redelivery": item.redelivery,
        "duration": round(item.duration, 3),
        "status": item.outcome,
        "status_code": item.status or 0,
        "event": item.event,
        "action": item.action,
        "installation_id": item.installation,
        "repository_id": item.repository,
    }


def delivery_detail(item: DeliveryAttempt, headers: dict[str, str]) -> Json:
    return delivery(item) | {
        "request": {"headers": headers, "payload": orjson.loads(item.payload)},
        "response": {"headers": {}, "payload": item.answer},
    }


def commit(world: World, repo: Repository, item: Commit) -> Json:
    url = f"{repo_url(world, repo)}/commits/{item.sha}"
    who = {"name": item.author, "email": f"{item.author}@users.noreply.github.com", "date": item.at}
    tree_url = f"{repo_url(world, repo)}/git/trees/{item.tree_sha}"
    parents = [{"sha": sha, "url": f"{repo_url(world, repo)}/commits/{sha}"} for sha in item.parents]
    return {
        "sha": item.sha,
        "node_id": node_id("C", repo.id, item.sha),
        "url": url,
        "html_url": f"{world.base_url}/{repo.full_name}/commit/{item.sha}",
        "comments_url": f"{url}/comments",
        "commit": {
            "url": url,
            "author": who,
            "committer": who,
            "message": item.message,
            "tree": {"sha": item.tree_sha, "url": tree_url},
            "comment_count": 0,
        },
        "author": user(world, item.author),
        "committer": user(world, item.author),
        "parents": parents,
    }


def tag(world: World, repo: Repository, name: str) -> Json:
    url, sha = repo_url(world, repo), repo.tags[name]
    ref = quote(f"refs/tags/{name}")
    return {
        "name": name,
        "zipball_url": f"{url}/zipball/{ref}",
        "tarball_url": f"{url}/tarball/{ref}",
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "node_id": node_id("REF", repo.id, f"tags/{name}"),
    }


def pushed_commit(world: World, repo: Repository, item: Commit, before: Commit | None) -> Json:
    """The commit as a push event lists it."""
    old = before.tree if before else {}
    return {
        "id": item.sha,
        "tree_id": item.tree_sha,
        "distinct": True,
        "message": item.message,
        "timestamp": item.at,
        "url": f"{world.base_url}/{repo.full_name}/commit/{item.sha}",
        "author": pusher(item.author),
        "committer": pusher(item.author),
        "added": sorted(item.tree.keys() - old.keys()),
        "removed": sorted(old.keys() - item.tree.keys()),
        "modified": sorted(path for path in item.tree.keys() & old.keys() if item.tree[path] != old[path]),
    }


def pusher(login: str) -> Json:
    return {"name": login, "email": f"{login}@users.noreply.github.com", "username": login}


def tree(world: World, repo: Repository, item: Commit, *, directory: str, recursive: bool) -> Json:
    """A tree object; paths are relative to `directory` (empty for the root)."""
    shas = git.tree_shas(item.tree)
    prefix = f"{directory}/" if directory else ""
    url = f"{repo_url(world, repo)}/git"
    entries: list[Json] = []
    for path, sha in sorted({**shas, **item.tree}.items()):
        name = path.removeprefix(prefix)
        if not path or not path.startswith(prefix) or path == directory or ("/" in name and not recursive):
            continue
        if path in item.tree:
            size = len(repo.blobs[sha].encode())
            entries.append(_entry(name, "100644", "blob", sha, f"{url}/blobs/{sha}") | {"size": size})
        else:
            entries.append(_entry(name, "040000", "tree", sha, f"{url}/trees/{sha}"))
    return {
        "sha": shas[directory],
        "url": f"{url}/trees/{shas[directory]}",
        "tree": entries,
        "truncated": False,
    }


def _entry(path: str, mode: str, kind: str, sha: str, url: str) -> Json:
    return {"path": path, "mode": mode, "type": kind, "sha": sha, "url": url}


def content_file(world: World, repo: Repository, ref: str, path: str, sha: str) -> Json:
    raw = repo.blobs[sha].encode()
    encoded = base64.encodebytes(raw).decode()
    return content_entry(world, repo, ref, path, sha=sha, size=len(raw), kind="file") | {
        "content": encoded,
        "encoding": "base64",
    }


def content_entry(world: World, repo: Repository, ref: str, path: str, *, sha: str, size: int, kind: str) -> Json:
    where = quote(path)
    url = f"{repo_url(world, repo)}/contents/{where}?ref={quote(ref, safe='')}"
    place = "blob" if kind == "file" else "tree"
    git_url = f"{repo_url(world, repo)}/git/{place}s/{sha}"
    html = f"{world.base_url}/{repo.full_name}/{place}/{ref}/{where}"
    raw = f"{world.base_url}/{repo.full_name}/raw/{ref}/{where}" if kind == "file" else None
    return {
        "type": kind,
        "size": size,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "url": url,
        "git_url": git_url,
        "html_url": html,
        "download_url": raw,
        "_links": {"git": git_url, "self": url, "html": html},
    }


# What a pull request has in common with its issue side.
_SHARED_WITH_ISSUES = (
    *("number", "state", "locked", "title", "user", "body", "created_at", "updated_at", "closed_at", "assignee"),
    *("assignees", "milestone", "author_association", "active_lock_reason", "comments", "comments_url", "html_url"),
)


def pull_request(world: World, repo: Repository, thread: Thread) -> Json:
    head = thread.head
    if head is None:
        raise ValueError(f"{repo.full_name}#{thread.number} is not a pull request")
    base = repo_url(world, repo)
    url, issue_url, html = (
        f"{base}/pulls/{thread.number}",
        f"{base}/issues/{thread.number}",
        thread_html(world, repo, thread),
    )
    files = changed_files(world, repo, thread)
    shared = issue(world, repo, thread)
    links = {
        "self": url,
        "html": html,
        "issue": issue_url,
        "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{base}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{base}/statuses/{head.sha}",
    }
    return {
        **{name: shared[name] for name in _SHARED_WITH_ISSUES},
        "id": thread.id,
        "node_id": thread_node_id(repo, thread),
        "url": url,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue_url,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "statuses_url": links["statuses"],
        "labels": labels(world, repo, thread),
        "requested_reviewers": [],
        "requested_teams": [],
        "merged_at": thread.merged_at,
        "merge_commit_sha": None,
        "draft": False,
        "head": _branch(world, repo, thread.author, head.ref, head.sha),
        "base": _branch(world, repo, repo.owner, head.base_ref, head.base_sha),
        "_links": {name: {"href": href} for name, href in links.items()},
        "auto_merge": None,
        "merged": thread.merged_at is not None,
        "mergeable": True,
        "rebaseable": True,
        "mergeable_state": "clean",
        "merged_by": user(world, thread.merged_by) if thread.merged_by else None,
        "review_comments": sum(item.thread == thread.number for item in repo.review_comments.values()),
        "maintainer_can_modify": False,
        "commits": 1,
        "additions": sum(item["additions"] for item in files),
        "deletions": sum(item["deletions"] for item in files),
        "changed_files": len(files),
    }


def changed_files(world: World, repo: Repository, thread: Thread) -> list[Json]:
    """The files of a pull request, as `GET .../pulls/{number}/files` lists them."""
    if thread.head is None:
        return []
    new, old = repo.commits[thread.head.sha].tree, repo.commits[thread.head.base_sha].tree
    html, ref = f"{world.base_url}/{repo.full_name}", thread.head.sha
    found: list[dict[str, Any]] = []
    for path in sorted(path for path in new.keys() | old.keys() if new.get(path) != old.get(path)):
        text, added, removed = git.patch(repo.blobs.get(old.get(path, "")), repo.blobs.get(new.get(path, "")))
        status = "added" if path not in old else "removed" if path not in new else "modified"
        found.append(
            {
                "sha": new.get(path) or old[path],
                "filename": path,
                "status": status,
                "additions": added,
                "deletions": removed,
                "changes": added + removed,
                "blob_url": f"{html}/blob/{ref}/{quote(path)}",
                "raw_url": f"{html}/raw/{ref}/{quote(path)}",
                "contents_url": f"{repo_url(world, repo)}/contents/{quote(path)}?ref={ref}",
                "patch": text,
            }
        )
    return found


def review_comment(world: World, repo: Repository, thread: Thread, item: ReviewComment) -> Json:
    """A comment on a file of a pull request, as `GET .../pulls/comments` lists it; hunks and lines are left out."""
    base, commit = repo_url(world, repo), thread.head.sha if thread.head else ""
    url, html = f"{base}/pulls/comments/{item.id}", f"{thread_html(world, repo, thread)}#discussion_r{item.id}"
    pull = f"{base}/pulls/{thread.number}"
    return {
        "url": url,
        "pull_request_review_id": None,
        "id": item.id,
        "node_id": node_id("PRRC", repo.id, item.id),
        "diff_hunk": "",
        "path": item.path,
        "commit_id": commit,
        "original_commit_id": commit,
        "user": user(world, item.author),
        "body": item.body,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "html_url": html,
        "pull_request_url": pull,
        "author_association": world.association(repo, item.author),
        "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull}},
        "reactions": rollup(url, item.reactions),
        "subject_type": "file",
    }


def _branch(world: World, repo: Repository, login: str, ref: str, sha: str) -> Json:
    return {
        "label": f"{login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(world, login),
        "repo": repository(world, repo),
    }


def reason(status: int) -> str:
    """GitHub's words for the outcome of a delivery: OK, or the name of the status."""
    try:
        return "OK" if status < 300 else HTTPStatus(status).phrase
    except ValueError:
        return f"Invalid HTTP Response: {status}"

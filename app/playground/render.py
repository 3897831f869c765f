"""GitHub's REST JSON of people, repositories, labels, threads and comments.

Shapes follow GitHub's OpenAPI description: required keys are present even where the playground has nothing to say.
Webhook payloads carry the same objects.
"""

import base64
from typing import Any

from app.playground.model import CONTENTS, Comment, Label, Person, Reaction, Repository, Thread, TimelineEvent
from app.playground.world import World

Json = dict[str, Any]

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_REPOSITORY_ZEROS: Json = dict.fromkeys(
    ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size"), 0
) | {
    "fork": False,
    "homepage": None,
    "language": None,
    "license": None,
    "mirror_url": None,
    "disabled": False,
    "has_issues": True,
    "has_projects": False,
    "has_wiki": False,
    "has_pages": False,
    "has_downloads": False,
    "is_template": False,
    "allow_forking": True,
    "web_commit_signoff_required": False,
    "topics": [],
    "custom_properties": {},
}


def node_id(prefix: str, *parts: int | str) -> str:
    """An opaque global id in GitHub's style; `parts` come back from `read_node_id`."""
    raw = ":".join(map(str, parts)).encode()
    return f"{prefix}_kwDO{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"


def read_node_id(text: str) -> tuple[str, list[str]]:
    """(prefix, parts) of a node id; ValueError for one that was never ours."""
    prefix, separator, tail = text.partition("_kwDO")
    if not separator:
        raise ValueError(f"not a node id: {text}")
    raw = base64.urlsafe_b64decode(tail + "=" * (-len(tail) % 4))
    return prefix, raw.decode().split(":")


def repo_url(world: World, repository: Repository) -> str:
    return f"{world.base_url}/repos/{repository.full_name}"


def user(world: World, login: str) -> Json:
    return _user(world, world.person(login))


def public_user(world: World, person: Person) -> Json:
    empty = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    stamps = {"created_at": person.created_at, "updated_at": person.created_at}
    return _user(world, person) | empty | counts | {"blog": ""} | stamps


def _user(world: World, person: Person) -> Json:
    url = f"{world.base_url}/users/{person.login}"
    return {
        "login": person.login,
        "id": person.id,
        "node_id": node_id("BOT" if person.kind == "Bot" else person.kind[0], person.id),
        "avatar_url": f"{world.base_url}/avatars/{person.login}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{world.base_url}/{person.login}",
        **{name: url + tail for name, tail in _USER_LINKS.items()},
        "type": person.kind,
        "site_admin": False,
    }


def repository(world: World, repo: Repository) -> Json:
    url, html = repo_url(world, repo), f"{world.base_url}/{repo.full_name}"
    open_issues = sum(t.state == "open" and t.kind != "discussion" and not t.gone for t in repo.threads.values())
    return {
        **small_repository(repo),
        "owner": user(world, repo.owner),
        "html_url": html,
        "description": repo.description or None,
        "url": url,
        **{name: url + tail for name, tail in _REPOSITORY_LINKS.items()},
        "git_url": f"git:{html.partition(':')[2]}.git",
        "ssh_url": f"git@localhost:{repo.full_name}.git",
        "has_discussions": any(thread.kind == "discussion" for thread in repo.threads.values()),
        "clone_url": f"{html}.git",
        "svn_url": html,
        **_REPOSITORY_ZEROS,
        "archived": repo.archived,
        "visibility": "private" if repo.private else "public",
        "default_branch": repo.default_branch,
        "open_issues": open_issues,
        "open_issues_count": open_issues,
        "created_at": repo.created_at,
        "updated_at": repo.updated_at,
        "pushed_at": repo.updated_at,
    }


def full_repository(world: World, repo: Repository) -> Json:
    return repository(world, repo) | {"network_count": 0, "subscribers_count": 0}


def small_repository(repo: Repository) -> Json:
    """What installation events list."""
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }


def label(world: World, repo: Repository, item: Label) -> Json:
    return {
        "id": item.id,
        "node_id": node_id("LA", repo.id, item.id),
        "url": f"{repo_url(world, repo)}/labels/{item.name.replace(' ', '%20')}",
        "name": item.name,
        "color": item.color,
        "default": False,
        "description": item.description,
        "archived_at": None,
        "archived_by": None,
    }


def labels(world: World, repo: Repository, thread: Thread) -> list[Json]:
    return [label(world, repo, repo.labels[label_id]) for label_id in thread.labels]


def rollup(url: str, reactions: list[Reaction]) -> Json:
    counts: Json = {"url": f"{url}/reactions", "total_count": len(reactions), **dict.fromkeys(CONTENTS, 0)}
    for item in reactions:
        counts[item.content] += 1
    return counts


def reaction(world: World, item: Reaction) -> Json:
    return {
        "id": item.id,
        "node_id": node_id("REA", item.id),
        "user": user(world, item.author),
        "content": item.content,
        "created_at": item.created_at,
    }


def app(world: World) -> Json:
    own = world.state.app
    return {
        "id": own.id,
        "slug": own.slug,
        "client_id": f"Iv23li{own.id}",
        "node_id": node_id("A", own.id),
        "owner": user(world, own.owner),
        "name": own.name,
        "description": None,
        "external_url": world.base_url,
        "html_url": f"{world.base_url}/apps/{own.slug}",
        "created_at": own.created_at,
        "updated_at": own.created_at,
        "permissions": own.permissions,
        "events": own.events,
    }


def _app_user(world: World, *, via_app: bool) -> Json | None:
    return app(world) if via_app else None


def issue(world: World, repo: Repository, thread: Thread) -> Json:
    """An issue, or the issue side of a pull request."""
    url, html = f"{repo_url(world, repo)}/issues/{thread.number}", thread_html(world, repo, thread)
    body: Json = {
        "url": url,
        "repository_url": repo_url(world, repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html,
        "id": thread.id,
        "node_id": thread_node_id(repo, thread),
        "number": thread.number,
        "title": thread.title,
        "user": user(world, thread.author),
        "labels": labels(world, repo, thread),
        "state": thread.state,
        "state_reason": thread.state_reason,
        "locked": thread.locked,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(thread.comments),
        "created_at": thread.created_at,
        "updated_at": thread.updated_at,
        "closed_at": thread.closed_at,
        "author_association": world.association(repo, thread.author),
        "active_lock_reason": None,
        "body": thread.body or None,
        "reactions": rollup(url, thread.reactions),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": _app_user(world, via_app=thread.via_app),
    }
    if thread.kind == "pull_request":
        pull = f"{repo_url(world, repo)}/pulls/{thread.number}"
        body["draft"] = False
        body["pull_request"] = {
            "url": pull,
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": thread.merged_at,
        }
    return body


def comment(world: World, repo: Repository, thread: Thread, item: Comment) -> Json:
    url = f"{repo_url(world, repo)}/issues/comments/{item.id}"
    return {
        "url": url,
        "html_url": f"{thread_html(world, repo, thread)}#issuecomment-{item.id}",
        "issue_url": f"{repo_url(world, repo)}/issues/{thread.number}",
        "id": item.id,
        "node_id": node_id("IC", repo.id, item.id),
        "user": user(world, item.author),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "author_association": world.association(repo, item.author),
        "body": item.body,
        "reactions": rollup(url, item.reactions),
        "performed_via_github_app": _app_user(world, via_app=item.via_app),
        "minimized": {"reason": item.hidden} if item.hidden else None,
    }


def timeline(world: World, repo: Repository, thread: Thread, event: TimelineEvent) -> Json | None:
    """One timeline item, or None for a comment that is gone or not listed yet."""
    if event.event == "commented":
        found = repo.comments.get(event.detail["comment"])
        if found is None or found.visible_from > world.clock():
            return None
        body = comment(world, repo, thread, found)
        return body | {"event": "commented", "actor": body["user"]}
    if event.event == "cross-referenced":
        source_repo = world.repository(event.detail["repo"])
        source = issue(world, source_repo, source_repo.threads[event.detail["number"]])
        return {
            "event": event.event,
            "actor": user(world, event.actor),
            "created_at": event.created_at,
            "updated_at": event.created_at,
            "source": {"type": "issue", "issue": source | {"repository": repository(world, source_repo)}},
        }
    return {
        "id": event.id,
        "node_id": node_id("EV", event.id),
        "url": f"{repo_url(world, repo)}/issues/events/{event.id}",
        "actor": user(world, event.actor),
        "event": event.event,
        "commit_id": None,
        "commit_url": None,
        "created_at": event.created_at,
        "performed_via_github_app": _app_user(world, via_app=event.via_app),
        **event.detail,
    }


def collaborator(world: World, repo: Repository, person: Person) -> Json:
    permission, role_name = world.permission(repo, person.login)
    order = ["none", "read", "triage", "write", "maintain", "admin"]
    rank = order.index(role_name)
    granted = {"pull": 1, "triage": 2, "push": 3, "maintain": 4, "admin": 5}
    body = _user(world, person)
    body |= {"role_name": role_name, "permissions": {name: rank >= need for name, need in granted.items()}}
    return {"permission": permission, "role_name": role_name, "user": body}


def thread_node_id(repo: Repository, thread: Thread) -> str:
    prefix = {"issue": "I", "pull_request": "PR", "discussion": "D"}[thread.kind]
    return node_id(prefix, repo.id, thread.number)


def thread_html(world: World, repo: Repository, thread: Thread) -> str:
    place = {"issue": "issues", "pull_request": "pull", "discussion": "discussions"}[thread.kind]
    return f"{world.base_url}/{repo.full_name}/{place}/{thread.number}"

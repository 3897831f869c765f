"""REST endpoints of repositories, their files, commits, pull requests and collaborators.

Sources: https://docs.github.com/rest/repos, .../rest/git and .../rest/pulls.
"""

from functools import partial

from app.playground import git, render, render_code
from app.playground.model import Commit, Refusal, Repository, Thread
from app.playground.routing import Answer, Call, Routes, changed, page

routes = Routes()
REPO = "/repos/{owner}/{repo}"


@routes.add("GET", REPO)
def get_repository(call: Call) -> Answer:
    return Answer(body=render.full_repository(call.hub, call.repository()))


@routes.add("GET", f"{REPO}/contents")
def get_root(call: Call) -> Answer:
    return _contents(call, "")


@routes.add("GET", f"{REPO}/contents/{{path:path}}")
def get_contents(call: Call) -> Answer:
    """A file as JSON or raw, or the entries of a directory."""
    return _contents(call, call.params["path"].strip("/"))


@routes.add("GET", f"{REPO}/git/trees/{{sha:path}}")
def get_tree(call: Call) -> Answer:
    """A tree by its own sha, by a commit's, or by a branch, as GitHub accepts."""
    repo = call.repository("contents")
    wanted, recursive = call.params["sha"], call.query.get("recursive", "") not in ("", "0", "false")
    try:
        commit, directory = resolve(repo, wanted), ""
    except Refusal:
        places = (
            (c, d) for c in reversed(repo.commits.values()) for d, s in git.tree_shas(c.tree).items() if s == wanted
        )
        found = next(places, None)
        if found is None:
            raise Refusal(404, "Not Found") from None
        commit, directory = found
    return Answer(body=render_code.tree(call.hub, repo, commit, directory=directory, recursive=recursive))


@routes.add("GET", f"{REPO}/git/ref/heads/{{branch:path}}")
def get_branch(call: Call) -> Answer:
    repo = call.repository("contents")
    name = call.params["branch"]
    if name not in repo.branches:
        raise Refusal(404, "Not Found")
    base, sha = render.repo_url(call.hub, repo), repo.branches[name]
    body = {
        "ref": f"refs/heads/{name}",
        "node_id": render.node_id("REF", repo.id, name),
        "url": f"{base}/git/refs/heads/{name}",
        "object": {"type": "commit", "sha": sha, "url": f"{base}/git/commits/{sha}"},
    }
    return Answer(body=body)


@routes.add("GET", f"{REPO}/tags")
def list_tags(call: Call) -> Answer:
    """The tag that was made last comes first; GitHub promises no order."""
    repo = call.repository("contents")
    return page(call, list(reversed(repo.tags)), lambda name: render_code.tag(call.hub, repo, name))


@routes.add("GET", f"{REPO}/commits/{{ref:path}}")
def get_commit(call: Call) -> Answer:
    repo = call.repository("contents")
    commit = resolve(repo, call.params["ref"])
    if call.wants("sha"):
        return Answer(body=commit.sha.encode(), headers={"content-type": "application/vnd.github.sha"})
    return Answer(body=render_code.commit(call.hub, repo, commit))


@routes.add("GET", f"{REPO}/tarball")
def get_default_tarball(call: Call) -> Answer:
    return _archive(call, "")


@routes.add("GET", f"{REPO}/tarball/{{ref:path}}")
def get_tarball(call: Call) -> Answer:
    """302 to the archive, as GitHub does; here it is on the same host, so credentials go along."""
    return _archive(call, call.params["ref"])


@routes.add("GET", "/_codeload/{owner}/{repo}/legacy.tar.gz/{ref:path}")
def download_archive(call: Call) -> Answer:
    repo = call.repository("contents")
    commit = resolve(repo, call.params["ref"])
    prefix = f"{repo.owner}-{repo.name}-{commit.sha[:7]}"
    headers = {
        "content-type": "application/x-gzip",
        "content-disposition": f"attachment; filename={prefix}.tar.gz",
    }
    return Answer(body=git.tarball(prefix, call.hub.files(repo, commit.sha)), headers=headers)


@routes.add("GET", f"{REPO}/pulls")
def list_pulls(call: Call) -> Answer:
    repo = call.repository("pull_requests")
    wanted = call.query.get("state", "open")
    found = [t for t in repo.threads.values() if t.kind == "pull_request" and not t.gone and wanted in (t.state, "all")]
    found.sort(key=lambda t: t.number, reverse=call.query.get("direction", "desc") != "asc")
    return page(call, found, lambda thread: render_code.pull_request(call.hub, repo, thread))


@routes.add("GET", f"{REPO}/pulls/comments")
def list_review_comments(call: Call) -> Answer:
    repo = call.repository("pull_requests")
    found = [item for item in repo.review_comments.values() if not repo.threads[item.thread].gone]
    rendered = partial(render_code.review_comment, call.hub, repo)
    return page(call, changed(call, found), lambda item: rendered(repo.threads[item.thread], item))


@routes.add("GET", f"{REPO}/pulls/{{number}}")
def get_pull(call: Call) -> Answer:
    repo, thread = _pull(call)
    return Answer(body=render_code.pull_request(call.hub, repo, thread))


@routes.add("GET", f"{REPO}/pulls/{{number}}/files")
def list_pull_files(call: Call) -> Answer:
    repo, thread = _pull(call)
    return page(call, render_code.changed_files(call.hub, repo, thread), lambda item: item)


@routes.add("GET", f"{REPO}/collaborators/{{login}}/permission")
def get_permission(call: Call) -> Answer:
    repo = call.repository()
    person = call.hub.find_person(call.params["login"])
    if person is None:
        raise Refusal(404, "Not Found")
    return Answer(body=render.collaborator(call.hub, repo, person))


def resolve(repo: Repository, ref: str) -> Commit:
    """A commit by branch, tag, full or abbreviated sha, `HEAD`, or nothing for the default branch."""
    name = repo.default_branch if ref in ("", "HEAD") else ref.removeprefix("refs/").removeprefix("heads/")
    name = name.removeprefix("tags/")
    sha = repo.branches.get(name) or repo.tags.get(name, name)
    if sha in repo.commits:
        return repo.commits[sha]
    matches = [full for full in repo.commits if len(sha) >= 7 and full.startswith(sha)]
    if len(matches) != 1:
        raise Refusal(404, f"No commit found for the ref {ref}")
    return repo.commits[matches[0]]


def _contents(call: Call, path: str) -> Answer:
    repo = call.repository("contents")
    ref = call.query.get("ref") or repo.default_branch
    commit = resolve(repo, ref)
    if path in commit.tree:
        sha = commit.tree[path]
        if call.wants("raw"):
            headers = {"content-type": "application/vnd.github.raw+json; charset=utf-8"}
            return Answer(body=repo.blobs[sha].encode(), headers=headers)
        return Answer(body=render_code.content_file(call.hub, repo, ref, path, sha))
    shas = git.tree_shas(commit.tree)
    if path not in shas:
        raise Refusal(404, "Not Found")
    prefix = f"{path}/" if path else ""
    entries = [
        render_code.content_entry(call.hub, repo, ref, name, sha=sha, size=size, kind=kind)
        for name, sha, size, kind in _directory(repo, commit, shas, prefix)
    ]
    return Answer(body=entries)


def _directory(repo: Repository, commit: Commit, shas: dict[str, str], prefix: str) -> list[tuple[str, str, int, str]]:
    """Direct children of a directory: (path, sha, size, file or dir)."""
    files = [(path, sha, len(repo.blobs[sha].encode()), "file") for path, sha in commit.tree.items()]
    folders = [(path, sha, 0, "dir") for path, sha in shas.items() if path]
    inside = (item for item in [*files, *folders] if item[0].startswith(prefix))
    return sorted(item for item in inside if "/" not in item[0].removeprefix(prefix))


def _archive(call: Call, ref: str) -> Answer:
    repo = call.repository("contents")
    sha = resolve(repo, ref).sha
    return Answer(302, headers={"location": f"{call.hub.base_url}/_codeload/{repo.full_name}/legacy.tar.gz/{sha}"})


def _pull(call: Call) -> tuple[Repository, Thread]:
    repo = call.repository("pull_requests")
    thread = call.hub.thread(repo, call.number("number"))
    if thread.kind != "pull_request":
        raise Refusal(404, "Not Found")
    return repo, thread

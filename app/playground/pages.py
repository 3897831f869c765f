"""The playground's pages for people: repositories, threads, files, and what goes on behind them.

A page is a reading of the hub; a form is a POST that does one thing and leads back. Threads answer at their own
address and at GitHub's three, and files at GitHub's, because what the teammate writes links there.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.pages import static
from app.playground import pages_apps as apps
from app.playground import pages_backstage as backstage
from app.playground import pages_forms as forms
from app.playground import pages_view as view
from app.playground.hub import Hub
from app.playground.model import Refusal, Repository, Thread
from app.playground.pages_forms import Form
from app.playground.pages_site import Endpoint, Site, back_to, number
from app.playground.render_code import changed_files
from app.playground.seed import REPOSITORY

PAGE = 50
LATEST = 8
REPO = "/{owner}/{repo}"

Row = tuple[Thread, list[view.Tag], bool]
"""A thread in a list, its labels, and whether the teammate has spoken there."""


def page_routes(hub: Hub, *, product_url: str = "") -> list[BaseRoute]:
    """The site. `product_url` is where the teammate's own pages are, for links to its traces; empty without one."""
    site = Site(hub, product_url.rstrip("/"))
    endpoints: dict[str, Endpoint] = {
        "/": home,
        "/person": backstage.person,
        "/people": backstage.people,
        "/deliveries": backstage.deliveries,
        "/deliveries/{number}": backstage.delivery,
        "/faults": backstage.faults,
        "/settings/apps/new": apps.register,
        "/organizations/{organization}/settings/apps/new": apps.register,
        "/apps/{slug}/installations/new": apps.install,
        REPO: threads,
        f"{REPO}/new": new,
        **{f"{REPO}/{word}/{{number}}": thread for word in ("threads", "issues", "pull", "discussions")},
        f"{REPO}/threads/{{number}}/edit": edit,
        f"{REPO}/tree/{{rest:path}}": tree,
        f"{REPO}/blob/{{rest:path}}": blob,
        "/{rest:path}": nothing,
    }
    posts = (apps.register, apps.install, thread, new, backstage.person, backstage.deliveries, backstage.faults)
    pages = [
        Route(path, site.guarded(endpoint), methods=["GET", "POST"] if endpoint in posts else ["GET"])
        for path, endpoint in endpoints.items()
    ]
    return [Route("/static/{name}", _static), *pages]


async def _static(request: Request) -> Response:
    return static(request.path_params["name"])


async def nothing(_: Site, request: Request) -> Response:
    raise Refusal(404, f"The playground has no page {request.url.path:.200}.")


# --- repositories ---


async def home(site: Site, request: Request) -> Response:
    repos = sorted(site.hub.state.repositories.values(), key=lambda repo: repo.full_name != REPOSITORY)
    rows = _rows(site, repos[0])[:LATEST] if repos else []
    last = next(reversed(site.hub.state.deliveries), None)
    listener, first = site.hub.webhook_url, next(iter(repos), None)
    return site.page(request, "home.html", repos=repos, repo=first, rows=rows, listener=listener, last=last)


async def threads(site: Site, request: Request) -> Response:
    repo, asked = site.repo(request), request.query_params
    rows = _rows(site, repo)
    wanted = {name: asked.get(name, "") for name in ("kind", "state", "label")}
    before = number(asked.get("before", "")) or repo.next_number
    left = [row for row in rows if row[0].number < before and _is_wanted(row, **wanted)]
    older = urlencode(wanted | {"before": left[PAGE - 1][0].number}) if len(left) > PAGE else ""
    counts = {kind: sum(row[0].kind == kind for row in rows) for kind in view.KINDS}
    return site.page(request, "threads.html", repo=repo, rows=left[:PAGE], counts=counts, wanted=wanted, older=older)


def _rows(site: Site, repo: Repository) -> list[Row]:
    """The repository's threads, newest first."""
    spoken = {comment.thread for comment in repo.comments.values() if comment.via_app}
    here = (item for item in reversed(repo.threads.values()) if not item.gone and item.moved_to is None)
    return [(item, view.tags(site.hub, repo, item), item.number in spoken) for item in here]


def _is_wanted(row: Row, *, kind: str, state: str, label: str) -> bool:
    found, tags, _ = row
    labelled = not label or label in (tag.name for tag in tags)
    return kind in ("", found.kind) and state in ("", found.state) and labelled


# --- threads ---


async def new(site: Site, request: Request) -> Response:
    """The form for a new thread, filled in from the query; for a pull request with the file that it changes."""
    repo, refusal = site.repo(request), None
    files = site.hub.files(repo, repo.branches[repo.default_branch])
    form = Form(dict(request.query_params))
    form.fields.setdefault("content", files.get(form["path"], ""))
    if request.method == "POST":
        form = await forms.posted(request)
        try:
            actor = forms.speaker(site.hub, form["person"])
            return back_to(_address(repo, forms.open_thread(site.hub, repo, actor, form)), actor)
        except Refusal as error:
            refusal = error
    return site.page(request, "new.html", repo=repo, form=form, paths=sorted(files), refusal=refusal)


async def thread(site: Site, request: Request) -> Response:
    """A thread's page; a POST does what one of its forms asks for."""
    repo, found = site.thread(request)
    if request.method != "POST":
        return _show(site, request, repo, found, form=Form(dict(request.query_params)))
    form = await forms.posted(request)
    try:
        actor = forms.speaker(site.hub, form["person"] or site.viewer(request, repo))
        anchor = forms.perform(site.hub, repo, found, actor, form)
    except Refusal as refusal:
        if form["verb"].startswith("edit"):
            return site.page(request, "edit.html", repo=repo, thread=found, form=form, refusal=refusal)
        return _show(site, request, repo, found, form=form, refusal=refusal)
    return back_to(_address(repo, found) + (f"#{anchor}" if anchor else ""), actor)


def _show(
    site: Site, request: Request, repo: Repository, found: Thread, *, form: Form, refusal: Refusal | None = None
) -> Response:
    viewer = site.viewer(request, repo, form["person"])
    tags = view.tags(site.hub, repo, found)
    query = urlencode({"repository": repo.full_name, "number": found.number})
    return site.page(
        request,
        "thread.html",
        repo=repo,
        thread=found,
        form=form,
        refusal=refusal,
        column=view.column(site.hub, repo, found, viewer),
        tags=tags,
        free=sorted({label.name for label in repo.labels.values()} - {tag.name for tag in tags}),
        suggested=view.suggested(repo, found),
        trusted=view.trusted(site.hub, repo, viewer),
        checks=view.checks(repo, found),
        files=[item | {"lines": view.diff(item["patch"])} for item in changed_files(site.hub, repo, found)],
        heard=view.heard(site.hub.state.deliveries, repo, found.number),
        trace=f"{site.product_url}/runs?{query}" if site.product_url else "",
    )


async def edit(site: Site, request: Request) -> Response:
    """The form for a thread's title and text, or with `?comment=` for a comment's."""
    repo, found = site.thread(request)
    comment = number(request.query_params.get("comment", ""))
    if comment is None:
        form = Form({"verb": "edit", "title": found.title, "body": found.body})
    else:
        body = site.hub.find_comment(repo, comment).body
        form = Form({"verb": "edit_comment", "comment": str(comment), "body": body})
    return site.page(request, "edit.html", repo=repo, thread=found, form=form)


def _address(repo: Repository, found: Thread) -> str:
    return f"/{repo.full_name}/threads/{found.number}"


# --- files ---


async def tree(site: Site, request: Request) -> Response:
    """All files of a branch or commit, by top folder."""
    repo = site.repo(request)
    ref, sha, under = view.resolve(repo, request.path_params["rest"])
    folders: dict[str, list[str]] = {}
    for path in sorted(repo.commits[sha].tree):
        if path.startswith(under):
            folders.setdefault(path.partition("/")[0] if "/" in path else "", []).append(path)
    return site.page(request, "tree.html", repo=repo, ref=ref, folders=folders)


async def blob(site: Site, request: Request) -> Response:
    """A file with numbered lines, counted as permalinks count them."""
    repo = site.repo(request)
    ref, sha, path = view.resolve(repo, request.path_params["rest"])
    found = repo.commits[sha].tree.get(path)
    if found is None:
        raise Refusal(404, f"There is no file {path:.200} at {ref[:12]}.")
    text = repo.blobs[found].replace("\r\n", "\n").replace("\r", "\n")
    today = repo.commits[repo.branches[repo.default_branch]].tree
    return site.page(
        request,
        "blob.html",
        repo=repo,
        ref=ref,
        sha=sha,
        path=path,
        lines=text.removesuffix("\n").split("\n"),
        rendered=view.html(text) if path.endswith(".md") else "",
        newer=today.get(path, found) != found,
    )

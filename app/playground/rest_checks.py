"""REST endpoints of check runs, as far as an App writes finished ones.

Source: https://docs.github.com/rest/checks/runs.
"""

from typing import Any, Literal

from pydantic import Field, StrictInt, StrictStr

from app.playground.model import CheckRun, Conclusion, Refusal, Repository
from app.playground.render import app, node_id, repo_url, thread_html
from app.playground.rest_issues import Body
from app.playground.rest_repos import REPO, resolve
from app.playground.routing import Answer, Call, Routes, page
from app.playground.world import World

routes = Routes()
Json = dict[str, Any]


class NewAnnotation(Body):
    path: StrictStr
    start_line: StrictInt = Field(ge=1)
    end_line: StrictInt = Field(ge=1)
    annotation_level: Literal["notice", "warning", "failure"]
    message: StrictStr


class NewOutput(Body):
    """GitHub takes 65,535 characters of summary and 50 annotations in one request."""

    title: StrictStr
    summary: StrictStr = Field(max_length=65_535)
    annotations: list[NewAnnotation] = Field(default=[], max_length=50)


class NewCheckRun(Body):
    name: StrictStr
    head_sha: StrictStr
    status: Literal["completed"]
    conclusion: Conclusion
    output: NewOutput


@routes.add("POST", f"{REPO}/check-runs")
def create_check_run(call: Call) -> Answer:
    repo = call.repository("checks", "write")
    if call.actor.kind != "installation":
        raise Refusal(403, "You must authenticate via a GitHub App.")
    wanted = call.body(NewCheckRun)
    if wanted.head_sha not in repo.commits:
        raise Refusal(422, f"No commit found for SHA: {wanted.head_sha}")
    now = call.hub.now()
    run = CheckRun(
        id=call.hub.new_id(),
        sha=wanted.head_sha,
        name=wanted.name,
        conclusion=wanted.conclusion,
        title=wanted.output.title,
        summary=wanted.output.summary,
        annotations=[one.model_dump() for one in wanted.output.annotations],
        completed_at=now,
    )
    repo.check_runs[run.id] = run
    call.hub.touch()
    return Answer(201, check_run(call.hub, repo, run))


@routes.add("GET", f"{REPO}/check-runs/{{id}}")
def get_check_run(call: Call) -> Answer:
    repo, run = _run(call)
    return Answer(body=check_run(call.hub, repo, run))


@routes.add("GET", f"{REPO}/check-runs/{{id}}/annotations")
def list_annotations(call: Call) -> Answer:
    repo, run = _run(call)
    blob = f"{call.hub.base_url}/{repo.full_name}/blob/{run.sha}"
    unsaid = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    return page(call, run.annotations, lambda one: {**one, **unsaid, "blob_href": f"{blob}/{one['path']}"})


@routes.add("GET", f"{REPO}/commits/{{ref:path}}/check-runs")
def list_check_runs(call: Call) -> Answer:
    """The newest of each name, unless `filter=all`."""
    repo = call.repository("checks")
    sha = resolve(repo, call.params["ref"]).sha
    found = [run for run in repo.check_runs.values() if run.sha == sha] if call.query.get("filter") == "all" else []
    found = found or newest(repo, sha)
    return page(call, found, lambda run: check_run(call.hub, repo, run), key="check_runs")


def newest(repo: Repository, sha: str) -> list[CheckRun]:
    """What is shown of a commit: of each name the last."""
    return list({run.name: run for run in repo.check_runs.values() if run.sha == sha}.values())


def check_run(world: World, repo: Repository, run: CheckRun) -> Json:
    url, html = f"{repo_url(world, repo)}/check-runs/{run.id}", _html(world, repo, run)
    return {
        "id": run.id,
        "node_id": node_id("CR", repo.id, run.id),
        "head_sha": run.sha,
        "external_id": "",
        "name": run.name,
        "url": url,
        "html_url": html,
        "details_url": html,
        "status": "completed",
        "conclusion": run.conclusion,
        "started_at": run.completed_at,
        "completed_at": run.completed_at,
        "check_suite": None,
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": None,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "app": app(world),
        "pull_requests": [],
    }


def _html(world: World, repo: Repository, run: CheckRun) -> str:
    """The playground shows a check on the page of its pull request."""
    heads = (thread for thread in repo.threads.values() if thread.head and thread.head.sha == run.sha)
    thread = next(heads, None)
    return f"{thread_html(world, repo, thread)}#checks" if thread else f"{world.base_url}/{repo.full_name}"


def _run(call: Call) -> tuple[Repository, CheckRun]:
    repo = call.repository("checks")
    run = repo.check_runs.get(call.number("id"))
    if run is None:
        raise Refusal(404, "Not Found")
    return repo, run

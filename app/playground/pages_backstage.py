"""The pages behind the threads: who was notified, which webhooks went out, and what goes wrong on purpose."""

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.playground import pages_forms as forms
from app.playground import pages_view as view
from app.playground.faults import Faults
from app.playground.model import Refusal
from app.playground.pages_site import Site, back_to, number

MOST_DELIVERIES = 100
MOST_PEOPLE = 200


async def person(site: Site, request: Request) -> Response:
    """Remember whom the visitor speaks as."""
    form = await forms.posted(request)
    return back_to("/" + form["back"].lstrip("/\\"), forms.speaker(site.hub, form["person"]))


async def people(site: Site, request: Request) -> Response:
    state, repo = site.hub.state, site.default()
    known = [person for person in state.people.values() if person.kind != "Organization"]
    known.sort(key=lambda person: (-state.notifications.get(person.login, 0), person.id))
    rows = [
        (repo and view.voice(site.hub, repo, person.login), person, state.notifications.get(person.login, 0))
        for person in known[:MOST_PEOPLE]
    ]
    return site.page(request, "people.html", repo=repo, rows=rows)


async def deliveries(site: Site, request: Request) -> Response:
    """The log; a POST sends one again, or a ping."""
    if request.method == "POST":
        form = await forms.posted(request)
        if form["verb"] == "ping":
            site.hub.ping()
        else:
            site.hub.redeliver(delivery=form.number("delivery") or 0)
        return RedirectResponse("/deliveries", 303)
    names = {repo.id: repo.full_name for repo in site.hub.state.repositories.values()}
    rows = site.hub.state.deliveries[: -MOST_DELIVERIES - 1 : -1]
    return site.page(request, "deliveries.html", rows=rows, names=names, listener=site.hub.webhook_url)


async def delivery(site: Site, request: Request) -> Response:
    wanted = number(request.path_params["number"])
    for item in site.hub.state.deliveries:
        if item.id == wanted:
            payload = orjson.dumps(orjson.loads(item.payload), option=orjson.OPT_INDENT_2).decode()
            return site.page(request, "delivery.html", item=item, payload=payload)
    raise Refusal(404, "There is no such delivery; the log keeps the newest ones.")


async def faults(site: Site, request: Request) -> Response:
    refusal, values = None, {name: f"{value:g}" for name, value in forms.percents(site.hub.faults).items()}
    if request.method == "POST":
        form = await forms.posted(request)
        try:
            site.hub.faults = Faults() if form["verb"] == "off" else forms.faults_from(form)
            return RedirectResponse("/faults", 303)
        except ValidationError as error:
            first = error.errors()[0]
            refusal = Refusal(422, f"{str(first['loc'][0]).replace('_', ' ')}: {first['msg'].lower()}")
        except ValueError:
            refusal = Refusal(422, "Rates and times are numbers.")
        values |= form.fields
    return site.page(request, "faults.html", values=values, rates=forms.RATES, refusal=refusal)

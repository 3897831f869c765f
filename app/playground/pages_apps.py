"""The pages on which GitHub registers and installs an App: a manifest comes in, a person looks at it and agrees.

This GitHub knows one App, so a new registration takes the place of the old one: its key, its secret, its installations.
Source: docs.github.com, "Registering a GitHub App from a manifest".
"""

from secrets import token_hex, token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.pages import HEADERS
from app.playground import pages_forms as forms
from app.playground import render
from app.playground.auth import key_pair
from app.playground.model import App, Refusal
from app.playground.pages_site import Site
from app.playground.routing import Answer, Call, Routes

CODE_LIFE_S = 3600.0
UNASKED = frozenset({"installation", "installation_repositories"})
LONGEST_NAME = 34
routes = Routes()


class HookAttributes(BaseModel):
    url: str = Field(min_length=1)
    active: bool = True


class Manifest(BaseModel):
    """What GitHub reads of one; a key that it does not know is refused."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    url: str
    hook_attributes: HookAttributes
    redirect_url: str
    setup_url: str = ""
    description: str = ""
    public: bool = False
    default_permissions: dict[str, str] = {}
    default_events: list[str] = []


async def register(site: Site, request: Request) -> Response:
    """The form a manifest is posted to. What the person sees is sent again, with a name, to really register it."""
    form = await _any_form(request)
    manifest, state = _manifest(form.get("manifest", "")), request.query_params.get("state", "")
    owner = request.path_params.get("organization") or _person(site, request)
    if "name" not in form:
        action = f"{request.url.path}?{request.url.query}"
        page = site.page(request, "app_new.html", action=action, manifest=manifest, raw=form["manifest"], owner=owner)
        return _leading_to(manifest.redirect_url, page)
    if not forms.same_origin(request):
        raise Refusal(403, "This form was sent from another site, so nothing was done.")
    code = token_urlsafe(20)
    site.hub.codes[code] = (site.hub.clock() + CODE_LIFE_S, _registered(site, manifest, form["name"], owner))
    return RedirectResponse(f"{manifest.redirect_url}?{urlencode({'code': code, 'state': state})}", 302)


def _registered(site: Site, manifest: Manifest, name: str, owner: str) -> App:
    """The new App, in the place of the old one; its webhooks go where the manifest says."""
    hub = site.hub
    slug = "-".join(name.lower().split())[:LONGEST_NAME]
    key_pair.cache_clear()
    private, public = key_pair()
    hub.state.app = App(
        id=hub.new_id(),
        slug=slug,
        name=name[:LONGEST_NAME],
        owner=hub.person(owner).login,
        created_at=hub.now(),
        private_key=private,
        public_key=public,
        webhook_secret=token_hex(20),
        permissions={"metadata": "read"} | manifest.default_permissions,
        events=manifest.default_events,
        setup_url=manifest.setup_url,
    )
    hub.state.installations.clear()
    hub.state.tokens.clear()
    hub.set_webhook(url=manifest.hook_attributes.url)
    hub.ping()
    return hub.state.app


async def install(site: Site, request: Request) -> Response:
    """Choosing an account to install the App on; afterwards the person is led to where the App's owner wants them."""
    app = site.hub.state.app
    if request.path_params["slug"] != app.slug:
        raise Refusal(404, "There is no App of this name.")
    if request.method == "POST":
        form = await forms.posted(request)
        actor = _person(site, request)
        installation = site.hub.install(account=form["account"], actor=actor)
        query = urlencode({"installation_id": installation.id, "setup_action": "install"})
        return RedirectResponse(f"{app.setup_url}?{query}" if app.setup_url else "/", 303)
    taken = {item.account for item in site.hub.state.installations.values()}
    accounts = sorted({repo.owner for repo in site.hub.state.repositories.values()} - taken)
    answer = site.page(request, "app_install.html", app=app, accounts=accounts, taken=sorted(taken))
    return _leading_to(app.setup_url, answer)


@routes.add("POST", "/app-manifests/{code}/conversions")
def convert(call: Call) -> Answer:
    """The App's secrets, for whoever brings the code; once, and within an hour. No login is asked for."""
    until, app = call.hub.codes.pop(call.params["code"], (0.0, None))
    if app is None or until < call.hub.clock():
        raise Refusal(404, "Not Found")
    body: dict[str, Any] = render.app(call.hub) | {
        "client_secret": token_hex(20),
        "webhook_secret": app.webhook_secret,
        "pem": app.private_key,
    }
    return Answer(201, body)


def _leading_to(address: str, answer: Response) -> Response:
    """A form of this page may end at another site: browsers ask the page whether it may."""
    parts = urlsplit(address)
    policy = HEADERS["content-security-policy"]
    answer.headers["content-security-policy"] = policy.replace(
        "form-action 'self'", f"form-action 'self' {parts.scheme}://{parts.netloc}"
    )
    return answer


async def _any_form(request: Request) -> dict[str, str]:
    """A manifest comes from the page of another site: looking at it does nothing yet."""
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _manifest(text: str) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(422, f"Error in the manifest: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if wrong := sorted(UNASKED & set(manifest.default_events)):
        raise Refusal(422, f"Default events unsupported: {', '.join(wrong)}")
    return manifest


def _person(site: Site, request: Request) -> str:
    """Whom the visitor speaks as, else anybody."""
    return forms.remembered(request) or next(
        (one.login for one in site.hub.state.people.values() if one.kind == "User"), "ghost"
    )

"""What the pages of the web process and of the playground share: one look, one way to render, one set of headers.

`web` and `playground` may not import one another; both import this. Templates are Jinja with autoescape on, so
text from GitHub is shown and never interpreted; Markdown goes through `markdown` with raw HTML off.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

HERE = Path(__file__).parent
STATIC = {"style.css": "text/css", "page.js": "text/javascript", "mark.svg": "image/svg+xml"}

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
        "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

_markdown = MarkdownIt("gfm-like", {"html": False, "linkify": True, "breaks": True}).disable("image")


class Pages:
    """Renders the templates of one room; `templates` is its folder, `base` what every page of it shows."""

    def __init__(self, templates: Path, **base: object) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([templates, HERE / "templates"]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            ago=ago, markdown=markdown, money=money, count=count, moment=moment, seconds=seconds
        )
        self._environment.globals.update(base)

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        text = self._environment.get_template(template).render(**values)
        return HTMLResponse(text, status_code=status, headers=HEADERS)


def static(name: str) -> Response:
    """One of the few files every page loads; anything else is a 404."""
    kind = STATIC.get(name)
    if kind is None:
        return PlainTextResponse("no such file", status_code=404)
    headers = {"cache-control": "max-age=300", "x-content-type-options": "nosniff"}
    return FileResponse(HERE / "static" / name, media_type=kind, headers=headers)


def markdown(text: str | None) -> Markup:
    """GitHub-flavoured Markdown as HTML. Raw HTML is shown as text and images are not loaded."""
    return Markup(_markdown.render(text or ""))  # noqa: S704  markdown-it escapes everything with html off


def ago(when: datetime | str | None) -> str:
    """`3 min ago`, for people."""
    if when is None:
        return "never"
    moment_ = datetime.fromisoformat(when) if isinstance(when, str) else when
    passed = (datetime.now(UTC) - moment_).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if passed >= size:
            return f"{int(passed // size)} {unit} ago"
    return "just now" if passed < 5 else f"{int(passed)} s ago"


def moment(when: datetime | str | None) -> str:
    """To the second, in UTC."""
    moment_ = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{moment_.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment_ else ""


def money(usd: float) -> str:
    return f"${usd:.4f}" if 0 < usd < 1 else f"${usd:,.2f}"


def count(number: int) -> str:
    return f"{number:,}"


def seconds(value: float | None) -> str:
    """A duration in the unit people would use."""
    if value is None:
        return ""
    if value < 60:
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 3600 else f"{value / 3600:.1f} h"


def query(values: Mapping[str, Any]) -> str:
    """A query string of those values that say something."""
    from urllib.parse import urlencode

    return urlencode({name: value for name, value in values.items() if value not in (None, "")})

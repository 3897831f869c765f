"""A visitor of the playground's pages, by HTTP without a server, and what they read there."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import httpx

from app.playground.app import create_app
from app.playground.hub import Hub
from app.playground.pages import page_routes
from tests.playground.worlds import REPO

NEW = f"/{REPO}/new"
HOST = "http://playground.test"


@asynccontextmanager
async def visiting(hub: Hub, *, product_url: str = "", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    site = create_app(hub, pages=page_routes(hub, product_url=product_url))
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=headers) as client:
        yield client


def issue(hub: Hub, *, author: str = "visitor", title: str = "It broke", body: str = "Help.") -> str:
    """An issue's address."""
    number = hub.open_thread(actor=author, repo=REPO, title=title, body=body).number
    return f"/{REPO}/threads/{number}"


def only_thread(hub: Hub) -> Any:
    (thread,) = hub.state.repositories[REPO].threads.values()
    return thread


class Seen(HTMLParser):
    """The tags, attributes and table rows of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lines: dict[str, str] = {}
        self._line = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self._line = dict(attrs).get("id") or ""
        if tag == "td" and self._line:
            self.lines[self._line] = ""

    def handle_data(self, data: str) -> None:
        if self._line in self.lines:
            self.lines[self._line] += data

    def attributes(self, name: str) -> Iterator[str]:
        return (value for _, attrs in self.tags if (value := attrs.get(name)) is not None)


def source_lines(page: str) -> dict[str, str]:
    """L1 -> the text of line 1, of a file's page."""
    return {name: text.strip("\n") for name, text in Seen(page).lines.items()}

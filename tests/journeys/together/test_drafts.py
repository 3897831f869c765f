"""What waits for a person, from a question to the page and from there to GitHub: every part real."""

import re

import httpx

from tests.stage import QUESTION, Stage


class Person:
    """Somebody at the drafts page of one repository, by the forms that it has."""

    def __init__(self, client: httpx.AsyncClient, repository: str) -> None:
        self._client, self._repository = client, repository

    async def page(self) -> str:
        return (await self._client.get("/drafts", params={"repository": self._repository})).raise_for_status().text

    async def judge(self, card: str, verb: str, **fields: str) -> str:
        """The page that a decision leads to."""
        found = re.search(rf'action="(/drafts/\d+)/{verb}">(.*?)</form>', card, re.DOTALL)
        assert found is not None
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found[2]))
        answer = await self._client.post(f"{found[1]}/{verb}", data=hidden | fields)
        return answer.raise_for_status().text


def cards(page: str) -> list[str]:
    return page.split("<article")[1:]


def browser(on: Stage) -> httpx.AsyncClient:
    origin = (on.hub.webhook_url or "").removesuffix("/webhooks/github")
    return httpx.AsyncClient(base_url=origin, headers={"origin": origin}, follow_redirects=True)


async def test_a_draft_is_written_when_somebody_accepts_it_and_not_before(on: Stage):
    async with browser(on) as client:
        on.add_repository(mode="draft")
        number, person = on.ask(title=QUESTION).number, Person(client, on.repository)
        await on.settle()
        assert (on.labels(number), on.app_comments(number)) == ([], [])

        shown = cards(await person.page())
        labels = next(card for card in shown if "<textarea" not in card)
        comment = next(card for card in shown if "<textarea" in card)
        assert "question" in labels
        assert "Put the new secret first" in comment
        await person.judge(labels, "accept")
        on.hub.close(actor="grace", repo=on.repository, number=number)
        after = await person.judge(comment, "edit", body="Put the new one first.\n\nThen restart.")
        assert "Accepted. It is on its way." in after
        assert "Somebody decided before you" in await person.judge(comment, "decline", reason="verbose")
        await on.settle()
        assert on.labels(number) == ["question"]
        (written,) = on.app_comments(number)
        assert written.startswith("Put the new one first.\n\nThen restart.\n\n<!-- plumbline:1 ")
        assert cards(await person.page()) == []

        other = on.ask(title=QUESTION, actor="stranger").number
        await on.settle()
        for card in cards(await person.page()):
            await person.judge(card, "decline", reason="irrelevant")
        on.hub.comment(actor="grace", repo=on.repository, number=other, body="@plumbline retriage")
        await on.settle()
        assert cards(await person.page()) == []
        assert (on.labels(other), on.app_comments(other)) == ([], [])

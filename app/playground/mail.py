"""What leaves GitHub when something happens: webhooks for the App, notifications for people."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from app.playground import webhooks
from app.playground.model import DeliveryAttempt, Installation, Refusal, Repository, Thread
from app.playground.words import mentions
from app.playground.world import World

# GitHub forgets deliveries after three days; a long chaos run must not wait for that.
DELIVERIES_KEPT = 5_000


class Mail(World):
    """Queues deliveries for the courier (`deliver.py`) and counts notifications. Nothing is sent without a URL."""

    webhook_url: str | None = None
    _silent = False

    @property
    def outgoing(self) -> asyncio.Queue[DeliveryAttempt]:
        """Deliveries that wait for the courier; a restart puts back those that never left."""
        if not hasattr(self, "_outgoing"):
            self._outgoing: asyncio.Queue[DeliveryAttempt] = asyncio.Queue()
            for attempt in self.state.deliveries:
                if attempt.status is None:
                    self._outgoing.put_nowait(attempt)
        return self._outgoing

    async def deliveries_idle(self) -> None:
        """Wait until every webhook that was asked for has been tried; needs a running courier."""
        await self.outgoing.join()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Inside, nothing is sent and nobody is notified: for laying out a past that is not news."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def redeliver(self, *, delivery: int) -> DeliveryAttempt:
        """Send a delivery again under its own GUID, as a new entry of the log."""
        for attempt in self.state.deliveries:
            if attempt.id == delivery:
                again = self._again(attempt)
                again.redelivery = True
                return self._post(again)
        raise Refusal(404, "Not Found")

    def set_webhook(self, *, url: str | None) -> None:
        """Where deliveries go from now on; None sends nothing."""
        self.webhook_url = url

    def ping(self) -> None:
        """What GitHub sends when an App's webhook is set up."""
        self._send("ping", None, payload=webhooks.ping(self))

    def emit(
        self,
        event: str,
        action: str | None,
        *,
        actor: str,
        repo: Repository | None = None,
        parts: dict[str, Any],
    ) -> None:
        """A webhook about a repository, if the App is installed on it and listens to this kind of event."""
        self.touch()
        if self._silent or self.webhook_url is None or event not in self.state.app.events:
            return
        installation = self.installation_for(repo) if repo else None
        if installation is None or self.faults.hit(self.rng, self.faults.event_loss):
            return
        body = webhooks.payload(self, action=action, sender=actor, repo=repo, parts=parts)
        self._send(event, action, payload=body, installation=installation, repo=repo)

    def emit_installation(
        self, event: str, action: str, *, actor: str, installation: Installation, parts: dict[str, Any]
    ) -> None:
        """A webhook about an installation itself: GitHub sends these to every App."""
        self.touch()
        if self._silent or self.webhook_url is None:
            return
        body = webhooks.payload(self, action=action, sender=actor, repo=None, parts=parts)
        self._send(event, action, payload=body, installation=installation)

    def notify(self, repo: Repository, thread: Thread, *, actor: str, text: str, only_new: bool = False) -> None:
        """Count one notification for owners, participants and whom the text mentions, but never for the actor.

        With `only_new` (an edit) only people hear of it who are mentioned for the first time.
        """
        known = set(thread.subscribers)
        named = mentions(text)
        thread.subscribers.extend(sorted({actor.lower(), *named} - known))
        if self._silent:
            return
        owners = {login for login, role in repo.roles.items() if role == "owner"} | {repo.owner.lower()}
        self._count(named - known if only_new else known | named | owners, actor=actor)

    def _count(self, logins: Iterable[str], *, actor: str) -> None:
        for login in logins:
            # Nobody reads the mail of an App, and `@slug` is what people call one.
            person = self.find_person(f"{login}[bot]") or self.find_person(login)
            if login != actor.lower() and (person is None or person.kind == "User"):
                name = person.login if person else login
                self.state.notifications[name] = self.state.notifications.get(name, 0) + 1

    def _send(
        self,
        event: str,
        action: str | None,
        *,
        payload: bytes,
        installation: Installation | None = None,
        repo: Repository | None = None,
    ) -> None:
        attempt = DeliveryAttempt(
            id=self.new_id(),
            guid=str(uuid4()),
            event=event,
            action=action,
            installation=installation.id if installation else None,
            repository=repo.id if repo else None,
            payload=payload,
            delivered_at=self.now(),
        )
        self._post(attempt)
        if self.faults.hit(self.rng, self.faults.event_duplicate):
            self._post(self._again(attempt))

    def _again(self, attempt: DeliveryAttempt) -> DeliveryAttempt:
        return replace(
            attempt,
            id=self.new_id(),
            delivered_at=self.now(),
            status=None,
            outcome="Pending",
            duration=0.0,
            answer="",
        )

    def _post(self, attempt: DeliveryAttempt) -> DeliveryAttempt:
        queue = self.outgoing
        self.state.deliveries.append(attempt)
        if len(self.state.deliveries) > 2 * DELIVERIES_KEPT:
            del self.state.deliveries[:DELIVERIES_KEPT]
        queue.put_nowait(attempt)
        self.touch()
        return attempt

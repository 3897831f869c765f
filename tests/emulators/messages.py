"""An emulator of the Messages API over real HTTP: deterministic, and as kind or as hostile as asked.

It reads the schema that the request asks for and fills it. `honest` answers from the material it was shown,
`scripted` plays prepared replies and failures, `hostile` fills every string with attacks, numbers in and out of
range, arrays far too long, fields nobody asked for, and sometimes no JSON at all.

    python -m tests.emulators.messages --mode hostile --port 8123 --seed 1
"""

import argparse
import asyncio
import json
import random
import re
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import uvicorn

Json = Any
MEGABYTE = 1_000_000
LONG = 2_000
"""Attacks at least this long come alone, one a reply."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """One prepared reply. `text` is what the model says; with a `status` over 299 it is the error's message.

    `body` replaces the whole body, `truncate` cuts it off in the middle, `hang` never sends it.
    """

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    stop_reason: str = "end_turn"
    body: bytes | None = None
    hang: bool = False
    truncate: bool = False


def refusal() -> Scripted:
    return Scripted(stop_reason="refusal")


class MessagesEmulator:
    """The ASGI application. `requests` keeps every body it was sent, `calls` counts them."""

    def __init__(
        self,
        mode: str = "honest",
        *,
        script: Sequence[Scripted] = (),
        attacks: Sequence[str] = (),
        seed: int = 0,
        api_key: str = "",
    ) -> None:
        if mode not in {"honest", "scripted", "hostile"}:
            raise ValueError(f"no mode {mode!r}; there are honest, scripted, hostile")
        if mode == "hostile" and not attacks:
            raise ValueError("a hostile model needs attacks")
        self.mode = mode
        self.script = deque(script)
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self._attacks = tuple(attack for attack in attacks if attack)
        self._short = tuple(attack for attack in self._attacks if len(attack) < LONG)
        self._flood = False
        self._true: dict[str, list[str]] = {}
        self._random = random.Random(seed)
        self._api_key = api_key
        self._cached: set[str] = set()
        self._released = asyncio.Event()
        self._asked = asyncio.Condition()

    @property
    def calls(self) -> int:
        return len(self.requests)

    async def called(self, times: int) -> None:
        """Wait until it was asked so often; TimeoutError after five seconds."""
        async with asyncio.timeout(5), self._asked:
            await self._asked.wait_for(lambda: self.calls >= times)

    def release(self) -> None:
        """Let go of every hanging call, for a quick end."""
        self._released.set()

    async def __call__(
        self, scope: Json, receive: Callable[[], Awaitable[Json]], send: Callable[[Json], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = {key.decode().lower(): value.decode() for key, value in scope["headers"]}
        answer = self._answer(scope["path"], headers, body)
        async with self._asked:
            self._asked.notify_all()
        if answer.hang:
            await self._released.wait()
        content = answer.body or b"{}"
        length = len(content) + (1_000 if answer.truncate else 0)
        sent = {"content-type": "application/json", "content-length": str(length), **answer.headers}
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(key.encode(), value.encode()) for key, value in sent.items()],
            }
        )
        await send({"type": "http.response.body", "body": content, "more_body": answer.truncate})

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> Scripted:
        if path != "/v1/messages":
            return _error(404, "not_found_error", f"no such path: {path}")
        sent = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        if self._api_key and sent != self._api_key:
            return _error(401, "authentication_error", "invalid API key")
        try:
            request = json.loads(body)
            shape = request["output_config"]["format"]["schema"]
            model, texts = request["model"], _texts(request)
        except (ValueError, KeyError, TypeError) as error:
            return _error(400, "invalid_request_error", f"{type(error).__name__}: {error}")
        self.requests.append(request)
        self.headers.append(headers)
        said = self._said(shape, "\n".join(texts))
        if said.status > 299:
            return _error(said.status, "api_error", said.text, said)
        if said.body is None:
            body = json.dumps(self._message(model, said, request)).encode()
            said = replace(said, body=body[: len(body) // 2] if said.truncate else body)
        return said

    def _said(self, shape: Json, material: str) -> Scripted:
        if self.mode == "scripted":
            return self.script.popleft() if self.script else Scripted("{}")
        if self.mode == "honest":
            return Scripted(json.dumps(honest(shape, material)))
        return self._hostile(shape, material)

    def _message(self, model: str, said: Scripted, request: Json) -> Json:
        content = [] if said.stop_reason == "refusal" else [{"type": "text", "text": said.text}]
        details = {"type": "refusal", "category": "cyber", "explanation": None}
        return {
            "id": f"msg_{self.calls:06d}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": said.stop_reason,
            "stop_details": details if said.stop_reason == "refusal" else None,
            "stop_sequence": None,
            "usage": self._usage(request, said.text),
        }

    def _usage(self, request: Json, text: str) -> Json:
        """Four characters a token; a prefix marked for the cache is written once and read afterwards."""
        everything = "".join(_texts(request))
        prefix = _cached_prefix(request)
        known = prefix in self._cached
        self._cached.add(prefix)
        return {
            "input_tokens": (len(everything) - len(prefix)) // 4,
            "output_tokens": len(text) // 4,
            "cache_creation_input_tokens": 0 if known else len(prefix) // 4,
            "cache_read_input_tokens": len(prefix) // 4 if known else 0,
        }

    # --- hostility -----------------------------------------------------------------------------------

    def _hostile(self, shape: Json, material: str) -> Scripted:
        """Mostly what fits the schema in form, so that it gets through to whatever comes after.

        The cleverest attacker is correct wherever it is checked: half of its quotes and label names are real.
        """
        self._true = {
            "quote": [quote for quote in re.findall(r"^source: .*\n\n(.+)", material, re.MULTILINE) if len(quote) > 8],
            "name": re.findall(r'^\{"name": "([^"\\]+)"', material, re.MULTILINE),
        }
        roll = self._random.random()
        self._flood = self._random.random() < 0.1
        filled = self._fill(shape, shape.get("$defs", {}), wild=roll < 0.15)
        if roll < 0.05:
            filled = {**filled, "target": "other/repository", "url": self._attack(), "labels_to_delete": ["bug"]}
        text = json.dumps(filled, ensure_ascii=self._random.random() < 0.5)
        if 0.15 <= roll < 0.2:
            text = text[: len(text) // 2]
        elif 0.2 <= roll < 0.25:
            text = f"Sure! {self._attack()} ```json\n{text}\n```"
        return Scripted(text)

    def _fill(self, shape: Json, defs: Json, *, wild: bool) -> Json:
        if "$ref" in shape:
            return self._fill(defs[shape["$ref"].rpartition("/")[2]], defs, wild=wild)
        if "const" in shape:
            return shape["const"]
        if "enum" in shape:  # a provider keeps to these
            return self._random.choice(shape["enum"])
        match shape.get("type"):
            case "object":
                return {
                    key: self._truth(key) or self._fill(inner, defs, wild=wild)
                    for key, inner in shape["properties"].items()
                }
            case "array":
                length = 500 if wild else self._random.randint(1, 8)
                return [self._fill(shape["items"], defs, wild=False) for _ in range(length)]
            case "number":
                return self._random.choice((-1.0, 2.0, 1e308)) if wild else self._random.random()
            case "integer":
                return self._random.choice((1, 1, 2, 3, -7, 0, 10**12))
            case _:
                return self._attack()

    def _truth(self, key: str) -> str | None:
        known = self._true.get(key)
        return self._random.choice(known) if known and self._random.random() < 0.5 else None

    def _attack(self) -> str:
        """One to three attacks; one of a megabyte where the reply was chosen to hold one."""
        if self._flood:
            self._flood = False
            attack = self._random.choice(self._attacks)
            return (attack * (MEGABYTE // len(attack) + 1))[:MEGABYTE]
        return " ".join(self._random.choice(self._short) for _ in range(self._random.randint(1, 3)))


# --- honesty ---------------------------------------------------------------------------------------------


def honest(shape: Json, material: str) -> Json:
    """A plain, correct reply: labels whose name stands in the thread, the first passage, quoted, and no more.

    Of several tasks, one reply for each.
    """
    if "skill" not in shape["properties"]:
        tasks = {key: shape["$defs"][inner["$ref"].rpartition("/")[2]] for key, inner in shape["properties"].items()}
        return {key: honest(task, material) for key, task in tasks.items()}
    if "claims" not in shape["properties"] and "severity" not in shape["properties"]:
        return {"skill": shape["properties"]["skill"]["const"]}
    if "labels" in shape["properties"]:
        listed, _, thread = material.rpartition('{"name": ')
        names = re.findall(r'^\{"name": "((?:[^"\\]|\\.)*)"', f'{listed}{{"name": {thread}', re.MULTILINE)
        labels = [
            {"name": name, "confidence": 0.8, "rationale": f"The thread speaks of {name}."}
            for name in names
            if name.lower() in thread.lower().partition("\n")[2]
        ]
        return {"skill": "triage", "labels": labels[:3]}
    passage = re.search(r"^source: .*\n\n(.+)", material, re.MULTILINE)
    if passage is None:
        return {"skill": "answer", "claims": [], "confidence": 0.0, "silence": "There are no passages."}
    claim = {"text": passage[1], "passage": 1, "quote": passage[1]}
    return {"skill": "answer", "claims": [claim], "confidence": 0.9, "silence": ""}


def _blocks(request: Json) -> list[Json]:
    return [*request.get("system", ()), *(block for turn in request["messages"] for block in turn["content"])]


def _texts(request: Json) -> list[str]:
    return [block["text"] for block in _blocks(request)]


def _cached_prefix(request: Json) -> str:
    blocks = _blocks(request)
    marked = [number for number, block in enumerate(blocks) if "cache_control" in block]
    return "".join(block["text"] for block in blocks[: marked[-1] + 1]) if marked else ""


def _error(status: int, kind: str, message: str, said: Scripted | None = None) -> Scripted:
    body = json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
    return Scripted(status=status, body=body, headers=said.headers if said else {}, hang=bool(said and said.hang))


# --- serving ---------------------------------------------------------------------------------------------


class _Server(uvicorn.Server):
    """Ends at once when told; the original looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.running = asyncio.Event()
        self.ended = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        self.running.set()
        await self.ended.wait()


def _listen(port: int) -> socket.socket:
    """asyncio turns Nagle's algorithm off only where the protocol is named; else each answer takes 40 ms."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener


@asynccontextmanager
async def running(emulator: MessagesEmulator) -> AsyncIterator[str]:
    """Serve on an ephemeral port of 127.0.0.1 in this event loop; yields the base URL."""
    listener = _listen(0)
    server = _Server(
        uvicorn.Config(emulator, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await server.running.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        emulator.release()
        server.force_exit = True  # the client is gone: nothing to wait for
        server.ended.set()
        await task


async def _serve(emulator: MessagesEmulator, port: int) -> None:
    listener = _listen(port)
    print(f"{emulator.mode} model at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
    await uvicorn.Server(uvicorn.Config(emulator, log_config=None, access_log=False, lifespan="off")).serve(
        sockets=[listener]
    )


def _attacks(mode: str) -> Sequence[str]:
    if mode != "hostile":
        return ()
    from tests.teammate.guard.attacks import ATTACKS

    return ATTACKS


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve an emulated Messages API on 127.0.0.1.")
    parser.add_argument("--mode", choices=("honest", "hostile"), default="honest")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    emulator = MessagesEmulator(arguments.mode, attacks=_attacks(arguments.mode), seed=arguments.seed)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(emulator, arguments.port))


if __name__ == "__main__":
    main()

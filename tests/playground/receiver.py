"""An App's webhook endpoint that keeps what it got and answers what it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Receiver:
    """`status` is what it answers; with None it never does. Header names are in lower case."""

    status: int | None = 202
    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    serving: set[asyncio.Task[None] | None] = field(default_factory=set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")[1:-2]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
                if self.status is None:
                    await reader.read()
                    return
                writer.write(f"HTTP/1.1 {self.status} Answer\r\ncontent-length: 2\r\n\r\nok".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(status: int | None = 202) -> AsyncIterator[Receiver]:
    receiver = Receiver(status)
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhooks/github"
    try:
        yield receiver
    finally:
        server.close()
        await asyncio.gather(*(task for task in receiver.serving if task))

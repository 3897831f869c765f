"""The wires between a worker and its ports, where it may die at any call and where people may act in between."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


class Died(BaseException):
    """The worker's process was killed."""


@dataclass
class Wires:
    """Between a worker and its ports. At the call numbered `at` the worker dies, before or after it was made; before
    each call named `before` somebody acts.
    """

    calls: int = 0
    at: int = 0
    fate: str = ""
    before: str = ""
    act: Callable[[], None] | None = None
    dead: bool = False

    def arm(self, at: int = 0, fate: str = "", *, before: str = "", act: Callable[[], None] | None = None) -> None:
        self.calls, self.at, self.fate, self.before, self.act = 0, at, fate, before, act

    async def call(self, method: Callable[..., Coroutine[Any, Any, T]], *args: Any, **options: Any) -> T:
        self.calls += 1
        now = self.calls == self.at
        if self.act and method.__name__ == self.before:
            self.act()
        if self.dead or (now and self.fate == "dies before"):
            self.dead = True
            raise Died
        result = await method(*args, **options)
        if now and self.fate == "dies after":
            self.dead = True
            raise Died
        return result


class Wired:
    def __init__(self, port: object, wires: Wires) -> None:
        self._port, self._wires = port, wires

    def __getattr__(self, name: str) -> Any:
        method, wires = getattr(self._port, name), self._wires
        if not asyncio.iscoroutinefunction(method):
            return method
        return lambda *args, **options: wires.call(method, *args, **options)

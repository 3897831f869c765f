"""A world with its own time: one seeded scheduler steps coroutines, nothing else runs.

A coroutine gives way by awaiting `pause`; that is where others run, where it may freeze and where it may die. No
event loop and no real clock is involved, so a schedule is a pure function of its seed.
"""

import heapq
import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.clock import START


@types.coroutine
def pause(seconds: float) -> Generator[float, None, None]:
    yield seconds


@dataclass
class Scheduler:
    """`interrupt` is asked at every pause of an actor: extra seconds to freeze it, or None to let it die there.

    `alive` is asked before it goes on: its process may have died while it was waiting or frozen.
    """

    time: float = 0.0
    steps: int = 0
    _heap: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time)

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        """Call it `seconds` from now, whoever lives then."""
        self.steps += 1
        heapq.heappush(self._heap, (self.time + seconds, self.steps, call))

    def start(
        self,
        actor: Coroutine[Any, Any, None],
        *,
        alive: Callable[[], bool],
        interrupt: Callable[[], float | None],
    ) -> None:
        def step() -> None:
            if not alive():
                actor.close()
                return
            try:
                seconds = actor.send(None)
            except StopIteration:
                return
            extra = interrupt()
            if extra is None:
                actor.close()
            else:
                self.at(seconds + extra, step)

        self.at(0.0, step)

    def run(self, finished: Callable[[], bool], until: float) -> bool:
        """Step until `finished`; False when `until` (seconds) came first."""
        while self._heap:
            if finished():
                return True
            self.time, _, call = heapq.heappop(self._heap)
            if self.time > until:
                return False
            call()
        return finished()

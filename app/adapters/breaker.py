"""CircuitBreaker: stop asking a service that does not answer, and find out cheaply when it does again.

closed --(5 failures in a row within 60 s)--> open --(30 s)--> half-open: one probe.
The probe is answered: closed again. It fails: open for another 30 s.
It holds no timer and no task: the time is asked for only when somebody wants to call.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class BreakerOpen(Exception):
    """Not now; `seconds` until the next probe may go."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"circuit open for another {seconds:.0f} s")
        self.seconds = seconds


class CircuitBreaker:
    """Shared by every call of one process to one service. Durations are seconds.

    `counts` are the exceptions that say the service itself is in trouble. Any other exception that comes from
    an answer (a refused key, say) proves that it is alive; a cancelled call proves nothing.
    """

    def __init__(
        self,
        counts: tuple[type[Exception], ...],
        *,
        failures: int = 5,
        window_s: float = 60.0,
        cooldown_s: float = 30.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counts = counts
        self._window_s = window_s
        self._cooldown_s = cooldown_s
        self._now = now
        self._failed_at: deque[float] = deque(maxlen=failures)
        self._probe_at: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        return self._probe_at is not None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """One call to the service. Raises BreakerOpen instead of entering when there is no point."""
        probe = self._admit()
        try:
            yield
        except self._counts:
            self._failure(probe=probe)
            raise
        except Exception:
            self._success()
            raise
        except BaseException:
            self._probing = self._probing and not probe
            raise
        self._success()

    def _admit(self) -> bool:
        """Whether this call is the probe."""
        if self._probe_at is None:
            return False
        wait = self._probe_at - self._now()
        if wait > 0 or self._probing:
            raise BreakerOpen(max(wait, 0.0))
        self._probing = True
        return True

    def _failure(self, *, probe: bool) -> None:
        now = self._now()
        self._failed_at.append(now)
        if probe:
            self._probing = False
        elif self._probe_at is not None or not self._is_burst(now):
            return  # a straggler from before it opened must not push the probe away
        self._probe_at = now + self._cooldown_s

    def _is_burst(self, now: float) -> bool:
        full = len(self._failed_at) == self._failed_at.maxlen
        return full and now - self._failed_at[0] <= self._window_s

    def _success(self) -> None:
        self._failed_at.clear()
        self._probe_at = None
        self._probing = False

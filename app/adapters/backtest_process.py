"""`plumbline backtest` as a program of its own, with the least claim to the processor and an end by the clock."""

import asyncio
import os
import signal
import sys
from contextlib import suppress

from app.teammate.summarize import LONGEST, BacktestFailed

NICENESS = 15
LAST_WORDS = 300


async def backtest_process(repository: str) -> bytes:
    """The last line of its standard output. BacktestFailed with its last sentence, or when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", str(NICENESS), sys.executable, "-m", "app.cli", "backtest", repository, "--json"),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(LONGEST.total_seconds()):
            out, err = await process.communicate()
    except TimeoutError:
        raise BacktestFailed(f"it was not done within {LONGEST}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    lines = [line.strip() for line in (out if process.returncode == 0 else err).decode(errors="replace").splitlines()]
    last = next((line for line in reversed(lines) if line), "")
    if process.returncode != 0:
        raise BacktestFailed(last[-LAST_WORDS:] or f"it ended with {process.returncode}")
    return last.encode()

"""What arq calls: two jobs, each wakes the hands and is done within a millisecond.

A job names an id but the hands claim whatever is fairest to do next, so a bell that is late, doubled or lost
changes nothing. Keeping jobs this short also keeps arq's own lease (job timeout + 10 s after a crash) off
everybody's way.
"""

from typing import Any

from worker.hands import Hands


async def work(ctx: dict[str, Any], _work_id: int) -> None:
    hands: Hands = ctx["work_hands"]
    hands.wake()


async def effects(ctx: dict[str, Any], _effect_id: int) -> None:
    hands: Hands = ctx["effect_hands"]
    hands.wake()

import asyncio

from app.store.engine import Database
from app.store.keys import marker_key


async def test_the_key_is_made_once_even_when_many_ask_at_once(database: Database):
    keys = await asyncio.gather(*(marker_key(database) for _ in range(12)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert await marker_key(database) == keys[0]

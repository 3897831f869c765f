"""The schema that editors fetch."""

import httpx
from fastapi import FastAPI

from app.teammate.settings_schema import settings_schema
from app.web.schema import schema_router


async def test_editors_get_the_schema_from_anywhere():
    app = FastAPI()
    app.include_router(schema_router())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://plumbline.test") as client:
        answer = await client.get("/schema/plumbline.json")
    assert answer.json() == settings_schema()
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.headers["access-control-allow-origin"] == "*"

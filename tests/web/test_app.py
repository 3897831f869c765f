import subprocess
import sys

from fastapi import APIRouter

from app.web.app import create_app
from app.web.health import Vitals
from tests.fakes.bell import FakeBell
from tests.web.served import MemoryInbox, answers, get, healthy, opened, post, served


async def test_everything_but_the_webhook_is_fastapi():
    async with served() as web:
        assert (await get(web, "/nowhere")).status == 404
        assert (await get(web, "/openapi.json")).status == 404
        assert (await post(web, opened())).status == 202


async def test_pages_join_as_routers():
    router = APIRouter()

    @router.get("/page")
    async def page() -> str:
        return "hello"

    app = create_app(
        inbox=MemoryInbox(),
        bell=FakeBell(),
        secrets=(b"secret",),
        handle="plumbline",
        vitals=Vitals(backlog=healthy, bell=answers),
        routers=(router,),
    )
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/page", "headers": [], "query_string": b"", "root_path": ""}
    await app(scope, receive, send)
    assert sent[0]["status"] == 200
    assert sent[1]["body"] == b'"hello"'


def test_the_web_process_loads_no_model_no_client_and_no_queue():
    code = "import sys, app.web.app; print(*(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "fastapi" in loaded
    assert not {"anthropic", "githubkit", "arq", "langsmith", "sqlalchemy", "asyncpg", "redis"} & set(loaded)

"""The JSON Schema of `.github/plumbline.yml`, served for editors from the very version that reads the file."""

from fastapi import APIRouter
from fastapi.responses import Response

from app.teammate.settings_schema import schema_text


def schema_router() -> APIRouter:
    """GET /schema/plumbline.json."""
    router = APIRouter(include_in_schema=False)
    text = schema_text()

    @router.get("/schema/plumbline.json")
    async def schema() -> Response:
        headers = {"access-control-allow-origin": "*", "cache-control": "public, max-age=3600"}
        return Response(text, media_type="application/schema+json", headers=headers)

    return router

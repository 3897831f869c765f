"""Which embedder the settings ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.system_clock import SystemClock
from app.ports import Embedder
from app.settings import Settings

HOW_TO_BUNDLE = "`make install` tries again to set the bundled encoder up"


@asynccontextmanager
async def open_embedder(settings: Settings) -> AsyncIterator[Embedder | None]:
    """None where there is to be none, or the bundled one is not installed: then everything goes by words alone.

    ConfigurationError where the setting makes no sense. Nothing is loaded and nobody is asked yet.
    """
    match settings.embeddings:
        case "none":
            yield None
        case "bundled":
            from app.adapters.minilm import MiniLM, bundled_directory

            directory = bundled_directory()
            yield MiniLM(directory) if directory else None
        case url:
            import httpx

            from app.adapters.openai_embeddings import OpenAIEmbeddings

            async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113  # one deadline holds over all of it
                yield OpenAIEmbeddings(
                    client=client,
                    url=url,
                    model=settings.embeddings_model,
                    key=settings.embeddings_key.get_secret_value(),
                    dimensions=settings.embeddings_dimensions,
                    clock=SystemClock(),
                )

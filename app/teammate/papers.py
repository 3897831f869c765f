"""Papers: what is kept of a repository's files besides their passages, when it is indexed."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache

from app.knowledge import codeowners, labeler
from app.knowledge.symbols import Symbols, symbols_of
from app.ports import Papers

FORMS = ".github/ISSUE_TEMPLATE/"
_LONGEST = 128 * 1024


def papers_in(files: Mapping[str, str]) -> dict[str, str]:
    """Issue forms, code owners and labelling rules, by path."""
    wanted = {*codeowners.PLACES, labeler.PLACE}
    return {
        path: text[:_LONGEST]
        for path, text in files.items()
        if path in wanted or (path.startswith(FORMS) and path.endswith((".yml", ".yaml", ".md")))
    }


async def keep_papers(papers: Papers, repository_id: int, files: Mapping[str, str]) -> None:
    """Of all files of the newest commit; reading millions of characters for names leaves the event loop alone."""
    symbols = await asyncio.to_thread(lambda: Symbols.merge(symbols_of(path, text) for path, text in files.items()))
    await papers.keep(repository_id, papers_in(files), symbols.dump())


async def known_symbols(papers: Papers, repository_id: int) -> Symbols:
    stored = await papers.symbols(repository_id)
    return _loaded(stored) if stored else Symbols()


@lru_cache(maxsize=16)
def _loaded(stored: bytes) -> Symbols:
    return Symbols.load(stored)

"""What is kept of a repository besides its passages."""

from app.knowledge.symbols import Symbols
from app.teammate.papers import keep_papers, known_symbols, papers_in
from tests.fakes.papers import FakePapers

FILES = {
    ".github/ISSUE_TEMPLATE/bug.yml": "name: Bug",
    ".github/ISSUE_TEMPLATE/config.txt": "no form",
    ".github/CODEOWNERS": "* @ada",
    ".github/labeler.yml": "docs: docs/**",
    "app/engine.py": "def open_lanes(count): ...",
    "README.md": "Run it with `--lanes 3`.",
}


def test_forms_and_rules_are_kept_and_nothing_else():
    assert set(papers_in(FILES)) == {".github/ISSUE_TEMPLATE/bug.yml", ".github/CODEOWNERS", ".github/labeler.yml"}


async def test_names_of_all_files_resolve_afterwards_and_misspelt_ones_do_not():
    papers = FakePapers()
    await keep_papers(papers, 840, FILES)
    symbols = await known_symbols(papers, 840)
    assert [name for name in ("open_lanes", "open_lane", "--lanes", "--lane") if symbols.knows(name)] == [
        "open_lanes",
        "--lanes",
    ]
    assert await known_symbols(papers, 841) == Symbols()

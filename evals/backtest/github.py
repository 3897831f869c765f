"""A repository's history from GitHub, through the App that is installed on it."""

from app.domain.past import PastThread
from app.domain.thread import RepositoryRef
from app.errors import ConfigurationError
from app.ports import GitHubReader


async def read_history(reader: GitHubReader, name: str) -> list[PastThread]:
    """All issues and pull requests. ConfigurationError where the App is not installed, else GitHubError."""
    ref = await _find(reader, name)
    return [thread async for page in reader.history(ref) for thread in page]


async def _find(reader: GitHubReader, name: str) -> RepositoryRef:
    owner = name.partition("/")[0]
    for installation in await reader.installations():
        if installation.account.lower() == owner.lower() and not installation.suspended:
            for ref in await reader.installation_repositories(installation.installation_id):
                if ref.name.lower() == name.lower():
                    return ref
    raise ConfigurationError(f"the GitHub App is not installed on {name}; install it there, or name a file of threads.")

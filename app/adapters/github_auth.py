"""Being the App: its JWT, and an installation token for exactly one repository.

Sources: docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App" and "Generating an installation access
token for a GitHub App". Tokens are opaque: the `ghs_` ones of 2026 are some 520 characters long.
"""

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.adapters.github_http import GitHubHttp, Raw, before_it_left, read_answer
from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef
from app.errors import ConfigurationError, GitHubError

JWT_LIFE_S = 540
"""GitHub allows ten minutes; a minute is left for clocks that run fast."""
JWT_RENEW_S = 480
EARLY_S = 60.0
"""A token is not used in its last minute."""
FRESH_S = 10.0
"""GitHub may refuse a token for some seconds after minting it: a younger one is kept, an older one is dropped."""

Key = tuple[int, int]
"""Installation and repository; repository 0 stands for all of the installation's."""


@dataclass(frozen=True, slots=True)
class Token:
    """`minted` and `expires` are this process's monotonic seconds, so a wrong wall clock does not matter."""

    text: str
    minted: float
    expires: float


class GitHubAuth:
    """Mints and keeps tokens; of fifty callers that want the same one, one mints and the others wait."""

    def __init__(self, http: GitHubHttp, *, app_id: int, private_key: str) -> None:
        self._http = http
        self._app_id = app_id
        self._key = _signing_key(private_key)
        self._jwt = ("", float("-inf"))
        self._skew_s = 0.0
        self._tokens: dict[Key, Token] = {}
        self._minting: defaultdict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    def app_token(self) -> str:
        """The App's own JWT, made anew every eight minutes."""
        text, made = self._jwt
        if time.monotonic() > made + JWT_RENEW_S:
            now = int(time.time() + self._skew_s)
            claims = {"iss": str(self._app_id), "iat": now - 60, "exp": now + JWT_LIFE_S}
            text = jwt.encode(claims, self._key, algorithm="RS256")
            self._jwt = (text, time.monotonic())
        return text

    def app_token_refused(self, raw: Raw) -> None:
        """GitHub refused our JWT: if our clock differs from its own, the next one is made by its clock."""
        try:
            self._skew_s = parsedate_to_datetime(raw.headers["date"]).timestamp() - time.time()
        except (KeyError, ValueError, TypeError):
            return
        self._jwt = ("", float("-inf"))

    async def token(self, installation_id: int, repository_id: int = 0) -> str:
        """A token for one repository, or for all of the installation. GitHubError where GitHub gives none."""
        key = (installation_id, repository_id)
        async with self._minting[key]:
            token = self._tokens.get(key)
            if token is None or time.monotonic() > token.expires - EARLY_S:
                token = self._tokens[key] = await self._mint(key)
            return token.text

    async def for_repository(self, ref: RepositoryRef) -> str:
        return await self.token(ref.installation_id, ref.repository_id)

    def refused(self, text: str) -> bool:
        """GitHub answered 401 to this token: drop it unless it is fresh. True when a new one is worth a try."""
        for key, token in self._tokens.items():
            if token.text == text and time.monotonic() > token.minted + FRESH_S:
                del self._tokens[key]
                return True
        return False

    async def _mint(self, key: Key) -> Token:
        installation_id, repository_id = key
        # Permissions are not narrowed: asking for one that is not granted yet would refuse the whole token.
        wanted = {"repository_ids": [repository_id]} if repository_id else {}
        url = f"/app/installations/{installation_id}/access_tokens"
        started = time.monotonic()
        try:
            raw = await self._http.once("POST", url, token=self.app_token(), json=wanted)
        except ConnectionRefusedError as error:
            raise GitHubError("token", WriteAnswer(None, str(error), stage="token")) from None
        if raw.status == 401:
            self.app_token_refused(raw)
        try:
            data = raw.json()
            life_s = _life(data["expires_at"], raw)
            return Token(data["token"], started, started + life_s)
        except (ValueError, KeyError, TypeError):
            answer = before_it_left(read_answer(raw))
            if answer.status is not None and answer.status < 300:
                answer = WriteAnswer(None, "GitHub's answer was cut off", stage="token")
            raise GitHubError("token", answer) from None


def _signing_key(pem: str) -> RSAPrivateKey:
    """Read once: checking an RSA key takes as long as fifty requests."""
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):
        key = load_pem_private_key(pem.encode(), None)
        if isinstance(key, RSAPrivateKey):
            return key
    raise ConfigurationError(
        "GITHUB_PRIVATE_KEY is not an RSA key in PEM form: give the text of the file that GitHub let you "
        "download for this App, or the file's path."
    )


def _life(expires_at: str, raw: Raw) -> float:
    """How long a token lives from now, by GitHub's own clock where it tells it, an hour at most."""
    ends = datetime.fromisoformat(expires_at)
    now = parsedate_to_datetime(raw.headers["date"]) if "date" in raw.headers else datetime.now(ends.tzinfo)
    return min(max((ends - now).total_seconds(), 0.0), 3600.0)

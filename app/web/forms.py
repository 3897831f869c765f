"""Forms that change something: only our own page, in the browser it was given to, can send them.

Each carries a token that is signed, bound to a cookie of the browser and good for half a day; and browsers say from
where a form was sent, so that no other site can press a button for anybody.
"""

from secrets import token_urlsafe
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response

from app.web.door import Seal
from app.web.pages import whole

FORM_LIFE_S = 12 * 3600
LARGEST_FORM = 100_000


class Forms:
    """Of one page, at `path`; `cookie` names what its browsers keep."""

    def __init__(self, seal: Seal, cookie: str, path: str) -> None:
        self._seal = seal
        self._cookie = cookie
        self._path = path

    def browser(self, request: Request) -> str:
        """What this browser is told by, from now on if it has nothing yet."""
        return request.cookies.get(self._cookie) or token_urlsafe(16)

    def token(self, browser: str) -> str:
        return self._seal.close(self._cookie, {"browser": browser}, life_s=FORM_LIFE_S)

    def keep(self, request: Request, answer: Response, browser: str) -> Response:
        secure = request.url.scheme == "https"
        answer.set_cookie(self._cookie, browser, path=self._path, httponly=True, samesite="lax", secure=secure)
        return answer

    async def read(self, request: Request) -> dict[str, str] | None:
        """The fields of a form that this browser got from us; None for any other."""
        size = whole(request.headers.get("content-length", ""), LARGEST_FORM)
        if size is None or not _same_origin(request):
            return None
        async with request.form(max_files=0) as sent:
            form = {name: value for name, value in sent.items() if isinstance(value, str)}
        held = self._seal.open(self._cookie, form.get("token", ""))
        browser = request.cookies.get(self._cookie, "")
        return form if browser and held is not None and held["browser"] == browser else None


def _same_origin(request: Request) -> bool:
    """Browsers say where a form was sent from; whoever says nothing is no browser of ours."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if (site or "same-origin") != "same-origin":
        return False
    return bool(site) if origin is None else urlsplit(origin).netloc == request.headers.get("host", "")

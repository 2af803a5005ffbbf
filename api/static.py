"""The page, GraphiQL and their files, read once when the API is built, so that no path can lead anywhere else."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.transports.responses import knows, tag_of

WEB: Final = Path(__file__).parent / "web"
"""Made by `make web`; it may not be there."""
GRAPHIQL: Final = Path(__file__).parent / "graphiql"
"""Made by `make graphiql`; it may not be there."""
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
    ".json": "application/json",
}
_NAMED_BY_CONTENT: Final = re.compile(r"-[\w-]{8}\.(js|css)")
"""What `make web` calls by a hash: another content has another name."""
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_NO_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Glasshouse without its page</title>
<p>This Glasshouse runs, and its page was not built. In a checkout <code>make web</code> builds it, which needs npm's
registry once; then start again. The API is at /graphql.</p>
</html>
"""
_NO_GRAPHIQL: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>No GraphiQL here</title>
<p>GraphiQL is not part of this installation. In a checkout <code>make graphiql</code> builds it; elsewhere put the
files that it makes into the folder <code>graphiql</code> of the data folder, and start again. The API is at /graphql.</p>
</html>
"""


def _headers(*, styles: str = "", pictures: str = "") -> dict[str, str]:
    """Everything comes from here and nowhere else, and no page of others shows it.

    More may be named for styles, and for fonts and images.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": f"'self' {styles}",
        "img-src": f"'self' {pictures}",
        "connect-src": "'self'",
        "font-src": f"'self' {pictures}",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {places.strip()}" for name, places in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


class File(msgspec.Struct, frozen=True):
    content: bytes
    headers: dict[str, str]


class Page:
    """A page and the files beside it: `index.html` at its own address. Browsers keep the `lasting`."""

    def __init__(
        self, folder: Path, headers: Mapping[str, str], notice: str = "", *, lasting: re.Pattern[str] | None = None
    ) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in _TYPES)
        kept = {path for path in files if lasting is not None and lasting.search(path.name)}
        self._files = {
            path.relative_to(folder).as_posix(): _load(path, {**headers, **_FOR_EVER} if path in kept else headers)
            for path in files
        }
        self._notice = notice

    async def respond(self, request: Request) -> Response:
        file = self._files.get(request.path_params.get("path", "index.html"))
        if file is None and self._notice and not self._files:
            return Response(self._notice, 404, {**_headers(), "Content-Type": _TYPES[".html"]})
        if file is None:
            raise HTTPException(404)
        if knows(request, file.headers["ETag"]):
            return Response(status_code=304, headers=file.headers)
        return Response(file.content, headers=file.headers)


def house_page(folder: Path) -> Page:
    """The page of the house as it was built into that folder; a notice where it was not."""
    return Page(folder, _headers(), _NO_PAGE, lasting=_NAMED_BY_CONTENT)


def graphiql_page(folder: Path) -> Page:
    """GraphiQL as it was built into that folder; a notice where it was not."""
    # Its editor writes rules of style into the page, and its fonts and images stand in its style sheet.
    return Page(folder, _headers(styles="'unsafe-inline'", pictures="data:"), _NO_GRAPHIQL)


def _load(path: Path, headers: Mapping[str, str]) -> File:
    content = path.read_bytes()
    return File(content, {**headers, "Content-Type": _TYPES[path.suffix], "ETag": tag_of(content)})

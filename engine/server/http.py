"""What the port answers to plain HTTP, and who may connect at all. Values only: no sockets here."""

from __future__ import annotations

import hmac
import ipaddress
import mimetypes
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from t2s_rt.errors import ConfigError

WEBSOCKET_PATHS: Final = ("/ws", "/")
"""Where the WebSocket lives; the bare address works too."""
PRIVATE_PATHS: Final = ("/metrics", "/song", "/script")
"""Need the token where there is one; nothing in the page, the head and `/health` is private."""

MAX_SONG_BYTES: Final = 64 * 2**20
"""A larger song is not offered to the page. Files are held in memory: no request touches a disk."""
MAX_PAGE_BYTES: Final = 64 * 2**20

MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".glb": "model/gltf-binary",
    ".hdr": "application/octet-stream",
    ".txt": "text/plain; charset=utf-8",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg",
}
"""Fixed here because the machine's own table differs from one system to the next."""

PAGE_MISSING: Final = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>t2s-rt</title>
<style>body{font:16px/1.5 system-ui;max-width:40em;margin:15vh auto;padding:0 1em}</style>
<h1>The engine runs, the page is not built</h1>
<p>Build it with <code>make setup</code> (or <code>python dev.py setup</code>) and start the engine
again. Programs can connect already: see <code>docs/protocol.md</code> and <code>t2s listen</code>.</p>
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.

    Attributes:
        status: Status code.
        media_type: Content-Type.
        body: The bytes.
    """

    status: HTTPStatus
    media_type: str
    body: bytes


def sentence(status: HTTPStatus, text: str) -> Reply:
    """A refusal or a remark as plain text."""
    return Reply(status, "text/plain; charset=utf-8", f"{text}\n".encode())


@dataclass(frozen=True, slots=True)
class Site:
    """What the port serves besides the WebSocket.

    Attributes:
        viewer_dir: Folder of the built page; None or absent gives a page that says how to build it.
        head_glb: The head's mesh; None for none.
        song: The audio file that plays; None for none.
    """

    viewer_dir: Path | None = None
    head_glb: Path | None = None
    song: Path | None = None


class Library:
    """The site's files, read once. A request looks a path up in a table, so none can escape the folder.

    Args:
        site: Where the files are.

    Raises:
        ConfigError: A file of the site cannot be read.
    """

    def __init__(self, site: Site) -> None:
        self._files: dict[str, Reply] = {}
        if site.viewer_dir is not None and site.viewer_dir.is_dir():
            self._add_page(site.viewer_dir)
        if "/index.html" in self._files:
            self._files["/"] = self._files["/index.html"]
        else:
            self._files["/"] = Reply(HTTPStatus.OK, MEDIA_TYPES[".html"], PAGE_MISSING)
        if site.head_glb is not None and site.head_glb.is_file():
            self._files["/head.glb"] = _load(site.head_glb)
        if site.song is not None and site.song.is_file() and site.song.stat().st_size <= MAX_SONG_BYTES:
            self._files["/song"] = _load(site.song)

    def put(self, path: str, reply: Reply) -> None:
        """Serve something that was made while running, instead of what was there."""
        self._files[path] = reply

    @property
    def has_song(self) -> bool:
        """Whether `/song` is served."""
        return "/song" in self._files

    def find(self, path: str) -> Reply:
        """The file at a URL path, or 404."""
        found = self._files.get(unquote(path))
        return found or sentence(HTTPStatus.NOT_FOUND, "There is nothing at this address.")

    def _add_page(self, folder: Path) -> None:
        total = 0
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or file.is_symlink():
                continue
            total += file.stat().st_size
            if total > MAX_PAGE_BYTES:
                raise ConfigError(
                    f"The page in {folder} is larger than {MAX_PAGE_BYTES // 2**20} MiB.",
                    "Build it again with `python dev.py setup`.",
                )
            self._files["/" + file.relative_to(folder).as_posix()] = _load(file)


def _load(file: Path) -> Reply:
    try:
        body = file.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{file} cannot be read: {problem.strerror}.") from problem
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Reply(HTTPStatus.OK, MEDIA_TYPES.get(file.suffix.lower(), guessed), body)


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address, without port) is this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further.

    Attributes:
        reason: One word for the counter.
        reply: What the client is told.
    """

    reason: str
    reply: Reply


class Gatekeeper:
    """Decides who may connect.

    Any web page can open a WebSocket to this machine, so the browser's Origin header decides: pages from
    this machine may, and pages from the very host they connect to. A name that an attacker points at
    127.0.0.1 (DNS rebinding) fails the Host check. Beyond loopback, a token is needed.

    Args:
        loopback: Whether the server listens on this machine only.
        token: What clients must present; empty for none.
    """

    def __init__(self, *, loopback: bool, token: str) -> None:
        self._loopback = loopback
        self._token = token.encode()

    def refuse(self, target: str, headers: Headers, *, private: bool) -> Refusal | None:
        """None where a request may go on.

        Args:
            target: Path and query of the request.
            headers: The request's headers.
            private: Whether what it asks for needs the token.
        """
        host = headers.host
        if self._loopback and not is_loopback(_host_name(host)):
            return Refusal(
                "host", sentence(HTTPStatus.FORBIDDEN, "This server answers to localhost only.")
            )
        if headers.origin is not None and not self._origin_allowed(headers.origin, host):
            return Refusal(
                "origin",
                sentence(
                    HTTPStatus.FORBIDDEN, "Pages from other sites may not connect (Origin header)."
                ),
            )
        if private and self._token and not self._token_matches(target, headers.authorization):
            return Refusal(
                "token",
                sentence(
                    HTTPStatus.UNAUTHORIZED,
                    "A token is needed: add ?token=... or send 'Authorization: Bearer ...'.",
                ),
            )
        return None

    def _origin_allowed(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
            name = parts.hostname
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or name is None:
            return False
        return is_loopback(name) or parts.netloc.lower() == host.lower()

    def _token_matches(self, target: str, authorization: str) -> bool:
        given = parse_qs(urlsplit(target).query).get("token", [""])[0]
        scheme, _, bearer = authorization.partition(" ")
        if scheme.lower() == "bearer":
            given = bearer.strip()
        return hmac.compare_digest(given.encode(errors="replace"), self._token)


@dataclass(frozen=True, slots=True)
class Headers:
    """The request headers that decide access.

    Attributes:
        host: Host, empty where absent.
        origin: Origin, None where absent (no browser).
        authorization: Authorization, empty where absent.
    """

    host: str
    origin: str | None
    authorization: str


def _host_name(host: str) -> str:
    """The Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]

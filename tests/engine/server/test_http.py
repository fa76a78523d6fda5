"""What the port answers to plain HTTP."""

from __future__ import annotations

import json

import pytest

from engine.server.http import Library, Site, is_loopback
from engine.server.protocol import SourceState, Status
from t2s_rt.errors import ConfigError
from tests.engine.server.serving import exchange, get, peer, serving


@pytest.fixture
def site(tmp_path):
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html>page")
    (page / "assets/app-1a2b.js").write_text("export {}")
    (page / "assets/style.css").write_text("body{}")
    (page / "name with spaces.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    head = tmp_path / "head.glb"
    head.write_bytes(b"glTF" + bytes(200_000))
    song = tmp_path / "song.OGG"
    song.write_bytes(b"OggS" + bytes(3_000_000))
    return Site(viewer_dir=page, head_glb=head, song=song)


def test_the_script_is_served_once_it_is_known_and_replaced_when_it_changes(alone, site):
    async def scene():
        async with serving(site) as engine:
            assert (await get(engine, "/script"))[0] == 404
            for script in (b'{"cues":[]}', b'{"cues":[1]}'):
                engine.server.set_script(script)
                status, headers, body = await get(engine, "/script")
                assert (status, headers["content-type"], body) == (200, "application/json", script)

    alone(scene())


@pytest.mark.parametrize(
    ("target", "media_type", "begins"),
    [
        ("/", "text/html; charset=utf-8", b"<!doctype html>page"),
        ("/?overlay=1", "text/html; charset=utf-8", b"<!doctype html>page"),
        ("/index.html", "text/html; charset=utf-8", b"<!doctype html>page"),
        ("/assets/app-1a2b.js", "text/javascript; charset=utf-8", b"export"),
        ("/assets/style.css", "text/css; charset=utf-8", b"body"),
        ("/name%20with%20spaces.svg", "image/svg+xml", b"<svg/>"),
        ("/head.glb", "model/gltf-binary", b"glTF"),
        ("/song", "audio/ogg", b"OggS"),
        ("/health", "application/json", b"{"),
        ("/metrics", "text/plain", b"# HELP"),
    ],
)
def test_the_site_is_served_whole_with_the_right_type(alone, site, target, media_type, begins):
    async def scene():
        async with serving(site) as engine:
            status, headers, body = await get(engine, target)
            assert status == 200
            assert headers["content-type"].startswith(media_type)
            assert len(body) == int(headers["content-length"])
            assert body.startswith(begins)
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"

    alone(scene())


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/../../secret.txt",
        "/assets/..%5c..%5csecret.txt",
        "//secret.txt",
        "/%00",
        "/assets",
        "/assets/",
        "/nothing",
        "/index.html/",
    ],
)
def test_no_path_leads_out_of_the_page(alone, site, target):
    async def scene():
        async with serving(site) as engine:
            status, _, body = await get(engine, target)
            assert status == 404
            assert b"secret" not in body

    alone(scene())


def test_a_link_out_of_the_page_is_not_followed(alone, site, tmp_path):
    link = site.viewer_dir / "link.txt"
    try:
        link.symlink_to(tmp_path / "secret.txt")
    except OSError:
        pytest.skip("this system makes no symbolic links")

    async def scene():
        async with serving(site) as engine:
            assert (await get(engine, "/link.txt"))[0] == 404

    alone(scene())


@pytest.mark.parametrize("missing", [None, "absent"])
def test_a_page_that_is_not_built_says_how(alone, tmp_path, missing):
    viewer_dir = None if missing is None else tmp_path / missing

    async def scene():
        async with serving(Site(viewer_dir=viewer_dir)) as engine:
            status, headers, body = await get(engine, "/")
            assert status == 200
            assert headers["content-type"].startswith("text/html")
            assert b"make setup" in body
            for path in ("/head.glb", "/song"):
                assert (await get(engine, path))[0] == 404

    alone(scene())


def test_health_says_what_the_engine_does(alone):
    async def scene():
        async with serving() as engine:
            engine.server.set_status(
                Status("mic", SourceState.LOST, "mouth", ("The microphone is gone.",))
            )
            async with peer(engine) as client:
                await client.settle()
                health = json.loads((await get(engine, "/health"))[2])
            assert health == {
                "ok": True,
                "protocol": 1,
                "source_state": "lost",
                "model": "mouth",
                "warnings": ["The microphone is gone."],
                "clients": 1,
            }

    alone(scene())


def test_metrics_count_what_happened(alone):
    async def scene():
        async with serving() as engine, peer(engine) as client:
            await client.subscribe("voice")
            await engine.publish(2)
            await client.hear_frame()
            await client.hear_frame()
            lines = (await get(engine, "/metrics"))[2].decode().splitlines()
            assert "t2s_frames_sent_total 2.0" in lines
            assert "t2s_clients 1.0" in lines

    alone(scene())


@pytest.mark.parametrize(
    ("target", "status"),
    [("/", 200), ("/health", 200), ("/head.glb", 200), ("/metrics", 401), ("/song", 401),
     ("/metrics?token=t0ken", 200), ("/song?token=t0ken", 200), ("/song?token=wrong", 401)],
)  # fmt: skip
def test_the_token_guards_what_is_private(alone, site, target, status):
    async def scene():
        async with serving(site, token="t0ken") as engine:
            assert (await get(engine, target))[0] == status

    alone(scene())


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Host": ""}, {"Origin": "http://evil.example"}]
)
def test_other_sites_read_nothing(alone, site, headers):
    async def scene():
        async with serving(site) as engine:
            for target in ("/", "/song", "/health", "/metrics"):
                assert (await get(engine, target, **headers))[0] == 403

    alone(scene())


@pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD"])
def test_only_get_is_answered(alone, method):
    async def scene():
        async with serving() as engine:
            port = engine.server.port
            request = f"{method} /health HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            assert (await exchange(port, request))[0] == 405

    alone(scene())


def test_a_song_that_is_too_large_is_not_offered(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.server.http.MAX_SONG_BYTES", 10)
    song = tmp_path / "long.wav"
    song.write_bytes(bytes(11))
    assert Library(Site(song=song)).find("/song").status == 404


def test_a_page_that_is_too_large_is_refused_at_the_start(site, monkeypatch):
    monkeypatch.setattr("engine.server.http.MAX_PAGE_BYTES", 10)
    with pytest.raises(ConfigError, match="larger than"):
        Library(site)


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("LocalHost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.0.2", False), ("localhost.example", False),
     ("", False)],
)  # fmt: skip
def test_what_counts_as_this_machine(host, own):
    assert is_loopback(host) is own

"""https and wss with a certificate that openssl makes for the test."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus, WebSocketException

from engine.server.protocol import Encoding
from engine.server.tls import server_context
from t2s_rt.errors import ConfigError
from tests.engine.server.serving import PATIENCE_S, peer, serving

REPOSITORY = Path(__file__).resolve().parents[3]


def make_certificate(folder: Path, name: str = "server") -> tuple[Path, Path]:
    """As docs/protocol.md has it, for this machine."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN=t2s -addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
        f"-keyout {key} -out {certificate}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_a_client_that_trusts_the_certificate_gets_frames(pair):
    async def scene() -> None:
        async with serving(certificate=pair[0], key=pair[1]) as engine:
            assert engine.server.websocket_url.startswith("wss://127.0.0.1:")
            async with peer(engine, ssl=trusting(pair[0])) as client:
                assert (await client.hear_type("hello"))["protocol"] == 1
                await client.subscribe("arkit")
                last = await engine.publish(20)
                frames = [await client.hear_frame() for _ in range(5)]
                assert frames[-1][1] <= last
                assert len(frames[0][6]) == 208

    asyncio.run(scene())


def test_a_client_that_does_not_trust_it_never_connects(pair):
    async def scene() -> None:
        async with serving(certificate=pair[0], key=pair[1]) as engine:
            with pytest.raises(ssl.SSLCertVerificationError):
                async with peer(engine):
                    pass
            with pytest.raises((WebSocketException, OSError)):  # ws where wss is spoken
                async with peer(engine, url=engine.server.websocket_url.replace("wss:", "ws:")):
                    pass
            assert engine.count("t2s_connections_total") == 0

    asyncio.run(scene())


def test_the_token_is_asked_for_under_tls_too(pair):
    async def scene() -> None:
        async with serving(certificate=pair[0], key=pair[1], token="secret") as engine:
            trust = trusting(pair[0])
            with pytest.raises(InvalidStatus, match="401"):
                async with peer(engine, ssl=trust):
                    pass
            url = f"{engine.server.websocket_url}?token=secret"
            async with peer(engine, Encoding.JSON, url=url, ssl=trust) as client:
                assert (await client.hear_type("hello"))["protocol"] == 1

    asyncio.run(scene())


def test_the_page_may_connect_from_its_own_https_address(pair):
    async def scene() -> None:
        async with serving(certificate=pair[0], key=pair[1]) as engine:
            page = engine.server.url.rstrip("/")
            assert page.startswith("https://")
            health = await asyncio.to_thread(
                urllib.request.urlopen, f"{page}/health", None, PATIENCE_S, context=trusting(pair[0])
            )
            assert health.status == 200
            health.close()
            async with peer(engine, ssl=trusting(pair[0]), origin=page) as client:
                await client.hear_type("hello")
            with pytest.raises(InvalidStatus, match="403"):
                async with peer(engine, ssl=trusting(pair[0]), origin="https://example.org"):
                    pass

    asyncio.run(scene())


def test_a_stalled_client_holds_no_more_under_tls(pair):
    """One that reads nothing: frames are dropped, not kept, once the kernel's buffers are full."""

    async def scene() -> None:
        async with (
            serving(certificate=pair[0], key=pair[1]) as engine,
            peer(engine, ssl=trusting(pair[0]), max_queue=1) as client,
        ):
            await client.subscribe("actions", "arkit", "flame", "voice")
            client.socket.transport.pause_reading()
            held, dropped = 0, 0.0
            while dropped < 100:  # until the kernel's buffers are full, and for a while after
                await engine.publish(20)
                dropped = engine.count("t2s_client_drops_total")
                for connection in engine.server._connections:
                    transport = connection.transport
                    below = transport._ssl_protocol._transport
                    waiting = transport.get_write_buffer_size() + below.get_write_buffer_size()
                    held = max(held, waiting)
            assert held < 4000  # four frames; without care it is 64 KiB
            client.socket.transport.abort()

    asyncio.run(scene())


@pytest.mark.timeout(120)
def test_our_own_programs_speak_wss_where_the_certificate_is_trusted(pair, tmp_path):
    async def scene() -> tuple[int, str, str]:
        async with serving(certificate=pair[0], key=pair[1]) as engine:
            url = engine.server.websocket_url
            program = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "engine", "listen", url, "--seconds", "1"),
                cwd=REPOSITORY,
                env=os.environ | {"SSL_CERT_FILE": str(pair[0])},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            ended = asyncio.ensure_future(program.communicate())
            while not ended.done():
                await engine.publish()
                await asyncio.sleep(1 / 60)
            out, err = await ended
            return program.returncode or 0, out.decode(), err.decode()

    code, out, err = asyncio.run(scene())
    assert code == 0, err
    assert "frames" in out


def test_files_that_are_no_pair_get_a_sentence(pair, tmp_path):
    certificate, key = pair
    _, other_key = make_certificate(tmp_path, "other")
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("not a certificate")
    locked = tmp_path / "locked.key"
    command = f"openssl pkey -in {key} -aes128 -passout pass:secret -out {locked}"
    subprocess.run(command.split(), check=True, capture_output=True)
    for first, second in ((certificate, other_key), (nonsense, key), (certificate, locked)):
        with pytest.raises(ConfigError, match="no certificate and its key"):
            server_context(first, second)
    with pytest.raises(ConfigError, match="cannot be read"):
        server_context(tmp_path / "missing.pem", key)


def test_a_certificate_without_its_key_gets_a_sentence(pair):
    async def scene() -> None:
        async with serving(certificate=pair[0]):
            pass

    with pytest.raises(ConfigError, match="go together"):
        asyncio.run(scene())

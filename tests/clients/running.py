"""Running a kit's program, beside an engine where it needs one."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable

from tests.engine.server.serving import make_frame, serving


def words_of(command: list[str], patience_s: float = 40.0) -> str:
    """What a kit's program prints; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=patience_s, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def beside_an_engine(work: Callable[[str, int], str]) -> str:
    """Run ``work(url, port)`` in a thread while our server sends 60 frames a second."""

    async def scene() -> str:
        async with serving() as engine:
            url, port = engine.server.websocket_url, engine.server.port
            task = asyncio.create_task(asyncio.to_thread(work, url, port))
            while not task.done():
                engine.seq += 1
                engine.mailbox.put(make_frame(engine.seq, time.perf_counter_ns()))
                await asyncio.sleep(1 / 60)
            return await task

    return asyncio.run(scene())

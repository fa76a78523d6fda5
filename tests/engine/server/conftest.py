"""Nothing a server test starts outlives it."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest


@pytest.fixture
def alone():
    """Run a coroutine on its own loop, and hold it to leaving no task, thread or socket behind."""

    def run(scene):
        threads_before = threading.active_count()

        async def whole():
            await scene
            await asyncio.sleep(0)
            left = [t.get_name() for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            assert left == []

        asyncio.run(whole(), debug=True)
        gc.collect()  # an unclosed socket or transport warns here, and a warning is an error
        assert threading.active_count() == threads_before

    return run

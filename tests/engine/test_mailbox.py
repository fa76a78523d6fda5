"""The slot between the hot thread and the event loop."""

from __future__ import annotations

import asyncio
import threading

import numpy as np

from engine.mailbox import FrameMailbox
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT, EXPRESSION_COUNT, FlamePose, Frame, VoiceReading


def make_frame(seq: int) -> Frame:
    def zeros(n: int) -> np.ndarray:
        return np.zeros(n, np.float32)

    flame = FlamePose(zeros(EXPRESSION_COUNT), zeros(3), zeros(3), zeros(6), zeros(3))
    voice = VoiceReading(0.0, False, -100.0, 0.0)
    return Frame(seq, 0, 0, 0, -1.0, zeros(ACTION_COUNT), zeros(ARKIT_COUNT), flame, voice)


def test_the_latest_frame_wins_and_losses_are_counted():
    async def scene():
        mailbox = FrameMailbox()
        for seq in range(5):
            mailbox.put(make_frame(seq))
        assert mailbox.dropped == 4
        assert (await mailbox.get()).seq == 4
        assert mailbox.dropped == 4

    asyncio.run(scene())


def test_get_waits_for_a_frame_from_another_thread():
    async def scene():
        mailbox = FrameMailbox()
        waiting = asyncio.create_task(mailbox.get())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        hot = threading.Thread(target=mailbox.put, args=(make_frame(7),))
        hot.start()
        frame = await asyncio.wait_for(waiting, 1)
        hot.join()
        assert frame.seq == 7
        assert mailbox.dropped == 0

    asyncio.run(scene())


def test_a_burst_wakes_the_loop_once():
    async def scene():
        mailbox = FrameMailbox()
        loop = asyncio.get_running_loop()
        mailbox.put(make_frame(0))
        await mailbox.get()  # binds the loop
        wakes = 0
        original = loop.call_soon_threadsafe

        def counting(*args, **kwargs):
            nonlocal wakes
            wakes += 1
            return original(*args, **kwargs)

        loop.call_soon_threadsafe = counting
        for seq in range(100):
            mailbox.put(make_frame(seq))
        assert wakes == 1
        assert (await mailbox.get()).seq == 99
        await asyncio.sleep(0)
        mailbox.put(make_frame(100))
        assert wakes == 2

    asyncio.run(scene())


def test_every_frame_is_either_taken_or_counted_under_a_racing_thread():
    total = 20_000

    async def scene():
        mailbox = FrameMailbox()

        def hot():
            for seq in range(total):
                mailbox.put(make_frame_cached(seq))

        thread = threading.Thread(target=hot)
        taken = []
        thread.start()
        while not taken or taken[-1] != total - 1:
            taken.append((await asyncio.wait_for(mailbox.get(), 10)).seq)
        thread.join()
        assert taken == sorted(set(taken))
        assert len(taken) + mailbox.dropped == total

    template = make_frame(0)

    def make_frame_cached(seq: int) -> Frame:
        t = template
        return Frame(seq, 0, 0, 0, -1.0, t.actions, t.arkit, t.flame, t.voice)

    asyncio.run(scene())


def test_putting_after_the_loop_closed_keeps_the_newest_for_the_next_reader():
    mailbox = FrameMailbox()

    async def take():
        return await asyncio.wait_for(mailbox.get(), 1)

    mailbox.put(make_frame(0))
    asyncio.run(take())
    mailbox.put(make_frame(1))
    mailbox.put(make_frame(2))
    assert asyncio.run(take()).seq == 2
    assert mailbox.dropped == 1

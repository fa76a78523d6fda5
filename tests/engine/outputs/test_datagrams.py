from __future__ import annotations

import asyncio
import itertools
import socket

import pytest

from engine.clock import NS_PER_S
from engine.outputs.base import OutputState
from engine.outputs.datagrams import SETTLED, DatagramSender
from t2s_rt.errors import ConfigError
from tests.engine.outputs.receiving import FRAME_NS, free_port, receiving


def test_what_is_sent_arrives_and_is_counted() -> None:
    async def send() -> None:
        with receiving() as receiver:
            sender = DatagramSender("x", "127.0.0.1", receiver.port)
            await sender.start()
            for i in range(SETTLED + 1):
                assert sender.ready(i * FRAME_NS)
                assert sender.send([b"one", b"two"], i * FRAME_NS)
            assert receiver.get() == b"one"
            assert receiver.get() == b"two"
            status = sender.status(SETTLED * FRAME_NS)
            assert status.state is OutputState.RUNNING
            assert status.listening is True
            assert status.sent == SETTLED + 1
            assert status.rate_hz == SETTLED + 1
            sender.close()

    asyncio.run(send())


def test_a_port_where_nobody_listens_is_tried_again_less_and_less_often() -> None:
    async def send() -> None:
        sender = DatagramSender("x", "127.0.0.1", free_port())
        await sender.start()
        tried_s = []
        for i in range(60 * 30):
            now_ns = i * FRAME_NS
            before = sender.tally.failures
            if sender.ready(now_ns):
                sender.send([b"hello"], now_ns)
                await asyncio.sleep(0)
            if sender.tally.failures > before:
                tried_s.append(now_ns / NS_PER_S)
        pauses = [b - a for a, b in itertools.pairwise(tried_s)]
        assert 4 < len(tried_s) < 12
        assert pauses[0] < 0.6
        assert pauses[-1] > 7.9
        status = sender.status(30 * NS_PER_S)
        assert status.state is OutputState.RETRYING
        assert status.listening is False
        assert "Nobody listens at 127.0.0.1" in status.detail
        assert status.failures == len(tried_s)
        sender.close()

    asyncio.run(send())


def test_a_receiver_that_comes_back_gets_frames_again() -> None:
    async def send() -> None:
        port = free_port()
        sender = DatagramSender("x", "127.0.0.1", port)
        await sender.start()
        now_ns = 0
        for _ in range(120):
            now_ns += FRAME_NS
            if sender.ready(now_ns):
                sender.send([b"hello"], now_ns)
        assert sender.tally.failures
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", port))
            for _ in range(300):
                now_ns += FRAME_NS
                if sender.ready(now_ns):
                    sender.send([b"hello"], now_ns)
            assert receiver.recv(10) == b"hello"
        assert sender.status(now_ns).state is OutputState.RUNNING
        sender.close()

    asyncio.run(send())


def test_a_host_that_does_not_exist_gets_a_sentence() -> None:
    with pytest.raises(ConfigError, match="there is no host"):
        asyncio.run(DatagramSender("vmc", "no-such-host.invalid", 1).start())


def test_a_datagram_that_the_system_refuses_is_a_failure_not_an_end() -> None:
    async def send() -> None:
        with receiving() as receiver:
            sender = DatagramSender("x", "127.0.0.1", receiver.port)
            await sender.start()
            assert not sender.send([b"x" * 70_000], 0)
            assert sender.tally.failures == 1
            assert not sender.ready(FRAME_NS)
            assert sender.ready(NS_PER_S)
            assert sender.send([b"ok"], NS_PER_S)
            sender.close()

    asyncio.run(send())

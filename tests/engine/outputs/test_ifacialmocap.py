from __future__ import annotations

import asyncio
import math
import random
import re
import socket
from collections.abc import Iterator
from typing import ClassVar

import pytest

from engine.clock import NS_PER_S
from engine.outputs.base import OutputState
from engine.outputs.ifacialmocap import (
    QUESTION,
    QUESTION_V2,
    STOP,
    IFacialMocapOutput,
    IFacialMocapPush,
    Text,
)
from t2s_rt.errors import ConfigError
from t2s_rt.face.mapping import parse_mapping
from tests.engine.outputs.receiving import FRAME_NS, receiving
from tests.t2s_rt.face.frames import arkit, frame, signals

FACE = frame(
    weights=arkit(mouthSmileRight=0.35, eyeBlinkLeft=1.0, jawLeft=0.2),
    neck=(0.1, 0.2, 0.0),
    eyes=(0, 0.1, 0, 0.05, 0, 0),
)


def parse(text: str) -> tuple[dict[str, int], dict[str, list[float]]]:
    """A receiver's way of reading: split at '=', then at '|', then at '-', '&' or '#'."""
    weights, angles = text.split("=")
    shapes = [re.fullmatch(r"(\w+)[-&](-?\d+)", part) for part in weights.split("|") if part]
    poses = [part.split("#") for part in angles.split("|") if part]
    return (
        {found[1]: int(found[2]) for found in shapes},
        {name: [float(value) for value in values.split(",")] for name, values in poses},
    )


class Asker:
    """A program that receives."""

    opened: ClassVar[list[socket.socket]] = []

    def __init__(self, output: IFacialMocapOutput) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.opened.append(self.socket)
        self._to = ("127.0.0.1", output.port)

    def ask(self, data: bytes = QUESTION) -> None:
        self.socket.sendto(data, self._to)

    def got(self) -> list[bytes]:
        found = []
        try:
            while True:
                found.append(self.socket.recv(65536))
        except BlockingIOError:
            return found


@pytest.fixture(autouse=True)
def _askers_close() -> Iterator[None]:
    yield
    while Asker.opened:
        Asker.opened.pop().close()


async def play(output: IFacialMocapOutput, count: int, begin: int = 0) -> None:
    for i in range(begin, begin + count):
        await asyncio.sleep(0.002)
        output.offer(signals(frame(i, weights=FACE.arkit)), i * FRAME_NS)
    await asyncio.sleep(0.01)


def test_the_text_is_what_receivers_read() -> None:
    text = Text().write(signals(FACE), version=1).decode()
    shapes, poses = parse(text)
    assert len(shapes) == 52
    assert shapes["mouthSmile_R"] == 35
    assert shapes["eyeBlink_L"] == 100
    assert shapes["jawLeft"] == 20
    assert "mouthSmile_R-35|" in text
    assert list(poses) == ["head", "rightEye", "leftEye"]
    assert poses["head"][:2] == pytest.approx([5.73, 11.46], abs=0.2)
    assert len(poses["head"]) == 6
    assert poses["rightEye"] == pytest.approx([2.865, 0, 0], abs=0.01)
    assert poses["leftEye"] == pytest.approx([0, 5.73, 0], abs=0.01)
    assert text.endswith("|")
    assert len(text) < 1400


def angles(**pose) -> dict[str, list[float]]:
    return parse(Text().write(signals(frame(**pose)), version=1).decode())[1]


def test_a_head_turned_to_the_singers_left_gives_a_positive_second_angle() -> None:
    assert angles(neck=(0, math.radians(20), 0))["head"][:3] == pytest.approx([0, 20, 0], abs=0.01)


def test_a_head_that_nods_down_gives_a_positive_first_angle() -> None:
    assert angles(neck=(math.radians(20), 0, 0))["head"][:3] == pytest.approx([20, 0, 0], abs=0.01)


def test_a_head_tilted_to_the_singers_right_shoulder_gives_a_positive_third_angle() -> None:
    assert angles(neck=(0, 0, math.radians(20)))["head"][:3] == pytest.approx([0, 0, 20], abs=0.01)


def test_the_eyes_count_like_the_head_left_and_down() -> None:
    """As in recorded packets: eyeLookIn_R beside a positive y of rightEye, a look down beside x."""
    left, down = math.radians(15), math.radians(5)
    poses = angles(eyes=(down, left, 0, down, left, 0))
    for eye in ("rightEye", "leftEye"):
        assert poses[eye][:2] == pytest.approx([5, 15], abs=0.01)


def test_version_two_separates_with_an_ampersand() -> None:
    text = Text().write(signals(FACE), version=2).decode()
    assert "mouthSmile_R&35|" in text
    assert parse(text) == parse(Text().write(signals(FACE), version=1).decode())


def test_a_mapping_changes_the_text() -> None:
    mapping = parse_mapping("[ifacialmocap.'head.y']\ngain = -1\n[ifacialmocap.jawOpen]\nsend = false")
    shapes, poses = parse(Text(mapping).write(signals(FACE), version=1).decode())
    assert poses["head"][1] < -10
    assert "jawOpen" not in shapes


def test_only_who_asks_gets_the_stream_in_the_version_asked_for() -> None:
    async def run() -> None:
        output = IFacialMocapOutput("ifm", port=0)
        await output.start()
        asker, stranger = Asker(output), Asker(output)
        await play(output, 5)
        assert output.status(0).state is OutputState.WAITING
        assert output.status(0).listening is False
        stranger.ask(b"hello")
        asker.ask(QUESTION_V2 + b"\n")
        await play(output, 10, 5)
        assert stranger.got() == []
        got = asker.got()
        assert 8 <= len(got) <= 10
        assert b"&" in got[0]
        assert output.status(15 * FRAME_NS).state is OutputState.RUNNING
        asker.ask(STOP)
        await play(output, 5, 15)
        assert asker.got() == []
        await output.close()

    asyncio.run(run())


def test_a_newer_asker_replaces_the_older_but_not_endlessly() -> None:
    async def run() -> None:
        output = IFacialMocapOutput("ifm", port=0)
        await output.start()
        askers = [Asker(output) for _ in range(10)]
        for asker in askers:
            asker.ask()
        await play(output, 10)
        receivers = [asker for asker in askers if asker.got()]
        assert len(receivers) == 1
        assert receivers[0] is askers[3]
        await output.close()

    asyncio.run(run())


def test_an_asker_that_is_gone_is_dropped() -> None:
    async def run() -> None:
        output = IFacialMocapOutput("ifm", port=0)
        await output.start()
        asker = Asker(output)
        asker.ask()
        await play(output, 3)
        asker.socket.close()
        for i in range(200):
            await play(output, 1, 3 + i)
            if output.status(NS_PER_S).state is OutputState.WAITING:
                break
        status = output.status(NS_PER_S)
        assert status.state is OutputState.WAITING
        assert status.failures >= 1
        await output.close()

    asyncio.run(run())


def test_hostile_datagrams_are_never_answered() -> None:
    """Seeded noise, near misses and repeated questions: never more than one stream to one asker."""

    async def run() -> None:
        output = IFacialMocapOutput("ifm", port=0)
        await output.start()
        stranger = Asker(output)
        chance = random.Random(5)
        for i in range(2000):
            data = bytearray(QUESTION)
            kind = chance.randrange(4)
            if kind == 0:
                data = bytearray(chance.randbytes(chance.randrange(0, 1400)))
            elif kind == 1:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            elif kind == 2:
                data = data[: chance.randrange(len(data))]
            else:
                data += (
                    chance.randbytes(chance.randrange(1, 200)).replace(b"\n", b"x").replace(b" ", b"x")
                )
                data += b"."
            stranger.ask(bytes(data))
            if i % 50 == 0:
                await asyncio.sleep(0)
                output.offer(signals(FACE), i * FRAME_NS)
        await play(output, 5)
        assert stranger.got() == []
        assert output.status(0).sent == 0
        for _ in range(500):
            stranger.ask()
        await play(output, 10, 5)
        assert len(stranger.got()) <= 10
        await output.close()

    asyncio.run(run())


def test_another_machine_is_not_heard_unless_named() -> None:
    output = IFacialMocapOutput("ifm", port=0)
    output.datagram_received(QUESTION, ("192.168.1.5", 49983))
    assert output.status(0).state is OutputState.WAITING
    named = IFacialMocapOutput("ifm", "0.0.0.0", 0, allow="192.168.1.5")
    named.datagram_received(QUESTION, ("192.168.1.6", 49983))
    assert named.status(0).state is OutputState.WAITING
    named.datagram_received(QUESTION, ("192.168.1.5", 49983))
    assert named.status(0).state is OutputState.RUNNING


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [({"host": "0.0.0.0"}, "who may ask"), ({"allow": "my-pc"}, "not an IP address")],
)
def test_an_open_door_is_refused(settings: dict, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        IFacialMocapOutput("ifm", **settings)


def test_a_taken_port_gets_a_sentence() -> None:
    async def run() -> None:
        with receiving() as other:
            output = IFacialMocapOutput("ifacialmocap", port=other.port)
            with pytest.raises(ConfigError, match=f"UDP port {other.port} is taken"):
                await output.start()
            await output.close()

    asyncio.run(run())


def test_a_receiver_that_was_named_gets_the_text_unasked() -> None:
    async def run() -> None:
        with receiving() as receiver:
            output = IFacialMocapPush("ifm", "127.0.0.1", receiver.port, version=2)
            await output.start()
            output.offer(signals(FACE), 0)
            shapes, _ = parse(receiver.get().decode())
            assert shapes["mouthSmile_R"] == 35
            await output.close()

    asyncio.run(run())

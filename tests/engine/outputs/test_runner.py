from __future__ import annotations

import asyncio
import logging

import pytest

from engine.clock import NS_PER_S, ManualClock, SystemClock
from engine.outputs.base import OutputState, OutputStatus, Tally
from engine.outputs.livelink import LiveLinkOutput
from engine.outputs.runner import MOST_OUTPUTS, OutputRunner
from engine.outputs.vmc import VmcOutput
from t2s_rt.errors import ConfigError
from t2s_rt.face.retarget import OCULUS, Retargeter
from t2s_rt.face.signals import Signals
from tests.engine.outputs.receiving import FRAME_NS, free_port, receiving
from tests.t2s_rt.face.frames import arkit, frame


class Probe:
    """An output that remembers what it was offered."""

    def __init__(self, name: str = "probe", *, wants_visemes: bool = False) -> None:
        self.name = name
        self.retargeters = (Retargeter(OCULUS),) if wants_visemes else ()
        self.tally = Tally()
        self.seen: list[int] = []
        self.open = False
        self.fault: Exception | None = None
        self.start_fault: Exception | None = None
        self.visemes: list[bool] = []

    async def start(self) -> None:
        if self.start_fault is not None:
            raise self.start_fault
        self.open = True

    def offer(self, signals: Signals, now_ns: int) -> None:
        if self.fault is not None:
            raise self.fault
        self.seen.append(signals.frame.seq)
        self.visemes.append(signals.has_visemes)
        self.tally.send(now_ns)

    def status(self, now_ns: int) -> OutputStatus:
        rate_hz = self.tally.rate_hz(now_ns)
        return OutputStatus(
            self.name, OutputState.RUNNING, "Probes.", None, rate_hz, self.tally.sent, 0, 0
        )

    async def close(self) -> None:
        self.open = False


def test_frames_reach_every_output_that_is_on() -> None:
    async def run() -> None:
        outputs = OutputRunner(SystemClock())
        one, two = Probe("one"), Probe("two")
        await outputs.add(one)
        await outputs.add(two, on=False)
        for seq in range(5):
            outputs.publish(frame(seq))
        await outputs.switch("two", on=True)
        await outputs.switch("one", on=False)
        outputs.publish(frame(9))
        assert one.seen == [0, 1, 2, 3, 4]
        assert two.seen == [9]
        assert (one.open, two.open) == (False, True)
        states = [status.state for status in outputs.statuses()]
        assert states == [OutputState.OFF, OutputState.RUNNING]
        assert [status.sent for status in outputs.statuses()] == [5, 1]
        await outputs.close()
        assert not two.open
        assert outputs.statuses() == ()

    asyncio.run(run())


def test_an_output_that_fails_inside_does_not_end_the_others(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock(NS_PER_S)
    outputs = OutputRunner(clock)
    bad, good = Probe("bad"), Probe("good")
    bad.fault = RuntimeError("broken")

    async def run() -> None:
        await outputs.add(bad)
        await outputs.add(good)
        with caplog.at_level(logging.ERROR):
            for seq in range(600):
                outputs.publish(frame(seq))
                clock.advance_ns(FRAME_NS)
        assert len(good.seen) == 600
        assert len(caplog.records) == 1
        status = outputs.statuses()[0]
        assert 4 <= status.failures <= 8
        assert status.state is OutputState.RETRYING
        assert "broken" in status.detail
        bad.fault = None
        clock.advance_ns(10 * NS_PER_S)
        outputs.publish(frame(601))
        assert bad.seen == [601]
        await outputs.close()

    asyncio.run(run())


def test_a_frame_that_is_not_finite_is_not_sent() -> None:
    outputs, probe = OutputRunner(ManualClock()), Probe()

    async def run() -> None:
        await outputs.add(probe)
        outputs.publish(frame(0, weights=arkit(jawOpen=float("nan"))))
        outputs.publish(frame(1, neck=(float("inf"), 0, 0)))
        outputs.publish(frame(2))
        assert probe.seen == [2]
        await outputs.close()

    asyncio.run(run())


def test_visemes_are_computed_only_while_somebody_wants_them() -> None:
    outputs, plain, keen = (
        OutputRunner(ManualClock()),
        Probe("plain"),
        Probe("keen", wants_visemes=True),
    )

    async def run() -> None:
        await outputs.add(plain)
        outputs.publish(frame(0))
        await outputs.add(keen)
        outputs.publish(frame(1))
        await outputs.remove("keen")
        outputs.publish(frame(2))
        assert plain.visemes == [False, True, False]
        await outputs.close()

    asyncio.run(run())


def test_mistakes_in_switching_get_a_sentence() -> None:
    async def run() -> None:
        outputs = OutputRunner(ManualClock())
        await outputs.add(Probe("one"))
        with pytest.raises(ConfigError, match="an output 'one' already"):
            await outputs.add(Probe("one"))
        with pytest.raises(ConfigError, match=r"There is no output 'two'\. There is one"):
            await outputs.switch("two", on=True)
        broken = Probe("broken")
        broken.start_fault = ConfigError("UDP port 5 is taken.")
        with pytest.raises(ConfigError, match="taken"):
            await outputs.add(broken)
        assert [status.name for status in outputs.statuses()] == ["one"]
        for i in range(MOST_OUTPUTS - 1):
            await outputs.add(Probe(f"more{i}"))
        with pytest.raises(ConfigError, match="More than 16"):
            await outputs.add(Probe("last"))
        await outputs.close()

    asyncio.run(run())


def test_one_that_refuses_does_not_keep_frames_from_one_that_listens() -> None:
    async def run() -> None:
        clock = ManualClock(NS_PER_S)
        outputs = OutputRunner(clock)
        with receiving() as receiver:
            await outputs.add(VmcOutput("vmc", "127.0.0.1", free_port()))
            await outputs.add(LiveLinkOutput("livelink", "127.0.0.1", receiver.port))
            for seq in range(120):
                outputs.publish(frame(seq))
                clock.advance_ns(FRAME_NS)
                await asyncio.sleep(0)
            assert len(receiver.drain()) == 120
            vmc, livelink = outputs.statuses()
            assert vmc.failures >= 2
            assert vmc.listening is False
            assert livelink.listening is True
            assert livelink.rate_hz >= 59
            await outputs.close()

    asyncio.run(run())

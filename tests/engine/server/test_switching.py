"""Clients see the outputs and switch them: the real runner with a real output behind the real server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from engine.clock import SystemClock
from engine.outputs.ifacialmocap import IFacialMocapOutput
from engine.outputs.livelink import LiveLinkOutput
from engine.outputs.runner import OutputRunner
from engine.server.protocol import Encoding
from tests.engine.outputs.receiving import receiving
from tests.engine.server.serving import make_frame, peer, serving


@contextlib.asynccontextmanager
async def running(*outputs) -> AsyncIterator[OutputRunner]:
    runner = OutputRunner(SystemClock())
    try:
        for output in outputs:
            await runner.add(output)
        yield runner
    finally:
        await runner.close()


async def ask(client) -> dict[str, dict]:
    await client.say({"type": "outputs"})
    return {row["name"]: row for row in (await client.hear_type("outputs"))["outputs"]}


@pytest.mark.parametrize("encoding", Encoding)
def test_an_output_is_seen_switched_off_and_on_again_while_frames_go_on(encoding):
    async def scene() -> None:
        with receiving() as receiver:
            link = LiveLinkOutput("unreal", "127.0.0.1", receiver.port)
            async with (
                running(link) as runner,
                serving(output_desk=runner) as engine,
                peer(engine, encoding) as client,
            ):
                assert (await client.hear_type("hello"))["switches_outputs"] is True
                for seq in range(10):
                    runner.publish(make_frame(seq))
                row = (await ask(client))["unreal"]
                assert (row["state"], row["sent"], row["failures"]) == ("running", 10, 0)
                assert row["rate_hz"] == 10.0
                await client.say({"type": "switch_output", "name": "unreal", "on": False})
                (row,) = (await client.hear_type("outputs"))["outputs"]
                assert (row["state"], row["rate_hz"]) == ("off", 0.0)
                sent = row["sent"]
                runner.publish(make_frame(10))
                assert (await ask(client))["unreal"]["sent"] == sent
                await client.say({"type": "switch_output", "name": "unreal", "on": True})
                (row,) = (await client.hear_type("outputs"))["outputs"]
                assert row["state"] == "running"
                runner.publish(make_frame(11))
                assert (await ask(client))["unreal"]["sent"] == sent + 1

    asyncio.run(scene())


def test_what_cannot_be_switched_is_said_and_the_connection_stays():
    async def scene() -> None:
        with receiving() as taken:
            phone = IFacialMocapOutput("phone", port=taken.port)
            runner = OutputRunner(SystemClock())
            await runner.add(phone, on=False)
            async with serving(output_desk=runner) as engine, peer(engine) as client:
                await client.say({"type": "switch_output", "name": "phone", "on": True})
                error = await client.hear_type("error")
                assert error["code"] == "output_refused"
                assert f"port {taken.port} is taken" in error["message"]
                await client.say({"type": "switch_output", "name": "camera", "on": True})
                assert "no output 'camera'" in (await client.hear_type("error"))["message"]
                assert (await ask(client))["phone"]["state"] == "off"
            await runner.close()

    asyncio.run(scene())


def test_two_who_switch_at_once_start_an_output_once():
    async def scene() -> None:
        with receiving() as receiver:
            starts = 0

            class Slow(LiveLinkOutput):
                async def start(self) -> None:
                    nonlocal starts
                    starts += 1
                    await asyncio.sleep(0.05)
                    await super().start()

            runner = OutputRunner(SystemClock())
            await runner.add(Slow("slow", "127.0.0.1", receiver.port), on=False)
            async with (
                serving(output_desk=runner) as engine,
                peer(engine) as one,
                peer(engine) as other,
            ):
                for client in (one, other):
                    await client.say({"type": "switch_output", "name": "slow", "on": True})
                for client in (one, other):
                    (row,) = (await client.hear_type("outputs"))["outputs"]
                    assert row["state"] == "running"
                assert starts == 1
            await runner.close()

    asyncio.run(scene())


def test_a_server_without_outputs_says_so():
    async def scene() -> None:
        async with serving() as engine, peer(engine) as client:
            assert (await client.hear_type("hello"))["switches_outputs"] is False
            for message in ({"type": "outputs"}, {"type": "switch_output", "name": "vmc", "on": True}):
                await client.say(message)
                assert (await client.hear_type("error"))["code"] == "outputs_unavailable"

    asyncio.run(scene())


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "vmc"},
        {"name": "", "on": True},
        {"name": "x" * 129, "on": True},
        {"name": "vmc", "on": 1},
        {"name": "vmc", "on": True, "port": 39539},
    ],
)
def test_a_client_can_say_nothing_but_a_name_and_on_or_off(wrong):
    async def scene() -> None:
        async with serving() as engine, peer(engine) as client:
            await client.say({"type": "switch_output"} | wrong)
            assert (await client.closed())[0] == 1008

    asyncio.run(scene())

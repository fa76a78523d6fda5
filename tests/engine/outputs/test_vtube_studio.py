from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import pytest
import pyvts

from engine.outputs.base import OutputState
from engine.outputs.vtube_studio import (
    UNANSWERED,
    VtsOptions,
    VtsOutput,
    answer_data,
    injection,
    read_message,
)
from t2s_rt.errors import ConfigError, ProtocolError
from t2s_rt.face.live2d import VTS
from t2s_rt.face.mapping import parse_mapping
from tests.engine.outputs.receiving import free_port, until
from tests.engine.outputs.vtube_studio import BUILT_IN, VTubeStudio, vtube_studio
from tests.t2s_rt.face.frames import arkit, frame, signals


def output(port: int, folder: Path, text: str = "", **options) -> VtsOutput:
    settings = VtsOptions(**({"token_path": folder / "vts.token", "discover": False} | options))
    mapping = parse_mapping(text)
    return VtsOutput("vts", "127.0.0.1", port, settings, mapping, now_ns=time.perf_counter_ns)


def state(given: VtsOutput) -> OutputState:
    return given.status(time.perf_counter_ns()).state


async def sing(given: VtsOutput, count: int = 5, **weights: float) -> None:
    for i in range(count):
        given.offer(signals(frame(i, weights=arkit(**weights))), time.perf_counter_ns())
        await asyncio.sleep(0.005)


async def running(given: VtsOutput) -> None:
    await until(lambda: state(given) is OutputState.RUNNING, "running")


def test_the_program_of_these_tests_speaks_the_api_to_another_client(tmp_path: Path) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            info = {
                "plugin_name": "tester",
                "developer": "nobody",
                "authentication_token_path": str(tmp_path / "t"),
            }
            api = {"version": "1.0", "name": "VTubeStudioPublicAPI", "port": program.port}
            client = pyvts.vts(plugin_info=info, vts_api_info=api)
            await client.connect()
            await client.request_authenticate_token()
            assert await client.request_authenticate()
            made = await client.request(client.vts_request.requestCustomParameter("MyParam"))
            assert made["messageType"] == "ParameterCreationResponse"
            fed = await client.request(client.vts_request.requestSetParameterValue("MyParam", 0.5))
            assert fed["messageType"] == "InjectParameterDataResponse"
            assert program.values == {"MyParam": 0.5}
            unknown = await client.request(client.vts_request.requestSetParameterValue("Nobody", 0.5))
            assert unknown["data"]["errorID"] == 453
            await client.close()

    asyncio.run(run())


def test_every_parameter_that_is_fed_without_being_made_is_one_of_vtube_studios() -> None:
    assert {target.name for target in VTS.targets if not target.own} <= set(BUILT_IN)


def test_the_user_is_asked_once_and_the_face_arrives(tmp_path: Path) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            first = output(program.port, tmp_path)
            await first.start()
            await running(first)
            await sing(first, jawOpen=0.5, eyeBlinkLeft=1.0)
            await until(lambda: program.values.get("MouthOpen") == pytest.approx(0.6), "a mouth")
            assert program.values["EyeOpenLeft"] < 0.05 < program.values["EyeOpenRight"]
            assert program.injections[-1]["faceFound"] is True
            assert program.injections[-1]["mode"] == "set"
            assert program.custom == {}
            assert first.status(time.perf_counter_ns()).listening is True
            await first.close()
            second = output(program.port, tmp_path)
            await second.start()
            await running(second)
            assert program.asked == 1
            await second.close()

    asyncio.run(run())


def test_values_are_sent_again_when_no_frames_come(tmp_path: Path) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            given = output(program.port, tmp_path)
            await given.start()
            await running(given)
            await sing(given, 1, jawOpen=0.5)
            await until(lambda: len(program.injections) == 1, "the frame")
            begun_s = time.monotonic()
            await until(lambda: len(program.injections) == 3, "the frame again, twice")
            assert (time.monotonic() - begun_s) / 2 < 0.9
            await given.close()

    asyncio.run(run())


def test_own_parameters_are_made_before_they_are_fed(tmp_path: Path) -> None:
    async def run() -> None:
        text = "[vts.MySmile]\nnew = true\nfrom = { mouthSmileLeft = 1 }\n[vts.T2SJawOpen]\ngain = 0.5"
        async with vtube_studio() as program:
            mapped = output(program.port, tmp_path, text)
            await mapped.start()
            await running(mapped)
            await sing(mapped, mouthSmileLeft=0.3, jawOpen=0.8)
            await until(lambda: "MySmile" in program.values, "the parameter")
            assert set(program.custom) == {"MySmile", "T2SJawOpen"}
            assert program.values["MySmile"] == pytest.approx(0.3)
            assert program.values["T2SJawOpen"] == pytest.approx(0.4)
            await mapped.close()
            everything = output(program.port, tmp_path, arkit=True)
            await everything.start()
            await running(everything)
            assert len(program.custom) == 53
            await everything.close()

    asyncio.run(run())


def test_a_denial_is_taken_for_an_answer(tmp_path: Path) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            program.user_allows = False
            given = output(program.port, tmp_path)
            await given.start()
            await until(lambda: state(given) is OutputState.STOPPED, "the denial")
            await asyncio.sleep(0.6)
            assert program.asked == 1
            assert "does not allow" in given.status(0).detail
            await given.close()

    asyncio.run(run())


def test_a_revoked_token_is_forgotten_and_the_user_asked_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            for asked in (1, 2):
                given = output(program.port, tmp_path)
                await given.start()
                await running(given)
                await given.close()
                assert program.asked == asked
                program.tokens.clear()

    asyncio.run(run())


def test_a_program_that_vanishes_is_found_again(tmp_path: Path) -> None:
    async def run() -> None:
        port = free_port(socket.SOCK_STREAM)
        given = output(port, tmp_path)
        await given.start()
        await until(lambda: given.status(0).failures >= 2, "two attempts")
        status = given.status(0)
        assert status.state is OutputState.RETRYING
        assert status.listening is False
        assert "switch on its plug-in API" in status.detail
        for _ in range(2):
            async with vtube_studio(port) as program:
                program.tokens.add("token-1")
                await running(given)
                await sing(given, jawOpen=0.5)
                await until(lambda: bool(program.values), "values")
            await until(lambda: state(given) is OutputState.RETRYING, "the loss")
        await given.close()

    asyncio.run(run())


def test_a_program_that_stops_answering_costs_no_queue(tmp_path: Path) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            given = output(program.port, tmp_path)
            await given.start()
            await running(given)
            program.awake.clear()
            await sing(given, 100, jawOpen=0.5)
            status = given.status(time.perf_counter_ns())
            assert status.sent <= UNANSWERED
            assert status.skipped > 80
            program.awake.set()
            await given.close()

    asyncio.run(run())


def test_a_refused_injection_is_said_and_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with vtube_studio() as program:
            program.refuse_injection = (454, "Another plugin controls MouthOpen.")
            given = output(program.port, tmp_path)
            await given.start()
            await running(given)
            await sing(given, jawOpen=0.5)
            await until(lambda: state(given) is OutputState.RETRYING, "the refusal")
            assert "454" in given.status(0).detail
            assert "Another plugin" in given.status(0).detail
            program.refuse_injection = None
            await running(given)
            await sing(given, jawOpen=0.5)
            await until(lambda: bool(program.values), "values")
            await given.close()

    asyncio.run(run())


def test_a_token_file_that_others_can_read_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "vts.token").write_text("secret")
    (tmp_path / "vts.token").chmod(0o644)

    async def run() -> None:
        given = output(1, tmp_path)
        with pytest.raises(ConfigError, match="chmod 600"):
            await given.start()
        await given.close()

    asyncio.run(run())


def test_something_else_at_the_port_is_named(tmp_path: Path) -> None:
    async def run() -> None:
        async with await asyncio.start_server(_answer_rubbish, "127.0.0.1", 0) as server:
            given = output(server.sockets[0].getsockname()[1], tmp_path)
            await given.start()
            await until(lambda: "is not VTube Studio" in given.status(0).detail, "the sentence")
            await given.close()

    asyncio.run(run())


async def _answer_rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"apiName": "other"}', "[" * 100_000])
def test_an_answer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        read_message(text)


def test_answers_with_strange_data_are_read_as_nothing() -> None:
    assert answer_data({"data": [1, 2]}) == {}
    assert answer_data({}) == {}


def test_the_request_is_json_whatever_the_values() -> None:
    import json

    text = injection(VTS) % tuple(-1.5 for _ in VTS.targets)
    values = json.loads(text)["data"]["parameterValues"]
    assert [each["id"] for each in values] == list(VTS.names)
    assert {each["value"] for each in values} == {-1.5}
    assert VTubeStudio().answer(text, {"authenticated": False})["data"]["errorID"] == 8

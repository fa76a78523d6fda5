from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from engine.outputs.vts_line import MAX_BYTES, MIN_BYTES, YES, VtsLine
from tests.engine.outputs.receiving import until


def answer(kind: str, **data: object) -> str:
    """An answer in the spelling with blanks, which a parser takes as well."""
    return json.dumps({"apiName": "VTubeStudioPublicAPI", "messageType": kind, "data": data})


def talk(
    server: Callable[[ServerConnection], Awaitable[None]], client: Callable[[VtsLine], Awaitable[None]]
) -> None:
    async def run() -> None:
        async with serve(server, "127.0.0.1", 0, compression=None) as there:
            port = there.sockets[0].getsockname()[1]
            here = connect(f"ws://127.0.0.1:{port}", compression=None, create_connection=VtsLine)
            async with here as line:
                assert isinstance(line, VtsLine)
                await client(line)

    asyncio.run(run())


def test_a_server_reads_every_length_and_no_key_comes_twice_in_a_row() -> None:
    heard: list[str] = []

    async def server(connection: ServerConnection) -> None:
        heard.extend([str(text) async for text in connection])

    async def client(line: VtsLine) -> None:
        texts = [b"x" * size for size in (MIN_BYTES, 127, 3000, MAX_BYTES)] + [b"y" * 200] * 600
        keys = set()
        for i, text in enumerate(texts):
            line.inject(text, i)
            keys.add(line._keys[:4])
            await asyncio.sleep(0)
        assert len(keys) > 590
        assert (line.unanswered, line.sent_ns) == (len(texts), len(texts) - 1)
        await line.close()
        await until(lambda: bool(heard), "all of them")
        assert heard == [text.decode() for text in texts]

    talk(server, client)


def test_a_yes_is_counted_and_everything_else_is_received() -> None:
    said = [
        answer(YES),
        answer("APIError", errorID=450, message=f'no "{YES}" today'),
        answer(YES),
        answer("APIStateResponse", active=True),
    ]

    async def server(connection: ServerConnection) -> None:
        async for _ in connection:
            for text in said:
                await connection.send(text)
            await connection.send([answer(YES)[:30], answer(YES)[30:]])  # in two frames

    async def client(line: VtsLine) -> None:
        for _ in range(4):
            line.unanswered += 1
        line.inject(b" " * MIN_BYTES, 7)
        async with asyncio.timeout(5):
            received = [await line.recv() for _ in range(3)]
        assert received == [said[1], said[3], answer(YES)]
        assert line.unanswered == 3

    talk(server, client)


@pytest.mark.parametrize("cut", [0, 1, 3, 40, -1])
def test_a_yes_that_comes_alone_is_not_taken_apart_and_one_that_comes_in_pieces_is(cut: int) -> None:
    said = answer(YES, filler="x" * 100).encode()
    whole = b"\x81\x7e" + len(said).to_bytes(2, "big") + said

    async def server(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async def client(line: VtsLine) -> None:
        events: list[object] = []
        line.process_event = events.append  # type: ignore[method-assign]
        line.unanswered = 3
        line.data_received(whole)
        assert (line.unanswered, len(events)) == (2, 0)
        line.data_received(whole[:cut])
        line.data_received(whole[cut:] if cut else whole)
        assert (line.unanswered, len(events)) == ((2, 1) if cut else (1, 0))
        line.data_received(whole)
        assert (line.unanswered, len(events)) == ((1, 1) if cut else (0, 0))

    talk(server, client)


def test_a_yes_inside_another_message_is_no_yes() -> None:
    said = answer(YES, filler="x" * 100).encode()
    frame = b"\x81\x7e" + len(said).to_bytes(2, "big") + said

    async def server(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async def client(line: VtsLine) -> None:
        line.unanswered = 3
        line.data_received(b"\x82\x7e" + len(frame).to_bytes(2, "big"))  # of a binary message
        line.data_received(frame)
        assert line.unanswered == 3
        assert await line.recv() == frame

    talk(server, client)


def test_a_closed_line_takes_nothing() -> None:
    async def server(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async def client(line: VtsLine) -> None:
        await line.close()
        line.inject(b" " * MIN_BYTES, 7)
        assert line.unanswered == 0

    talk(server, client)

"""docs/protocol.md says what the engine does: its examples, numbers and names are checked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgpack
import pytest

from engine import song_clock
from engine.config import DEFAULT_PORT
from engine.metrics import Metrics
from engine.server import connection, http, protocol, transport, websocket
from engine.server.protocol import ClientReader, Encoding, ErrorCode, SourceState, Stream, Unknown

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / "docs/protocol.md").read_text(encoding="utf-8")
VECTORS = json.loads((REPOSITORY / "tests/golden/protocol_v1.json").read_text(encoding="utf-8"))


def blocks(kind: str) -> list[tuple[str, str]]:
    """Fenced blocks as (rest of the info line, content)."""
    return re.findall(rf"```{kind} ([^\n]*)\n(.*?)```", PAGE, re.DOTALL)


def golden(sender: str, encoding: Encoding) -> dict[str, bytes]:
    return {
        v["name"]: bytes.fromhex(v["hex"])
        for v in VECTORS
        if v["from"] == sender and v["encoding"] == encoding
    }


def test_hex_dumps_are_the_golden_bytes():
    dumps = blocks("hex")
    assert [name for name, _ in dumps] == ["frame voice", "frame on the wire"]
    for name, dump in dumps:
        rows = [line.split("  ") for line in dump.strip().splitlines()]
        assert [int(offset, 16) for offset, _ in rows] == list(range(0, 16 * len(rows), 16))
        shown = bytes.fromhex("".join(row for _, row in rows))
        assert golden("server", Encoding.MSGPACK)[name][: len(shown)] == shown
    assert len(golden("server", Encoding.MSGPACK)["frame voice"]) == len(
        bytes.fromhex("".join(line.split("  ")[1] for line in dumps[0][1].strip().splitlines()))
    )


def test_the_annotated_bytes_are_the_whole_dump():
    table = PAGE[PAGE.index("| bytes | meaning |") :].partition("\n\n")[0]
    shown = "".join(re.findall(r"^\| `([0-9a-f ]+)` \|", table, re.MULTILINE))
    assert bytes.fromhex(shown) == golden("server", Encoding.MSGPACK)["frame voice"]


def test_server_examples_are_golden_and_the_same_in_both_encodings():
    examples = [text.strip() for who, text in blocks("json") if who == "server"]
    assert len(examples) == 5
    for example in examples:
        assert example.encode() in golden("server", Encoding.JSON).values()
        message = json.loads(example)
        if message["type"] != "frame":
            packed = golden("server", Encoding.MSGPACK)[message["type"]]
            assert msgpack.unpackb(packed) == message


def test_client_examples_are_accepted_in_both_encodings():
    examples = [text.strip() for who, text in blocks("json") if who == "client"]
    assert len(examples) == 8
    for encoding in Encoding:
        reader = ClientReader(encoding)
        for example in examples:
            message = json.loads(example)
            said = example if encoding is Encoding.JSON else msgpack.packb(message)
            read = reader.read(said)
            assert not isinstance(read, Unknown)


@pytest.mark.parametrize(
    "promise",
    [
        f"(or {Encoding.JSON}, or both, preferred first)",
        f"One port ({DEFAULT_PORT})",
        f"all places are taken ({websocket.ServerConfig().max_clients})",
        f"| clients | {websocket.ServerConfig().max_clients} |",
        f"| message from a client without audio | {protocol.MAX_CONTROL_BYTES} bytes |",
        f"| PCM in one audio message | {protocol.MAX_PCM_BYTES} bytes |",
        f"{websocket.MESSAGES_PER_S} a second for long, {websocket.MESSAGE_BURST} at once",
        f"| opening handshake | {websocket.HANDSHAKE_TIMEOUT_S:.0f} s |",
        f"no WebSocket ping for {websocket.PING_TIMEOUT_S:.0f} s is closed (1011); pings go out every "
        f"{websocket.PING_INTERVAL_S:.0f} s",
        f"its own send buffer at {connection.SEND_BUFFER_BYTES // 1024} KiB",
        f"0 (default) to {protocol.MAX_WINDOW}:",
        f"{protocol.AUDIO_RATE_MIN_HZ} to {protocol.AUDIO_RATE_MAX_HZ}",
        f"1 to {protocol.AUDIO_CHANNELS_MAX}, interleaved",
        f"{song_clock.SLOWEST_RATE:g} to {song_clock.FASTEST_RATE:g}, 1 (default)",
        f"0 to {song_clock.LONGEST_SONG_S:.0f}: where the song is",
        f"at most {song_clock.JUMP_S:g} s off glides there",
        f"at most {100 * song_clock.GLIDE:.0f} % faster or slower",
        f"at most {transport.FARTHEST_S:.0f} s from now",
        f"said nothing for {transport.SILENCE_S:.0f} s while another client speaks",
        f"leaves its song as it was for {song_clock.ORPHAN_S:.0f} s",
        f"404 where none (or over {http.MAX_SONG_BYTES // 2**20} MiB)",
        f"`size` is {protocol.FLAME_COUNT} numbers",
        f"`{json.dumps(list(protocol.RATES_HZ))}`",
        f"`{json.dumps([str(s) for s in Stream])}`",
        f"`{json.dumps(list(protocol.VOICE_FIELDS))}`",
    ],
)
def test_numbers_on_the_page_are_those_of_the_code(promise):
    assert re.sub(r"\s+", " ", promise) in re.sub(r"\s+", " ", PAGE)


@pytest.mark.parametrize("names", [ErrorCode, SourceState, song_clock.SongState, Stream, Encoding])
def test_every_name_of_the_wire_is_on_the_page(names):
    for name in names:
        assert f"`{name}`" in PAGE or f'"{name}"' in PAGE


def test_every_key_of_the_hello_is_on_the_page():
    hello = json.loads(protocol.encode_hello(Encoding.JSON, protocol.Hello("s", 0, "b")))
    table = PAGE[PAGE.index("### hello") : PAGE.index("### frame")]
    assert [key for key in hello if f"`{key}`" not in table] == []


def test_every_metric_is_on_the_page_and_no_other():
    exposed = {
        sample.name
        for family in Metrics().registry.collect()
        for sample in [*family.samples, family]
        if not sample.name.endswith(("_created", "_bucket", "_count", "_sum"))
    }
    listed = set(re.findall(r"t2s_\w+", PAGE[PAGE.index("| metric |") :]))
    counters = {f"{name}_total" for name in exposed}
    assert listed <= exposed | counters
    for name in exposed:
        assert name in listed or f"{name}_total" in listed

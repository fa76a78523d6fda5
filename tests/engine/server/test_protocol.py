"""The wire format, byte by byte and against abuse."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.outputs.base import OutputState, OutputStatus
from engine.server.protocol import (
    CLOSE_MALFORMED,
    CLOSE_REASON_BYTES,
    CLOSE_TOO_BIG,
    CLOSE_UNSUPPORTED,
    CLOSE_VIOLATION,
    FLAME_PARTS,
    MAX_CONTROL_BYTES,
    MAX_PCM_BYTES,
    Acknowledge,
    AskOutputs,
    Audio,
    AudioStart,
    AudioStop,
    ClientReader,
    Encoding,
    ErrorCode,
    Hello,
    Ping,
    SourceState,
    Status,
    Stream,
    Subscribe,
    SwitchOutput,
    Transport,
    Unknown,
    close_reason,
    encode_error,
    encode_frame,
    encode_hello,
    encode_outputs,
    encode_pong,
    encode_status,
    websocket_message,
)
from engine.song_clock import SongState
from t2s_rt.errors import ProtocolError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.intensity.actions import ACTION_NAMES
from t2s_rt.types import FlamePose, Frame, VoiceReading

GOLDEN = Path(__file__).parents[2] / "golden/protocol_v1.json"
VECTORS = json.loads(GOLDEN.read_text(encoding="utf-8"))
EVERYTHING = frozenset(Stream)
HELLO = Hello("t2s-rt 0.1.0", 960, "sha256:0123", song="demo.ogg", takes_audio=True)


def golden(name: str, encoding: Encoding, sender: str = "server") -> dict:
    (found,) = [
        v for v in VECTORS if (v["name"], v["encoding"], v["from"]) == (name, str(encoding), sender)
    ]
    return found | {"bytes": bytes.fromhex(found["hex"])}


def golden_frame() -> Frame:
    value = golden("frame", Encoding.JSON)["value"]
    array = {k: np.array(value[k], np.float32) for k in ("actions", "arkit", "flame")}
    cuts = np.cumsum([size for _, size, _ in FLAME_PARTS])[:-1]
    voice = value["voice"]
    return Frame(
        seq=value["seq"],
        pts_samples=value["pts_samples"],
        available_samples=value["pts_samples"] + 960,
        captured_ns=value["captured_ns"],
        song_s=value["song_s"],
        actions=array["actions"],
        arkit=array["arkit"],
        flame=FlamePose(*np.split(array["flame"], cuts)),
        voice=VoiceReading(**voice),
    )


def test_the_golden_file_is_what_its_maker_makes():
    maker = runpy.run_path(str(GOLDEN.with_name("make_golden.py")))
    assert maker["vectors"]() == VECTORS


# --- golden bytes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize(
    ("name", "streams"), [("frame", EVERYTHING), ("frame voice", frozenset({Stream.VOICE}))]
)
def test_a_frame_is_the_golden_bytes(encoding, name, streams):
    assert encode_frame(encoding, golden_frame(), streams) == golden(name, encoding)["bytes"]


def test_a_frame_with_its_websocket_header_is_the_golden_bytes():
    wire = websocket_message(
        Encoding.MSGPACK, encode_frame(Encoding.MSGPACK, golden_frame(), EVERYTHING)
    )
    assert wire == golden("frame on the wire", Encoding.MSGPACK)["bytes"]


@pytest.mark.parametrize("encoding", Encoding)
def test_control_messages_of_the_server_are_the_golden_bytes(encoding):
    s = golden("status", encoding)
    status = Status(
        "demo", SourceState.RUNNING, "mouth-v1", ("The microphone is quiet.",), 2, SongState.PLAYING
    )
    assert encode_status(encoding, status, 3) == s["bytes"]
    assert encode_pong(encoding, 1000, 1_234_567_890_123) == golden("pong", encoding)["bytes"]
    error = encode_error(encoding, ErrorCode.AUDIO_BUSY, "Another client is the microphone already.")
    assert error == golden("error", encoding)["bytes"]
    rows = [
        OutputStatus("vmc", OutputState.RUNNING, "Sends to 127.0.0.1:39539.", None, 60.0, 1234, 2, 1),
        OutputStatus("vts", OutputState.OFF, "Switched off.", False, 0.0, 0, 0, 0),
    ]
    assert encode_outputs(encoding, rows) == golden("outputs", encoding)["bytes"]


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("subscribe", Subscribe(frozenset({Stream.ARKIT, Stream.VOICE}), 30, 0)),
        ("subscribe window", Subscribe(frozenset({Stream.FLAME}), 60, 1)),
        ("subscribe nothing", Subscribe(frozenset(), 60, 0)),
        ("ack", Acknowledge(300)),
        ("ping", Ping(1000)),
        ("audio_start", AudioStart(48000, 1, "s16")),
        ("transport", Transport(SongState.PLAYING, 12.5, 1.25, 1_234_567_890_123)),
        ("transport untimed", Transport(SongState.PAUSED, 12.5, 1.0, None)),
        ("transport stopped", Transport(SongState.STOPPED, 0.0, 1.0, None)),
        ("outputs", AskOutputs()),
        ("switch_output", SwitchOutput("vmc", on=False)),
    ],
)
def test_golden_client_messages_are_understood(encoding, name, meaning):
    assert read(encoding, golden(name, encoding, "client")["bytes"]) == meaning


@pytest.mark.parametrize("encoding", Encoding)
def test_audio_goes_from_start_to_stop(encoding):
    reader = ClientReader(encoding)
    messages = [golden(n, encoding, "client") for n in ("audio_start", "audio", "audio_stop")]
    pcm = bytes.fromhex(messages[1]["value"]["pcm_hex"])
    taken = [reader.read(as_message(encoding, m["bytes"], m["name"])) for m in messages]
    assert taken == [AudioStart(48000, 1, "s16"), Audio(pcm), AudioStop()]


def test_every_golden_client_message_decodes_to_its_stated_value():
    for vector in VECTORS:
        data = bytes.fromhex(vector["hex"])
        if vector["value"] is None or vector["name"].startswith(("frame", "audio")):
            continue
        decode = json.loads if vector["encoding"] == Encoding.JSON else msgpack.unpackb
        assert decode(data) == vector["value"], vector["name"]


# --- what frames and hello hold -------------------------------------------------------------------


def test_both_encodings_say_the_same():
    frame = golden_frame()
    packed = msgpack.unpackb(encode_frame(Encoding.MSGPACK, frame, EVERYTHING))
    plain = json.loads(encode_frame(Encoding.JSON, frame, EVERYTHING))
    assert packed[:5] == [plain[k] for k in ("type", "seq", "pts_samples", "captured_ns", "song_s")]
    for position, name in ((5, "actions"), (6, "arkit"), (7, "flame")):
        assert np.frombuffer(packed[position], "<f4").tolist() == plain[name]
    assert packed[8] == list(plain["voice"].values())


def test_streams_not_asked_for_are_nil_and_the_array_keeps_its_length():
    packed = msgpack.unpackb(encode_frame(Encoding.MSGPACK, golden_frame(), frozenset({Stream.ARKIT})))
    assert len(packed) == 9
    assert [i for i, v in enumerate(packed) if v is None] == [5, 7, 8]
    plain = json.loads(encode_frame(Encoding.JSON, golden_frame(), frozenset({Stream.ARKIT})))
    assert set(plain) == {"type", "seq", "pts_samples", "captured_ns", "song_s", "arkit"}


@pytest.mark.parametrize("encoding", Encoding)
def test_hello_names_everything_in_order(encoding):
    decode = json.loads if encoding is Encoding.JSON else msgpack.unpackb
    hello = decode(encode_hello(encoding, HELLO))
    assert [a["name"] for a in hello["actions"]] == list(ACTION_NAMES)
    assert {a["minimum"] for a in hello["actions"]} == {-1.0, 0.0}
    assert hello["arkit"] == list(ARKIT_NAMES)
    assert hello["flame"]["basis"] == "sha256:0123"
    offset = 0
    for part in hello["flame"]["parts"]:
        assert part["offset"] == offset
        offset += part["size"]
    assert offset == hello["flame"]["size"] == 115
    assert (hello["sample_rate_hz"], hello["hop_samples"], hello["frame_samples"]) == (48000, 400, 800)
    assert hello["song"] == "demo.ogg"
    assert hello["takes_audio"] is True
    assert len(encode_hello(encoding, HELLO)) < 4096


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("field", ["actions", "arkit"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_frame_that_is_not_finite_is_refused(encoding, field, bad):
    frame = golden_frame()
    getattr(frame, field)[3] = bad
    with pytest.raises(ValueError, match="finite"):
        encode_frame(encoding, frame, EVERYTHING)


def test_arrays_that_are_not_contiguous_still_make_the_right_bytes():
    frame = golden_frame()
    strided = np.repeat(frame.actions, 2)[::2]
    other = Frame(
        frame.seq, frame.pts_samples, 0, frame.captured_ns, frame.song_s,
        strided, frame.arkit, frame.flame, frame.voice,
    )  # fmt: skip
    assert encode_frame(Encoding.MSGPACK, other, EVERYTHING) == encode_frame(
        Encoding.MSGPACK, frame, EVERYTHING
    )


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
@pytest.mark.parametrize("encoding", Encoding)
def test_websocket_headers_are_those_of_a_second_implementation(size, encoding):
    frames = pytest.importorskip("websockets.frames")
    payload = b"x" * size
    opcode = frames.Opcode.TEXT if encoding is Encoding.JSON else frames.Opcode.BINARY
    assert websocket_message(encoding, payload) == frames.Frame(opcode, payload).serialize(mask=False)


def test_a_close_reason_fits_and_stays_utf8():
    reason = close_reason("é" * 200)
    assert len(reason.encode()) <= CLOSE_REASON_BYTES
    assert set(reason) == {"é"}


# --- what clients may say -------------------------------------------------------------------------


def as_message(encoding: Encoding, data: bytes, name: str = "") -> str | bytes:
    return data.decode() if encoding is Encoding.JSON and name != "audio" else data


def read(encoding: Encoding, data: bytes):
    return ClientReader(encoding).read(as_message(encoding, data))


def say(encoding: Encoding, value: object) -> str | bytes:
    return json.dumps(value) if encoding is Encoding.JSON else msgpack.packb(value)


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize(
    "message",
    [
        {"type": "subscribe", "streams": ["arkit"], "surplus": 1},
        {"type": "subscribe"},
        {"type": "subscribe", "streams": "arkit"},
        {"type": "subscribe", "streams": ["arkit", 5]},
        {"type": "subscribe", "streams": ["face"]},
        {"type": "subscribe", "streams": ["arkit"], "rate_hz": 59},
        {"type": "subscribe", "streams": ["arkit"], "rate_hz": 20},
        {"type": "subscribe", "streams": ["arkit"], "rate_hz": True},
        {"type": "subscribe", "streams": ["arkit"], "rate_hz": 60.0},
        {"type": "subscribe", "streams": ["arkit"], "window": -1},
        {"type": "subscribe", "streams": ["arkit"], "window": 61},
        {"type": "ping"},
        {"type": "ping", "client_ns": -1},
        {"type": "ping", "client_ns": "now"},
        {"type": "ack", "seq": None},
        {"type": "audio_start", "rate_hz": 7999, "channels": 1, "format": "s16"},
        {"type": "audio_start", "rate_hz": 48000, "channels": 0, "format": "s16"},
        {"type": "audio_start", "rate_hz": 48000, "channels": 1, "format": "u8"},
        {"type": "audio_stop"},
        {"type": "transport"},
        {"type": "transport", "state": "playing"},
        {"type": "transport", "state": "paused", "rate": 1.0},
        {"type": "transport", "state": "rewinding", "position_s": 1.0},
        {"type": "transport", "state": "playing", "position_s": -0.001},
        {"type": "transport", "state": "playing", "position_s": 86401},
        {"type": "transport", "state": "playing", "position_s": "1.0"},
        {"type": "transport", "state": "playing", "position_s": True},
        {"type": "transport", "state": "playing", "position_s": None},
        {"type": "transport", "state": "playing", "position_s": 1.0, "rate": 0.0},
        {"type": "transport", "state": "playing", "position_s": 1.0, "rate": -1.0},
        {"type": "transport", "state": "playing", "position_s": 1.0, "rate": 4.1},
        {"type": "transport", "state": "playing", "position_s": 1.0, "server_ns": -1},
        {"type": "transport", "state": "playing", "position_s": 1.0, "server_ns": 1.5},
        {"type": "transport", "state": "playing", "position_s": 1.0, "server_ns": None},
        {"type": "transport", "state": "playing", "position_s": 1.0, "clock": "mine"},
        {"streams": ["arkit"]},
        {"type": 5},
        [],
        "hello",
        None,
    ],
)
def test_wrong_messages_are_violations(encoding, message):
    with pytest.raises(ProtocolError) as refused:
        ClientReader(encoding).read(say(encoding, message))
    assert refused.value.close_code == CLOSE_VIOLATION
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_a_position_that_is_no_position_is_a_violation(number):
    """JSON has no NaN; MessagePack does."""
    for key in ("position_s", "rate"):
        message = {"type": "transport", "state": "playing", "position_s": 1.0} | {key: number}
        with pytest.raises(ProtocolError) as refused:
            ClientReader(Encoding.MSGPACK).read(msgpack.packb(message))
        assert refused.value.close_code == CLOSE_VIOLATION


def test_whole_numbers_are_positions_too():
    message = {"type": "transport", "state": "playing", "position_s": 3, "rate": 1}
    for encoding in Encoding:
        meant = ClientReader(encoding).read(say(encoding, message))
        assert meant == Transport(SongState.PLAYING, 3.0, 1.0)


@pytest.mark.parametrize("name", ["transports", "dance", "näme\ud800" * 30])
def test_unknown_types_are_no_violation(name):
    unknown = ClientReader(Encoding.JSON).read(json.dumps({"type": name, "any": [1, {}]}))
    assert isinstance(unknown, Unknown)
    assert unknown.name.isascii()
    assert len(unknown.name) <= 40


@pytest.mark.parametrize(
    ("encoding", "message", "code"),
    [
        (Encoding.MSGPACK, "text", CLOSE_UNSUPPORTED),
        (Encoding.JSON, b"\0\0", CLOSE_UNSUPPORTED),
        (Encoding.JSON, "{", CLOSE_MALFORMED),
        (Encoding.JSON, '{"type":"ping","client_ns":NaN}', CLOSE_MALFORMED),
        (Encoding.JSON, '{"type":"ping","type":"ping","client_ns":1}', CLOSE_MALFORMED),
        (Encoding.JSON, "[" * 4000, CLOSE_MALFORMED),
        (Encoding.JSON, '{"type":"ping","client_ns":' + "9" * 4000 + "}", CLOSE_VIOLATION),
        (Encoding.JSON, " " * (MAX_CONTROL_BYTES + 1), CLOSE_TOO_BIG),
        (Encoding.MSGPACK, b"", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\xc1", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\x81\xa4type", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\x80\x80", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\x91" * 4000 + b"\xc0", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\xdd\xff\xff\xff\xff", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\xc6\xff\xff\xff\xff", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\xd6\xff\0\0\0\0", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\x82\xa1a\x01\xa1a\x02", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\x81\x01\x02", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\x81\xa1\xff\x02", CLOSE_MALFORMED),
        (Encoding.MSGPACK, b"\0" * (MAX_CONTROL_BYTES + 1), CLOSE_TOO_BIG),
    ],
)
def test_bytes_that_are_not_the_encoding_get_the_right_code(encoding, message, code):
    with pytest.raises(ProtocolError) as refused:
        ClientReader(encoding).read(message)
    assert refused.value.close_code == code


def audio(encoding: Encoding, pcm: bytes) -> bytes:
    return pcm if encoding is Encoding.JSON else msgpack.packb({"type": "audio", "pcm": pcm})


START = {"type": "audio_start", "rate_hz": 16000, "channels": 2, "format": "f32"}


@pytest.mark.parametrize("encoding", Encoding)
def test_audio_is_held_to_its_format(encoding):
    reader = ClientReader(encoding)
    with pytest.raises(ProtocolError) as early:
        reader.read(audio(encoding, b"\0" * 8))
    assert early.value.close_code == CLOSE_UNSUPPORTED
    assert reader.read(say(encoding, START)).frame_bytes == 8
    assert reader.read(audio(encoding, b"\0" * MAX_PCM_BYTES)) == Audio(b"\0" * MAX_PCM_BYTES)
    with pytest.raises(ProtocolError) as torn:
        reader.read(audio(encoding, b"\0" * 12))
    assert torn.value.close_code == CLOSE_MALFORMED
    with pytest.raises(ProtocolError) as twice:
        reader.read(say(encoding, START))
    assert twice.value.close_code == CLOSE_VIOLATION


@pytest.mark.parametrize("encoding", Encoding)
def test_audio_may_not_be_too_big_and_makes_no_room_for_other_messages(encoding):
    reader = ClientReader(encoding)
    reader.read(say(encoding, START))
    with pytest.raises(ProtocolError) as big:
        reader.read(audio(encoding, b"\0" * (MAX_PCM_BYTES + 8)))
    assert big.value.close_code in (CLOSE_TOO_BIG, CLOSE_MALFORMED)
    padded = {"type": "subscribe", "streams": ["arkit"] * 16, "pad": ["x" * 250] * 16, "p": "y" * 250}
    with pytest.raises(ProtocolError) as control:
        reader.read(say(encoding, padded))
    assert control.value.close_code == CLOSE_TOO_BIG


def everything_small():
    leaves = (
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20)
    )
    return st.recursive(
        leaves | st.binary(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(max_size=8) | st.just("type"), inner, max_size=4)
        ),
        max_leaves=12,
    )


UNTIMED = settings(deadline=None)  # a busy machine is no bug
KEYS = st.sampled_from(
    ["type", "streams", "rate_hz", "window", "seq", "client_ns", "channels", "format", "pcm", "x"]
)
NAMES = st.sampled_from(["subscribe", "ack", "ping", "audio_start", "audio", "audio_stop", "transport"])


def survives(reader: ClientReader, message: str | bytes) -> None:
    refusal = None
    try:
        reader.read(message)
    except ProtocolError as refused:
        refusal = refused
    assert refusal is None or refusal.close_code in (1003, 1007, 1008, 1009)


@UNTIMED
@given(st.binary(max_size=300))
def test_no_bytes_break_the_msgpack_reader(data):
    survives(ClientReader(Encoding.MSGPACK), data)


@UNTIMED
@given(st.text(max_size=300))
def test_no_text_breaks_the_json_reader(text):
    survives(ClientReader(Encoding.JSON), text)


@UNTIMED
@given(NAMES, st.dictionaries(KEYS, everything_small(), max_size=5), st.booleans())
def test_no_values_break_the_reader(name, fields, started):
    for encoding in Encoding:
        reader = ClientReader(encoding)
        if started:
            reader.read(say(encoding, START))
        try:
            message = say(encoding, {"type": name} | fields)
        except (TypeError, UnicodeEncodeError):
            continue  # JSON has no bytes, msgpack no lone surrogates
        survives(reader, message)

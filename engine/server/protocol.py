"""The wire format, without any I/O: values in, bytes out, and back.

docs/protocol.md is the same in words, and tests/golden holds its bytes. A frame is encoded once per
encoding and set of streams, not once per client; `websocket_message` adds the WebSocket header once too.
"""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

import msgpack
import numpy as np

from engine.song_clock import FASTEST_RATE, LONGEST_SONG_S, SLOWEST_RATE, SongState
from t2s_rt.errors import ProtocolError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.intensity.actions import ACTIONS
from t2s_rt.timebase import FRAME_RATE_HZ, FRAME_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import EXPRESSION_COUNT, FlamePose, FloatArray, Frame

PROTOCOL_VERSION: Final = 1
RATES_HZ: Final = (60, 30, 15)
FRAME_KIND: Final = "frame"

MAX_CONTROL_BYTES: Final = 4096
"""Largest message from a client that does not carry audio."""
MAX_PCM_BYTES: Final = 65_536
"""Most PCM in one audio message: a third of a second of 48 kHz stereo float."""
MAX_MESSAGE_BYTES: Final = MAX_PCM_BYTES + 64
"""Largest message from a client at all: PCM and the map around it."""
MAX_WINDOW: Final = 60
MAX_TIME_NS: Final = 2**63 - 1
MAX_NAME_CHARS: Final = 128

AUDIO_RATE_MIN_HZ: Final = 8_000
AUDIO_RATE_MAX_HZ: Final = 192_000
AUDIO_CHANNELS_MAX: Final = 32

CLOSE_UNSUPPORTED: Final = 1003
"""A text message where binary is spoken, or the other way round."""
CLOSE_MALFORMED: Final = 1007
"""Bytes that are not the encoding that was agreed on."""
CLOSE_VIOLATION: Final = 1008
"""Well-formed, but a key, type, value or order that the protocol does not allow."""
CLOSE_TOO_BIG: Final = 1009
CLOSE_REASON_BYTES: Final = 123
"""What RFC 6455 leaves for the reason in a close frame."""


class Encoding(StrEnum):
    """How messages are written; the values are the WebSocket sub-protocols."""

    MSGPACK = "t2s.v1.msgpack"
    JSON = "t2s.v1.json"


class Stream(StrEnum):
    """A part of a frame that a client can ask for; the order is that of the frame."""

    ACTIONS = "actions"
    ARKIT = "arkit"
    FLAME = "flame"
    VOICE = "voice"


class SourceState(StrEnum):
    """What the source of the voice is doing, in the words of `engine.sources.base`."""

    WAITING = "waiting"
    """Nothing was heard yet: the device is opening, or nobody sends."""
    RUNNING = "running"
    LOST = "lost"
    """The device vanished and is looked for."""
    ENDED = "ended"
    FAILED = "failed"
    """Something broke that waiting does not mend; a warning says what."""


class ErrorCode(StrEnum):
    """Why a request was refused while the connection stays open."""

    UNKNOWN = "unknown"
    """This server does not know the message type."""
    AUDIO_UNAVAILABLE = "audio_unavailable"
    """The source is not the WebSocket."""
    AUDIO_BUSY = "audio_busy"
    """Another client is the microphone."""
    TRANSPORT_UNAVAILABLE = "transport_unavailable"
    """The source plays the song itself."""
    TRANSPORT_BUSY = "transport_busy"
    """Another client is the player."""
    TRANSPORT_TIME = "transport_time"
    """The time given is not near the server's clock."""
    OUTPUTS_UNAVAILABLE = "outputs_unavailable"
    """This server has no outputs to switch."""
    OUTPUT_REFUSED = "output_refused"
    """There is no such output, or it cannot start."""


FLAME_PARTS: Final[tuple[tuple[str, int, str], ...]] = (
    ("expression", EXPRESSION_COUNT, "coefficient"),
    ("jaw_pose", 3, "rad"),
    ("neck_pose", 3, "rad"),
    ("eyes_pose", 6, "rad"),
    ("global_pose", 3, "rad"),
)
"""Name, size and unit of the parts of the flame vector, in its order."""

FLAME_COUNT: Final = sum(size for _, size, _ in FLAME_PARTS)
VOICE_FIELDS: Final = ("f0_hz", "voiced", "loudness_dbfs", "voice")


# --- what the server says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """What the first message tells beyond what the contracts fix.

    Attributes:
        server: Name and version, such as ``t2s-rt 0.1.0``.
        look_ahead_samples: How much later than the depicted moment a frame is made, at 48 kHz.
        basis_hash: Identity of the FLAME basis that expression coefficients refer to.
        song: Name of the song that ``/song`` serves; empty where none.
        takes_audio: Whether a client may be the microphone; the server sets it.
        takes_transport: Whether a client may be the player; the server sets it.
        switches_outputs: Whether a client may switch outputs; the server sets it.
    """

    server: str
    look_ahead_samples: int
    basis_hash: str
    song: str = ""
    takes_audio: bool = False
    takes_transport: bool = False
    switches_outputs: bool = False


class OutputRow(Protocol):
    """One output, as `engine.outputs.base.OutputStatus` has it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def state(self) -> str:
        """``off``, ``waiting``, ``running``, ``retrying`` or ``stopped``."""

    @property
    def detail(self) -> str:
        """A sentence for a person."""

    @property
    def listening(self) -> bool | None:
        """Whether somebody is there; None where the protocol cannot know."""

    @property
    def rate_hz(self) -> float:
        """Frames of the last second."""

    @property
    def sent(self) -> int:
        """Frames sent."""

    @property
    def skipped(self) -> int:
        """Frames left out."""

    @property
    def failures(self) -> int:
        """Refusals and breaks."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the engine is doing.

    Attributes:
        source: The source, such as ``mic:Built-in`` or ``demo``.
        source_state: What it is doing.
        model: Name of what moves the mouth.
        warnings: Sentences for a person, most important first.
        script: How often what `/script` serves has been changed; 0 where nothing is known of a song.
        song_state: What the player's song does; the server sets it.
    """

    source: str = ""
    source_state: SourceState = SourceState.WAITING
    model: str = ""
    warnings: tuple[str, ...] = ()
    script: int = 0
    song_state: SongState = SongState.STOPPED


def encode_hello(encoding: Encoding, hello: Hello) -> bytes:
    """The first message on a connection: names, order, ranges, units and conventions."""
    parts, offset = [], 0
    for name, size, unit in FLAME_PARTS:
        parts.append({"name": name, "offset": offset, "size": size, "unit": unit})
        offset += size
    return _encode(
        encoding,
        {
            "type": "hello",
            "protocol": PROTOCOL_VERSION,
            "server": hello.server,
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "hop_samples": HOP_SAMPLES,
            "frame_samples": FRAME_SAMPLES,
            "look_ahead_samples": hello.look_ahead_samples,
            "rates_hz": list(RATES_HZ),
            "streams": [str(stream) for stream in Stream],
            "actions": [
                {"name": a.name, "region": str(a.region), "minimum": a.minimum, "maximum": 1.0}
                for a in ACTIONS
            ],
            "arkit": list(ARKIT_NAMES),
            "flame": {"basis": hello.basis_hash, "size": FLAME_COUNT, "parts": parts},
            "voice": list(VOICE_FIELDS),
            "coordinates": {
                "length": "m",
                "angle": "rad",
                "rotation": "axis-angle",
                "handedness": "right",
                "up": "+y",
                "forward": "+z",
                "jaw_opens": "+x",
            },
            "song": hello.song or None,
            "takes_audio": hello.takes_audio,
            "takes_transport": hello.takes_transport,
            "switches_outputs": hello.switches_outputs,
        },
    )


def encode_status(encoding: Encoding, status: Status, dropped_frames: int) -> bytes:
    """What the engine is doing, and how many frames this client missed because it was slow."""
    return _encode(
        encoding,
        {
            "type": "status",
            "source": status.source,
            "source_state": str(status.source_state),
            "model": status.model,
            "warnings": list(status.warnings),
            "script": status.script,
            "song_state": str(status.song_state),
            "dropped_frames": dropped_frames,
        },
    )


def encode_pong(encoding: Encoding, client_ns: int, server_ns: int) -> bytes:
    """The answer to a ping: the client's own number back, and the server's monotonic clock in ns."""
    return _encode(encoding, {"type": "pong", "client_ns": client_ns, "server_ns": server_ns})


def encode_outputs(encoding: Encoding, outputs: Sequence[OutputRow]) -> bytes:
    """How each output fares."""
    rows = [
        {
            "name": each.name,
            "state": str(each.state),
            "detail": each.detail,
            "listening": each.listening,
            "rate_hz": each.rate_hz,
            "sent": each.sent,
            "skipped": each.skipped,
            "failures": each.failures,
        }
        for each in outputs
    ]
    return _encode(encoding, {"type": "outputs", "outputs": rows})


def encode_error(encoding: Encoding, code: ErrorCode, message: str) -> bytes:
    """A request was refused; the connection stays open."""
    return _encode(encoding, {"type": "error", "code": str(code), "message": message})


def encode_frame(encoding: Encoding, frame: Frame, streams: Collection[Stream]) -> bytes:
    """One face with the streams asked for.

    Raises:
        ValueError: A value in those streams, the voice or the song position is NaN or infinite.
    """
    flame = _flame_vector(frame.flame) if Stream.FLAME in streams else None
    actions = _finite(frame.actions) if Stream.ACTIONS in streams else None
    arkit = _finite(frame.arkit) if Stream.ARKIT in streams else None
    v = frame.voice
    song_s, f0_hz, loudness_dbfs, presence = _finite(
        np.array((frame.song_s, v.f0_hz, v.loudness_dbfs, v.voice), np.float32)
    ).tolist()
    voice = [f0_hz, v.voiced, loudness_dbfs, presence] if Stream.VOICE in streams else None
    if encoding is Encoding.MSGPACK:
        head = [FRAME_KIND, frame.seq, frame.pts_samples, frame.captured_ns, song_s]
        payloads = [None if a is None else a.tobytes() for a in (actions, arkit, flame)]
        return _pack([*head, *payloads, voice], single=True)
    message: dict[str, Any] = {
        "type": FRAME_KIND,
        "seq": frame.seq,
        "pts_samples": frame.pts_samples,
        "captured_ns": frame.captured_ns,
        "song_s": song_s,
    }
    if actions is not None:
        message["actions"] = actions.tolist()
    if arkit is not None:
        message["arkit"] = arkit.tolist()
    if flame is not None:
        message["flame"] = flame.tolist()
    if voice is not None:
        message["voice"] = dict(zip(VOICE_FIELDS, voice, strict=True))
    return _json(message)


def websocket_message(encoding: Encoding, payload: bytes) -> bytes:
    """A whole unmasked WebSocket message around ``payload`` (RFC 6455 section 5.2), for any client."""
    first = 0x81 if encoding is Encoding.JSON else 0x82  # FIN, and text or binary
    size = len(payload)
    if size < 126:  # the three length forms
        return bytes((first, size)) + payload
    if size < 65_536:
        return struct.pack(">BBH", first, 126, size) + payload
    return struct.pack(">BBQ", first, 127, size) + payload


def close_reason(sentence: str) -> str:
    """``sentence`` cut to what fits a close frame."""
    return sentence.encode()[:CLOSE_REASON_BYTES].decode(errors="ignore")


def _flame_vector(flame: FlamePose) -> FloatArray:
    parts = (flame.expression, flame.jaw_pose, flame.neck_pose, flame.eyes_pose, flame.global_pose)
    return _finite(np.concatenate(parts))


def _finite(values: FloatArray) -> FloatArray:
    """The same as little-endian float32.

    Raises:
        ValueError: A value is NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise ValueError("a frame holds a value that is not finite")
    return np.ascontiguousarray(values, "<f4")


def _encode(encoding: Encoding, message: dict[str, Any]) -> bytes:
    return _json(message) if encoding is Encoding.JSON else _pack(message, single=False)


def _json(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _pack(message: object, *, single: bool) -> bytes:
    packed: bytes = msgpack.packb(message, use_single_float=single)
    return packed


# --- what a client says -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Which frames a client wants. Replaces what it asked for before.

    Attributes:
        streams: Parts of a frame; none means no frames.
        rate_hz: One of `RATES_HZ`: every frame, every second (even ``seq``), every fourth.
        window: How many frames may be under way unacknowledged; 0 asks for no acknowledgement.
    """

    streams: frozenset[Stream]
    rate_hz: int = RATES_HZ[0]
    window: int = 0

    @property
    def divisor(self) -> int:
        """Frames whose ``seq`` this divides are sent."""
        return FRAME_RATE_HZ // self.rate_hz


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The client has handled every frame up to ``seq``."""

    seq: int


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks for the server's clock; ``client_ns`` comes back as it is."""

    client_ns: int


@dataclass(frozen=True, slots=True)
class AudioStart:
    """The client becomes the microphone.

    Attributes:
        rate_hz: Sample rate.
        channels: Interleaved channels.
        sample_format: ``s16`` or ``f32``, little-endian.
    """

    rate_hz: int
    channels: int
    sample_format: str

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * SAMPLE_BYTES[self.sample_format]


@dataclass(frozen=True, slots=True)
class Audio:
    """PCM of the format that `AudioStart` announced."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class AudioStop:
    """The client is the microphone no longer."""


@dataclass(frozen=True, slots=True)
class Transport:
    """The client is the player of the song and says where it is.

    Attributes:
        state: What the player does.
        position_s: Where it is; 0 where it has stopped.
        rate: How fast it plays.
        server_ns: When that is so, on the server's clock; None for the moment the message comes.
    """

    state: SongState
    position_s: float = 0.0
    rate: float = 1.0
    server_ns: int | None = None


@dataclass(frozen=True, slots=True)
class AskOutputs:
    """The client asks how the outputs fare."""


@dataclass(frozen=True, slots=True)
class SwitchOutput:
    """The client switches an output on or off.

    Attributes:
        name: The output's name.
        on: Whether it shall be on.
    """

    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of a type that this version does not know; ``name`` is safe to print."""

    name: str


ClientMessage: TypeAlias = (
    Subscribe
    | Acknowledge
    | Ping
    | AudioStart
    | Audio
    | AudioStop
    | Transport
    | AskOutputs
    | SwitchOutput
    | Unknown
)

SAMPLE_BYTES: Final = {"s16": 2, "f32": 4}


class ClientReader:
    """Reads one client's messages strictly, and in what order they may come.

    Args:
        encoding: What the client and the server agreed on.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._audio: AudioStart | None = None

    def read(self, message: str | bytes) -> ClientMessage:
        """Turn a WebSocket message into a value.

        Raises:
            ProtocolError: It breaks the protocol; carries the close code.
        """
        size = len(message) if isinstance(message, bytes) else len(message.encode(errors="replace"))
        if self._encoding is Encoding.JSON and isinstance(message, bytes):
            return self._read_pcm(message)
        limit = (
            MAX_MESSAGE_BYTES
            if self._audio and self._encoding is Encoding.MSGPACK
            else MAX_CONTROL_BYTES
        )
        if size > limit:
            raise ProtocolError(f"A message may have {limit} bytes, this one has {size}.", CLOSE_TOO_BIG)
        return self._read_control(_decode(self._encoding, message), size)

    def _read_control(self, fields: dict[str, Any], size: int) -> ClientMessage:
        name = fields.pop("type", None)
        if not isinstance(name, str):
            raise ProtocolError("A message needs a 'type' that is a string.", CLOSE_VIOLATION)
        if name == "audio" and self._encoding is Encoding.MSGPACK:
            return self._read_pcm(_Fields(name, fields).only_binary("pcm"))
        if size > MAX_CONTROL_BYTES:
            raise ProtocolError(
                f"A message without audio may have {MAX_CONTROL_BYTES} bytes, this one has {size}.",
                CLOSE_TOO_BIG,
            )
        reader = _READERS.get(name)
        if reader is None:
            return Unknown(ascii(name)[1:-1][:40])
        value = reader(_Fields(name, fields))
        if isinstance(value, AudioStart):
            if self._audio is not None:
                raise ProtocolError("audio_start came twice without audio_stop.", CLOSE_VIOLATION)
            self._audio = value
        elif isinstance(value, AudioStop):
            if self._audio is None:
                raise ProtocolError("audio_stop came without audio_start.", CLOSE_VIOLATION)
            self._audio = None
        return value

    def _read_pcm(self, pcm: bytes) -> Audio:
        if self._audio is None:
            raise ProtocolError("Audio came before audio_start.", CLOSE_UNSUPPORTED)
        if len(pcm) > MAX_PCM_BYTES:
            raise ProtocolError(
                f"One audio message may carry {MAX_PCM_BYTES} bytes, this one has {len(pcm)}.",
                CLOSE_TOO_BIG,
            )
        if len(pcm) % self._audio.frame_bytes:
            raise ProtocolError(
                f"{len(pcm)} bytes are no whole number of {self._audio.frame_bytes}-byte samples.",
                CLOSE_MALFORMED,
            )
        return Audio(pcm)


class _Fields:
    """The fields of one message, taken out one by one; whatever is left over is an error."""

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self._name = name
        self._left = fields

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self._left.pop(key, default)
        if type(value) is not int or not low <= value <= high:
            raise self._wrong(key, f"an integer from {low} to {high}")
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        value = self._left.pop(key, default)
        if type(value) not in (int, float) or not low <= value <= high:  # false for NaN as well
            raise self._wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def optional_integer(self, key: str, low: int, high: int) -> int | None:
        return self.integer(key, low, high) if key in self._left else None

    def choice(self, key: str, allowed: Collection[str]) -> str:
        value = self._left.pop(key, None)
        if not isinstance(value, str) or value not in allowed:
            raise self._wrong(key, f"one of {', '.join(allowed)}")
        return value

    def text(self, key: str) -> str:
        value = self._left.pop(key, None)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME_CHARS:
            raise self._wrong(key, f"1 to {MAX_NAME_CHARS} characters")
        return value

    def flag(self, key: str) -> bool:
        value = self._left.pop(key, None)
        if type(value) is not bool:
            raise self._wrong(key, "true or false")
        return value

    def streams(self, key: str) -> frozenset[Stream]:
        value = self._left.pop(key, None)
        names = {str(stream) for stream in Stream}
        if not isinstance(value, list) or any(not isinstance(v, str) or v not in names for v in value):
            raise self._wrong(key, f"a list of {', '.join(sorted(names))}")
        return frozenset(Stream(v) for v in value)

    def only_binary(self, key: str) -> bytes:
        value = self._left.pop(key, None)
        if not isinstance(value, bytes):
            raise self._wrong(key, "binary")
        self.end()
        return value

    def end(self) -> None:
        if self._left:
            surplus = ascii(sorted(map(str, self._left))[0])[:40]
            raise ProtocolError(f"{self._name} has no key {surplus}.", CLOSE_VIOLATION)

    def _wrong(self, key: str, expected: str) -> ProtocolError:
        return ProtocolError(f"{self._name}: {key} must be {expected}.", CLOSE_VIOLATION)


def _read_subscribe(fields: _Fields) -> Subscribe:
    streams = fields.streams("streams")
    rate_hz = fields.integer("rate_hz", min(RATES_HZ), max(RATES_HZ), default=RATES_HZ[0])
    if rate_hz not in RATES_HZ:
        raise ProtocolError(f"subscribe: rate_hz must be one of {RATES_HZ}.", CLOSE_VIOLATION)
    window = fields.integer("window", 0, MAX_WINDOW, default=0)
    fields.end()
    return Subscribe(streams, rate_hz, window)


def _read_acknowledge(fields: _Fields) -> Acknowledge:
    seq = fields.integer("seq", 0, MAX_TIME_NS)
    fields.end()
    return Acknowledge(seq)


def _read_ping(fields: _Fields) -> Ping:
    client_ns = fields.integer("client_ns", 0, MAX_TIME_NS)
    fields.end()
    return Ping(client_ns)


def _read_audio_start(fields: _Fields) -> AudioStart:
    rate_hz = fields.integer("rate_hz", AUDIO_RATE_MIN_HZ, AUDIO_RATE_MAX_HZ)
    channels = fields.integer("channels", 1, AUDIO_CHANNELS_MAX)
    sample_format = fields.choice("format", SAMPLE_BYTES)
    fields.end()
    return AudioStart(rate_hz, channels, sample_format)


def _read_audio_stop(fields: _Fields) -> AudioStop:
    fields.end()
    return AudioStop()


def _read_transport(fields: _Fields) -> Transport:
    state = SongState(fields.choice("state", list(SongState)))
    nowhere = 0.0 if state is SongState.STOPPED else None
    position_s = fields.number("position_s", 0.0, LONGEST_SONG_S, default=nowhere)
    rate = fields.number("rate", SLOWEST_RATE, FASTEST_RATE, default=1.0)
    server_ns = fields.optional_integer("server_ns", 0, MAX_TIME_NS)
    fields.end()
    return Transport(state, position_s, rate, server_ns)


def _read_ask_outputs(fields: _Fields) -> AskOutputs:
    fields.end()
    return AskOutputs()


def _read_switch_output(fields: _Fields) -> SwitchOutput:
    name, on = fields.text("name"), fields.flag("on")
    fields.end()
    return SwitchOutput(name, on)


_READERS: Final[dict[str, Callable[[_Fields], ClientMessage]]] = {
    "subscribe": _read_subscribe,
    "ack": _read_acknowledge,
    "ping": _read_ping,
    "audio_start": _read_audio_start,
    "audio_stop": _read_audio_stop,
    "transport": _read_transport,
    "outputs": _read_ask_outputs,
    "switch_output": _read_switch_output,
}


def _decode(encoding: Encoding, message: str | bytes) -> dict[str, Any]:
    """Bytes to a map with string keys, within limits.

    Raises:
        ProtocolError: Not the agreed encoding, or not a map.
    """
    try:
        if encoding is Encoding.JSON:
            value = _from_json(message)
        elif isinstance(message, bytes):
            value = _from_msgpack(message)
        else:
            raise ProtocolError("t2s.v1.msgpack speaks binary messages, not text.", CLOSE_UNSUPPORTED)
    except (ValueError, RecursionError, msgpack.UnpackException):
        raise ProtocolError(f"This is not the {encoding} that was agreed on.", CLOSE_MALFORMED) from None
    if not isinstance(value, dict):
        raise ProtocolError("A message must be a map with a 'type'.", CLOSE_VIOLATION)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key came twice")
    return fields


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_from_json = functools.partial(json.loads, object_pairs_hook=_unique, parse_constant=_no_constant)
_from_msgpack = functools.partial(
    msgpack.unpackb,
    raw=False,
    strict_map_key=True,
    object_pairs_hook=_unique,
    max_str_len=256,
    max_bin_len=MAX_PCM_BYTES,
    max_array_len=16,
    max_map_len=16,
    max_ext_len=0,
)

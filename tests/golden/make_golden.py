"""Makes tests/golden/protocol_v1.json: bytes that every implementation of the wire format must agree on.

    python tests/golden/make_golden.py

Run it only when the protocol changes on purpose: the tests compare the engine and the clients with the
file, and docs/protocol.md quotes it. This uses `msgpack` and `struct` alone, never the engine,
so that an error in the engine cannot hide in its own golden file.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import msgpack

OUT = Path(__file__).with_name("protocol_v1.json")

FRAME = {
    "seq": 300,
    "pts_samples": 240_240,
    "captured_ns": 1_234_567_890_123,
    "song_s": 5.125,
    "actions": [i / 32 for i in range(22)],
    "arkit": [i / 64 for i in range(52)],
    "flame": [(i - 50) / 64 for i in range(100)] + [0.25, 0.0, 0.0] + [i / 128 for i in range(12)],
    "voice": {"f0_hz": 440.0, "voiced": True, "loudness_dbfs": -20.5, "voice": 1.0},
}
"""Values that float32 holds exactly."""

STATUS = {
    "type": "status",
    "source": "demo",
    "source_state": "running",
    "model": "mouth-v1",
    "warnings": ["The microphone is quiet."],
    "script": 2,
    "song_state": "playing",
    "dropped_frames": 3,
}
PONG = {"type": "pong", "client_ns": 1000, "server_ns": 1_234_567_890_123}
ERROR = {"type": "error", "code": "audio_busy", "message": "Another client is the microphone already."}

OUTPUTS = {
    "type": "outputs",
    "outputs": [
        {
            "name": "vmc",
            "state": "running",
            "detail": "Sends to 127.0.0.1:39539.",
            "listening": None,
            "rate_hz": 60.0,
            "sent": 1234,
            "skipped": 2,
            "failures": 1,
        },
        {
            "name": "vts",
            "state": "off",
            "detail": "Switched off.",
            "listening": False,
            "rate_hz": 0.0,
            "sent": 0,
            "skipped": 0,
            "failures": 0,
        },
    ],
}

CLIENT_MESSAGES: dict[str, dict[str, Any]] = {
    "subscribe": {"type": "subscribe", "streams": ["arkit", "voice"], "rate_hz": 30},
    "subscribe window": {"type": "subscribe", "streams": ["flame"], "rate_hz": 60, "window": 1},
    "subscribe nothing": {"type": "subscribe", "streams": []},
    "ack": {"type": "ack", "seq": 300},
    "ping": {"type": "ping", "client_ns": 1000},
    "audio_start": {"type": "audio_start", "rate_hz": 48000, "channels": 1, "format": "s16"},
    "audio_stop": {"type": "audio_stop"},
    "transport": {
        "type": "transport",
        "state": "playing",
        "position_s": 12.5,
        "rate": 1.25,
        "server_ns": 1_234_567_890_123,
    },
    "transport untimed": {"type": "transport", "state": "paused", "position_s": 12.5},
    "transport stopped": {"type": "transport", "state": "stopped"},
    "outputs": {"type": "outputs"},
    "switch_output": {"type": "switch_output", "name": "vmc", "on": False},
}
PCM = struct.pack("<4h", 0, 1000, -1000, 32767)


def message_pack(value: object) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def text(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def single(value: float) -> bytes:
    return b"\xca" + struct.pack(">f", value)


def frame_in_msgpack(streams: tuple[str, ...]) -> bytes:
    out = b"\x99" + message_pack("frame")
    for key in ("seq", "pts_samples", "captured_ns"):
        out += message_pack(FRAME[key])
    out += single(FRAME["song_s"])
    for key in ("actions", "arkit", "flame"):
        values = FRAME[key]
        out += message_pack(struct.pack(f"<{len(values)}f", *values) if key in streams else None)
    if "voice" not in streams:
        return out + b"\xc0"
    voice = FRAME["voice"]
    numbers = [single(voice[key]) for key in ("f0_hz", "loudness_dbfs", "voice")]
    return out + b"\x94" + numbers[0] + message_pack(voice["voiced"]) + numbers[1] + numbers[2]


def frame_in_json(streams: tuple[str, ...]) -> bytes:
    always = ("seq", "pts_samples", "captured_ns", "song_s")
    return text({"type": "frame"} | {k: v for k, v in FRAME.items() if k in always or k in streams})


def websocket(first: int, payload: bytes) -> bytes:
    """One unmasked WebSocket message of at least 126 bytes."""
    return struct.pack(">BBH", first, 126, len(payload)) + payload


def vectors() -> list[dict[str, Any]]:
    everything, little = ("actions", "arkit", "flame", "voice"), ("voice",)
    rows: list[tuple[str, str, str, object, bytes]] = []
    for name, streams in (("frame", everything), ("frame voice", little)):
        value = FRAME | {"streams": list(streams)}
        rows.append((name, "server", "t2s.v1.msgpack", value, frame_in_msgpack(streams)))
        rows.append((name, "server", "t2s.v1.json", value, frame_in_json(streams)))
    full = frame_in_msgpack(everything)
    rows.append(("frame on the wire", "server", "t2s.v1.msgpack", None, websocket(0x82, full)))
    for name, value in (("status", STATUS), ("pong", PONG), ("error", ERROR), ("outputs", OUTPUTS)):
        rows.append((name, "server", "t2s.v1.msgpack", value, message_pack(value)))
        rows.append((name, "server", "t2s.v1.json", value, text(value)))
    for name, value in CLIENT_MESSAGES.items():
        rows.append((name, "client", "t2s.v1.msgpack", value, message_pack(value)))
        rows.append((name, "client", "t2s.v1.json", value, text(value)))
    audio = message_pack({"type": "audio", "pcm": PCM})
    rows.append(("audio", "client", "t2s.v1.msgpack", {"type": "audio", "pcm_hex": PCM.hex()}, audio))
    rows.append(("audio", "client", "t2s.v1.json", {"type": "audio", "pcm_hex": PCM.hex()}, PCM))
    keys = ("name", "from", "encoding", "value", "hex")
    return [dict(zip(keys, (*row[:4], row[4].hex()), strict=True)) for row in rows]


if __name__ == "__main__":
    OUT.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

"""What `t2s conformance` checks: each a promise of docs/protocol.md, in that page's words."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgpack

from engine.commands.conformance_peer import (
    PATIENCE_S,
    Broken,
    NotAsked,
    Target,
    all_finite,
    expect,
    numbers_of,
)
from engine.server.protocol import Encoding

LISTEN_S: Final = 0.8
"""How long frames are counted."""
BOTH: Final = (Encoding.MSGPACK, Encoding.JSON)
ALL_STREAMS: Final = ("actions", "arkit", "flame", "voice")
FLOAT32_TAG: Final = 0xCA
SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Check:
    """One promise.

    Attributes:
        name: What is looked at.
        promise: The words of docs/protocol.md.
        run: Returns where the promise is kept; raises `Broken` or `NotAsked`.
    """

    name: str
    promise: str
    run: Callable[[Target], None]


CHECKS: Final[list[Check]] = []


def check(name: str, promise: str) -> Callable[[Callable[[Target], None]], Callable[[Target], None]]:
    """Put a function on the list."""

    def add(run: Callable[[Target], None]) -> Callable[[Target], None]:
        CHECKS.append(Check(name, promise, run))
        return run

    return add


def hello_of(target: Target, encoding: Encoding = Encoding.MSGPACK) -> dict[str, Any]:
    """A fresh connection's first message."""
    with target.peer(encoding) as peer:
        return peer.hear()


def at_path(target: Target, path: str, scheme: str = "") -> str:
    """Another address of the same server."""
    parts = urlsplit(target.url)
    return urlunsplit((scheme or parts.scheme, parts.netloc, path, parts.query, ""))


# --- handshake ----------------------------------------------------------------------------------------


@check("sub-protocols", "(or t2s.v1.json, or both, preferred first)")
def _sub_protocols(target: Target) -> None:
    for offer in ([BOTH[0]], [BOTH[1]], [*BOTH], [*reversed(BOTH)]):
        with target.dial(offer) as socket:
            expect(
                socket.subprotocol == str(offer[0]),
                f"offered {offer[0]} first, took {socket.subprotocol}",
            )


@check("no sub-protocol", "Without one of the two the handshake is refused.")
def _no_sub_protocol(target: Target) -> None:
    status = target.refusal([])
    expect(status == 400, f"answered {status}, not 400")


@check("other paths", "neither `/ws` nor `/`")
def _paths(target: Target) -> None:
    status = target.refusal([BOTH[0]], at_path(target, "/nowhere"))
    expect(status == 404, f"answered {status} at /nowhere, not 404")


@check("bare address", "the bare address, path /, works too")
def _bare_address(target: Target) -> None:
    status = target.refusal([BOTH[0]], at_path(target, "/"))
    expect(status == 101, f"answered {status} at /")


@check("no compression", "No extension is used: no compression.")
def _no_extension(target: Target) -> None:
    with target.dial([BOTH[0]]) as socket:
        answer = socket.response
        granted = answer.headers.get("Sec-WebSocket-Extensions") if answer else None
        expect(not granted, f"agreed to {granted}")


@check("foreign sites", "the Origin or Host header belongs to another site")
def _foreign_origin(target: Target) -> None:
    for origin in ("https://example.com", "null"):
        status = target.refusal([BOTH[0]], origin=origin)
        expect(status == 403, f"answered {status} to Origin {origin}, not 403")


# --- hello, status, pong ------------------------------------------------------------------------------


@check("hello comes first", "The first message. What stays the same for the whole connection.")
def _hello_first(target: Target) -> None:
    for encoding in BOTH:
        kind = hello_of(target, encoding).get("type")
        expect(kind == "hello", f"the first message is {kind!r}")


@check("hello: the time base", "48000: the clock of `pts_samples`")
def _hello_times(target: Target) -> None:
    hello = hello_of(target)
    wanted = {"protocol": 1, "sample_rate_hz": 48000, "hop_samples": 400, "frame_samples": 800}
    for key, value in wanted.items():
        expect(hello.get(key) == value, f"{key} is {hello.get(key)!r}, not {value}")
    look_ahead = hello.get("look_ahead_samples")
    expect(isinstance(look_ahead, int) and look_ahead >= 0, f"look_ahead_samples is {look_ahead!r}")
    expect({60, 30, 15} <= set(hello.get("rates_hz", ())), f"rates_hz is {hello.get('rates_hz')}")
    expect(isinstance(hello.get("server"), str), "server is no string")
    for key in ("takes_audio", "takes_transport"):
        expect(isinstance(hello.get(key), bool), f"{key} is {hello.get(key)!r}")


@check("hello: ARKit names", "list of 52 names, Apple's camelCase, in the order of the values")
def _hello_arkit(target: Target) -> None:
    names = hello_of(target).get("arkit", [])
    expect(len(set(names)) == 52 == len(names), f"{len(names)} names, {len(set(names))} different")
    known = {"jawOpen", "mouthClose", "eyeBlinkLeft", "eyeBlinkRight", "tongueOut", "browInnerUp"}
    expect(known <= set(names), f"lacks {', '.join(sorted(known - set(names)))}")


@check("hello: FLAME parts", '`parts` is a list of `{"name", "offset", "size", "unit"}`')
def _hello_flame(target: Target) -> None:
    flame = hello_of(target).get("flame", {})
    end = 0
    for part in flame.get("parts", []):
        expect(part["offset"] == end, f"{part['name']} begins at {part['offset']}, not {end}")
        end += part["size"]
    expect(flame.get("size") == end == 115, f"parts hold {end}, size says {flame.get('size')}")


@check("hello: actions and voice", "in the order of the values")
def _hello_actions(target: Target) -> None:
    hello = hello_of(target)
    for action in hello.get("actions", []):
        expect({"name", "region", "minimum", "maximum"} <= set(action), f"an action is {action}")
        expect(action["minimum"] < action["maximum"], f"{action['name']} has an empty range")
    expect(hello.get("actions"), "names no action")
    fields = ["f0_hz", "voiced", "loudness_dbfs", "voice"]
    expect(hello.get("voice", [])[:4] == fields, f"voice is {hello.get('voice')}")
    expect(set(ALL_STREAMS) <= set(hello.get("streams", [])), f"streams is {hello.get('streams')}")


@check("hello in both encodings", "everything in JSON, is a **map** with a `type`")
def _hello_both(target: Target) -> None:
    packed, text = hello_of(target), hello_of(target, Encoding.JSON)
    differing = sorted(key for key in packed | text if packed.get(key) != text.get(key))
    expect(not differing, f"{', '.join(differing)} differ")


@check("status", "After `hello`, when something in it changes")
def _status(target: Target) -> None:
    for encoding in BOTH:
        with target.peer(encoding) as peer:
            status = peer.hear_type("status")
            for key, kind in (
                ("source_state", str),
                ("model", str),
                ("warnings", list),
                ("source", str),
            ):
                expect(isinstance(status.get(key), kind), f"{key} is {status.get(key)!r}")
            expect(isinstance(status.get("dropped_frames"), int), "dropped_frames is no integer")


@check("ping", "any integer from 0 to 2^63 - 1; it comes back in `pong`")
def _ping(target: Target) -> None:
    for encoding in BOTH:
        with target.peer(encoding) as peer:
            clock = []
            for client_ns in (0, 1000, 2**63 - 1):
                peer.say({"type": "ping", "client_ns": client_ns})
                pong = peer.hear_type("pong")
                expect(
                    pong.get("client_ns") == client_ns, f"sent {client_ns}, got {pong.get('client_ns')}"
                )
                clock.append(pong["server_ns"])
            expect(clock == sorted(clock), f"server_ns runs backwards: {clock}")


# --- frames -------------------------------------------------------------------------------------------


@check("silence before subscribe", "Nothing is sent before the first.")
def _silence(target: Target) -> None:
    with target.peer() as peer:
        count = len(peer.frames(0.4))
        expect(not count, f"sent {count} frames that nobody asked for")


@check("frame layout", "In MessagePack 5 to 7 are `bin` of little-endian float32")
def _layout(target: Target) -> None:
    with target.peer() as peer:
        actions = len(peer.hear_type("hello")["actions"])
        peer.subscribe(*ALL_STREAMS)
        frame = peer.read(peer.raw_frame())
        for key, size in (("actions", 4 * actions), ("arkit", 208), ("flame", 460)):
            value = frame[key]
            expect(isinstance(value, bytes), f"{key} is {type(value).__name__}, not bin")
            expect(len(value) == size, f"{key} has {len(value)} bytes, not {size}")
        expect(
            isinstance(frame["voice"], list) and len(frame["voice"]) >= 4, f"voice is {frame['voice']}"
        )
        expect(isinstance(frame["voice"][1], bool), "voiced is no bool")


@check("integers and floats", "Integers come in the shortest MessagePack form. Every float is a float32")
def _number_forms(target: Target) -> None:
    with target.peer() as peer:
        peer.subscribe("voice")
        data = peer.raw_frame()
    reader = msgpack.Unpacker()
    reader.feed(data)
    reader.read_array_header()
    reader.skip()
    for key in ("seq", "pts_samples", "captured_ns"):
        start = reader.tell()
        value = reader.unpack()
        expect(data[start : reader.tell()] == msgpack.packb(value), f"{key} is not in its shortest form")
    expect(data[reader.tell()] == FLOAT32_TAG, f"song_s has the tag {data[reader.tell()]:#x}, not 0xca")
    for _ in range(4):
        reader.skip()
    reader.read_array_header()
    for place in range(4):
        tag = data[reader.tell()]
        expect(place == 1 or tag == FLOAT32_TAG, f"voice {place} has the tag {tag:#x}, not 0xca")
        reader.skip()


@check("streams", "A stream that was not subscribed to is `nil`.")
def _streams(target: Target) -> None:
    for encoding in BOTH:
        for wanted in (("arkit",), ("voice", "flame"), ("actions",)):
            with target.peer(encoding) as peer:
                peer.subscribe(*wanted)
                frame = peer.hear_type("frame")
                got = {stream for stream in ALL_STREAMS if frame.get(stream) is not None}
                expect(got == set(wanted), f"asked for {sorted(wanted)}, got {sorted(got)}")


@check("finite values in range", "Every float is a float32, and all are finite.")
def _finite(target: Target) -> None:
    with target.peer(Encoding.JSON) as peer:
        actions = peer.hear_type("hello")["actions"]
        peer.subscribe(*ALL_STREAMS)
        frames = peer.frames(LISTEN_S)
    expect(frames, "sent no frame: has it a source, such as --source demo?")
    for frame in frames:
        expect(all_finite(frame), f"frame {frame['seq']} holds NaN or infinity")
        low, high = min(frame["arkit"]), max(frame["arkit"])
        expect(low >= -SLACK and high <= 1 + SLACK, f"arkit weights from {low} to {high}")
        for action, value in zip(actions, frame["actions"], strict=True):
            inside = action["minimum"] - SLACK <= value <= action["maximum"] + SLACK
            expect(inside, f"{action['name']} is {value}")


@check("both encodings equal", "`t2s.v1.json` | JSON, UTF-8")
def _both_equal(target: Target) -> None:
    with target.peer() as packed, target.peer(Encoding.JSON) as text:
        for peer in (packed, text):
            peer.subscribe(*ALL_STREAMS)
        texts = {frame["seq"]: frame for frame in text.frames(LISTEN_S)}
        packs = {frame["seq"]: frame for frame in packed.frames(LISTEN_S)}
    shared = sorted(texts.keys() & packs.keys())
    expect(shared, "sent the two encodings no frame in common")
    for seq in shared:
        first, second = numbers_of(packs[seq]), numbers_of(texts[seq])
        expect(len(first) == len(second), f"frame {seq}: {len(first)} numbers against {len(second)}")
        worst = max(abs(a - b) for a, b in zip(first, second, strict=True))
        expect(worst <= SLACK, f"frame {seq} differs by {worst:g}")


@check("numbers and times", "number of the frame, rising by one in the engine")
def _times(target: Target) -> None:
    with target.peer() as peer:
        peer.subscribe("voice")
        frames = peer.frames(LISTEN_S)
        peer.say({"type": "ping", "client_ns": 0})
        now_ns = peer.hear_type("pong")["server_ns"]
    expect(len(frames) > 1, f"sent {len(frames)} frames in {LISTEN_S} s")
    for before, after in itertools.pairwise(frames):
        steps = after["seq"] - before["seq"]
        expect(steps >= 1, f"seq goes from {before['seq']} to {after['seq']}")
        moved = after["pts_samples"] - before["pts_samples"]
        expect(moved == 800 * steps, f"{steps} frames later, pts_samples rose by {moved}")
        expect(after["captured_ns"] <= now_ns, "captured_ns lies in the future")


@check("rates", "every frame, those whose `seq` is divisible by 2, by 4")
def _rates(target: Target) -> None:
    with target.peer() as peer:
        for rate_hz, divisor in ((60, 1), (30, 2), (15, 4)):
            peer.subscribe("voice", rate_hz=rate_hz)
            frames = peer.frames(LISTEN_S)
            off = [frame["seq"] for frame in frames if frame["seq"] % divisor]
            expect(not off, f"at {rate_hz} Hz came frame {off[:1]}")
            expect(len(frames) > 1, f"at {rate_hz} Hz came {len(frames)} frames in {LISTEN_S} s")
            due = (frames[-1]["seq"] - frames[0]["seq"]) // divisor + 1
            expect(2 * len(frames) >= due, f"at {rate_hz} Hz came {len(frames)} of {due} frames")


@check("subscribe replaces", "an empty list asks for no frames")
def _unsubscribe(target: Target) -> None:
    with target.peer() as peer:
        peer.subscribe("arkit")
        peer.raw_frame()
        peer.subscribe()
        count = len(peer.frames(0.4))
        expect(not count, f"sent {count} frames after an empty subscription")


# --- slow clients -------------------------------------------------------------------------------------


@check("window", "At most so many frames are ever under way.")
def _window(target: Target) -> None:
    for window in (1, 3):
        with target.peer() as peer:
            peer.say({"type": "subscribe", "streams": ["voice"], "window": window})
            frames = peer.frames(LISTEN_S)
            expect(len(frames) == window, f"window {window}, {len(frames)} frames came unacknowledged")


@check("a fresh frame after a pause", "answers at once with the newest frame it holds")
def _fresh(target: Target) -> None:
    with target.peer() as watch, target.peer() as slow:
        slow.say({"type": "subscribe", "streams": ["voice"], "window": 1})
        stale = slow.hear_type("frame")
        time.sleep(LISTEN_S)
        watch.subscribe("voice")
        newest = watch.hear_type("frame")["seq"]
        slow.say({"type": "ack", "seq": stale["seq"]})
        behind = newest - slow.hear_type("frame")["seq"]
        expect(behind <= 6, f"after a pause came a frame {behind} frames old")


@check("a stalled reader harms nobody", "There is no queue.")
def _stalled(target: Target) -> None:
    with target.peer() as stalled, target.peer() as reader:
        stalled.subscribe(*ALL_STREAMS)
        reader.subscribe("voice")
        count = len(reader.frames(2.0))
        expect(count >= 60, f"beside a client that does not read, {count} frames came in 2 s")


# --- strictness ---------------------------------------------------------------------------------------

VIOLATIONS: Final[tuple[tuple[str, object], ...]] = (
    ("an unknown key", {"type": "ping", "client_ns": 1, "extra": 1}),
    ("a missing key", {"type": "ping"}),
    ("a wrong type", {"type": "ping", "client_ns": "1"}),
    ("a value out of range", {"type": "ping", "client_ns": -1}),
    ("a rate that does not exist", {"type": "subscribe", "streams": [], "rate_hz": 59}),
    ("a stream that does not exist", {"type": "subscribe", "streams": ["smell"]}),
    ("a window of 61", {"type": "subscribe", "streams": [], "window": 61}),
    ("a message without type", {"client_ns": 1}),
    ("a list", [1, 2]),
)


@check("violations", "an unknown key, a missing key, a wrong type or a value out of range closes")
def _violations(target: Target) -> None:
    for encoding in BOTH:
        for what, message in VIOLATIONS:
            with target.peer(encoding) as peer:
                peer.say(message)
                code = peer.close_code()
                expect(code == 1008, f"{what} in {encoding}: {_ending(code)}, not 1008")


@check("an ack of the future", "A `seq` that was never sent is a violation.")
def _early_ack(target: Target) -> None:
    with target.peer() as peer:
        peer.subscribe("voice", window=1)
        peer.say({"type": "ack", "seq": 2**40})
        code = peer.close_code()
        expect(code == 1008, f"{_ending(code)}, not 1008")


@check("unknown message types", "it is answered with `error`, so that a newer client can try")
def _unknown_type(target: Target) -> None:
    for encoding in BOTH:
        with target.peer(encoding) as peer:
            peer.say({"type": "from_the_future", "anything": [1]})
            code = peer.hear_type("error").get("code")
            expect(code == "unknown", f"answered error {code!r}")
            peer.say({"type": "ping", "client_ns": 1})
            peer.hear_type("pong")


@check("the wrong WebSocket type", "text where the sub-protocol speaks binary, or binary audio before")
def _wrong_type(target: Target) -> None:
    _closes(target, Encoding.MSGPACK, '{"type":"ping","client_ns":1}', 1003)
    _closes(target, Encoding.JSON, b"\x00\x00", 1003)


@check("torn messages", "not the MessagePack, JSON or UTF-8 it should be")
def _malformed(target: Target) -> None:
    _closes(target, Encoding.MSGPACK, b"\x82\xa4type", 1007)
    _closes(target, Encoding.MSGPACK, b"\xc1", 1007)
    _closes(target, Encoding.JSON, '{"type":', 1007)


@check("keys that come twice", "a key that comes twice")
def _twice(target: Target) -> None:
    _closes(
        target, Encoding.MSGPACK, b"\x82" + 2 * (msgpack.packb("type") + msgpack.packb("ping")), 1007
    )
    _closes(target, Encoding.JSON, '{"type":"ping","client_ns":1,"client_ns":2}', 1007)


@check("too much in one message", "| message from a client without audio | 4096 bytes |")
def _too_big(target: Target) -> None:
    _closes(target, Encoding.MSGPACK, msgpack.packb({"type": "x" * 4096}), 1009)
    _closes(target, Encoding.JSON, json.dumps({"type": "x" * 4096}), 1009)


@check("too many messages", "| messages from one client | 400 a second for long, 800 at once |")
def _flood(target: Target) -> None:
    ping = msgpack.packb({"type": "ping", "client_ns": 1})
    masked = bytes((0x82, 0x80 | len(ping), 0, 0, 0, 0)) + ping  # a mask of zeros: sent in one go
    with target.peer() as peer:
        with contextlib.suppress(OSError):
            peer.socket.socket.sendall(4000 * masked)
        code = peer.close_code()
        expect(code == 1008, f"4000 messages in one go: {_ending(code)}, not 1008")


def _closes(target: Target, encoding: Encoding, data: str | bytes, wanted: int) -> None:
    with target.peer(encoding) as peer:
        peer.socket.send(data)
        code = peer.close_code()
        expect(code == wanted, f"in {encoding}: {_ending(code)}, not {wanted}")


def _ending(code: int) -> str:
    return f"closed with {code}" if code else "stayed open"


# --- what a server may leave to others, and HTTP ------------------------------------------------------


@check("audio that nobody takes", "the engine listens elsewhere than the WebSocket")
def _audio(target: Target) -> None:
    with target.peer() as peer:
        if peer.hear_type("hello")["takes_audio"]:
            raise NotAsked("it takes audio, and a check must not sing into it")
        peer.say({"type": "audio_start", "rate_hz": 48000, "channels": 1, "format": "s16"})
        code = peer.hear_type("error").get("code")
        expect(code == "audio_unavailable", f"answered error {code!r}")


@check("a player that nobody follows", "the engine plays the song itself")
def _transport(target: Target) -> None:
    with target.peer() as peer:
        if peer.hear_type("hello")["takes_transport"]:
            raise NotAsked("it takes a player, and a check must not move its song")
        peer.say({"type": "transport", "state": "playing", "position_s": 1.0})
        code = peer.hear_type("error").get("code")
        expect(code == "transport_unavailable", f"answered error {code!r}")


@check("outputs", "The answer to `outputs` and `switch_output`: how each [output](outputs.md) fares")
def _outputs(target: Target) -> None:
    with target.peer() as peer:
        if not peer.hear_type("hello").get("switches_outputs", False):
            raise NotAsked("it has no outputs to switch")
        peer.say({"type": "outputs"})
        rows = peer.hear_type("outputs").get("outputs")
        expect(isinstance(rows, list), f"outputs is {type(rows).__name__}, not a list")
        wanted = {"name", "state", "detail", "listening", "rate_hz", "sent", "skipped", "failures"}
        for row in rows or ():
            expect(set(row) >= wanted, f"an output lacks {', '.join(sorted(wanted - set(row)))}")
        peer.say({"type": "switch_output", "name": "no output has this name", "on": True})
        code = peer.hear_type("error").get("code")
        expect(code == "output_refused", f"answered a name that is none with error {code!r}")


@check("health", "JSON: `ok`, `protocol`, `source_state`, `model`, `warnings`, `clients`")
def _health(target: Target) -> None:
    scheme = "https" if urlsplit(target.url).scheme == "wss" else "http"
    try:
        with urllib.request.urlopen(at_path(target, "/health", scheme), timeout=PATIENCE_S) as answer:
            health = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError) as problem:
        raise Broken(f"/health: {problem}") from None
    lacking = {"ok", "protocol", "source_state", "model", "warnings", "clients"} - set(health)
    expect(not lacking, f"/health lacks {', '.join(sorted(lacking))}")
    expect(health["protocol"] == 1, f"/health says protocol {health['protocol']}")

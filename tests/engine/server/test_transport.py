"""A client as the player of the song."""

from __future__ import annotations

import json

import msgpack
import pytest

from engine.metrics import Metrics
from engine.server.broadcast import Client
from engine.server.protocol import Encoding, Transport
from engine.server.transport import FARTHEST_S, SILENCE_S, PlayerSeat
from engine.song_clock import SongClock, SongState
from t2s_rt.timebase import NO_SONG_S
from tests.engine.server.serving import peer, serving

S = 1_000_000_000
PLAYING = {"type": "transport", "state": "playing", "position_s": 10.0}


class DeadPipe:
    def try_write(self, message: bytes) -> bool:
        return False


class Scene:
    """A seat, its song clock and two clients, with the time moved by hand."""

    def __init__(self) -> None:
        self.now_ns = 500 * S
        self.clock = SongClock(lambda _: NO_SONG_S)
        self.seat = PlayerSeat(self.clock, lambda: self.now_ns)
        self.one, self.two = (Client(DeadPipe(), Encoding.JSON, Metrics()) for _ in range(2))

    def say(
        self, client: Client, state: str = "playing", position_s: float = 10.0, server_ns=None
    ) -> str:
        """What is refused, as a code; empty where it is taken."""
        reply = self.seat.take(client, Transport(SongState(state), position_s, 1.0, server_ns))
        return json.loads(reply)["code"] if reply is not None else ""


def test_the_first_is_the_player_until_it_stops() -> None:
    scene = Scene()
    assert scene.say(scene.one) == ""
    assert scene.say(scene.two) == "transport_busy"
    assert scene.say(scene.two, "stopped") == "transport_busy"
    assert scene.seat.song_state is SongState.PLAYING
    assert scene.say(scene.one, "stopped") == ""
    assert scene.say(scene.two) == ""
    assert scene.say(scene.one) == "transport_busy"


def test_a_silent_player_can_be_replaced_and_then_waits_itself() -> None:
    scene = Scene()
    scene.say(scene.one)
    scene.now_ns += round(SILENCE_S * S) - 1
    assert scene.say(scene.two) == "transport_busy"
    scene.now_ns += 1
    assert scene.say(scene.two) == ""
    assert scene.say(scene.one) == "transport_busy"
    scene.seat.release(scene.one)  # no longer the player: its end changes nothing
    scene.now_ns += 60 * S
    assert scene.seat.song_state is SongState.PLAYING


def test_a_player_that_goes_frees_the_seat_and_the_song_ends_in_time() -> None:
    scene = Scene()
    scene.say(scene.one)
    scene.seat.release(scene.one)
    assert scene.seat.song_state is SongState.PLAYING
    scene.now_ns += 60 * S
    assert scene.seat.song_state is SongState.STOPPED
    assert scene.say(scene.two) == ""


def test_another_clocks_time_is_refused_and_changes_nothing() -> None:
    scene = Scene()
    for away_s in (-FARTHEST_S - 1, FARTHEST_S + 1, -400):
        assert scene.say(scene.one, server_ns=scene.now_ns + round(away_s * S)) == "transport_time"
    assert scene.seat.song_state is SongState.STOPPED
    assert scene.say(scene.two, server_ns=scene.now_ns - round(FARTHEST_S * S)) == ""


def test_the_time_that_was_said_counts() -> None:
    scene = Scene()
    scene.say(scene.one, position_s=10.0, server_ns=scene.now_ns - 2 * S)
    assert scene.clock.song_s(0, scene.now_ns) == pytest.approx(12.0)


def test_an_engine_that_plays_the_song_itself_refuses(alone) -> None:
    async def scene():
        async with serving() as engine, peer(engine) as client:
            hello = await client.hear_type("hello")
            assert hello["takes_transport"] is False
            await client.say(PLAYING)
            error = await client.hear_type("error")
            assert error["code"] == "transport_unavailable"
            await client.settle()

    alone(scene())


@pytest.mark.parametrize("encoding", Encoding)
def test_a_player_over_the_wire(alone, encoding) -> None:
    clock = SongClock(lambda _: NO_SONG_S)

    async def scene():
        async with serving(transport_sink=clock) as engine:
            async with peer(engine, encoding) as player, peer(engine, encoding) as other:
                assert (await player.hear_type("hello"))["takes_transport"] is True
                assert (await player.hear_type("status"))["song_state"] == "stopped"
                await player.say(PLAYING)
                assert (await player.hear_type("status"))["song_state"] == "playing"
                await other.say(PLAYING)
                assert (await other.hear_type("error"))["code"] == "transport_busy"
                await player.say({"type": "ping", "client_ns": 1})
                now_ns = (await player.hear_type("pong"))["server_ns"]
                assert 10.0 < clock.song_s(0, now_ns) < 11.0
                await player.say({"type": "transport", "state": "stopped"})
                assert (await player.hear_type("status"))["song_state"] == "stopped"
                await other.say(PLAYING)
                await other.settle()
                assert clock.state(now_ns) is SongState.PLAYING
            await engine.until(lambda: engine.count("t2s_clients") == 0, "gone")
            assert clock.state(now_ns + 60 * S) is SongState.STOPPED

    alone(scene())


def test_a_broken_transport_closes_the_connection_and_not_the_song(alone) -> None:
    clock = SongClock(lambda _: NO_SONG_S)

    async def scene():
        async with (
            serving(transport_sink=clock) as engine,
            peer(engine) as player,
            peer(engine) as vandal,
        ):
            await player.say(PLAYING)
            await player.settle()
            await vandal.socket.send(
                msgpack.packb({"type": "transport", "state": "playing", "position_s": float("nan")})
            )
            code, reason = await vandal.closed()
            assert code == 1008
            assert "position_s must be a number from 0 to 86400" in reason
            await player.settle()
            assert engine.server._player.song_state is SongState.PLAYING

    alone(scene())


def test_one_player_and_a_hundred_messages_a_second_cost_one_status_each_change(alone) -> None:
    clock, told = SongClock(lambda _: NO_SONG_S), []

    async def scene():
        async with serving(transport_sink=clock) as engine, peer(engine) as player:
            for i in range(100):
                await player.say(PLAYING | {"position_s": 10.0 + i})
            await player.say({"type": "ping", "client_ns": 1})
            while (message := await player.hear())["type"] != "pong":
                told.append(message["type"])
            assert told == ["hello", "status", "status"]

    alone(scene())

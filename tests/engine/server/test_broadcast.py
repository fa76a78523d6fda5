"""Fan-out without sockets: what each client is sent, and what is encoded."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from engine.mailbox import FrameMailbox
from engine.metrics import Metrics
from engine.server import broadcast
from engine.server.broadcast import Broadcaster, Client
from engine.server.protocol import Encoding, Status, Stream, Subscribe
from t2s_rt.errors import ProtocolError
from tests.engine.server.serving import make_frame

VOICE = frozenset({Stream.VOICE})


class Wire:
    """A pipe whose readiness the test decides."""

    def __init__(self) -> None:
        self.open = True
        self.messages: list[bytes] = []

    def try_write(self, message: bytes) -> bool:
        if self.open:
            self.messages.append(message)
        return self.open


def client_on(wire: Wire, subscription: Subscribe, encoding=Encoding.MSGPACK) -> Client:
    client = Client(wire, encoding, Metrics())
    client.subscribe(subscription)
    return client


def broadcaster(*clients: Client) -> Broadcaster:
    hub = Broadcaster(FrameMailbox(), Metrics(), lambda: 0)
    for client in clients:
        hub.add(client)
    return hub


def test_a_frame_is_encoded_once_for_all_clients_that_want_the_same(monkeypatch):
    made = []
    original = broadcast.encode_frame

    def counting(encoding, frame, streams):
        made.append((encoding, streams))
        return original(encoding, frame, streams)

    monkeypatch.setattr(broadcast, "encode_frame", counting)
    wires = [Wire() for _ in range(9)]
    subscriptions = [
        (Subscribe(VOICE), Encoding.MSGPACK),
        (Subscribe(VOICE, 30), Encoding.MSGPACK),
        (Subscribe(VOICE), Encoding.JSON),
    ] * 3
    hub = broadcaster(*(client_on(w, s, e) for w, (s, e) in zip(wires, subscriptions, strict=True)))
    asyncio.run(hub.publish(make_frame(0)))
    assert sorted(made) == [(Encoding.JSON, VOICE), (Encoding.MSGPACK, VOICE)]
    assert len({id(w.messages[0]) for w in wires}) == 2


def test_nobody_who_wants_nothing_is_encoded_for(monkeypatch):
    monkeypatch.setattr(broadcast, "encode_frame", None)
    wire = Wire()
    asyncio.run(broadcaster(client_on(wire, Subscribe(frozenset()))).publish(make_frame(0)))
    assert wire.messages == []


def test_the_loop_gets_a_turn_between_writes():
    wires = [Wire() for _ in range(3 * broadcast.WRITES_PER_TURN)]
    hub = broadcaster(*(client_on(w, Subscribe(VOICE)) for w in wires))
    progress = []

    async def watch():
        while True:
            progress.append(sum(len(w.messages) for w in wires))
            await asyncio.sleep(0)

    async def scene():
        watcher = asyncio.create_task(watch())
        await asyncio.sleep(0)
        await hub.publish(make_frame(0))
        watcher.cancel()

    asyncio.run(scene())
    steps = [b - a for a, b in itertools.pairwise(progress)]
    assert max(steps) <= broadcast.WRITES_PER_TURN
    assert len(steps) >= 3


def test_a_client_that_leaves_during_a_frame_is_no_trouble():
    wires = [Wire() for _ in range(2 * broadcast.WRITES_PER_TURN)]
    clients = [client_on(w, Subscribe(VOICE)) for w in wires]
    hub = broadcaster(*clients)

    async def scene():
        publishing = asyncio.create_task(hub.publish(make_frame(0)))
        await asyncio.sleep(0)
        for client, wire in zip(clients, wires, strict=True):
            if not wire.messages:
                wire.open = False
                hub.remove(client)
        await publishing

    asyncio.run(scene())
    assert sum(len(w.messages) for w in wires) == broadcast.WRITES_PER_TURN


def test_a_busy_wire_keeps_the_newest_only_and_counts_the_rest():
    wire = Wire()
    client = client_on(wire, Subscribe(VOICE))
    wire.open = False
    for seq in range(5):
        assert not client.offer(seq, b"%d" % seq)
    assert client.dropped_frames == 4
    wire.open = True
    assert client.flush()
    assert not client.flush()
    assert wire.messages == [b"4"]


def test_the_newest_goes_before_what_waited():
    wire = Wire()
    client = client_on(wire, Subscribe(VOICE))
    wire.open = False
    client.offer(0, b"0")
    wire.open = True
    client.offer(1, b"1")
    assert wire.messages == [b"1"]
    assert client.dropped_frames == 1


def test_an_acknowledgement_frees_everything_up_to_it():
    wire = Wire()
    client = client_on(wire, Subscribe(VOICE, window=2))
    for seq in (10, 20, 30):
        client.offer(seq, b"%d" % seq)
    assert wire.messages == [b"10", b"20"]
    client.acknowledge(20)
    assert wire.messages == [b"10", b"20", b"30"]
    client.acknowledge(10)  # late, harmless
    with pytest.raises(ProtocolError):
        client.acknowledge(31)


def test_a_new_subscription_forgets_what_was_under_way():
    wire = Wire()
    client = client_on(wire, Subscribe(VOICE, window=1))
    client.offer(0, b"0")
    client.offer(1, b"1")
    client.subscribe(Subscribe(VOICE, window=1))
    assert wire.messages == [b"0"]
    client.offer(2, b"2")
    assert wire.messages == [b"0", b"2"]


def test_a_status_waits_for_a_free_wire_and_is_not_repeated():
    wire = Wire()
    client = client_on(wire, Subscribe(VOICE))
    wire.open = False
    client.tell(Status("mic"))
    assert wire.messages == []
    wire.open = True
    client.tell(Status("mic"))
    client.tell(Status("mic"))
    assert len(wire.messages) == 1

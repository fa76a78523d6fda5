from __future__ import annotations

import pytest
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from engine.outputs.osc import SLOT, Message, Packets, encode


def test_a_message_has_the_bytes_of_the_reference() -> None:
    wanted = "2f564d432f4578742f426c656e642f56616c00002c73660041000000" + "3f000000"
    assert encode(Message("/VMC/Ext/Blend/Val", ("A", 0.5), 1)).hex() == wanted
    assert encode(Message("/VMC/Ext/Blend/Apply")).hex().endswith("2c000000")


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "abcd", "Überblick"])
def test_another_decoder_reads_every_type(text: str) -> None:
    data = encode(Message("/x", (text, 7, -1.5, -3)))
    assert len(data) % 4 == 0
    read = OscMessage(data)
    assert read.address == "/x"
    assert read.params == [text, 7, -1.5, -3]


def test_bundles_stay_below_the_limit_and_hold_all_messages_in_order() -> None:
    messages = [Message(f"/m{i}", (f"name{i}", SLOT), 1) for i in range(100)]
    packets = Packets([*messages, Message("/end")], 500, bundled=True)
    packets.values[:] = range(100)
    sent = packets.fill()
    assert max(map(len, sent)) <= 500
    assert len(sent) > 3
    read = [m for data in map(bytes, sent) for m in OscBundle(data)]
    assert [m.address for m in read] == [*(f"/m{i}" for i in range(100)), "/end"]
    assert [m.params[1] for m in read[:-1]] == list(range(100))


def test_unbundled_messages_go_alone() -> None:
    packets = Packets([Message("/a", (1, SLOT), 1), Message("/b", (SLOT, SLOT), 2)], 500, bundled=False)
    packets.values[:] = 0.25, 0.5, 0.75
    first, second = map(bytes, packets.fill())
    assert OscMessage(first).params == [1, 0.25]
    assert OscMessage(second).params == [0.5, 0.75]


def test_a_message_longer_than_the_limit_still_goes() -> None:
    packets = Packets([Message("/long", ("x" * 600,)), Message("/b")], 500, bundled=True)
    assert [len(OscBundle(data)._contents) for data in map(bytes, packets.fill())] == [1, 1]

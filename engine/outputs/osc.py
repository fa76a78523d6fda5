"""Open Sound Control 1.0, as much as sending floats needs: packets written once, values filled in.

A message is an address, a type-tag string and big-endian arguments, each padded to four bytes; a bundle
is "#bundle", a time tag and messages with their sizes before them.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BUNDLE: Final = b"#bundle\0" + struct.pack(">Q", 1)
"""A bundle's head; time tag 1 means at once."""
SLOT: Final = 0.0
"""An argument of type float whose value is filled in for every frame."""


@dataclass(frozen=True, slots=True)
class Message:
    """One OSC message.

    Attributes:
        address: Such as ``/VMC/Ext/T``.
        arguments: Strings, ints and floats, in this order on the wire.
        slots: How many of the last float arguments are filled in for every frame.
    """

    address: str
    arguments: tuple[str | int | float, ...] = ()
    slots: int = 0


def _text(value: str) -> bytes:
    data = value.encode() + b"\0"
    return data + b"\0" * (-len(data) % 4)


def encode(message: Message) -> bytes:
    """The message's bytes; filled-in arguments are as given."""
    tags = "".join(
        "s" if isinstance(a, str) else "i" if isinstance(a, int) else "f" for a in message.arguments
    )
    parts = [_text(message.address), _text("," + tags)]
    for argument in message.arguments:
        if isinstance(argument, str):
            parts.append(_text(argument))
        else:
            parts.append(struct.pack(">i" if isinstance(argument, int) else ">f", argument))
    return b"".join(parts)


class Packets:
    """Datagrams whose floats change and whose rest does not.

    Args:
        messages: In the order they are sent.
        limit_bytes: Longest bundle; a longer single message still goes, alone.
        bundled: Whether messages share datagrams.
    """

    def __init__(self, messages: Sequence[Message], limit_bytes: int, *, bundled: bool) -> None:
        packets: list[bytearray] = []
        places: list[list[int]] = []
        for message in messages:
            data = encode(message)
            size = struct.pack(">i", len(data)) if bundled else b""
            fits = bundled and packets and len(packets[-1]) + len(size) + len(data) <= limit_bytes
            if not fits:
                packets.append(bytearray(BUNDLE if bundled else b""))
                places.append([])
            packets[-1] += size + data
            end = len(packets[-1])
            places[-1] += range(end - 4 * message.slots, end, 4)
        ends = list(itertools.accumulate(map(len, packets)))
        self._cuts = list(zip([0, *ends[:-1]], ends, strict=True))
        whole = b"".join(packets)
        slots = [
            begin + place
            for (begin, _), found in zip(self._cuts, places, strict=True)
            for place in found
        ]
        # All packets in one call: what stands before a slot, which may be nothing, then the slot.
        begins, stops = [0, *(slot + 4 for slot in slots)], [*slots, ends[-1]]
        fixed = [whole[begin:stop] for begin, stop in zip(begins, stops, strict=True)]
        self._layout = struct.Struct(">" + "f".join(f"{len(part)}s" for part in fixed))
        self._fields: list[bytes | float] = [b""] * (2 * len(slots) + 1)
        self._fields[::2] = fixed
        self.slot_count = len(slots)

    def fill(self, values: Sequence[float]) -> list[bytes]:
        """The datagrams with these values in their slots.

        Args:
            values: One for each slot, in the order of the messages.
        """
        self._fields[1::2] = values
        data = self._layout.pack(*self._fields)
        return [data[begin:end] for begin, end in self._cuts]

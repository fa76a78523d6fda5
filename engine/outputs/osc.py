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

import numpy as np
import numpy.typing as npt

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

    Attributes:
        values: ``(N,)`` big-endian, one for each slot in the order of the messages; to be written before
            `fill`.
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
        begins = [0, *ends[:-1]]
        whole = bytearray(b"".join(packets))
        self._datagrams = [memoryview(whole)[begin:end] for begin, end in zip(begins, ends, strict=True)]
        # Everything in OSC is four bytes wide, so packets are words of which some are slots.
        self._words = np.frombuffer(whole, np.uint32)
        self._slots = np.array(
            [
                (begin + place) // 4
                for begin, found in zip(begins, places, strict=True)
                for place in found
            ],
            np.intp,
        )
        self.values: npt.NDArray[np.float32] = np.zeros(len(self._slots), ">f4")
        self._values_as_words = self.values.view(np.uint32)

    def fill(self) -> list[memoryview]:
        """The datagrams with `values` in their slots; overwritten the next time."""
        self._words[self._slots] = self._values_as_words
        return self._datagrams

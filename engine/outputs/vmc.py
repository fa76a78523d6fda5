"""VMC protocol (OSC over UDP): VSeeFace, Warudo, VNyan and other programs that show VRM avatars.

Layout after the Virtual Motion Capture Protocol 3.1. Bones are in Unity's coordinates: left-handed, y
up, the avatar looks along +z.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from engine.clock import NS_PER_S
from engine.outputs.base import OutputStatus, Pace
from engine.outputs.datagrams import DatagramSender
from engine.outputs.osc import SLOT, Message, Packets
from t2s_rt.face.mapping import NO_CHANGE, Mapping
from t2s_rt.face.retarget import Retargeter, Table
from t2s_rt.face.signals import Signals, product, shares
from t2s_rt.face.vrm import EMOTIONS, LOOKS, PERFECT_SYNC, VRM0, VRM1, VrmModel

MARIONETTE_PORT: Final = 39539
PERFORMER_PORT: Final = 39540
BUNDLE_BYTES: Final = 1400
"""Below the protocol's 1,500 with room for IP and UDP headers and a tunnel's."""
NECK_SHARE: Final = 0.4
"""Part of the head's turn that the neck bone does."""
GAZE_M: Final = 1.0
HEAD_HEIGHT_M: Final = 1.5
"""Where an absolute gaze point is measured from, for receivers before 2.8."""
BONES: Final = ("Neck", "Head", "LeftEye", "RightEye")
_TIME: Final = struct.Struct(">f")
_TIME_AND_BONES: Final = struct.Struct(f">{1 + 4 * len(BONES)}f")
_GAZE: Final = struct.Struct(">3f")
"""What stands before the expressions."""


class Names(StrEnum):
    """Which expressions are sent."""

    AUTO = "auto"
    VRM0 = "vrm0"
    VRM1 = "vrm1"
    PERFECT = "perfect"


@dataclass(frozen=True, slots=True)
class VmcOptions:
    """How to send.

    Attributes:
        names: Expression names; ``auto`` is VRM0's, or what the model knows.
        bundle: Whether messages share datagrams.
        bones: Whether neck, head and eye bones are sent.
        emotions: Whether a smile drives Joy and so on, where that stops neither mouth nor eyelids.
        look: Whether the look expressions are sent besides the eye bones.
        model: The avatar's file, which tells names, rules and bones.
        performer: Whether the receiver is a Performer: it gets expressions and a gaze point, no bones.
        absolute_eye: Whether that gaze point is absolute (receivers before 2.8).
        rate_hz: Frames a second.
    """

    names: Names = Names.AUTO
    bundle: bool = True
    bones: bool = True
    emotions: bool = False
    look: bool = False
    model: Path | None = None
    performer: bool = False
    absolute_eye: bool = False
    rate_hz: int = 60


def choose_table(options: VmcOptions, model: VrmModel | None, mapping: Mapping = NO_CHANGE) -> Table:
    """The expressions to send."""
    names = options.names
    if names is Names.AUTO:
        names = Names.PERFECT if model is not None and model.perfect_sync else Names.VRM0
    table = {Names.VRM0: VRM0, Names.VRM1: VRM1, Names.PERFECT: PERFECT_SYNC}[names]
    left_out = frozenset[str]()
    if not options.emotions:
        left_out |= EMOTIONS
    if not options.look:
        left_out |= LOOKS
    if model is not None:
        left_out |= {name for name in EMOTIONS if (e := model.find(name)) is not None and e.silences}
    asked_for = mapping.changes.get(table.name, {}).keys()
    table = mapping.apply(table.only(frozenset(table.names) - (left_out - asked_for)))
    if model is None:
        return table
    return table.only(frozenset(name for name in table.names if model.find(name) is not None))


class VmcOutput:
    """Sends expressions and bones to a Marionette, or expressions and a gaze point to a Performer.

    Args:
        name: Unique among the outputs of a run.
        host: The receiver.
        port: Its UDP port.
        options: How to send.
        mapping: The user's changes.

    Raises:
        ConfigError: The model cannot be read.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        options: VmcOptions = VmcOptions(),
        mapping: Mapping = NO_CHANGE,
    ) -> None:
        self.name = name
        self._options = options
        self._model = VrmModel.load(options.model) if options.model is not None else None
        table = choose_table(options, self._model, mapping)
        self._retargeter = Retargeter(table)
        self.retargeters: tuple[Retargeter, ...] = (self._retargeter,)
        self._packets = Packets(self._messages(table), BUNDLE_BYTES, bundled=options.bundle)
        self._before = self._packets.values.data
        self._blends = self._packets.values[len(self._packets.values) - len(table.targets) :]
        self._sender = DatagramSender(name, host, port)
        self._pace = Pace(options.rate_hz)
        self._begun_ns = -1

    async def start(self) -> None:
        """Find the receiver and open the socket."""
        await self._sender.start()

    def offer(self, signals: Signals, now_ns: int) -> None:
        """Send a frame unless the receiver refuses or the frame is not due."""
        assert signals.frame is not None
        if not self._pace.due(signals.frame.seq) or not self._sender.ready(now_ns):
            return
        if self._begun_ns < 0:
            self._begun_ns = now_ns
        at_s = (now_ns - self._begun_ns) / NS_PER_S
        if self._options.performer:
            _GAZE.pack_into(self._before, 0, *self._gaze(signals))
        elif self._options.bones:
            _TIME_AND_BONES.pack_into(self._before, 0, at_s, *bone_turns(signals))
        else:
            _TIME.pack_into(self._before, 0, at_s)
        self._blends[:] = self._retargeter.view(signals)
        self._sender.send(self._packets.fill(), now_ns)

    def status(self, now_ns: int) -> OutputStatus:
        """How it fares."""
        return self._sender.status(now_ns)

    async def close(self) -> None:
        """Close the socket; the receiver keeps the last face."""
        self._sender.close()

    def _messages(self, table: Table) -> list[Message]:
        blends = [Message("/VMC/Ext/Blend/Val", (name, SLOT), 1) for name in table.names]
        apply = Message("/VMC/Ext/Blend/Apply")
        if self._options.performer:
            return [Message("/VMC/Ext/Set/Eye", (1, SLOT, SLOT, SLOT), 3), *blends, apply]
        pose = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
        head = [
            Message("/VMC/Ext/OK", (1, 3, 0, 1)),
            Message("/VMC/Ext/T", (SLOT,), 1),
            Message("/VMC/Ext/Root/Pos", ("root", *pose)),
        ]
        bones = [
            Message("/VMC/Ext/Bone/Pos", (name, *self._place(name), SLOT, SLOT, SLOT, SLOT), 4)
            for name in BONES
        ]
        return [*head, *(bones if self._options.bones else ()), *blends, apply]

    def _place(self, bone: str) -> tuple[float, float, float]:
        """Where the model has the bone under its parent, in Unity's coordinates; zeros without a model.

        A VRM0 file is turned by half a turn about y against VRM1, which looks along glTF's +z.
        """
        if self._model is None:
            return 0.0, 0.0, 0.0
        x, y, z = self._model.bones.get(bone[0].lower() + bone[1:], (0.0, 0.0, 0.0))
        return (-x, y, z) if self._model.version == 1 else (x, y, -z)

    def _gaze(self, signals: Signals) -> tuple[float, float, float]:
        """The point looked at, in Unity's coordinates."""
        turn = product(signals.head, signals.eyes[0]) if self._options.absolute_eye else signals.eyes[0]
        w, x, y, z = turn
        ahead = (2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y))
        height = HEAD_HEIGHT_M if self._options.absolute_eye else 0.0
        return -GAZE_M * ahead[0], height + GAZE_M * ahead[1], GAZE_M * ahead[2]


def bone_turns(signals: Signals) -> tuple[float, ...]:
    """Local rotations of `BONES` as x, y, z, w each, in Unity's coordinates.

    Neck and head share the turn about one axis, so together they make the whole; the eyes are relative
    to the head.
    """
    neck, head = shares(signals.head, NECK_SHARE)
    left, right = signals.eyes
    # Mirrored in x: from right-handed, left is +x, to left-handed, right is +x.
    return (
        neck[1], -neck[2], -neck[3], neck[0],
        head[1], -head[2], -head[3], head[0],
        left[1], -left[2], -left[3], left[0],
        right[1], -right[2], -right[3], right[0],
    )  # fmt: skip

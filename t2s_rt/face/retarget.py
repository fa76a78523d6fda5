"""From our signals to another program's parameters: one linear table, curves and limits on top.

``value = limit(offset + gain * curve(sum of signal * weight))``
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from t2s_rt.face.signals import SIGNAL_COUNT, SIGNAL_INDEX, Signals
from t2s_rt.face.vowels import VISEMES
from t2s_rt.types import FloatArray

CURVES: Final[dict[str, float]] = {"linear": 1.0, "soft": 0.5, "hard": 2.0}
"""Named curves and their exponents: soft lifts small values, hard keeps them small."""


@dataclass(frozen=True, slots=True)
class Curve:
    """How strongly a target answers.

    Attributes:
        exponent: The sum's sign times its size to this power.
        points: Instead, ``(input, output)`` pairs joined by straight lines; held beyond the ends.
    """

    exponent: float = 1.0
    points: tuple[tuple[float, float], ...] = ()

    def bend(self, value: float) -> float:
        """The curve at one place."""
        if self.points:
            inputs, outputs = zip(*self.points, strict=True)
            return float(np.interp(value, inputs, outputs))
        return float(np.sign(value) * abs(value) ** self.exponent)


STRAIGHT: Final = Curve()


@dataclass(frozen=True, slots=True)
class Target:
    """One parameter of another program.

    Attributes:
        name: As that program spells it.
        terms: Signal names and their weights, summed.
        minimum: Lowest value that is sent.
        maximum: Highest value that is sent.
        gain: Factor after the curve.
        offset: Added after the gain.
        curve: Bends the sum.
        own: Whether the program does not know it and it must be made there first.
    """

    name: str
    terms: tuple[tuple[str, float], ...]
    minimum: float = 0.0
    maximum: float = 1.0
    gain: float = 1.0
    offset: float = 0.0
    curve: Curve = STRAIGHT
    own: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """All parameters of one kind of program.

    Attributes:
        name: Its section in a mapping file.
        targets: In the order they are sent.
        caps: Pairs of target names; the first is never above the second. For mouthClose, which closes
            what jawOpen opened: above it the lips would pass through each other.
    """

    name: str
    targets: tuple[Target, ...]
    caps: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The targets' names in their order."""
        return tuple(target.name for target in self.targets)

    def only(self, names: frozenset[str]) -> Table:
        """The table without targets of other names."""
        return replace(self, targets=tuple(t for t in self.targets if t.name in names))


@dataclass(frozen=True, slots=True)
class Plan:
    """Tables made ready for computing; rows are targets.

    Attributes:
        matrix: ``(N, SIGNAL_COUNT)`` weights, with the gain in them where the curve is straight.
        offset: ``(N,)``.
        low: ``(N,)`` lowest values.
        high: ``(N,)`` highest values.
        bent: Rows with a curve, the curve and its gain.
        caps: Rows never above another row; None for one that is not sent, a jaw that stays shut.
    """

    matrix: FloatArray
    offset: FloatArray
    low: FloatArray
    high: FloatArray
    bent: tuple[tuple[int, Curve, float], ...]
    caps: tuple[tuple[int, int | None], ...]

    @classmethod
    def of(cls, table: Table) -> Plan:
        """The plan of one table.

        Raises:
            KeyError: A target reads a signal that does not exist.
        """
        targets = table.targets
        matrix = np.zeros((len(targets), SIGNAL_COUNT), np.float32)
        bent = []
        for row, target in enumerate(targets):
            straight = target.curve == STRAIGHT
            for signal, weight in target.terms:
                matrix[row, SIGNAL_INDEX[signal]] += weight * (target.gain if straight else 1.0)
            if not straight:
                bent.append((row, target.curve, target.gain))
        index = {name: i for i, name in enumerate(table.names)}
        return cls(
            matrix,
            np.array([target.offset for target in targets], np.float32),
            np.array([target.minimum for target in targets], np.float32),
            np.array([target.maximum for target in targets], np.float32),
            tuple(bent),
            tuple((index[low], index.get(high)) for low, high in table.caps if low in index),
        )

    @classmethod
    def join(cls, plans: Sequence[Plan]) -> Plan:
        """One plan with the rows of all, in order."""
        starts = [0, *itertools.accumulate(len(plan.offset) for plan in plans)]
        placed = list(zip(starts, plans, strict=False))
        return cls(
            np.concatenate([plan.matrix for plan in plans]),
            np.concatenate([plan.offset for plan in plans]),
            np.concatenate([plan.low for plan in plans]),
            np.concatenate([plan.high for plan in plans]),
            tuple((at + row, curve, gain) for at, plan in placed for row, curve, gain in plan.bent),
            tuple(
                (at + low, None if high is None else at + high)
                for at, plan in placed
                for low, high in plan.caps
            ),
        )

    def compute(self, signals: FloatArray, out: FloatArray) -> None:
        """Write the values for one frame.

        Args:
            signals: ``(SIGNAL_COUNT,)``.
            out: ``(N,)``; overwritten.
        """
        self.matrix.dot(signals, out=out)  # np.dot first asks both arrays whether they know better
        for row, curve, gain in self.bent:
            out[row] = gain * curve.bend(float(out[row]))
        np.add(out, self.offset, out=out)
        np.maximum(out, self.low, out=out)
        np.minimum(out, self.high, out=out)
        for low, high in self.caps:
            if high is None:
                out[low] = 0.0
            elif out.item(low) > out.item(high):
                out[low] = out[high]


class Retargeter:
    """Computes a table's values from signals; no memory, no latency.

    Args:
        table: What to compute.

    Attributes:
        plan: The table, made ready.
        uses_visemes: Whether it reads the signals ``viseme_*``.

    Raises:
        KeyError: A target reads a signal that does not exist.
    """

    def __init__(self, table: Table) -> None:
        self.plan: Final = Plan.of(table)
        self.uses_visemes: Final = any(
            signal.startswith("viseme_") for target in table.targets for signal, _ in target.terms
        )
        self._values: FloatArray = np.zeros(len(table.targets), np.float32)
        self._batch: RetargetBatch | None = None

    def step(self, signals: FloatArray, out: FloatArray) -> None:
        """Write the values for one frame.

        Args:
            signals: ``(SIGNAL_COUNT,)``.
            out: ``(N,)`` in the order of the table; overwritten.
        """
        self.plan.compute(signals, out)

    def view(self, signals: Signals) -> FloatArray:
        """The values for the newest frame, computed with the whole batch where it is in one.

        Returns:
            ``(N,)`` in the order of the table; overwritten by the next frame.
        """
        if self._batch is None:
            self.plan.compute(signals.values, self._values)
        else:
            self._batch.compute(signals)
        return self._values

    def read(self, signals: Signals) -> list[float]:
        """The same as a list."""
        values: list[float] = self.view(signals).tolist()
        return values

    def enter(self, batch: RetargetBatch, values: FloatArray) -> None:
        """Let a batch compute, which writes this table's values there."""
        self._batch = batch
        self._values = values

    def leave(self) -> None:
        """Compute alone again."""
        self._batch = None
        self._values = np.zeros(len(self._values), np.float32)


class RetargetBatch:
    """Many retargeters' values by one product and one pair of limits.

    At 60 frames a second the caches are cold each time, and then the first call of each kind costs ten
    times what the next does: few large calls are cheaper than many small ones.

    Args:
        retargeters: They are in this batch until `close`; at least one.
    """

    def __init__(self, retargeters: Sequence[Retargeter]) -> None:
        self._members = tuple(retargeters)
        self._plan = Plan.join([each.plan for each in self._members])
        self._values: FloatArray = np.zeros(len(self._plan.offset), np.float32)
        self._reads = -1
        begin = 0
        for each in self._members:
            end = begin + len(each.plan.offset)
            each.enter(self, self._values[begin:end])
            begin = end

    def compute(self, signals: Signals) -> None:
        """Write the newest frame's values for all members, unless they are there already."""
        if signals.reads != self._reads:
            self._reads = signals.reads
            self._plan.compute(signals.values, self._values)

    def close(self) -> None:
        """Let the members compute for themselves again."""
        for each in self._members:
            each.leave()


OCULUS: Final = Table("oculus", tuple(Target(name, ((f"viseme_{name}", 1.0),)) for name in VISEMES))
"""Oculus' fifteen visemes under their own names."""

_GLTF_VISEMES: Final = {"ih": "I", "oh": "O", "ou": "U"}
GLTF_VISEMES: Final = Table(
    "gltf_visemes",
    tuple(
        Target(f"viseme_{_GLTF_VISEMES.get(name, name)}", ((f"viseme_{name}", 1.0),)) for name in VISEMES
    ),
)
"""The same as glTF avatars spell them: viseme_sil, viseme_PP, ..., viseme_I, viseme_O, viseme_U."""

"""From our signals to another program's parameters: one linear table, curves and limits on top.

``value = limit(offset + gain * curve(sum of signal * weight))``
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from t2s_rt.face.signals import SIGNAL_COUNT, SIGNAL_INDEX
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


class Retargeter:
    """Computes a table's values from signals; no memory, no latency.

    Args:
        table: What to compute.

    Raises:
        KeyError: A target reads a signal that does not exist.
    """

    def __init__(self, table: Table) -> None:
        targets = table.targets
        matrix = np.zeros((len(targets), SIGNAL_COUNT), np.float32)
        self._offset = np.array([target.offset for target in targets], np.float32)
        self._low = np.array([target.minimum for target in targets], np.float32)
        self._high = np.array([target.maximum for target in targets], np.float32)
        self._bent: list[tuple[int, Curve, float]] = []
        for row, target in enumerate(targets):
            straight = target.curve == STRAIGHT
            for signal, weight in target.terms:
                matrix[row, SIGNAL_INDEX[signal]] += weight * (target.gain if straight else 1.0)
            if not straight:
                self._bent.append((row, target.curve, target.gain))
        self._matrix = matrix
        index = {name: i for i, name in enumerate(table.names)}
        self._caps = [
            (index[low], index.get(high)) for low, high in table.caps if low in index
        ]  # a jaw that is not sent stays shut
        self.uses_visemes = any(
            signal.startswith("viseme_") for target in targets for signal, _ in target.terms
        )

    def step(self, signals: FloatArray, out: FloatArray) -> None:
        """Write the values for one frame.

        Args:
            signals: ``(SIGNAL_COUNT,)``.
            out: ``(N,)`` in the order of the table; overwritten.
        """
        np.dot(self._matrix, signals, out=out)
        for row, curve, gain in self._bent:
            out[row] = gain * curve.bend(float(out[row]))
        out += self._offset
        np.maximum(out, self._low, out=out)
        np.minimum(out, self._high, out=out)
        for low, high in self._caps:
            out[low] = min(out[low], out[high]) if high is not None else 0.0


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

"""Measures calibration, its inverse, skinning and retargeting, and says whether each is good enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.face.anny_data import Float64Array
from t2s_rt.face.arkit import ARKIT_INDEX
from t2s_rt.face.build_head import COMBINATIONS
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_calibrate import (
    BLINKS,
    GOOD_MM,
    JUDGED_TRUST,
    Calibration,
    arkit_poses,
    fit,
    pose_mesh,
)
from t2s_rt.face.flame_fit import LOOK_DEG
from t2s_rt.face.flame_generated import (
    JAW_OPEN_RAD,
    JAW_SIDE_RAD,
    KINDS,
    Blank,
    expression_basis,
    make_model,
)
from t2s_rt.face.flame_inverse import FlameInverse
from t2s_rt.face.flame_map import FlameMap
from t2s_rt.face.flame_proof import template_blank, toy_blank
from t2s_rt.face.flame_store import head_of
from t2s_rt.face.mapping import TABLES
from t2s_rt.face.retarget import Retargeter, Table
from t2s_rt.face.rig import Rig
from t2s_rt.face.signals import SIGNAL_COUNT, SIGNAL_INDEX
from t2s_rt.intensity.actions import ACTION_COUNT
from t2s_rt.types import ARKIT_COUNT, FloatArray

SKINNING_MS: Final = 2.0
SKINNING_FRAMES: Final = 40
SINGING_FRAMES: Final = 60
MOVES_M: Final = 2e-4
EXACT_RAD: Final = 1e-4
EXACT_MM: Final = 0.05
CARRY_MEAN_MM: Final = 0.5
CARRY_P99_MM: Final = 2.5
WEIGHT_ERROR: Final = 0.01
INVERSE_MM: Final = 0.5
RETARGET_MS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One measured number.

    Attributes:
        what: What was measured.
        value: The number.
        limit: What it may be at most; None for a number that is only told.
        unit: Its unit.
    """

    what: str
    value: float
    limit: float | None
    unit: str

    @property
    def passed(self) -> bool:
        """Whether it is within its limit."""
        return self.limit is None or self.value <= self.limit


def run(template: Path | None = None, progress: Callable[[str], None] = lambda _: None) -> list[Finding]:
    """Measure everything.

    Args:
        template: A FLAME template with identity directions and landmarks; None leaves it out.
        progress: Called with what is done next.

    Raises:
        SetupError: The embedded head is not built.
        ModelError: The template cannot be read.
    """
    progress("our head as someone else")
    blank, truth = toy_blank()
    findings = list(carrying(blank, truth))
    identity = np.zeros((len(blank.face.vertices), 3, 100))
    findings += calibrating(blank, identity, "toy", progress)
    if template is not None:
        progress(f"the template {template.name}")
        blank, identity = template_blank(template)
        findings += calibrating(blank, identity, "FLAME", progress)
    progress("inverse, skinning, retargeting")
    model = make_model(blank, expression_basis(blank, "mixed"), identity, "the generated head")
    head = head_of(model, fit(model, blank.targets, blank.trust))
    findings += list(inverting(head))
    findings += list(skinning(head))
    findings += list(retargeting())
    return findings


def carrying(blank: Blank, truth: Float64Array) -> Iterator[Finding]:
    """How far carried shapes are from the known motion of the same face.

    Args:
        blank: The face.
        truth: ``(52, V, 3)`` metres.
    """
    skin = blank.trust >= JUDGED_TRUST
    moved = np.linalg.norm(truth[:, skin], axis=2)
    missed = 1000.0 * np.linalg.norm((blank.targets - truth)[:, skin], axis=2)
    moving = missed[moved > MOVES_M]
    yield Finding(
        "carrying 52 shapes to a face with known motion: mean", moving.mean(), CARRY_MEAN_MM, "mm"
    )
    yield Finding(
        "  99 of 100 moving vertices within", float(np.percentile(moving, 99)), CARRY_P99_MM, "mm"
    )
    yield Finding("  worst vertex", moving.max(), None, "mm")


def calibrating(
    blank: Blank, identity: Float64Array, name: str, progress: Callable[[str], None]
) -> list[Finding]:
    """What calibration makes of each known basis on a face.

    Args:
        blank: The face.
        identity: ``(V, 3, S)``.
        name: What to call the face.
        progress: Called with what is done next.
    """
    findings: list[Finding] = []
    for kind in KINDS:
        progress(f"{name}, {kind} basis")
        model = make_model(blank, expression_basis(blank, kind), identity, f"{name} {kind}")
        calibration = fit(model, blank.targets, blank.trust)
        head = head_of(model, calibration)
        findings += list(_judged(f"{name}, {kind} basis", calibration, head, blank))
    return findings


def _judged(label: str, calibration: Calibration, head: FlameHead, blank: Blank) -> Iterator[Finding]:
    arkit_map = calibration.arkit_map
    blinks = [ARKIT_INDEX[name] for name in BLINKS]
    wanted = np.radians([LOOK_DEG[way] for way in ("in", "out", "up", "down")])
    yield Finding(f"{label}: worst of 52 shapes", calibration.errors_mm[:, 0].max(), GOOD_MM, "mm")
    yield Finding(
        "  jaw opening, off the known angle by",
        abs(arkit_map.jaw_open_rad - JAW_OPEN_RAD),
        EXACT_RAD,
        "rad",
    )
    yield Finding("  jaw swing, off by", abs(arkit_map.jaw_side_rad - JAW_SIDE_RAD), EXACT_RAD, "rad")
    yield Finding("  gaze, off by", _gaze_error(head, wanted), EXACT_RAD, "rad")
    yield Finding("  blink, worst vertex", calibration.errors_mm[blinks, 0].max(), EXACT_MM, "mm")
    mixed = max(_combined(head, blank, weights) for weights in COMBINATIONS)
    yield Finding("  shapes mixed over an open jaw, mean of the worst mix", mixed, None, "mm")


def _gaze_error(head: FlameHead, wanted: Float64Array) -> float:
    """How far an eye's mesh turns from what eyeLook at 1 asks for, in rad: measured on the eyeball."""
    worst = 0.0
    for joint, side, outwards in ((3, "Left", 1.0), (4, "Right", -1.0)):
        ball = np.flatnonzero(head.weights[:, joint] > 0.5)
        rest = head.v_template[ball].astype(np.float64)
        axes = {"Up": (0, -wanted[2]), "Down": (0, wanted[3])}
        axes |= {"Out": (1, outwards * wanted[1]), "In": (1, -outwards * wanted[0])}
        for way, (axis, angle) in axes.items():
            weights = np.zeros((1, ARKIT_COUNT), np.float32)
            weights[0, ARKIT_INDEX[f"eyeLook{way}{side}"]] = 1.0
            poses = arkit_poses(head, weights)
            moved = pose_mesh(head, poses, gaze=True)[0, ball] - (pose_mesh(head, poses)[0, ball] - rest)
            a, b = rest - rest.mean(axis=0), moved - moved.mean(axis=0)
            u, _, v = np.linalg.svd(b.T @ a)
            turn = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))]) @ v
            first, second = ((1, 2), (2, 0))[axis]
            worst = max(worst, abs(float(np.arctan2(turn[second, first], turn[first, first])) - angle))
    return worst


def _combined(head: FlameHead, blank: Blank, weights: dict[str, float]) -> float:
    """Mean distance to the sum of the carried shapes where they move, in mm."""
    row = np.zeros((1, ARKIT_COUNT), np.float32)
    for name, weight in weights.items():
        row[0, ARKIT_INDEX[name]] = weight
    moved = pose_mesh(head, arkit_poses(head, row))[0] - head.v_template
    target = np.tensordot(row[0], blank.targets, axes=1)
    judged = (np.linalg.norm(target, axis=1) > MOVES_M) & (blank.trust >= JUDGED_TRUST)
    return float(1000.0 * np.linalg.norm((moved - target)[judged], axis=1).mean())


def singing(count: int = SINGING_FRAMES, seed: int = 4) -> FloatArray:
    """ARKit weights ``(count, 52)`` as the rig makes them of random actions."""
    rng, rig = np.random.default_rng(seed), Rig()
    weights: FloatArray = np.zeros((count, ARKIT_COUNT), np.float32)
    for row in weights:
        rig.step(rng.uniform(0.0, 0.8, ACTION_COUNT).astype(np.float32), row)
    return weights


def inverting(head: FlameHead) -> Iterator[Finding]:
    """ARKit to FLAME and back.

    Args:
        head: A calibrated head.
    """
    weights = singing()
    flame_map, inverse = FlameMap(head), FlameInverse(head)
    still = np.zeros(ACTION_COUNT, np.float32)
    back = np.stack([inverse.step(flame_map.step(row, still)) for row in weights])
    before, after = (pose_mesh(head, arkit_poses(head, rows)) for rows in (weights, back))
    yield Finding(
        "ARKit to FLAME and back, singing: mean error of a weight",
        np.abs(back - weights).mean(),
        WEIGHT_ERROR,
        "",
    )
    yield Finding(
        "  worst vertex", 1000.0 * np.linalg.norm(after - before, axis=2).max(), INVERSE_MM, "mm"
    )


def skinning(head: FlameHead) -> Iterator[Finding]:
    """Processor time of one skinned frame, expression and pose correctives included.

    Args:
        head: A head of FLAME's size.
    """
    rng = np.random.default_rng(1)
    for batch in (1, 8):
        sizes = (head.shapedirs.shape[2], 3, 3, 6, 3)
        given = [rng.normal(0.0, 0.1, (batch, size)).astype(np.float32) for size in sizes]
        spent = []
        for _ in range(5):
            begun = time.process_time()
            for _ in range(SKINNING_FRAMES // batch):
                head.vertices(*given)
            spent.append((time.process_time() - begun) / (SKINNING_FRAMES // batch * batch))
        label = f"skinning {len(head.v_template)} vertices, {batch} at once: a frame"
        yield Finding(label, 1000.0 * min(spent), SKINNING_MS, "ms")


def retargeting() -> Iterator[Finding]:
    """Every kind of program: left stays left, nothing leaves its range, and what a frame costs."""
    rows = singing()
    signals: FloatArray = np.zeros(SIGNAL_COUNT, np.float32)
    for name, table in TABLES.items():
        retargeter = Retargeter(table)
        out: FloatArray = np.zeros(len(table.targets), np.float32)
        beyond = 0.0
        begun = time.process_time()
        for row in rows:
            signals[:ARKIT_COUNT] = row
            retargeter.step(signals, out)
            beyond = max(beyond, _beyond(table, out))
        spent_ms = 1000.0 * (time.process_time() - begun) / len(rows)
        yield Finding(f"retarget {name}, {len(out)} values: beyond their range by", beyond, 0.0, "")
        crossed = _crossed(table)
        yield Finding("  left and right exchanged", float(crossed), 0.0, "values")
        yield Finding("  a frame", spent_ms, RETARGET_MS, "ms")


def _beyond(table: Table, values: FloatArray) -> float:
    """How far values lie outside what the program takes; infinite where one is no number."""
    if not np.isfinite(values).all():
        return float("inf")
    low = np.array([target.minimum for target in table.targets], np.float32)
    high = np.array([target.maximum for target in table.targets], np.float32)
    return float(np.maximum(low - values, values - high).max(initial=0.0))


def _crossed(table: Table) -> int:
    """How many one-sided values answer to a wink or smile of the other side."""
    retargeter = Retargeter(table)
    out: FloatArray = np.zeros(len(table.targets), np.float32)
    crossed = 0
    for stem in ("eyeBlink", "mouthSmile", "browDown"):
        rest: FloatArray = np.zeros(SIGNAL_COUNT, np.float32)
        retargeter.step(rest, out)
        before = out.copy()
        for side, other in (("Left", "Right"), ("Right", "Left")):
            given = rest.copy()
            given[SIGNAL_INDEX[f"{stem}{side}"]] = 1.0
            retargeter.step(given, out)
            moved = np.abs(out - before) > 1e-6
            names = np.array([target.name.lower() for target in table.targets])
            wrong = np.array([name.endswith(other.lower()) for name in names], bool)
            crossed += int((moved & wrong).sum())
    return crossed


def report(findings: list[Finding]) -> str:
    """The findings as a table.

    Args:
        findings: What was measured.
    """
    lines = [f"{'measured':62}{'value':>10}{'limit':>9}  result"]
    for finding in findings:
        limit = "" if finding.limit is None else f"{finding.limit:g}"
        result = "" if finding.limit is None else "pass" if finding.passed else "FAIL"
        value = f"{finding.value:.2g}" if 0.0 < abs(finding.value) < 1e-3 else f"{finding.value:.3f}"
        lines.append(f"{finding.what:62}{value:>10}{limit:>9}  {finding.unit:6} {result}".rstrip())
    return "\n".join(lines)

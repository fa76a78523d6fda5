"""Fit the articulation teacher to captured faces: ``python -m t2s_rt.training.fit_articulation``.

Nobody wrote down what the captured takes say. A recogniser (`t2s_rt.training.recogniser`) hears how
likely each class of sounds is at each moment; a take becomes stretches of sound, each with its
probabilities. With these in place of known sounds the teacher's own model is fitted: a level for each
class and action, a dominance for each class (jaw, lips), and how far each action reaches ahead and
behind. Least squares with the inventory as prior: where there is little evidence the inventory stays.
Errors are those of takes left out.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr
import torch

from t2s_rt.articulation.coarticulation import AHEAD_S, BEHIND_S, REACH_S
from t2s_rt.articulation.inventory import CLOSURE, JAW, LOWER, MOUTH_ACTIONS, UPPER, posture
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.timebase import HOP_RATE_HZ, SAMPLE_RATE_HZ
from t2s_rt.training.prepare import festvox_ru
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.facegood import Capture, load_captures
from t2s_rt.training.recogniser import FPS, Recogniser, accuracy, load_or_teach, mandarin, posteriors
from t2s_rt.training.targets import JAW_PER_DB, SOUND_CLASSES, targets_of
from t2s_rt.types import Feature, FloatArray

ROOT: Final = Path(__file__).resolve().parents[2]
TYPICAL: Final = {
    "a": "a", "e": "ɛ", "i": "i", "o": "o", "u": "u", "y": "y", "ɨ": "ɨ", "ə": "ə", "m": "m", "p": "p",
    "f": "f", "n": "n", "t": "t", "k": "k", "s": "s", "ʃ": "ʃ", "l": "l", "r": "ɹ", "j": "j", "w": "w",
    "x": "x", "h": "h",
}  # fmt: skip
"""The sound that stands for its class before the fit."""
SHORTEST_FRAMES: Final = 2
WIDTHS_S: Final = (0.025, 0.04, 0.055, 0.08, 0.11, 0.15)
DELAYS_S: Final = (-0.033, 0.0, 0.033, 0.067)
"""How much later than its sound the captured face may stand: recorders differ by a frame or two."""
LEVEL_PRIOR_ROWS: Final = 15.0
"""The inventory weighs as much as this many rows of captured face."""
USED_LEVEL: Final = 0.05
USED_PERCENTILE: Final = 98.0
"""A take that never moves an action says nothing about it."""
ACTIONS: Final = len(MOUTH_ACTIONS)
CLASSES: Final = len(SOUND_CLASSES)
_Samples64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """A take as the fit sees it; rows are those of the capture.

    Attributes:
        name: Of the take.
        clip: Its most likely sounds, for the teacher itself.
        spans: ``(sounds, 2)`` start and end in s.
        likely: ``(sounds, CLASSES)`` probabilities.
        face: ``(T, ACTIONS)`` captured.
        times_s: ``(T,)``.
        size: ``(T,)`` how far loudness lets the jaw open.
        level: ``(T,)`` loudness in dB against the speaker's louder voice, at most 40 below.
        delay_s: How much later than its sound the face counts as.
    """

    name: str
    clip: LabelledClip
    spans: _Samples64
    likely: _Samples64
    face: FloatArray
    times_s: _Samples64
    size: _Samples64
    level: _Samples64
    delay_s: float = 0.0

    @property
    def used(self) -> npt.NDArray[np.bool_]:
        """Which actions this take moves."""
        return np.asarray(np.percentile(self.face, USED_PERCENTILE, axis=0) > USED_LEVEL, np.bool_)


@dataclass(frozen=True, slots=True)
class Teacher:
    """The free parameters.

    Attributes:
        levels: ``(CLASSES, ACTIONS)``.
        dominance: ``(CLASSES, ACTIONS)``.
        ahead_s: ``(ACTIONS,)``.
        behind_s: ``(ACTIONS,)``.
    """

    levels: _Samples64
    dominance: _Samples64
    ahead_s: _Samples64
    behind_s: _Samples64


def inventory_teacher() -> Teacher:
    """The teacher as `t2s_rt.articulation` has it; silence asks for a mouth at rest."""
    levels = np.zeros((CLASSES, ACTIONS))
    dominance = np.full((CLASSES, ACTIONS), 0.3)
    for index, name in enumerate(SOUND_CLASSES[1:], 1):
        wish = posture(TYPICAL[name])
        levels[index] = wish.targets
        dominance[index] = wish.lip_dominance
        dominance[index, JAW] = wish.jaw_dominance
    return Teacher(levels, dominance, AHEAD_S.astype(np.float64), BEHIND_S.astype(np.float64))


def hear(capture: Capture, network: Recogniser) -> Heard:
    """Recognise a take."""
    samples = np.asarray(soxr.resample(capture.samples, capture.sample_rate_hz, RATE_HZ), np.float32)
    likely = posteriors(network, samples)
    spans, probabilities = stretches(likely)
    best = probabilities.argmax(axis=1)
    clip = LabelledClip(
        capture.name, samples, RATE_HZ,
        tuple((TYPICAL[SOUND_CLASSES[c]], float(a), float(b))
              for c, (a, b) in zip(best, spans, strict=True) if c),
        "", "facegood", "cmn", "FACEGOOD", "MIT", None,
    )  # fmt: skip
    times_s = np.arange(len(capture.targets)) / capture.fps
    fast = np.asarray(soxr.resample(samples, RATE_HZ, SAMPLE_RATE_HZ), np.float32)
    rows = FeatureExtractor().extract(fast)[:, Feature.LOUDNESS_DBFS].astype(np.float64)
    power = np.convolve(10.0 ** (rows / 10.0), np.hanning(20) / np.hanning(20).sum(), "same")
    level_db = 10.0 * np.log10(power)
    level_db = np.interp(times_s, (np.arange(len(rows)) + 0.5) / HOP_RATE_HZ, level_db)
    level_db -= np.percentile(level_db[level_db > np.percentile(level_db, 99) - 35.0], 90)
    steady = np.convolve(10.0 ** (rows / 10.0), np.hanning(36) / np.hanning(36).sum(), "same")
    steady_db = 10.0 * np.log10(np.interp(times_s, (np.arange(len(rows)) + 0.5) / HOP_RATE_HZ, steady))
    steady_db -= np.percentile(steady_db[steady_db > np.percentile(steady_db, 99) - 30.0], 90)
    return Heard(
        capture.name, clip, spans, probabilities, capture.targets, times_s,
        1.0 + JAW_PER_DB * np.clip(steady_db, -20.0, 5.0), np.clip(level_db, -40.0, None),
    )  # fmt: skip


def stretches(likely: FloatArray) -> tuple[_Samples64, _Samples64]:
    """Spans of one most likely class each, ``(n, 2)`` in s, and their mean probabilities."""
    best = likely.argmax(axis=1)
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    kept = [0]
    for begin, end in itertools.pairwise(edges):
        if end - begin < SHORTEST_FRAMES and begin > 0:
            continue
        if begin not in kept:
            kept.append(begin)
    kept.append(len(best))
    spans = np.array([(a, b) for a, b in itertools.pairwise(kept)], np.float64)
    mean = np.stack([likely[int(a) : int(b)].mean(axis=0) for a, b in spans])
    return (spans - 0.5) / FPS, mean.astype(np.float64)


def _flanks(take: Heard, width_s: float, *, ahead: bool) -> _Samples64:
    """``(T, CLASSES)``: what sounds weigh at a distance, before them (``ahead``) or after them."""
    total = np.zeros((len(take.times_s), CLASSES))
    for (start_s, end_s), likely in zip(take.spans, take.likely, strict=True):
        reach = (start_s - REACH_S, start_s) if ahead else (end_s, end_s + REACH_S)
        near = slice(*np.searchsorted(take.times_s, reach))
        away_s = (start_s - take.times_s[near]) if ahead else (take.times_s[near] - end_s)
        total[near] += np.exp(-np.square(away_s / width_s))[:, None] * likely
    return total


def _insides(take: Heard) -> _Samples64:
    total = np.zeros((len(take.times_s), CLASSES))
    for (start_s, end_s), likely in zip(take.spans, take.likely, strict=True):
        total[slice(*np.searchsorted(take.times_s, (start_s, end_s)))] += likely
    return total


class Weights:
    """What each class weighs at each row of some takes, for any widths."""

    def __init__(self, takes: Sequence[Heard]) -> None:
        self._inside = np.concatenate([_insides(take) for take in takes])
        self._ahead = {w: np.concatenate([_flanks(t, w, ahead=True) for t in takes]) for w in WIDTHS_S}
        self._behind = {w: np.concatenate([_flanks(t, w, ahead=False) for t in takes]) for w in WIDTHS_S}
        self.rows = np.cumsum([0, *(len(take.times_s) for take in takes)])

    def at(self, ahead_s: float, behind_s: float) -> _Samples64:
        """``(T, CLASSES)``, each row sums to about one sound."""
        return np.asarray(self._inside + self._ahead[ahead_s] + self._behind[behind_s] + 1e-9)


def shares(weights: _Samples64, dominance: _Samples64) -> _Samples64:
    """``(T, CLASSES)`` of one action: whose mouth it is."""
    pull = weights * dominance
    return np.asarray(pull / pull.sum(axis=1, keepdims=True))


def solve(share: _Samples64, size: _Samples64, wanted: _Samples64, prior: _Samples64) -> _Samples64:
    """Levels ``(CLASSES,)`` of one action, 0 to 1, by projected least squares with a prior."""
    rows = share * size[:, None]
    gram = rows.T @ rows + LEVEL_PRIOR_ROWS * np.eye(CLASSES)
    right = rows.T @ wanted + LEVEL_PRIOR_ROWS * prior
    levels = np.clip(np.linalg.solve(gram, right), 0.0, 1.0)
    step = 1.0 / np.linalg.eigvalsh(gram)[-1]
    for _ in range(300):
        levels = np.clip(levels - step * (gram @ levels - right), 0.0, 1.0)
    return np.asarray(levels)


def fit_action(
    action: int, takes: Sequence[Heard], chosen: Sequence[int], weights: Weights, prior: Teacher
) -> tuple[_Samples64, _Samples64, float, float]:
    """Levels, dominances and widths of one action from some of the takes."""
    rows = np.concatenate([np.arange(weights.rows[k], weights.rows[k + 1]) for k in chosen])
    wanted = np.concatenate([takes[k].face[:, action] for k in chosen]).astype(np.float64)
    size = np.concatenate([_size(takes[k], action) for k in chosen])
    best = (np.inf, 0.0, 0.0)
    for ahead_s in WIDTHS_S:
        for behind_s in WIDTHS_S:
            share = shares(weights.at(ahead_s, behind_s)[rows], prior.dominance[:, action])
            levels = solve(share, size, wanted, prior.levels[:, action])
            error = float(np.mean(np.square(size * (share @ levels) - wanted)))
            best = min(best, (error, ahead_s, behind_s))
    _, ahead_s, behind_s = best
    weight = weights.at(ahead_s, behind_s)[rows]
    dominance = _fit_dominance(weight, size, wanted, prior, action)
    levels = solve(shares(weight, dominance), size, wanted, prior.levels[:, action])
    return levels, dominance, ahead_s, behind_s


def _fit_dominance(
    weight: _Samples64, size: _Samples64, wanted: _Samples64, prior: Teacher, action: int
) -> _Samples64:
    """Dominances ``(CLASSES,)`` by gradient, the inventory's as prior; levels move along."""
    first = torch.from_numpy(np.log(np.maximum(prior.dominance[:, action], 0.02)))
    level_first = torch.from_numpy(prior.levels[:, action])
    log = first.clone().requires_grad_()
    levels = torch.from_numpy(
        solve(shares(weight, np.exp(first.numpy())), size, wanted, prior.levels[:, action])
    ).requires_grad_()
    w, s, y = (torch.from_numpy(np.ascontiguousarray(v)) for v in (weight, size, wanted))
    optimiser = torch.optim.Adam([log, levels], 0.03)
    for _ in range(150):
        pull = w * torch.exp(log)
        shown = s * ((pull / pull.sum(1, keepdim=True)) @ levels)
        loss = torch.square(shown - y).sum()
        loss = loss + LEVEL_PRIOR_ROWS * torch.square(levels - level_first).sum()
        loss = loss + 1.0 * torch.square(log - first).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = torch.exp(log - log[SOUND_CLASSES.index("a")]).detach().numpy()
    return np.asarray(found, np.float64)


def predict(
    action: int, take: int, fitted: tuple[_Samples64, _Samples64, float, float], weights: Weights,
    takes: Sequence[Heard],
) -> _Samples64:  # fmt: skip
    """``(T,)`` one action of one take by a fit."""
    levels, dominance, ahead_s, behind_s = fitted
    rows = slice(weights.rows[take], weights.rows[take + 1])
    share = shares(weights.at(ahead_s, behind_s)[rows], dominance)
    return np.asarray(_size(takes[take], action) * (share @ levels))


def _size(take: Heard, action: int) -> _Samples64:
    """Jaw and the lips' parting grow with loudness, shapes do not."""
    return take.size if action in (JAW, UPPER, LOWER) else np.ones_like(take.size)


def delay_table(takes: Sequence[Heard], prior: Teacher) -> tuple[float, str]:
    """The delay at which a fit of the jaw errs least, and Markdown of all."""
    lines = ["| face later than sound by | RMSE of the jaw's fit |", "|---|---|"]
    errors = []
    for delay_s in DELAYS_S:
        moved = [delayed(take, delay_s) for take in takes]
        weights = Weights(moved)
        fitted = fit_action(JAW, moved, range(len(moved)), weights, prior)
        shown = [predict(JAW, k, fitted, weights, moved) for k in range(len(moved))]
        face = np.concatenate([take.face[:, JAW] for take in moved])
        errors.append(score(np.concatenate(shown), face)[1])
        lines.append(f"| {1000 * delay_s:.0f} ms | {errors[-1]:.4f} |")
    return DELAYS_S[int(np.argmin(errors))], "\n".join(lines)


def delayed(take: Heard, delay_s: float) -> Heard:
    """A take whose sounds count as later."""
    return replace(take, spans=take.spans + delay_s, delay_s=delay_s)


def by_rule(take: Heard) -> FloatArray:
    """``(T, ACTIONS)``: the teacher of today (`targets_of`) on the most likely sounds."""
    mouth = targets_of(take.clip).mouth
    ends_s = (np.arange(len(mouth)) + 1) / HOP_RATE_HZ
    return np.stack(
        [np.interp(take.times_s - take.delay_s, ends_s, column) for column in mouth.T], axis=1
    )


def by_loudness(action: int, take: int, others: Sequence[int], takes: Sequence[Heard]) -> _Samples64:
    """``(T,)``: a straight line through the level of the other takes."""
    level = np.concatenate([takes[k].level for k in others])
    face = np.concatenate([takes[k].face[:, action] for k in others])
    slope, offset = np.polyfit(level, face, 1)
    return np.asarray(np.maximum(slope * takes[take].level + offset, 0.0))


def score(shown: npt.ArrayLike, face: npt.ArrayLike) -> tuple[float, float]:
    """Correlation (NaN where one stands still) and root mean square error."""
    one, other = np.asarray(shown, np.float64), np.asarray(face, np.float64)
    error = float(np.sqrt(np.mean(np.square(one - other))))
    if min(one.std(), other.std()) < 1e-6:
        return float("nan"), error
    return float(np.corrcoef(one, other)[0, 1]), error


def error_table(takes: Sequence[Heard], weights: Weights, prior: Teacher) -> str:
    """Markdown: each action of each take, left out of the fit: r and RMSE of four ways to say it."""
    lines = [
        "| action | take | constant | loudness | teacher | fit without it |",
        "|---|---|---|---|---|---|",
    ]
    rules = [by_rule(take) for take in takes]
    for action, name in enumerate(MOUTH_ACTIONS):
        chosen = [k for k, take in enumerate(takes) if take.used[action]]
        if len(chosen) < 2:
            lines.append(f"| {name} | | moved in {len(chosen)} take: nothing to fit | | | |")
            continue
        found = []
        for k in chosen:
            others = [other for other in chosen if other != k]
            face = takes[k].face[:, action]
            mean = float(np.mean(np.concatenate([takes[o].face[:, action] for o in others])))
            fitted = fit_action(action, takes, others, weights, prior)
            found.append([
                score(np.full(len(face), mean), face),
                score(by_loudness(action, k, others, takes), face),
                score(rules[k][:, action], face),
                score(predict(action, k, fitted, weights, takes), face),
            ])  # fmt: skip
            lines.append(_error_line(name, takes[k].name, found[-1]))
        lines.append(_error_line(name, "mean", np.mean(found, axis=0).tolist()))
    return "\n".join(lines)


def _error_line(action: str, take: str, found: Sequence[Sequence[float]]) -> str:
    cells = [f"{r:.2f}, {error:.3f}" if np.isfinite(r) else f"{error:.3f}" for r, error in found]
    return f"| {action} | {take} | {' | '.join(cells)} |"


def fit_all(takes: Sequence[Heard], weights: Weights, prior: Teacher) -> tuple[Teacher, _Samples64]:
    """Every action from all takes that move it, and how many rows of face each class and action had."""
    fitted = replace(prior, levels=prior.levels.copy(), dominance=prior.dominance.copy(),
                     ahead_s=prior.ahead_s.copy(), behind_s=prior.behind_s.copy())  # fmt: skip
    evidence = np.zeros((CLASSES, ACTIONS))
    for action in range(ACTIONS):
        chosen = [k for k, take in enumerate(takes) if take.used[action]]
        if len(chosen) < 2:
            continue
        levels, dominance, ahead_s, behind_s = fit_action(action, takes, chosen, weights, prior)
        fitted.levels[:, action], fitted.dominance[:, action] = levels, dominance
        fitted.ahead_s[action], fitted.behind_s[action] = ahead_s, behind_s
        rows = np.concatenate([np.arange(weights.rows[k], weights.rows[k + 1]) for k in chosen])
        evidence[:, action] = shares(weights.at(ahead_s, behind_s)[rows], dominance).sum(axis=0)
    return fitted, evidence


def level_table(prior: Teacher, fitted: Teacher, evidence: _Samples64) -> str:
    """Markdown: inventory, fit and rows of evidence of each class and action."""
    lines = ["| class | " + " | ".join(MOUTH_ACTIONS) + " |", "|---|" + "---|" * ACTIONS]
    for index, name in enumerate(SOUND_CLASSES):
        cells = [
            f"{p:.2f} {f:.2f} ({n:.0f})"
            for p, f, n in zip(prior.levels[index], fitted.levels[index], evidence[index], strict=True)
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def width_table(prior: Teacher, fitted: Teacher) -> str:
    """Markdown: how far actions reach, and the dominances of the jaw and the lips."""
    lines = ["| action | ahead ms | fit | behind ms | fit |", "|---|---|---|---|---|"]
    for k, name in enumerate(MOUTH_ACTIONS):
        numbers = (prior.ahead_s[k], fitted.ahead_s[k], prior.behind_s[k], fitted.behind_s[k])
        lines.append(f"| {name} | " + " | ".join(f"{1000 * n:.0f}" for n in numbers) + " |")
    lines += [
        "",
        "| class | jaw dominance | fit | lips | fit: rounding | funnel | lower |",
        "|---|---|---|---|---|---|---|",
    ]
    for index, name in enumerate(SOUND_CLASSES):
        numbers = (
            prior.dominance[index, JAW], fitted.dominance[index, JAW], prior.dominance[index, LOWER],
            *(fitted.dominance[index, MOUTH_ACTIONS.index(a)]
              for a in ("lip_rounding", "lip_funnel", "lower_lip_depress")),
        )  # fmt: skip
        lines.append(f"| {name} | " + " | ".join(f"{n:.2f}" for n in numbers) + " |")
    return "\n".join(lines)


def around(takes: Sequence[Heard], names: Sequence[str], action: int) -> tuple[int, FloatArray]:
    """An action around the middle of surely recognised sounds: count, mean at -200 to 200 ms."""
    offsets_s = np.arange(-0.2, 0.2001, 1.0 / 30.0)
    curves = []
    for take in takes:
        if not take.used[action]:
            continue
        for (start_s, end_s), likely in zip(take.spans, take.likely, strict=True):
            best = int(likely.argmax())
            if SOUND_CLASSES[best] in names and likely[best] > 0.6 and end_s - start_s < 0.25:
                middle_s = 0.5 * (start_s + end_s)
                curves.append(np.interp(middle_s + offsets_s, take.times_s, take.face[:, action]))
    mean = np.mean(curves, axis=0) if curves else np.full(len(offsets_s), np.nan)
    return len(curves), np.asarray(mean, np.float32)


def gesture_table(takes: Sequence[Heard]) -> str:
    """Markdown: the captured jaw and lips around bilabials and others."""
    lines = ["| sounds | action | count | -200 ms, every 33 ms, to 200 ms |", "|---|---|---|---|"]
    for names in (("m",), ("p",), ("f",), ("t",), ("s",), ("ʃ",), ("a",), ("u", "o", "w")):
        for action in (JAW, CLOSURE, LOWER):
            count, mean = around(takes, names, action)
            cells = " ".join(f"{v:.2f}" for v in mean)
            lines.append(f"| {' '.join(names)} | {MOUTH_ACTIONS[action]} | {count} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Recognise, fit, print."""
    parser = argparse.ArgumentParser(description="Fit the articulation teacher to captured faces.")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "facegood")
    parser.add_argument("--recogniser", type=Path, default=ROOT / "runs" / "recogniser" / "weights.pt")
    parser.add_argument("--steps", type=int, default=450, help="batches that teach the recogniser")
    parser.add_argument("--delay-s", type=float, default=0.0, help="the captured face is this late")
    parser.add_argument("--delays", action="store_true", help="also fit the jaw at several delays")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    russian, chinese = list(festvox_ru.clips()), list(mandarin(200))
    taught = [*russian[:420:2], *chinese[:190]]
    network = load_or_teach(arguments.recogniser, taught, arguments.steps)
    russian_right, chinese_right = accuracy(network, russian[560:600]), accuracy(network, chinese[190:])
    print(f"Frames named rightly in clips left out: Russian {russian_right:.2f}, "
          f"Mandarin of eSpeak {chinese_right:.2f}.\n")  # fmt: skip
    takes = [hear(capture, network) for capture in load_captures(arguments.data)]
    prior = inventory_teacher()
    if arguments.delays:
        print(delay_table(takes, prior)[1] + "\n")
    takes = [delayed(take, arguments.delay_s) for take in takes]
    weights = Weights(takes)
    print("Correlation and RMSE of takes left out:\n")
    print(error_table(takes, weights, prior))
    fitted, evidence = fit_all(takes, weights, prior)
    print("\nLevels: inventory, fit (rows of face):\n\n" + level_table(prior, fitted, evidence))
    print("\n" + width_table(prior, fitted))
    print("\n" + gesture_table(takes))


if __name__ == "__main__":
    main()

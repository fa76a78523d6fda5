from dataclasses import dataclass, field

import numpy as np
import pytest

from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.timebase import FRAME_RATE_HZ, HOPS_PER_FRAME
from t2s_rt.types import FEATURE_COUNT, Feature


@dataclass
class Score:
    """Feature rows of a made-up performance, frame by frame."""

    frames: list = field(default_factory=list)

    def silence(self, duration_s, breath=0.0, breath_dbfs=-44.0):
        for _ in range(round(duration_s * FRAME_RATE_HZ)):
            row = self._row()
            if breath:
                row[Feature.BREATH], row[Feature.LOUDNESS_DBFS] = breath, breath_dbfs
            self.frames.append(np.stack([row] * HOPS_PER_FRAME))
        return self

    def note(self, duration_s, f0_hz=300.0, loudness_dbfs=-18.0):
        for k in range(round(duration_s * FRAME_RATE_HZ)):
            row = self._row()
            row[Feature.LOUDNESS_DBFS] = loudness_dbfs
            row[Feature.F0_HZ] = f0_hz
            row[Feature.VOICED] = row[Feature.VOICE] = 1.0
            row[Feature.HELD_S] = k / FRAME_RATE_HZ
            row[Feature.ONSET] = float(k == 0)
            self.frames.append(np.stack([row] * HOPS_PER_FRAME))
        return self

    def _row(self):
        row = np.zeros(FEATURE_COUNT, np.float32)
        row[Feature.LOUDNESS_DBFS], row[Feature.REFERENCE_DBFS] = -100.0, -18.0
        return row

    @property
    def features(self):
        return np.array(self.frames, np.float32)


@pytest.fixture
def score():
    return Score()


@pytest.fixture
def song():
    """Twelve phrases of rising and falling notes with pauses, about a minute."""
    score, rng = Score(), np.random.default_rng(5)
    for _ in range(12):
        score.silence(0.4).silence(0.3, breath=0.9)
        for _ in range(6):
            score.note(
                rng.uniform(0.3, 1.0), 300.0 * 2 ** (rng.uniform(-7, 7) / 12), rng.uniform(-26, -14)
            )
    return score.silence(2.0).features


def hear(features):
    """What a performer hears, frame by frame."""
    heard = Hearing()
    for rows in features:
        heard.step(rows.tolist())
        yield heard


def play(performer, features, motion=None):
    """Actions ``(T, K)`` of a performance; ``motion`` is one row for all frames or one each."""
    rows = np.zeros(ACTION_COUNT, np.float32) if motion is None else motion
    rows = np.broadcast_to(rows, (len(features), ACTION_COUNT))
    out = np.zeros((len(features), ACTION_COUNT), np.float32)
    for x, row, y in zip(features, rows, out, strict=True):
        performer.step(x, row, y)
    return out


def actions(**intensities):
    row = np.zeros(ACTION_COUNT, np.float32)
    for name, value in intensities.items():
        row[ACTION_INDEX[name]] = value
    return row


def column(out, name):
    return out[:, ACTION_INDEX[name]]


def rank_correlation(a, b):
    """Spearman's, for values without ties that matter."""
    ranks = [np.argsort(np.argsort(v, kind="stable"), kind="stable") for v in (a, b)]
    return np.corrcoef(ranks)[0, 1]

import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.types import Feature


def onset_hops(samples):
    return np.flatnonzero(FeatureExtractor().extract(samples)[:, Feature.ONSET] > 0)


def matched(found, true_hops):
    late = [[hop + 1 - true for hop in found if 0 <= hop + 1 - true <= 7] for true in true_hops]
    return sum(bool(hops) for hops in late), [hops[0] for hops in late if hops]


def melody(seed, noise_dbfs):
    generator = np.random.default_rng(seed)
    parts, starts, length = [], [], 0
    for _ in range(12):
        pause = synthesis.silence(generator.uniform(0.12, 0.3))
        f0_hz = float(generator.choice([110, 150, 220, 330, 440, 660]))
        note = synthesis.vowel(
            str(generator.choice(list("aiueo"))),
            f0_hz,
            generator.uniform(0.3, 0.8),
            vibrato_cents=50.0,
            loudness_dbfs=float(generator.uniform(-30, -15)),
            voice="male" if f0_hz < 250 else "female",
        )
        starts.append((length + pause.size) / 400)
        length += pause.size + note.size
        parts += [pause, note]
    samples = np.concatenate(parts)
    return samples + synthesis.noise(samples.size / 48_000 + 0.01, noise_dbfs)[: samples.size], starts


@pytest.mark.parametrize("noise_dbfs", [-90.0, -50.0])
def test_every_note_is_found_once_within_60_ms(noise_dbfs):
    samples, starts = melody(0, noise_dbfs)
    found = onset_hops(samples)
    count, late = matched(found, starts)
    assert count == len(starts)
    assert len(found) <= len(starts) + 1
    assert np.median(late) * 8.33 < 45


def test_clicks_in_silence_are_found():
    found = onset_hops(synthesis.clicks(3.0))
    assert matched(found, 30 + 60 * np.arange(6))[0] == 6
    assert len(found) == 6


def test_strength_is_0_to_1():
    samples, _ = melody(1, -60.0)
    strength = FeatureExtractor().extract(samples)[:, Feature.ONSET]
    assert strength.min() == 0.0
    assert 0.5 < strength.max() <= 1.0


@pytest.mark.parametrize("samples", [synthesis.silence(2.0), synthesis.noise(2.0, -70.0)])
def test_silence_has_no_onsets(samples):
    assert onset_hops(samples).size == 0


@pytest.mark.parametrize(
    ("name", "f0_hz", "cents"), [("a", 440.0, 80.0), ("o", 220.0, 80.0), ("o", 880.0, 100.0)]
)
def test_held_vibrato_has_no_onsets_once_it_is_known(name, f0_hz, cents):
    note = synthesis.vowel(name, f0_hz, 4.0, vibrato_cents=cents)
    found = onset_hops(np.concatenate((synthesis.silence(0.25), note)))
    assert 30 <= found[0] <= 36
    assert found[-1] < 30 + 72  # vibrato is known after 0.5 s

import numpy as np
import pytest

from t2s_rt.audio import synthesis
from t2s_rt.audio.mel import MEL_FLOOR_DBFS, WINDOW_SAMPLES, MelSpectrum, mel_edges_hz
from t2s_rt.types import MEL_BANDS


def analysed(samples):
    row = np.zeros(MEL_BANDS, np.float32)
    centroid_hz = MelSpectrum().measure(samples.astype(np.float32), row)
    return row, centroid_hz


def full_scale_sine(frequency_hz):
    return np.sin(2 * np.pi * frequency_hz * np.arange(4800) / 48_000 + 0.3)


def test_bands_span_60_to_7000_hz():
    edges = mel_edges_hz()
    assert edges.shape == (MEL_BANDS + 2,)
    assert (edges[0], edges[-1]) == (pytest.approx(60.0), pytest.approx(7000.0))
    assert (np.diff(np.diff(edges)) > 0).all()


@pytest.mark.parametrize("frequency_hz", [150.0, 440.0, 1000.0, 3000.0, 6000.0])
def test_full_scale_sine_has_0_db_in_all_and_peaks_in_its_band(frequency_hz):
    row, centroid_hz = analysed(full_scale_sine(frequency_hz))
    assert 10 * np.log10(np.sum(10 ** (row / 10))) == pytest.approx(0.0, abs=0.2)
    centres = mel_edges_hz()[1:-1]
    assert abs(int(row.argmax()) - int(np.abs(centres - frequency_hz).argmin())) <= 1
    assert centroid_hz == pytest.approx(frequency_hz, rel=0.05)


def test_silence_is_the_floor():
    row, centroid_hz = analysed(np.zeros(4800))
    assert (row == MEL_FLOOR_DBFS).all()
    assert centroid_hz == 0.0


def test_distant_bands_see_little_of_a_sine():
    row, _ = analysed(full_scale_sine(1000.0))
    centres = mel_edges_hz()[1:-1]
    assert row[centres > 2000].max() < -50
    assert row[centres < 400].max() < -40


def test_newest_samples_weigh_most():
    burst = np.zeros(4800)
    burst[-480:] = full_scale_sine(1000.0)[:480]  # 10 ms of a 25 ms window
    row, _ = analysed(burst)
    assert row.max() > -9.0


def test_only_the_window_is_looked_at():
    samples = synthesis.noise(0.1)
    changed = samples.copy()
    changed[:-WINDOW_SAMPLES] = 0.9
    assert np.array_equal(analysed(samples)[0], analysed(changed)[0])

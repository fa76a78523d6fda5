import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.audio import synthesis
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.types import Feature

SONG = Path(__file__).parents[3].parent / "shared" / "data" / "nit_song070" / "004.wav"


def heard(*parts, noise_dbfs=-90.0):
    samples = np.concatenate(parts)
    samples = samples + synthesis.noise(samples.size / 48_000 + 0.01, noise_dbfs)[: samples.size]
    return FeatureExtractor().extract(samples)


def coloured(exponent, duration_s, loudness_dbfs):
    """Noise whose power falls with frequency to the given exponent: 1 is pink, 2 brown."""
    count = round(duration_s * 48_000)
    spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal(count))
    spectrum *= np.maximum(np.fft.rfftfreq(count, 1 / 48_000), 30.0) ** (-exponent / 2)
    samples = np.fft.irfft(spectrum, count)
    return (samples * 10 ** (loudness_dbfs / 20) / samples.std()).astype(np.float32)


NOTES = [
    ("male", 80.0),
    ("male", 110.0),
    ("male", 150.0),
    ("female", 220.0),
    ("female", 660.0),
    ("female", 1000.0),
]


@pytest.mark.parametrize("noise_dbfs", [-90.0, -60.0, -45.0])
@pytest.mark.parametrize("name", ["a", "i", "u"])
@pytest.mark.parametrize(("voice", "f0_hz"), NOTES)
def test_gate_opens_within_20_ms_and_closes_within_50(voice, f0_hz, name, noise_dbfs):
    note = synthesis.vowel(name, f0_hz, 0.5, voice=voice)
    presence = heard(synthesis.silence(0.5), note, synthesis.silence(0.5), noise_dbfs=noise_dbfs)[
        :, Feature.VOICE
    ]
    assert presence[:60].max() < 0.05
    assert presence[61] > 0.5  # two hops, 16.7 ms
    assert presence[64:119].min() > 0.9
    assert presence[125:].max() < 0.1  # 50 ms


def test_gate_accepts_a_loud_singer_and_a_quiet_microphone():
    for loudness_dbfs in (-6.0, -45.0):
        presence = heard(
            synthesis.silence(0.5), synthesis.vowel("o", 220.0, 1.0, loudness_dbfs=loudness_dbfs)
        )
        assert presence[70:178, Feature.VOICE].min() > 0.9


def test_silence_and_hiss_stay_closed():
    for samples in (synthesis.silence(3.0), synthesis.noise(3.0, -45.0), synthesis.noise(3.0, -25.0)):
        rows = heard(samples)
        assert rows[:, Feature.VOICE].max() < 0.05
        assert rows[:, Feature.VOICED].max() == 0.0


@pytest.mark.parametrize(("exponent", "loudness_dbfs"), [(1, -45.0), (1, -25.0), (2, -45.0)])
def test_room_noise_hardly_ever_opens(exponent, loudness_dbfs):
    presence = heard(coloured(exponent, 10.0, loudness_dbfs))[:, Feature.VOICE]
    assert np.mean(presence > 0.5) < 0.02


def test_clicks_do_not_open():
    assert heard(synthesis.clicks(3.0))[:, Feature.VOICE].max() < 0.05


def test_consonant_within_a_phrase_keeps_the_gate_open_but_hiss_after_it_does_not():
    vowel = synthesis.vowel("a", 220.0, 0.5)
    consonant = synthesis.noise(0.12, -35.0)
    presence = heard(synthesis.silence(0.5), vowel, consonant, vowel, synthesis.silence(0.3))[
        :, Feature.VOICE
    ]
    assert presence[64:190].min() > 0.8
    presence = heard(synthesis.silence(0.5), vowel, synthesis.noise(1.0, -35.0))[:, Feature.VOICE]
    assert presence[150:].max() < 0.1  # 0.25 s after the vowel


def test_bleed_far_below_the_singer_stays_closed():
    rows = heard(
        synthesis.silence(0.3),
        synthesis.vowel("a", 330.0, 2.0, loudness_dbfs=-12.0),
        synthesis.silence(0.3),
        synthesis.vowel("o", 150.0, 2.0, loudness_dbfs=-50.0, voice="male"),
    )
    assert rows[320:, Feature.VOICE].max() < 0.1


@pytest.mark.parametrize("f0_hz", [110.0, 440.0, 880.0])
@pytest.mark.parametrize(("rate_hz", "depth_cents"), [(5.5, 50.0), (4.6, 90.0), (7.0, 30.0)])
def test_vibrato_is_measured(f0_hz, rate_hz, depth_cents):
    note = synthesis.vowel("a", f0_hz, 2.0, vibrato_hz=rate_hz, vibrato_cents=depth_cents)
    rows = heard(note, noise_dbfs=-45.0)[90:230]
    assert np.median(rows[:, Feature.VIBRATO_HZ]) == pytest.approx(rate_hz, abs=0.1)
    assert np.median(rows[:, Feature.VIBRATO_CENTS]) == pytest.approx(depth_cents, rel=0.1)


def test_straight_note_has_no_vibrato():
    rows = heard(synthesis.vowel("a", 330.0, 2.0), noise_dbfs=-45.0)
    assert rows[:, Feature.VIBRATO_HZ].max() == 0.0


def test_held_time_counts_a_note_through_vibrato_and_starts_over_with_the_next():
    contour = np.concatenate(
        (
            synthesis.vibrato_f0(330.0, 1.5, vibrato_cents=80.0),
            synthesis.vibrato_f0(392.0, 1.0, vibrato_cents=80.0),
        )
    )
    held = heard(synthesis.silence(0.25), synthesis.sing("a", contour))[:, Feature.HELD_S]
    assert held[29] == 0.0
    assert held[30 + 175] == pytest.approx(175 / 120, abs=0.06)
    assert held[30 + 180 + 30] < 0.35
    assert held[30 + 295] == pytest.approx(115 / 120, abs=0.2)


def test_breath_is_heard_before_a_phrase_and_not_in_it():
    ramp = np.sin(np.linspace(0, np.pi, 24_000)).astype(np.float32)
    breath = coloured(1, 0.5, -45.0) * ramp
    rows = heard(synthesis.silence(0.6), breath, synthesis.vowel("a", 220.0, 1.0), noise_dbfs=-75.0)
    assert rows[72:130, Feature.BREATH].max() > 0.6
    assert rows[72:130, Feature.VOICE].max() < 0.2
    assert rows[145:, Feature.BREATH].max() < 0.1


def test_steady_noise_is_not_breath_for_long():
    rows = heard(synthesis.silence(0.5), synthesis.noise(4.0, -45.0))
    assert rows[300:, Feature.BREATH].max() < 0.1


@pytest.mark.corpus
@pytest.mark.skipif(
    not SONG.exists(), reason="the recording ../shared/data/nit_song070/004.wav is absent"
)
def test_real_soprano():
    samples, _ = soundfile.read(SONG, dtype="float32")
    rows = FeatureExtractor().extract(samples)
    time_s = (np.arange(len(rows)) + 0.5) * 400 / 48_000
    phone = np.full(len(rows), "", dtype=object)
    edge_s = np.zeros(len(rows))
    for line in SONG.with_suffix(".lab").read_text().splitlines():
        start, end, label = line.split()[:3]
        start_s, end_s = int(start) / 1e7, int(end) / 1e7
        inside = (time_s >= start_s) & (time_s < end_s)
        phone[inside] = re.search(r"\^.+?-(.+?)\+", label).group(1)
        edge_s[inside] = np.minimum(time_s[inside] - start_s, end_s - time_s[inside])
    vowel, pause = np.isin(phone, list("aiueo")), (phone == "pau") & (edge_s > 0.05)
    assert np.mean(rows[vowel, Feature.VOICE] > 0.5) > 0.97
    assert np.mean(rows[vowel, Feature.VOICED]) > 0.96
    assert np.mean(rows[vowel & (edge_s > 0.05), Feature.VOICE] > 0.5) > 0.99
    assert np.mean(rows[pause, Feature.VOICE] > 0.5) < 0.01
    assert np.mean(rows[pause, Feature.VOICED]) < 0.005
    assert np.mean(rows[pause, Feature.BREATH]) > 10 * np.mean(rows[vowel, Feature.BREATH])
    f0 = rows[vowel & (rows[:, Feature.VOICED] > 0), Feature.F0_HZ]
    assert f0.min() > 250
    assert f0.max() < 700

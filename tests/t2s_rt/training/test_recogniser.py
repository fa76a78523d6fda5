import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.audio import synthesis  # noqa: E402
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip  # noqa: E402
from t2s_rt.training.recogniser import (  # noqa: E402
    BANDS,
    FPS,
    accuracy,
    classes_at,
    examples,
    hear,
    load_or_teach,
    mandarin,
    posteriors,
    teach,
)
from t2s_rt.training.targets import SOUND_CLASSES, sound_class  # noqa: E402

pytestmark = pytest.mark.torch


def vowels(seed, f0_hz=140.0, length_s=0.4, count=12):
    """A clip of synthetic vowels one after the other."""
    rng = np.random.default_rng(seed)
    names = rng.choice(list("aiu"), count)
    notes = [synthesis.vowel(v, f0_hz, length_s)[::3] for v in names]
    edges = np.cumsum([0, *map(len, notes)]) / RATE_HZ
    sounds = tuple(
        (str(v), float(a), float(b)) for v, a, b in zip(names, edges, edges[1:], strict=False)
    )
    samples = np.concatenate(notes).astype(np.float32)
    return LabelledClip(f"v{seed}", samples, RATE_HZ, sounds, "", "s", "xx", "t", "", None)


def test_level_and_microphone_do_not_count():
    clip = vowels(1)
    bands = hear(clip.samples)
    assert bands.shape[1] == BANDS
    assert np.abs(hear(0.3 * clip.samples) - bands).mean() < 0.1
    coloured = clip.samples.copy()
    coloured[1:] -= 0.5 * clip.samples[:-1]
    assert np.abs(hear(coloured) - bands).mean() < 0.15


def test_frames_stand_where_the_labels_stand():
    clip = vowels(3)
    bands = hear(clip.samples)
    assert len(bands) == pytest.approx(clip.duration_s * FPS, abs=2)
    found = classes_at(clip, len(bands))
    for ipa, start_s, end_s in clip.sounds:
        assert found[round(0.5 * (start_s + end_s) * FPS)] == sound_class(ipa)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_it_learns_vowels_and_reads_them_in_another_clip(tmp_path):
    network = teach(examples([vowels(k, f0_hz=110.0 + 9 * k) for k in range(10, 16)]), steps=25)
    unseen = vowels(40, f0_hz=150.0)
    assert accuracy(network, [unseen]) > 0.8
    likely = posteriors(network, unseen.samples)
    assert likely.shape[1] == len(SOUND_CLASSES)
    np.testing.assert_allclose(likely.sum(axis=1), 1.0, atol=1e-4)
    kept = tmp_path / "r" / "weights.pt"
    kept.parent.mkdir()
    torch.save(network.state_dict(), kept)
    again = posteriors(load_or_teach(kept, [], steps=0), unseen.samples)
    np.testing.assert_allclose(again, likely, atol=1e-5)


def test_mandarin_is_said_with_times_and_known_sounds():
    (clip,) = mandarin(1, seed=2)
    assert 3.0 < clip.duration_s < 12.0
    assert len(clip.sounds) > 40
    names = {SOUND_CLASSES[sound_class(ipa)] for ipa, _, _ in clip.sounds}
    assert {"a", "i", "n"} < names
    assert "h" not in names
    voiced = clip.samples[round(clip.sounds[0][1] * RATE_HZ) :]
    assert np.abs(voiced).max() > 0.05

import numpy as np
import pytest

from t2s_rt.articulation import inventory
from t2s_rt.articulation.inventory import CLOSURE, JAW, MOUTH_ACTIONS, PUCKER, ROUNDING, SPREAD
from t2s_rt.audio import synthesis
from t2s_rt.timebase import HOP_RATE_HZ
from t2s_rt.training.prepare import festvox_ru
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.debian import cached_deb, corpus_folder
from t2s_rt.training.targets import (
    SOUND_CLASSES,
    features_of,
    retimed,
    sound_class,
    targets_of,
)

PITCHED = "aeiouəymnlvzrwj"


def clip(*sounds, f0_hz=150.0, level_db=(0.0, 0.0), before_s=0.5, after_s=0.5):
    """A clip of ``(ipa, length_s)``; voiced sounds buzz, s f ʃ hiss, the others are silent."""
    rng = np.random.default_rng(3)
    parts, labels, now_s = [np.zeros(round(before_s * RATE_HZ))], [], before_s
    for ipa, length_s in sounds:
        count = round((now_s + length_s) * RATE_HZ) - round(now_s * RATE_HZ)
        time_s = np.arange(count) / RATE_HZ
        if ipa[:1] in PITCHED and ipa:
            loud = 0.02 if ipa == "m" else 0.06
            tone = sum(np.sin(2 * np.pi * k * f0_hz * time_s) for k in range(1, 10) if k * f0_hz < 7000)
            parts.append(loud * tone)
        elif ipa[:1] in "sfʃ" and ipa:
            parts.append(0.02 * rng.standard_normal(count))
        else:
            parts.append(np.zeros(count))
        if ipa:
            labels.append((ipa, now_s, now_s + length_s))
        now_s += length_s
    parts.append(np.zeros(round(after_s * RATE_HZ)))
    samples = np.concatenate(parts)
    samples *= 10.0 ** (np.linspace(*level_db, len(samples)) / 20.0)
    samples += 1e-5 * rng.standard_normal(len(samples))
    return LabelledClip(
        "c", samples.astype(np.float32), RATE_HZ, tuple(labels), "", "s", "xx", "t", "", None
    )


def opening(targets):
    return targets.mouth[:, JAW] * (1.0 - targets.mouth[:, CLOSURE])


def row(time_s):
    return round(time_s * HOP_RATE_HZ) - 1


def test_one_row_a_hop_and_everything_in_range():
    spoken = clip(("m", 0.1), ("a", 0.3), ("s", 0.1), ("o", 0.307))
    targets = targets_of(spoken)
    hops = int(spoken.duration_s * HOP_RATE_HZ)
    assert targets.mouth.shape == (hops, len(MOUTH_ACTIONS))
    assert targets.voice.shape == targets.sound.shape == (hops,)
    assert targets.mouth.dtype == targets.voice.dtype == np.float32
    assert targets.sound.dtype == np.int8
    assert 0.0 <= targets.mouth.min() <= targets.mouth.max() <= 1.0
    assert set(np.unique(targets.voice)) == {0.0, 1.0}


def test_features_may_be_given_and_must_be_enough():
    spoken = clip(("a", 0.5))
    features = features_of(spoken)
    np.testing.assert_array_equal(targets_of(spoken, features).mouth, targets_of(spoken).mouth)
    with pytest.raises(ValueError, match="rows of features"):
        targets_of(spoken, features[:-1])


def test_every_letter_of_the_inventory_has_its_class_and_unknown_ones_have_one():
    letters = [*inventory._VOWELS, *inventory._CONSONANTS]
    for letter in letters:
        assert sound_class(letter) > 0
    placed = {sound_class(letter) for letter in letters}
    assert placed == set(range(1, len(SOUND_CLASSES)))
    names = {
        ipa: SOUND_CLASSES[sound_class(ipa)]
        for ipa in ("pʲ", "mː", "ts", "tɕ", "dʒ", "ɐ", "ɫ", "ç", "☃", "", "ɑ̃", "kʷ", "ɯᵝ")
    }
    assert names == {
        "pʲ": "p", "mː": "m", "ts": "s", "tɕ": "ʃ", "dʒ": "ʃ", "ɐ": "a", "ɫ": "l", "ç": "x", "☃": "h",
        "": "h", "ɑ̃": "a", "kʷ": "k", "ɯᵝ": "ɨ",
    }  # fmt: skip


def test_the_sound_at_each_row():
    targets = targets_of(clip(("m", 0.1), ("a", 0.3)))
    assert [SOUND_CLASSES[targets.sound[row(t)]] for t in (0.4, 0.55, 0.7, 1.0)] == [
        "none", "m", "a", "none",
    ]  # fmt: skip


@pytest.mark.parametrize("vowel", ["a", "i", "o"])
def test_it_opens_with_the_voice_and_shuts_after_it(vowel):
    half = opening(targets_of(clip((vowel, 1.0))))
    full = half[row(1.0)]
    assert half[row(0.5 - 0.06)] == 0.0
    assert half[row(0.5)] > 0.5 * full
    assert half[row(1.5 + 0.06)] < 0.1 * full
    assert half[row(1.6) :].max() < 0.01


def test_labels_that_are_a_little_off_give_way_to_the_voice():
    spoken = clip(("a", 0.6))
    ((ipa, start_s, end_s),) = spoken.sounds
    early = LabelledClip("c", spoken.samples, RATE_HZ, ((ipa, start_s - 0.05, end_s + 0.15),), "", "s",
                         "xx", "t", "", None)  # fmt: skip
    voice = targets_of(early).voice
    assert voice[row(0.5 - 0.03)] == 0.0
    assert voice[row(1.1 + 0.06)] == 0.0
    assert voice[row(0.55) : row(1.05)].all()


def test_stops_belong_to_a_phrase_and_rests_do_not():
    targets = targets_of(clip(("a", 0.4), ("t", 0.15), ("a", 0.4), ("", 0.3), ("o", 0.4)))
    assert targets.voice[row(0.55) : row(1.4)].all()
    assert targets.voice[row(1.55) : row(1.68)].max() == 0.0
    assert opening(targets)[row(1.6)] < 0.02
    assert targets.voice[row(1.8)] == 1.0


def test_a_long_silence_within_labels_is_a_rest():
    targets = targets_of(clip(("a", 0.4), ("t", 0.8), ("a", 0.4)))
    assert targets.voice[row(1.3)] == 0.0
    assert opening(targets)[row(1.3)] < 0.02


@pytest.mark.parametrize("closing", ["p", "b", "m"])
@pytest.mark.parametrize("length_s", [0.02, 0.06, 0.15])
@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_lips_close_for_two_frames_near_the_label(closing, length_s, speed):
    spoken = retimed(clip(("a", 0.2), (closing, length_s), ("i", 0.2)), speed)
    shown = opening(targets_of(spoken))[1::2]
    _, start_s, end_s = spoken.sounds[1]
    near = slice(int((start_s - 0.04) * 60), int(np.ceil((end_s + 0.04) * 60)))
    around = slice(int((start_s - 0.3) * 60), int((end_s + 0.3) * 60))
    assert np.count_nonzero(shown[near] < 0.2 * shown[around].max()) >= 2


def test_labiodentals_close_half():
    closure = targets_of(clip(("a", 0.2), ("v", 0.1), ("a", 0.2))).mouth[:, CLOSURE]
    assert 0.2 < closure.max() < 0.6


@pytest.mark.parametrize("f0_hz", [110.0, 330.0, 700.0, 990.0])
@pytest.mark.parametrize("level_db", [0.0, -14.0])
def test_vowels_differ_visibly_at_every_pitch_and_level(f0_hz, level_db):
    sung = clip(*[(v, 0.6) for v in "aiueoa"], f0_hz=f0_hz, level_db=(level_db, level_db))
    mouth = targets_of(sung).mouth
    shapes = {v: mouth[row(0.85 + 0.6 * k)] for k, v in enumerate("aiueo")}
    rounded = {v: shape[ROUNDING] + shape[PUCKER] for v, shape in shapes.items()}
    assert all(shapes["a"][JAW] > shapes[v][JAW] + 0.08 for v in "iu")
    assert all(rounded[r] > rounded[v] + 0.08 for r in "ou" for v in "ie")
    assert all(shapes[w][SPREAD] > shapes[v][SPREAD] + 0.08 for w in "ie" for v in "ou")


def test_the_jaw_follows_loudness_steadily():
    sung = clip(("a", 4.0), level_db=(-16.0, 0.0))
    shown = opening(targets_of(sung))
    held = shown[row(0.8) : row(4.3)]
    assert held[-1] > 1.3 * held[0]
    assert np.corrcoef(held, np.arange(len(held)))[0, 1] > 0.99
    assert np.abs(np.diff(held)).max() < 0.005


def synthetic(vowel, f0_hz, length_s, **how):
    """A synthetic vowel from 0.5 s on."""
    note = synthesis.vowel(vowel, f0_hz, length_s, **how)[::3]
    samples = np.concatenate([np.zeros(8000), note, np.zeros(8000)]).astype(np.float32)
    sounds = ((vowel, 0.5, 0.5 + length_s),)
    return LabelledClip("c", samples, RATE_HZ, sounds, "", "s", "xx", "t", "", None)


def test_the_jaw_opens_as_the_pitch_passes_the_first_formant():
    def held(ipa, f0_hz):
        return targets_of(synthetic(ipa, f0_hz, 1.0)).mouth[row(1.0), JAW]

    assert held("i", 150.0) == pytest.approx(held("i", 220.0), abs=0.01)
    assert held("i", 700.0) > held("i", 220.0) + 0.05
    assert held("a", 400.0) == pytest.approx(held("a", 150.0), abs=0.01)
    assert held("a", 990.0) > held("a", 400.0) + 0.02


@pytest.mark.parametrize("vowel", "aeiou")
def test_a_held_vowel_with_vibrato_stands(vowel):
    mouth = targets_of(synthetic(vowel, 330.0, 8.0, vibrato_cents=50.0)).mouth
    first, rest = mouth[row(0.7) : row(1.5)], mouth[row(1.5) : row(8.4)]
    np.testing.assert_allclose(rest.mean(axis=0), first.mean(axis=0), atol=0.02)
    assert rest.std(axis=0).max() < 0.01


def test_a_retimed_clip_keeps_its_sounds():
    spoken = clip(("m", 0.1), ("a", 0.4))
    fast = retimed(spoken, 1.25)
    assert fast.duration_s == pytest.approx(spoken.duration_s / 1.25, abs=0.001)
    assert fast.sounds[1][2] == pytest.approx(1.0 / 1.25)
    assert targets_of(fast).voice.sum() == pytest.approx(targets_of(spoken).voice.sum() / 1.25, abs=4)


def test_nothing_sounds_in_a_clip_without_labels():
    targets = targets_of(clip(before_s=1.0))
    assert not targets.mouth.any()
    assert not targets.voice.any()
    assert not targets.sound.any()


def test_a_clip_shorter_than_every_window():
    targets = targets_of(clip(("a", 0.03), before_s=0.01, after_s=0.0))
    assert targets.mouth.shape == (4, 8)
    assert np.isfinite(targets.mouth).all()


@pytest.mark.corpus
@pytest.mark.slow
def test_real_speech_is_mostly_voice_and_its_lips_close():
    if cached_deb(festvox_ru.PACKAGE, corpus_folder()) is None:
        pytest.skip(f"no festvox-ru in {corpus_folder()}")
    spoken = next(iter(festvox_ru.clips()))
    targets = targets_of(spoken)
    labelled = targets.sound > 0
    assert targets.voice[labelled].mean() > 0.95
    assert targets.voice[~labelled].mean() < 0.3
    shown = opening(targets)
    for ipa, start_s, end_s in spoken.sounds:
        if ipa[0] in "pbm":
            assert shown[row(start_s) : row(end_s)].min() < 0.05

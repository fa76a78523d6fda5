import numpy as np
import pytest

from t2s_rt.training import programme
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.programme import PROGRAMME_S, programmes


def clip(name: str, speaker: str, *, sung: bool = False, seconds: float = 2.0) -> LabelledClip:
    """A tone where the label says."""
    samples = np.zeros(int(seconds * RATE_HZ), np.float32)
    begin, end = 0.4, seconds - 0.4
    time_s = np.arange(len(samples)) / RATE_HZ
    samples += np.where((time_s > begin) & (time_s < end), np.sin(2 * np.pi * 300 * time_s), 0.0)
    return LabelledClip(
        name, samples, RATE_HZ, (("a", begin, end),), "", speaker, "en", "test", "none", None, sung
    )


MANY = [clip(f"{speaker}{i}", speaker) for speaker in ("ann", "bob") for i in range(20)]


def test_every_clip_is_heard_once_and_voices_are_apart() -> None:
    made = list(programmes(MANY, np.random.default_rng(0)))
    names = [name for one in made for name in one.name.split("+")]
    assert sorted(names) == sorted(c.name for c in MANY)
    for one in made:
        assert {name[:3] for name in one.name.split("+")} == {one.speaker}
    assert np.median([one.duration_s for one in made]) > 0.8 * PROGRAMME_S


def test_spoken_and_sung_are_apart() -> None:
    mixed = [clip(f"s{i}", "ann", sung=i % 2 == 0) for i in range(20)]
    assert {one.sung for one in programmes(mixed, np.random.default_rng(0))} == {True, False}


def test_labels_stand_where_the_sound_is() -> None:
    for one in programmes(MANY, np.random.default_rng(1)):
        power = np.zeros(len(one.samples), bool)
        for _, start_s, end_s in one.sounds:
            power[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)] = True
        assert np.abs(one.samples[power]).mean() > 0.03
        assert np.abs(one.samples[~power]).max() < 0.05


def test_what_is_cut_has_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme, "CUT_CHANCE", 1.0)
    whole = clip("x", "ann", seconds=4.0)
    made = programme._cut(whole, np.random.default_rng(2))
    assert len(made.sounds) == 2
    gap = slice(int(made.sounds[0][2] * RATE_HZ) + 1, int(made.sounds[1][1] * RATE_HZ) - 1)
    assert np.abs(made.samples[gap]).max() == 0.0
    assert (gap.stop - gap.start) / RATE_HZ >= 0.35


def test_clips_that_are_too_long_or_tell_nothing_are_left_out() -> None:
    silent = LabelledClip(
        "s", np.zeros(RATE_HZ, np.float32), RATE_HZ, (), "", "ann", "en", "test", "none", None
    )
    assert list(programmes([silent, clip("l", "ann", seconds=31.0)], np.random.default_rng(0))) == []

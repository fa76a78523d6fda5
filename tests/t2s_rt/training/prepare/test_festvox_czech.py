from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.articulation.inventory import posture
from t2s_rt.errors import CorpusError
from t2s_rt.lyrics.ipa import split_symbols
from t2s_rt.training.prepare.festvox_czech import ENCODING, PHONES, VOICES, load_clips, sentences


def write_spoken(folder: Path, labels: str, rate_hz: int = 16_000) -> Path:
    folder.mkdir()
    (folder / "0000.lab").write_text(f"#\n{labels}", encoding="ascii")
    soundfile.write(folder / "0000.wav", np.full(rate_hz, 0.5, np.float32), rate_hz)
    return folder


def test_what_festival_wrote_becomes_a_clip(tmp_path: Path) -> None:
    labels = "0.1 100 #\n0.2 100 m\n0.4 100 a:\n0.5 100 r~\n1.0 100 #\n"
    (clip,) = load_clips(write_spoken(tmp_path / "ph", labels, 32_000), "ph", ["Mář."])
    assert clip.sounds == (("m", 0.1, 0.2), ("aː", 0.2, 0.4), ("r̝", 0.4, 0.5))
    assert (clip.speaker, clip.language, clip.rate_hz, clip.text) == (
        "festvox-czech/ph",
        "cs",
        16_000,
        "Mář.",
    )
    assert len(clip.samples) == 16_000
    assert clip.alignment_score is None


def test_a_phone_of_another_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="a phone of another language: th"):
        list(load_clips(write_spoken(tmp_path / "ph", "0.1 100 th\n"), "ph", ["A."]))


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"0000\.wav cannot be read"):
        list(load_clips(tmp_path, "ph", ["A."]))


def test_every_phone_is_one_sound_that_the_inventory_knows() -> None:
    unknown = posture("")
    for ipa in PHONES.values():
        assert len(split_symbols(ipa)) == 1, ipa
        assert posture(ipa) is not unknown, ipa


def test_each_voice_reads_its_own_sentences_each_time_the_same() -> None:
    read = {voice: sentences(voice) for voice in VOICES}
    assert read == {voice: sentences(voice) for voice in VOICES}
    assert len({tuple(said) for said in read.values()}) == len(VOICES)
    for said in read.values():
        assert len(set(said)) > 70
        "".join(said).encode(ENCODING)

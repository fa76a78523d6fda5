from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.articulation.inventory import posture
from t2s_rt.errors import CorpusError
from t2s_rt.lyrics.ipa import split_symbols
from t2s_rt.training.prepare import festival_song
from t2s_rt.training.prepare.festival_reading import PACKAGES, VOICES, load_clips, sentences
from t2s_rt.training.targets import SOUND_CLASSES, sound_class

SNIPPETS = {
    "lp": "# i1 l p o m p j E1 r e dZ a1 nf w J L tS #",
    "pc": "# S O1 ts dz ng b u1 f v z #",
    "lj": "# p 7 l: h @ m: y u: N: 7: p: v k: #",
    "mv": "# ## @: j y: w d b: #",
    "kal": "pau m ah dh er hh ng zh ay pau",
    "ked": "pau b l uw axr w y pau",
    "hi": "pau m eh f uw bh D h ay tth ksh pau",
    "te": "pau L L a ddh oh ch aw pau",
    "mr": "pau N ih sh h gh v pau",
    "slt": "pau m ae p ow b oy pau",
    "ona": "pau ax m e1 rr L S J O1 pau _ #",
}


def write_spoken(folder: Path, phones: str) -> Path:
    folder.mkdir()
    rows = [f"{0.05 * number:.3f} 100 {phone}" for number, phone in enumerate(phones.split(), 1)]
    (folder / "0000.lab").write_text("\n".join(["#", *rows]), encoding="ascii")
    soundfile.write(folder / "0000.wav", np.full(32_000, 0.5, np.float32), 32_000)
    return folder


@pytest.mark.parametrize("voice", VOICES)
def test_what_a_voice_says_becomes_a_clip(voice: str, tmp_path: Path) -> None:
    (clip,) = load_clips(write_spoken(tmp_path / voice, SNIPPETS[voice]), voice, ["A."])
    assert (clip.name, clip.text, clip.source) == (f"{voice}_0000", "A.", "festival-reading")
    assert (clip.language, clip.licence) == (VOICES[voice].language, VOICES[voice].licence)
    assert clip.speaker == f"festival/{VOICES[voice].person}"
    assert (clip.rate_hz, len(clip.samples)) == (16_000, 16_000)
    assert (clip.alignment_score, clip.sung) == (None, False)
    assert clip.sounds[0][1] == pytest.approx(0.05 if voice != "mv" else 0.10)
    assert len(clip.sounds) >= 5


def test_long_and_doubled_sounds_keep_their_lips(tmp_path: Path) -> None:
    (clip,) = load_clips(write_spoken(tmp_path / "lj", "# m: y: p #"), "lj", ["A."])
    assert [ipa for ipa, _, _ in clip.sounds] == ["mː", "yː", "p"]
    assert posture("mː") == posture("m")
    assert sound_class("mː") == sound_class("m")


@pytest.mark.parametrize("voice", VOICES)
def test_a_phone_of_another_language_is_refused(voice: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"a phone of another language: r~"):
        list(load_clips(write_spoken(tmp_path / voice, "pau m r~"), voice, ["A."]))


def test_catalan_b_closes_behind_a_pause_and_m_only(tmp_path: Path) -> None:
    spoken = write_spoken(tmp_path / "ona", "b a b pau b m b l b a")
    (clip,) = load_clips(spoken, "ona", ["A."])
    assert "".join(ipa for ipa, _, _ in clip.sounds) == "baβbmblβa"
    (clip,) = load_clips(spoken, "te", ["A."])
    assert "β" not in {ipa for ipa, _, _ in clip.sounds}


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"0000\.wav cannot be read"):
        list(load_clips(tmp_path, "lp", ["A."]))


def test_every_phone_is_made_of_sounds_that_are_known() -> None:
    unknown = posture("")
    for voice in VOICES.values():
        for phone, ipa in voice.phones.items():
            sounds = split_symbols(ipa)
            assert len(sounds) == (2 if phone in {"aw", "ay", "ey", "ow", "oy"} else 1), phone
            for sound in sounds:
                assert posture(sound.ipa) is not unknown, phone
                asks_nothing = SOUND_CLASSES[sound_class(sound.ipa)] == "h"
                assert asks_nothing == (ipa[0] in "hɦ"), phone


def test_labials_close_the_lips() -> None:
    for voice in VOICES.values():
        for phone, ipa in voice.phones.items():
            assert (posture(ipa).closes == 1.0) == (phone.rstrip(":") in {"p", "b", "m", "bh", "em"}), (
                ipa
            )


def test_each_voice_reads_its_own_sentences_each_time_the_same() -> None:
    read = {voice: sentences(voice) for voice in VOICES}
    assert read == {voice: sentences(voice) for voice in VOICES}
    assert len({tuple(said) for said in read.values()}) == len(VOICES)
    for name, said in read.items():
        assert len(set(said)) > 0.95 * VOICES[name].sentences
        "".join(said).encode(VOICES[name].encoding)


def test_people_are_named_as_where_they_sing() -> None:
    people = {voice.person for voice in VOICES.values()}
    assert set(festival_song.VOICES) < people
    assert {voice.person for voice in VOICES.values() if voice.language in {"hi", "mr", "te"}} == {"nsk"}
    assert all(voice.language != "cs" for voice in VOICES.values())
    assert len({package.name for package in PACKAGES}) == len(PACKAGES)
    assert all(len(package.sha256) == 64 for package in PACKAGES)

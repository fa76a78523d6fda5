from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.articulation.inventory import JAW, posture
from t2s_rt.errors import CorpusError
from t2s_rt.lyrics.ipa import split_symbols
from t2s_rt.training.prepare import festvox_ru
from t2s_rt.training.prepare.debian import cached_deb, corpus_folder
from t2s_rt.training.prepare.festvox_ru import PHONES, VOICE, load_clips
from t2s_rt.training.prepare.xlabel import PAUSE, read_xlabels
from tests.debs import write_deb

LABELS = "#\n0.30000 125 pau\n0.40000 125 mm\n0.55000 125 aa\n0.90000 125 ll\n1.00000 125 pau\n"
TEXTS = '( ru_0001 "М+яль." )\n'


def write_voice(folder: Path, labels: str = LABELS, rate_hz: int = 16_000) -> Path:
    for name in ("wav", "lab", "etc"):
        (folder / name).mkdir(parents=True)
    (folder / "lab/ru_0001.lab").write_text(labels, encoding="ascii")
    (folder / "etc/txt.done.data").write_text(TEXTS, encoding="utf-8")
    soundfile.write(folder / "wav/ru_0001.wav", np.full(rate_hz, 0.25, np.float32), rate_hz)
    return folder


def test_a_sentence_becomes_sounds_with_times_and_pauses_become_gaps(tmp_path: Path) -> None:
    (clip,) = load_clips(write_voice(tmp_path))
    assert clip.sounds == (("mʲ", 0.3, 0.4), ("a", 0.4, 0.55), ("lʲ", 0.55, 0.9))
    assert (clip.name, clip.text, clip.language) == ("ru_0001", "Мяль.", "ru")
    assert clip.alignment_score is None
    assert clip.samples.dtype == np.float32
    assert clip.duration_s == 1.0


def test_the_package_is_unpacked_from_the_corpus_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = write_voice(tmp_path / "voice")
    files = {f"{VOICE}/{path.relative_to(voice).as_posix()}": path.read_bytes()
             for path in voice.rglob("*") if path.is_file()}  # fmt: skip
    write_deb(tmp_path / "deb/festvox-ru_9.9_all.deb", files)
    monkeypatch.setenv("T2S_CORPUS", str(tmp_path))
    assert [clip.name for clip in festvox_ru.clips()] == ["ru_0001"]


def test_every_phone_is_one_sound_that_the_inventory_knows() -> None:
    unknown = posture("")
    for ipa in PHONES.values():
        assert len(split_symbols(ipa)) == 1, ipa
        assert posture(ipa) is not unknown, ipa
    assert len(PHONES) == 50


def test_softness_keeps_the_lips_and_stress_opens_the_jaw() -> None:
    assert all(posture(PHONES[phone]).closes == 1.0 for phone in ("p", "pp", "b", "bb", "m", "mm"))
    assert posture(PHONES["aa"]).targets[JAW] > posture(PHONES["ay"]).targets[JAW]
    assert PHONES["l"] != PHONES["ll"] == "lʲ"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0.5 125 xx", "line 3: 'xx' is not one of the 50 phones"),
        ("soon 125 a", "line 3: expected 'end_s 125 phone', found 'soon 125 a'"),
        ("0.5 a", "line 3: expected"),
        ("0.1 125 a", r"line 3: 0\.1 s lies before 0\.3 s"),
        ("nan 125 a", "line 3: nan s lies before"),
    ],
)
def test_a_broken_label_is_named_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    voice = write_voice(tmp_path, f"#\n0.3 125 pau\n{line}\n")
    with pytest.raises(CorpusError, match=told):
        list(load_clips(voice))


def test_a_sentence_without_its_recording_says_so(tmp_path: Path) -> None:
    voice = write_voice(tmp_path)
    (voice / "wav/ru_0001.wav").write_bytes(b"text")
    with pytest.raises(CorpusError, match=r"ru_0001\.wav cannot be read"):
        list(load_clips(voice))


def test_another_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has 8000 Hz"):
        list(load_clips(write_voice(tmp_path, rate_hz=8000)))


def test_an_empty_voice_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no label files"):
        list(load_clips(tmp_path))


@pytest.mark.corpus
@pytest.mark.slow
def test_the_real_voice_has_what_was_measured() -> None:
    if cached_deb(festvox_ru.PACKAGE, corpus_folder()) is None:
        pytest.skip(f"no festvox-ru in {corpus_folder()}")
    clips = list(festvox_ru.clips())
    assert len(clips) == 620
    assert sum(clip.duration_s for clip in clips) / 60 == pytest.approx(99.5, abs=0.1)
    assert all(clip.text for clip in clips)
    folder = festvox_ru.obtain(festvox_ru.PACKAGE, corpus_folder()) / VOICE / "lab"
    labels = [label for path in folder.glob("*.lab") for label in read_xlabels(path, PHONES)]
    assert len(labels) == 54_372
    assert {phone for phone, _, _ in labels} == {*PHONES, PAUSE}
    assert sum(len(clip.sounds) for clip in clips) == sum(phone != PAUSE for phone, _, _ in labels)

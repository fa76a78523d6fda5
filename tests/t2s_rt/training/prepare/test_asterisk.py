import gzip
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.articulation.inventory import posture
from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare import asterisk
from t2s_rt.training.prepare.asterisk import PROMPTS, load, read_texts
from t2s_rt.training.prepare.debian import cached_deb, corpus_folder

ENGLISH = next(prompts for prompts in PROMPTS if prompts.language == "en")
TEXTS = """; Core sounds

agent-pass: Please enter your password followed by the # key.
beep: [this is a simple beep tone]
confbridge-join: <beep ascending>
digits/1: one
digits/1: two
letters/at: at [@]
silence/1: (1 second of silence)
greeting: Your [temporary] greeting (emphatic)
time: il tempo sar? esattamente
question: Ready? Press 1.
keypad: Use the 7 key… now
"""


def write_texts(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def write_prompts(folder: Path) -> tuple[Path, Path]:
    voice = folder / "sounds/en_US_f_Allison"
    (voice / "digits").mkdir(parents=True)
    for name in ("digits/1", "beep", "untold"):
        (voice / f"{name}.g722").write_bytes(bytes(range(256)) * 4)
    return folder / "sounds", write_texts(folder / "texts.txt.gz", TEXTS.encode())


def test_only_what_is_surely_said_is_a_text(tmp_path: Path) -> None:
    assert read_texts(write_texts(tmp_path / "texts.gz", b"\xef\xbb\xbf" + TEXTS.encode()), "en") == {
        "agent-pass": "Please enter your password followed by the pound key.",
        "digits/1": "one",
        "letters/at": "at",
        "greeting": "Your temporary greeting",
        "question": "Ready? Press 1.",
        "keypad": "Use the 7 key now",
    }


def test_a_sign_nobody_knows_how_to_say_leaves_its_text_out(tmp_path: Path) -> None:
    path = write_texts(tmp_path / "texts.gz", "a: Нажмите #\nb: да\n".encode())
    assert read_texts(path, "ru") == {"b": "да"}


def test_recordings_with_a_text_are_decoded(tmp_path: Path) -> None:
    pytest.importorskip("av")
    (one,) = load(ENGLISH, *write_prompts(tmp_path))
    assert (one.name, one.text, one.speaker, one.accent) == (
        "digits/1",
        "one",
        "asterisk/allison",
        "en-us",
    )
    assert one.samples.shape == (2048,)
    assert np.isfinite(one.samples).all()


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b"a: b")[:-4], gzip.compress(b"\xff")],
    ids=["no gzip", "cut off", "no text"],
)
def test_texts_that_cannot_be_read_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "texts.gz"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"texts cannot be read from .*texts\.gz"):
        read_texts(path, "en")


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts.gz", TEXTS.encode())
    with pytest.raises(CorpusError, match="no recordings with a text"):
        load(ENGLISH, tmp_path / "sounds", texts)


def test_one_person_has_one_name_in_both_languages() -> None:
    assert {p.language: p.speaker for p in PROMPTS}["es"] == ENGLISH.speaker
    assert len({p.speaker for p in PROMPTS}) == 4


@pytest.mark.corpus
@pytest.mark.slow
def test_the_real_prompts_have_texts_and_known_sounds() -> None:
    if any(
        cached_deb(p, corpus_folder()) is None for one in PROMPTS for p in (one.recordings, one.texts)
    ):
        pytest.skip(f"not all packages in {corpus_folder()}")
    if not list((corpus_folder() / "aligned").glob("asterisk-*.json")):
        pytest.skip("not aligned yet: make corpus")
    clips = list(asterisk.clips())
    assert sum(clip.duration_s for clip in clips) / 60 > 90
    assert {clip.language for clip in clips} == {"en", "es", "fr", "it", "ru"}
    unknown = posture("")
    assert {ipa for clip in clips for ipa, _, _ in clip.sounds if posture(ipa) is unknown} == set()

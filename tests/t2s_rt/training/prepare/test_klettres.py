from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.klettres import load, read_sounds

LIST = """<klettres><language code="pt_BR">
<alphabet><sound name="A" file="{0}/alpha/A.ogg"/><sound file="{0}/alpha/B.ogg"/></alphabet>
<syllables><sound name="BÃO" file="{0}/syllab/bao.ogg"/><sound name="X" file="{0}/gone.ogg"/></syllables>
</language></klettres>"""


def write_letters(folder: Path, place: str) -> Path:
    for name in ("alpha/A", "syllab/bao"):
        path = folder / place / f"{name}.ogg"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.full(22_050, 0.1, np.float32), 22_050)
    (folder / place / "sounds.xml").write_text(LIST.format(place), encoding="utf-8")
    return folder


def test_letters_stay_capitals_and_syllables_become_words(tmp_path: Path) -> None:
    first, second = load(write_letters(tmp_path, "pt_BR"))
    assert (first.name, first.text) == ("pt_BR/alpha/A", "A")
    assert (second.name, second.text) == ("pt_BR/syllab/bao", "bão")
    assert (second.language, second.accent, second.speaker) == ("pt", "pt-br", "klettres/pt_BR")
    assert len(second.samples) == 16_000


def test_languages_that_espeak_does_not_speak_are_left_out(tmp_path: Path) -> None:
    assert list(load(write_letters(tmp_path, "nds"))) == []


def test_what_is_no_list_is_named(tmp_path: Path) -> None:
    path = write_letters(tmp_path, "fr") / "fr/sounds.xml"
    path.write_text("<klettres><sound", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"sounds\.xml is no list of sounds"):
        read_sounds(path)


def test_a_folder_without_lists_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no lists of sounds"):
        list(load(tmp_path))

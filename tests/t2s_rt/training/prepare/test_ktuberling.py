from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.ktuberling import load, word_of


@pytest.mark.parametrize(
    ("stem", "language", "word"),
    [
        ("egypt_camel", "en", "camel"),
        ("tv_palmtree", "en", "palm tree"),
        ("ojo", "es", "ojo"),
        ("oculos-de-sol", "pt", "óculos de sol"),
        ("patate_boucle-d-oreille", "fr", "boucle d'oreille"),
        ("tux_j-ai-une-idee", "fr", "j'ai une idée"),
        ("noel_bonhomme-de-neige", "fr", "bonhomme de neige"),
    ],
)
def test_a_file_is_named_by_its_word(stem: str, language: str, word: str) -> None:
    assert word_of(stem, language) == word


def test_only_languages_with_such_names_are_read(tmp_path: Path) -> None:
    for language in ("fr", "ru"):
        (tmp_path / language).mkdir()
        soundfile.write(tmp_path / language / "patate_nez.wav", np.full(8_000, 0.1, np.float32), 8_000)
    (tmp_path / "fr/readme.txt").write_text("no sound")
    (one,) = load(tmp_path)
    assert (one.name, one.text, one.speaker) == ("fr/patate_nez", "nez", "ktuberling/fr")
    assert len(one.samples) == 16_000


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no recordings"):
        list(load(tmp_path))

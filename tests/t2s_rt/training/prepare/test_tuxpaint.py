from pathlib import Path

import numpy as np
import pytest
import soundfile

from t2s_rt.errors import AudioError, CorpusError
from t2s_rt.training.prepare.tuxpaint import find, load, read_text

TEXT = "A frog.\nca.utf8=Una granota.\nca@valencia.utf8=Una granoteta.\nru.utf8=Лягушка.\n"


def write_stamp(folder: Path) -> Path:
    folder.mkdir()
    (folder / "frog.txt").write_text(TEXT, encoding="utf-8")
    for name in ("frog_desc", "frog_desc_ca", "frog_desc_el", "croak"):
        soundfile.write(folder / f"{name}.ogg", np.full(44_100, 0.1, np.float32), 44_100)
    return folder


def test_spoken_descriptions_are_found_by_language(tmp_path: Path) -> None:
    found = find(write_stamp(tmp_path / "animals").parent)
    assert {language: [p.name for p in paths] for language, paths in found.items()} == {
        "ca": ["frog_desc_ca.ogg"],
        "el": ["frog_desc_el.ogg"],
        "en": ["frog_desc.ogg"],
    }


def test_the_text_of_the_language_goes_with_the_recording(tmp_path: Path) -> None:
    write_stamp(tmp_path / "animals")
    (one,) = load(tmp_path, "ca", find(tmp_path)["ca"])
    assert (one.name, one.text) == ("animals/frog_desc_ca", "Una granota.")
    assert (one.speaker, one.language, one.accent) == ("tuxpaint/ca", "ca", "ca")
    assert len(one.samples) == 16_000
    assert list(load(tmp_path, "el", find(tmp_path)["el"])) == []


def test_english_stands_in_the_first_line(tmp_path: Path) -> None:
    path = write_stamp(tmp_path / "animals") / "frog.txt"
    assert read_text(path, "en") == "A frog."
    assert read_text(path, "ru") == "Лягушка."
    assert read_text(path.with_name("none.txt"), "ru") == ""


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = write_stamp(tmp_path / "animals")
    (folder / "frog.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(CorpusError, match=r"cannot be read from .*frog\.txt"):
        read_text(folder / "frog.txt", "ca")
    (folder / "frog.txt").write_text(TEXT, encoding="utf-8")
    (folder / "frog_desc_ca.ogg").write_bytes(b"text")
    with pytest.raises(AudioError, match="frog_desc_ca"):
        list(load(tmp_path, "ca", find(tmp_path)["ca"]))


def test_a_folder_without_descriptions_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no spoken descriptions"):
        find(tmp_path)

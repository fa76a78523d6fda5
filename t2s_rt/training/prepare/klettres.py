"""KLettres: the letters and syllables of some twenty languages, said by native speakers.

Source: Debian package klettres-data. Licence: GPL-2+ (Anne-Marie Mahfouf and others; who speaks is not
told, so each language counts as one speaker). ``LANG/sounds.xml`` names the letter or syllable of each
recording. Languages that eSpeak NG does not speak are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from t2s_rt.errors import CorpusError
from t2s_rt.lyrics.espeak import has_language
from t2s_rt.training.prepare.align import Origin, Recording, labelled
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder, obtain
from t2s_rt.training.prepare.read import read_mono

LETTERS: Final = "usr/share/klettres"
PACKAGE: Final = Package(
    "klettres-data",
    "4:22.12.3-1",
    "1186d257a19e84230856baea0b0b1ded8be9195080fcdb2588970b5cd937f5a8",
    (f"{LETTERS}/*/sounds.xml", f"{LETTERS}/*.ogg", f"{LETTERS}/*.opus", "usr/share/doc/*/copyright"),
)
LICENCE: Final = "GPL-2+, Anne-Marie Mahfouf and the KLettres contributors"
_ACCENTS: Final = {"en_GB": "en-gb", "pt_BR": "pt-br"}


def clips() -> Iterator[LabelledClip]:
    """Every letter and syllable, aligned, after getting the package where it is not there yet.

    Raises:
        SetupError: It is not there and cannot be fetched on this system, or eSpeak NG is missing.
        CorpusError: It cannot be fetched, is damaged or not what it should be.
        AudioError: A recording cannot be read.
    """
    folder = corpus_folder()
    recordings = list(load(obtain(PACKAGE, folder) / LETTERS))
    yield from labelled(recordings, Origin(PACKAGE.name, LICENCE), folder)


def load(letters: Path) -> Iterator[Recording]:
    """The recordings of all languages that eSpeak NG speaks.

    Raises:
        CorpusError: There are no lists of sounds, or one cannot be read.
        AudioError: A recording cannot be read.
        SetupError: eSpeak NG is not installed.
    """
    lists = sorted(letters.glob("*/sounds.xml"))
    if not lists:
        raise CorpusError(f"There are no lists of sounds in {letters}.")
    for path in lists:
        place = path.parent.name
        language = place.partition("_")[0]
        if not has_language(language):
            continue
        for file, text in read_sounds(path).items():
            if (letters / file).is_file():
                yield Recording(
                    name=file.rpartition(".")[0], samples=read_mono(letters / file), text=text,
                    accent=_ACCENTS.get(place, language), speaker=f"klettres/{place}",
                    language=language,
                )  # fmt: skip


def read_sounds(path: Path) -> dict[str, str]:
    """What is said in each file of a list of sounds; the first name counts where there are several.

    Syllables stand there in capitals, which would be spelled: they are read in small letters.

    Raises:
        CorpusError: The list cannot be read.
    """
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except (OSError, ElementTree.ParseError) as problem:
        raise CorpusError(f"{path} is no list of sounds: {problem}.") from problem
    said: dict[str, str] = {}
    for sound in root.iter("sound"):
        name, file = sound.get("name", ""), sound.get("file", "")
        if name and file:
            said.setdefault(file, name.lower() if len(name) > 1 else name)
    return said

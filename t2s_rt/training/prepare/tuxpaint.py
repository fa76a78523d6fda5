"""Tux Paint's stamps: what each picture shows, said in a dozen languages.

Source: Debian package tuxpaint-stamps-default. Licence: GPL-2 (the package names no other for the
voices). A stamp is ``NAME.png`` with ``NAME_desc_LANG.ogg`` beside ``NAME.txt``: its first line is
English, then come ``LANG.utf8=TEXT``. The changelog credits one person a language (Belarusian,
Bulgarian, Catalan, Danish, Greek, Romanian, Russian, Spanish), two for French, none for the others;
which recording is whose it does not say, so each language counts as one speaker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.align import Origin, Recording, labelled
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder, obtain
from t2s_rt.training.prepare.read import read_mono

STAMPS: Final = "usr/share/tuxpaint/stamps"
PACKAGE: Final = Package(
    "tuxpaint-stamps-default",
    "2022.06.04-1",
    "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
    (f"{STAMPS}/*_desc*.ogg", f"{STAMPS}/*.txt", "usr/share/doc/*/copyright"),
)
LICENCE: Final = "GPL-2, Bill Kendrick and the Tux Paint contributors"
_SPOKEN: Final = "_desc"
_ACCENTS: Final = {"en": "en-us"}
_TEACHING_S: Final = 480.0
_OWN_MODELS_FROM: Final = 200
"""Recordings; languages with fewer share phone models with each other."""


def clips() -> Iterator[LabelledClip]:
    """Every description, aligned, after getting the package where it is not there yet.

    Raises:
        SetupError: It is not there and cannot be fetched on this system, or eSpeak NG is missing.
        CorpusError: It cannot be fetched, is damaged or not what it should be.
        AudioError: A recording cannot be read.
    """
    folder = corpus_folder()
    stamps = obtain(PACKAGE, folder) / STAMPS
    found = find(stamps)
    few = [language for language, paths in found.items() if len(paths) < _OWN_MODELS_FROM]
    groups = [(language,) for language in found if language not in few] + [tuple(few)]
    for group in groups:
        recordings = [one for language in group for one in load(stamps, language, found[language])]
        yield from labelled(recordings, Origin(PACKAGE.name, LICENCE), folder, _TEACHING_S)


def find(stamps: Path) -> dict[str, list[Path]]:
    """Spoken descriptions by language, both sorted.

    Raises:
        CorpusError: There are none.
    """
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sorted(stamps.rglob(f"*{_SPOKEN}*.ogg")):
        _, _, language = path.stem.rpartition(_SPOKEN)
        found[language.removeprefix("_") or "en"].append(path)
    if not found:
        raise CorpusError(f"There are no spoken descriptions in {stamps}.")
    return dict(sorted(found.items()))


def load(stamps: Path, language: str, paths: list[Path]) -> Iterator[Recording]:
    """The recordings of a language that have a text in it.

    Raises:
        CorpusError: A text cannot be read.
        AudioError: A recording cannot be read.
    """
    for path in paths:
        name = path.stem.rpartition(_SPOKEN)[0]
        text = read_text(path.with_name(f"{name}.txt"), language)
        if text:
            yield Recording(
                name=path.relative_to(stamps).with_suffix("").as_posix(), samples=read_mono(path),
                text=text, accent=_ACCENTS.get(language, language), speaker=f"tuxpaint/{language}",
                language=language,
            )  # fmt: skip


def read_text(path: Path, language: str) -> str:
    """A stamp's description in a language, empty where there is none.

    Raises:
        CorpusError: The file cannot be read.
    """
    if not path.is_file():
        return ""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise CorpusError(f"The description cannot be read from {path}: {problem}.") from problem
    if language == "en":
        return lines[0].strip() if lines else ""
    start = f"{language}.utf8="
    return next((line.removeprefix(start).strip() for line in lines if line.startswith(start)), "")

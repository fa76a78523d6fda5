"""KTuberling: names of things for small children, in the languages whose files are named by them.

Source: Debian package ktuberling-data. Licence: GPL-2+ (Albert Astals Cid, Éric Bischoff and others; who
speaks is not told, so each language counts as one speaker). No text comes with the recordings. In seven
languages a file is named by its word (``fr/patate_oreille.wav``); the other languages name files in
English, so what they say is not known, and they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.align import Origin, Recording, labelled
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder, obtain
from t2s_rt.training.prepare.read import read_mono

SOUNDS: Final = "usr/share/ktuberling/sounds"
PACKAGE: Final = Package(
    "ktuberling-data",
    "4:22.12.3-1",
    "fba44c875bfa31ea488dadd9263e87a4dcaea0bd47d28817f6c0dc6d2af970ed",
    (f"{SOUNDS}/*.ogg", f"{SOUNDS}/*.wav", f"{SOUNDS}/*.opus", "usr/share/doc/*/copyright"),
)
LICENCE: Final = "GPL-2+, Albert Astals Cid, Éric Bischoff and the KTuberling contributors"
_SUFFIXES: Final = frozenset((".ogg", ".wav", ".opus"))
_ACCENTS: Final = {"en": "en-us"}
_ELIDED: Final = re.compile(r"\b([djl]) (?=[aeiouâéœ])")
_SPELLED: Final = {
    "en": {"palmtree": "palm tree", "fallingstar": "falling star", "broccolli": "broccoli",
           "ufo": "U.F.O.", "sphynx": "sphinx"},
    "es": {"gafasdesol": "gafas de sol"},
    "fi": {"nena": "nenä", "silma": "silmä", "silmalasit": "silmälasit"},
    "fr": {"ane": "âne", "charette": "charrette", "garcon": "garçon", "etoile": "étoile",
           "fusee": "fusée", "hotel": "hôtel", "planete": "planète", "noel": "noël", "comete": "comète",
           "baton": "bâton", "sorciere": "sorcière", "frere": "frère", "recherche": "recherché",
           "allumees": "allumées", "cle": "clé", "fleche": "flèche", "fleches": "flèches",
           "idee": "idée", "fache": "fâche", "tete": "tête", "barriere": "barrière",
           "depannage": "dépannage", "cloture": "clôture", "echelle": "échelle", "ecole": "école",
           "elephant": "éléphant", "fumee": "fumée", "mecanicien": "mécanicien", "pecheur": "pêcheur"},
    "it": {"occhialidasole": "occhiali da sole"},
    "nl": {},
    "pt": {"chapeu": "chapéu", "laco": "laço", "oculos": "óculos"},
}  # fmt: skip
"""By language: words whose accents or spaces the file names have lost."""
LANGUAGES: Final = tuple(_SPELLED)


def clips() -> Iterator[LabelledClip]:
    """Every word that is known, aligned, after getting the package where it is not there yet.

    Raises:
        SetupError: It is not there and cannot be fetched on this system, or eSpeak NG is missing.
        CorpusError: It cannot be fetched, is damaged or not what it should be.
        AudioError: A recording cannot be read.
    """
    folder = corpus_folder()
    recordings = list(load(obtain(PACKAGE, folder) / SOUNDS))
    yield from labelled(recordings, Origin(PACKAGE.name, LICENCE), folder)


def load(sounds: Path) -> Iterator[Recording]:
    """The recordings of `LANGUAGES`.

    Raises:
        CorpusError: There are none.
        AudioError: A recording cannot be read.
    """
    found = [(language, path) for language in LANGUAGES
             for path in sorted((sounds / language).glob("*")) if path.suffix in _SUFFIXES]  # fmt: skip
    if not found:
        raise CorpusError(f"There are no recordings in {sounds}.")
    for language, path in found:
        yield Recording(
            name=f"{language}/{path.stem}", samples=read_mono(path), text=word_of(path.stem, language),
            accent=_ACCENTS.get(language, language), speaker=f"ktuberling/{language}",
            language=language,
        )  # fmt: skip


def word_of(stem: str, language: str) -> str:
    """What a file is named by, without the scene that stands before the first underscore."""
    scene, mark, thing = stem.partition("_")
    words = (thing if mark else scene).replace("_", " ").replace("-", " ").split()
    text = " ".join(_SPELLED[language].get(word, word) for word in words)
    return _ELIDED.sub(r"\1'", text) if language == "fr" else text

"""Asterisk's core sounds: what telephone exchanges say, by professional speakers in five languages.

Sources: Debian packages asterisk-core-sounds-LANG-g722 (recordings) and asterisk-core-sounds-LANG (the
texts). Licences: CC-BY-SA-3.0, Digium's recordings by Allison Smith (English, Spanish) and June Wallack
(French); CC-BY-3.0, Carlo Flora (Italian) and Maxim Topal, ivrvoice.ru (Russian). The texts are lines
``NAME: TEXT``; what is not said stands in brackets.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare import g722
from t2s_rt.training.prepare.align import Origin, Recording, labelled
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder, obtain

SOUNDS: Final = "usr/share/asterisk/sounds"
VERSION: Final = "1.6.1-1"
_COPYRIGHT: Final = "usr/share/doc/*/copyright"


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of one language.

    Attributes:
        language: Code as eSpeak NG has it.
        accent: eSpeak voice that speaks alike.
        speaker: One person; English and Spanish are by the same.
        licence: Of the recordings.
        recordings: Package with the sounds.
        texts: Package with what is said.
    """

    language: str
    accent: str
    speaker: str
    licence: str
    recordings: Package
    texts: Package


def _prompts(language: str, accent: str, speaker: str, licence: str, sums: tuple[str, str]) -> Prompts:
    name = f"asterisk-core-sounds-{language}"
    return Prompts(
        language, accent, f"asterisk/{speaker}", licence,
        Package(f"{name}-g722", VERSION, sums[0], (f"{SOUNDS}/*.g722", _COPYRIGHT)),
        Package(name, VERSION, sums[1], (f"usr/share/doc/*/core-sounds-{language}.txt.gz", _COPYRIGHT)),
    )  # fmt: skip


PROMPTS: Final = (
    _prompts(
        "en", "en-us", "allison", "CC-BY-SA-3.0, Allison Smith, Digium",
        ("38c5261820b406dcb0ecb37675720da2b0864850690690352ca52707eb623806",
         "973e797d28e37fa6ca3c0a9d6fa717e77cf1268ae916bf09fd3503113cdffa50"),
    ),
    _prompts(
        "es", "es-419", "allison", "CC-BY-SA-3.0, Allison Smith, Digium",
        ("e4e3b4281057d3b81b779298fd6be705f57411513955c518eed1bcaabbd615b8",
         "9afdab7f559f036649fb406e625899306ca1004df8ebe39c30bfbd5912d66f74"),
    ),
    _prompts(
        "fr", "fr", "june", "CC-BY-SA-3.0, June Wallack, Digium",
        ("7add61d5e42279ecff1bbdf842a5a946ac3644fac9a0fe44384731aa7270c8e0",
         "04c82c78c570c43a7136cbc5e2488d0c470b775468dff9fbce4a131b18cf1056"),
    ),
    _prompts(
        "it", "it", "carlo", "CC-BY-3.0, Carlo Flora",
        ("46b4cf7afc508a5fcfc051b7ea233251c0d195dd4ef83cc4b7facb4c6429b016",
         "3884d9457e12f21caa018c18f0d587df5d53ebea14b673d8453a134c5941ab3b"),
    ),
    _prompts(
        "ru", "ru", "ivrvoice", "CC-BY-3.0, Maxim Topal, ivrvoice.ru",
        ("673b4238a6b8269960f055d868c6a11083f7a0d00979167cb01554046b48ed9b",
         "28a61616bb0cd3345a7ea532dec4df9f071e5d0fa9f8c1a563ea9669002f39ab"),
    ),
)  # fmt: skip
_LINE: Final = re.compile(r"([\w./-]+):\s*(.*)")
_WHOLLY_A_NOTE: Final = re.compile(r"\[[^]]*\]|\([^)]*\)|<[^>]*>|un suono .*beep.*")
_NOTE: Final = re.compile(r"\([^)]*\)|<[^>]*>|\[\W*\]")
_LOST_LETTER: Final = re.compile(r"\w\?\s+[a-zà-ÿ]|\w\?\w")
"""An accent that was lost in some conversion of the texts."""
_SIGNS: Final = {"en": {"#": " pound ", "*": " star "}}
"""How signs of the keypad are said; where that is not known, texts with them are left out."""
_NO_SPEECH: Final = re.compile(r"beep.*|.*-2tone|silence/.*|tt-monkeys|confbridge-(join|leave)")


def clips() -> Iterator[LabelledClip]:
    """Every prompt with a text, aligned, after getting the packages that are not there yet.

    Raises:
        SetupError: A package is not there and cannot be fetched on this system, or a library is missing.
        CorpusError: A package cannot be fetched, is damaged or not what it should be.
    """
    folder = corpus_folder()
    for prompts in PROMPTS:
        texts = obtain(prompts.texts, folder) / "usr/share/doc" / prompts.texts.name
        recordings = load(
            prompts,
            obtain(prompts.recordings, folder) / SOUNDS,
            texts / f"core-sounds-{prompts.language}.txt.gz",
        )
        yield from labelled(recordings, Origin(prompts.recordings.name, prompts.licence), folder)


def load(prompts: Prompts, sounds: Path, texts: Path) -> list[Recording]:
    """Recordings of a language that have a text, in the order of names.

    Args:
        prompts: Which language.
        sounds: Folder with one folder a voice.
        texts: The list of texts, packed by gzip.

    Raises:
        CorpusError: A recording or the list cannot be read, or there are none.
        SetupError: The decoder is not installed.
    """
    said = read_texts(texts, prompts.language)
    found = []
    for path in sorted(sounds.rglob("*.g722")):
        name = path.relative_to(sounds).with_suffix("").as_posix().partition("/")[2]
        if name in said:
            found.append(
                Recording(
                    name=name, samples=g722.decode(path.read_bytes(), str(path)), text=said[name],
                    accent=prompts.accent, speaker=prompts.speaker, language=prompts.language,
                )
            )  # fmt: skip
    if not found:
        raise CorpusError(f"There are no recordings with a text in {sounds}.")
    return found


def read_texts(path: Path, language: str) -> dict[str, str]:
    """What is said in each recording; only those whose words are known.

    Raises:
        CorpusError: The list cannot be read.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig", errors="strict") as file:
            lines = file.read().splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise CorpusError(f"The texts cannot be read from {path}: {problem}.") from problem
    said: dict[str, str] = {}
    for line in lines:
        row = _LINE.fullmatch(line.strip())
        if row and (text := _spoken(row[1], row[2], language)):
            said.setdefault(row[1], text)
    return said


def _spoken(name: str, text: str, language: str) -> str:
    """The words of a text, empty where it is none or not surely what is said."""
    text = text.strip()
    if _NO_SPEECH.fullmatch(name) or _WHOLLY_A_NOTE.fullmatch(text) or _LOST_LETTER.search(text):
        return ""
    text = _NOTE.sub(" ", text)
    for sign, word in _SIGNS.get(language, {}).items():
        text = text.replace(sign, word)
    if "#" in text or "*" in text:
        return ""
    return " ".join(text.translate(str.maketrans('[]"…', "    ")).split())

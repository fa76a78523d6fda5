"""`t2s retrieve`: what such words, sung in such a way, looked like before, and why each was found."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from t2s_rt.errors import ConfigError
from t2s_rt.lyrics import load_song
from t2s_rt.pregen.agra import Bank, Retrieved, Weights
from t2s_rt.pregen.collect import cue_text, sung_text
from t2s_rt.pregen.descriptors import describe
from t2s_rt.pregen.phrase import Contour, Descriptors, Phrase, PhrasedSong
from t2s_rt.pregen.phrasing import phrase_song
from t2s_rt.pregen.tongue import languages_of

MOST: Final = 50
SAID: Final[dict[str, tuple[str, Any, str]]] = {
    "whispered": ("loudness", 0.08, "sung as a whisper"),
    "soft": ("loudness", 0.28, "sung softly"),
    "loud": ("loudness", 0.78, "sung loudly"),
    "belted": ("loudness", 0.95, "sung as loudly as can be"),
    "low": ("pitch", 0.25, "low in the singer's range"),
    "high": ("pitch", 0.8, "high in the singer's range"),
    "slow": ("rate", 2.0, "about two syllables a second"),
    "fast": ("rate", 5.5, "more than five syllables a second"),
    "held": ("held", 1.6, "with a long held note"),
    "vibrato": ("vibrato", 0.6, "with strong vibrato"),
    "straight": ("vibrato", 0.0, "without vibrato"),
    "wide": ("pitch_range", 10.0, "over a wide range"),
    "narrow": ("pitch_range", 2.0, "over a narrow range"),
    "rising": ("contour", Contour.RISING, "the melody rises"),
    "falling": ("contour", Contour.FALLING, "the melody falls"),
    "arched": ("contour", Contour.ARCHED, "the melody rises and falls"),
    "dipped": ("contour", Contour.DIPPED, "the melody falls and rises"),
    "level": ("contour", Contour.LEVEL, "the melody stays"),
}
"""What a person says about a sound, and the figure it stands for."""

DESCRIPTION = """\
Find the exemplars that fit a line: by what it says and by how it sounds. Each comes with its score, the
part of the words and of the sound in it (in standard deviations above the bank's usual one), and why.

  t2s retrieve "leave the light on" --soft --rising
  t2s retrieve "Verdammt, ich lieb dich" --language de --loud --high -k 3
  t2s retrieve --song SONG.txt --phrase 3            a song's third phrase, with the sound of its notes
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "retrieve",
        help="how such a line was performed before, and why",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("line", nargs="?", help="the words; without them the song's phrase is asked")
    parser.add_argument("--language", default="", help="two letters, such as en; default: guessed")
    for name, (_, _, meaning) in SAID.items():
        parser.add_argument(f"--{name}", action="store_true", help=meaning)
    parser.add_argument("--song", type=Path, help="a song with its times, and its notes if it has any")
    parser.add_argument("--phrase", type=int, metavar="N", help="which phrase of the song, from 1")
    parser.add_argument(
        "--audio", type=Path, metavar="VOCAL", help="the song's vocal, to hear the phrase"
    )
    parser.add_argument("--bank", type=Path, action="append", default=[], help="a folder of your own")
    parser.add_argument("-k", type=int, default=5, help=f"how many, 1 to {MOST}")
    parser.add_argument("--cues", action="store_true", help="also what the face did")
    parser.add_argument("--lexical", action="store_true", help="compare spelling, not meaning")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Find and print."""
    if not 1 <= options.k <= MOST:
        raise ConfigError(f"-k is from 1 to {MOST}, but here {options.k}.")
    text, language, descriptors = asked(options)
    bank = Bank.load(options.bank, lexical=options.lexical)
    found = bank.retrieve(text, language, descriptors, options.k)
    if options.json:
        print(
            json.dumps(as_json(text, language, descriptors, bank, found), ensure_ascii=False, indent=1)
        )
        return 0
    print(f'"{text}" ({language or "language unknown"}; {describe(descriptors)})')
    print(f"{len(bank.exemplars)} exemplars, compared by {bank.embedder.name}")
    if not bank.embedder.by_meaning:
        print(SPELLING_ONLY, file=sys.stderr)
    print(table(found, cues=options.cues))
    return 0


SPELLING_ONLY: Final = (
    "t2s: words are compared by spelling only, which finds few lines of like meaning. "
    'Where it is available (Linux, macOS): pip install "t2s-rt[pregen]"'
)


def asked(options: argparse.Namespace) -> tuple[str, str, Descriptors]:
    """The words, their language and their sound that the options ask about.

    Raises:
        ConfigError: There are no words, or options contradict each other.
    """
    descriptors = Descriptors()
    text, language = " ".join((options.line or "").split()), options.language.lower()
    if options.song is not None:
        phrase = _phrase(phrase_song(load_song(options.song), options.audio), options.phrase)
        text, language = text or phrase.text, language or phrase.language
        descriptors = phrase.descriptors
    elif options.phrase is not None or options.audio is not None:
        raise ConfigError("--phrase and --audio belong to a song.", "Name it with --song.")
    if not any(character.isalnum() for character in text):
        raise ConfigError("There are no words to look for.", 'Try: t2s retrieve "leave the light on"')
    return text, language or languages_of([text], "")[0], said(options, descriptors)


def _phrase(song: PhrasedSong, number: int | None) -> Phrase:
    if number is None or not 1 <= number <= len(song.phrases):
        raise ConfigError(f"--phrase is a number from 1 to {len(song.phrases)} of this song.")
    return song.phrases[number - 1]


def said(options: argparse.Namespace, descriptors: Descriptors) -> Descriptors:
    """The sound with what the person says about it, which wins over what the song says.

    Raises:
        ConfigError: Two options say different things about one figure.
    """
    values: dict[str, Any] = {}
    chosen: dict[str, str] = {}
    for name, (field, value, _) in SAID.items():
        if getattr(options, name):
            if field in chosen:
                raise ConfigError(f"--{chosen[field]} and --{name} contradict each other.")
            chosen[field] = name
            values[field] = value
    return replace(descriptors, **values)


def table(found: tuple[Retrieved, ...], *, cues: bool) -> str:
    """One exemplar a block, columns for people."""
    rows = ["", "  score  words  sound  emotion     sung"]
    for one in found:
        exemplar = one.exemplar
        rows += [
            f"  {one.score:5.2f}  {one.text_score:5.2f}  {one.acoustic_score:5.2f}  "
            f"{exemplar.emotion:<11} {exemplar.delivery}, {describe(exemplar.descriptors)}",
            f'{"":22} "{exemplar.text}" ({exemplar.language}; {exemplar.origin})',
            f"{'':22} {one.why}",
        ]
        if exemplar.note:
            rows.append(f"{'':22} it means: {exemplar.note}")
        if cues:
            rows += [f"{'':24} {cue_text(cue)}" for cue in exemplar.cues]
        rows.append("")
    return "\n".join(unicodedata.normalize("NFC", row) for row in rows)


def as_json(
    text: str, language: str, descriptors: Descriptors, bank: Bank, found: tuple[Retrieved, ...]
) -> dict[str, Any]:
    """The same for programs."""
    return {
        "text": text,
        "language": language,
        "descriptors": asdict(descriptors),
        "description": describe(descriptors),
        "embedding": bank.embedder.name,
        "by_meaning": bank.embedder.by_meaning,
        "exemplars": len(bank.exemplars),
        "weights": asdict(Weights()),
        "found": [
            {
                "score": round(one.score, 4),
                "text_score": round(one.text_score, 4),
                "acoustic_score": round(one.acoustic_score, 4),
                "why": one.why,
                "text": one.exemplar.text,
                "language": one.exemplar.language,
                "emotion": one.exemplar.emotion,
                "delivery": one.exemplar.delivery,
                "sung": sung_text(
                    one.exemplar.language, one.exemplar.delivery, one.exemplar.descriptors
                ),
                "note": one.exemplar.note,
                "cues": [cue_text(cue) for cue in one.exemplar.cues],
                "origin": one.exemplar.origin,
            }
            for one in found
        ],
    }

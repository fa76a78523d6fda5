"""The sources of the corpus, and who of it is kept for judging.

``python -m t2s_rt.training.prepare.corpus`` (or ``make corpus``) gets and aligns what is not there yet
and prints what there is.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from typing import Final

from tqdm import tqdm

from t2s_rt.errors import ConfigError, SetupError, T2SError
from t2s_rt.training.prepare import (
    asterisk,
    festival_reading,
    festival_song,
    festvox_ru,
    klettres,
    ktuberling,
    made_singers,
    music,
    tuxpaint,
)
from t2s_rt.training.prepare.clip import LabelledClip

Source = Callable[[], Iterator[LabelledClip]]

SOURCES: Final[tuple[Source, ...]] = (
    festvox_ru.clips, asterisk.clips, tuxpaint.clips, ktuberling.clips, klettres.clips,
)  # fmt: skip
"""People, with labels; each gets its package and reads clip after clip."""
JUDGED_LANGUAGE: Final = "cs"
"""Models are judged on Czech (`t2s_rt.training.prepare.festvox_czech`); no training hears any."""
SINGING: Final[tuple[Source, ...]] = (festival_song.clips, made_singers.clips)
"""What sings by itself, with exact labels: a synthesiser of diphones, and vocal tracts made here."""
HIGH: Final[tuple[Source, ...]] = (made_singers.high_clips,)
"""What sings nothing but high notes, made here."""
READING: Final[tuple[Source, ...]] = (festival_reading.clips,)
"""What reads by itself, with exact labels."""


def singing() -> Iterator[LabelledClip]:
    """Every song of `SINGING`; what this system cannot make is left out with a sentence.

    Raises:
        CorpusError: A package cannot be had, or a synthesiser fails.
    """
    yield from _made(SINGING)


def reading() -> Iterator[LabelledClip]:
    """Every sentence of `READING`, as `singing`."""
    yield from _made(READING)


def high() -> Iterator[LabelledClip]:
    """Every song of `HIGH`, as `singing`."""
    yield from _made(HIGH)


def _made(sources: Iterable[Source]) -> Iterator[LabelledClip]:
    for source in sources:
        try:
            yield from source()
        except SetupError as problem:
            print(f"left out: {problem}", file=sys.stderr)


def held_out(
    voices: Collection[tuple[str, str]], speakers: Collection[str], languages: Collection[str]
) -> frozenset[str]:
    """The speakers on whom a model is judged and never trained.

    A split by clips would judge a model on people it knows. So whoever is named, and whoever speaks a
    language that is named, is held out with all their clips, those in other languages too.

    Args:
        voices: ``(speaker, language)`` of all clips.
        speakers: To hold out by name.
        languages: To hold out with everybody who speaks them.

    Returns:
        Their names.

    Raises:
        ConfigError: A name is nobody's, or nobody is left to train on.
    """
    known = {speaker for speaker, _ in voices}
    unknown = sorted({*speakers} - known) + sorted({*languages} - {language for _, language in voices})
    if unknown:
        raise ConfigError(
            f"Nobody in the corpus is, or speaks, {', '.join(unknown)}.",
            f"Speakers: {', '.join(sorted(known))}.",
        )
    chosen = {speaker for speaker, language in voices if speaker in speakers or language in languages}
    if known and chosen == known:
        raise ConfigError("Every speaker is held out.", "Leave somebody to train on.")
    return frozenset(chosen)


def split(
    clips: Iterable[LabelledClip], speakers: Collection[str], languages: Collection[str]
) -> tuple[list[LabelledClip], list[LabelledClip]]:
    """Clips to train on and clips to judge on, by the rule of `held_out`.

    Raises:
        ConfigError: A name is nobody's, or nobody is left to train on.
    """
    gathered = list(clips)
    out = held_out({(clip.speaker, clip.language) for clip in gathered}, speakers, languages)
    training = [clip for clip in gathered if clip.speaker not in out]
    return training, [clip for clip in gathered if clip.speaker in out]


def main() -> None:
    """Get every source and print what there is; what is wrong becomes a sentence and exit code 2."""
    try:
        _print_corpus()
    except T2SError as problem:
        print(problem, file=sys.stderr)
        raise SystemExit(2) from None


def _print_corpus() -> None:
    """Minutes, clips, sounds, speakers and languages of each source, and the music."""
    minutes: defaultdict[str, float] = defaultdict(float)
    clips: Counter[str] = Counter()
    sounds: Counter[str] = Counter()
    voices = set()
    people = chain.from_iterable(source() for source in SOURCES)
    for clip in tqdm(chain(people, reading(), singing(), high()), "reading", unit="clip"):
        minutes[clip.source] += clip.duration_s / 60
        clips[clip.source] += 1
        sounds[clip.source] += len(clip.sounds)
        voices.add((clip.source, clip.speaker, clip.language))
    for name in clips:
        speakers = {speaker for source, speaker, _ in voices if source == name}
        languages = sorted({language for source, _, language in voices if source == name})
        print(f"{name}: {minutes[name]:.1f} min, {clips[name]} clips, {sounds[name]} sounds, "
              f"{len(speakers)} speakers, languages {' '.join(languages)}")  # fmt: skip
    music_minutes: defaultdict[str, list[float]] = defaultdict(list)
    for track in music.tracks((*music.ALBUMS, *music.MORE_ALBUMS)):
        music_minutes[track.source].append(track.duration_s / 60)
    for name, lengths in music_minutes.items():
        print(f"{name}: {sum(lengths):.1f} min of music, {len(lengths)} tracks")


if __name__ == "__main__":
    main()

"""The sounds of a song's words, timed as singing times them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from t2s_rt.lyrics.espeak import has_language, pronounce
from t2s_rt.lyrics.ipa import NON_SYLLABIC, Sound, split_symbols
from t2s_rt.lyrics.kana import is_kana, read_kana, read_romaji
from t2s_rt.lyrics.nuclei import assign
from t2s_rt.lyrics.song import Line, Song, Syllable, Word
from t2s_rt.lyrics.sung_timing import SungSyllable, time_sounds
from t2s_rt.lyrics.syllables import has_words

NEUTRAL: Final = Sound("ə", vowel=True)
"""What is sung where no vowel can be found."""
LINKING_R: Final = Sound("ɹ", vowel=False)


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One sound of the lyrics.

    Attributes:
        ipa: One IPA symbol with its marks, such as ``a``, ``ø``, ``m``, ``ts``; no stress marks.
        start_s: Start in seconds of the song.
        end_s: End, not before the start.
        syllable: Index into the voice's syllables (`Song.syllables(voice)`).
        vowel: Whether it carries the syllable: a vowel, or a sung consonant such as Japanese ``ɴ``.
    """

    ipa: str
    start_s: float
    end_s: float
    syllable: int
    vowel: bool


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """What a song's words sound like.

    Attributes:
        phonemes: By start; they do not overlap.
        warnings: What could not be read as written, as sentences; each once.
    """

    phonemes: tuple[Phoneme, ...]
    warnings: tuple[str, ...] = ()


def phonemes(song: Song, voice: int = 0) -> tuple[Phoneme, ...]:
    """The sounds that one voice of a song sings, by start; see `pronounce_song` for what was unclear.

    Raises:
        SetupError: A language needs eSpeak NG, which is not installed.
    """
    return pronounce_song(song, voice).phonemes


def pronounce_song(song: Song, voice: int = 0) -> Pronunciation:
    """Pronounce what one voice of a song sings.

    Japanese is read by table, all else by eSpeak NG, a line at a time where it keeps the words apart.
    Background lines are left out where the same voice sings a main line at that time.

    Args:
        song: The song.
        voice: Index into its voices.

    Returns:
        Phonemes and warnings.

    Raises:
        SetupError: A language needs eSpeak NG, which is not installed.
    """
    reader = _Reader(song.language)
    sung: list[SungSyllable] = []
    lines = [line for line in song.lines if line.voice == voice]
    main = [line for line in lines if not line.background]
    first = 0
    for line in lines:
        if not line.background or not _overlaps(line, main):
            sung += reader.read_line(line, first)
        first += len(line.syllables)
    _part(sung)
    spans = time_sounds(sung)
    sounds = tuple(Phoneme(s.ipa, start, end, index, s.vowel) for s, start, end, index in spans)
    return Pronunciation(sounds, tuple(reader.warnings))


def _overlaps(line: Line, others: Sequence[Line]) -> bool:
    return any(line.start_s < other.end_s and other.start_s < line.end_s for other in others)


def _part(sung: list[SungSyllable]) -> None:
    """Order by start, and end what would last into the next."""
    sung.sort(key=lambda syllable: syllable.start_s)
    for before, after in itertools.pairwise(sung):
        before.end_s = min(before.end_s, after.start_s)


class _Reader:
    """Reads a voice's lines in order; knows the vowel before, which held syllables go on with."""

    def __init__(self, language: str) -> None:
        self.warnings: dict[str, None] = {}
        self._language = language
        self._last_vowel = NEUTRAL
        if language != "ja" and not has_language(language):
            self.warnings[
                f"No pronunciation is known for the language {language!r}; read as English."
            ] = None

    def read_line(self, line: Line, first: int) -> list[SungSyllable]:
        """The line's syllables, numbered from ``first``."""
        sung: list[SungSyllable] = []
        for word, sounds in zip(line.words, self._line_sounds(line), strict=True):
            sung += self._sing(word, sounds, first)
            first += len(word.syllables)
        return sung

    def _line_sounds(self, line: Line) -> list[list[Sound] | None]:
        """Each word's sounds, where eSpeak keeps the words of the line apart; None for one by one."""
        none: list[list[Sound] | None] = [None] * len(line.words)
        texts = [_sung_text(word) for word in line.words]
        if self._language == "ja" or len(texts) < 2 or any(" " in text for text in texts):
            return none
        spoken = [i for i, text in enumerate(texts) if has_words(text)]
        said = pronounce(" ".join(texts[i] for i in spoken), self._language)
        if len(said) != len(spoken):
            return none
        for i, word in zip(spoken, said, strict=True):
            none[i] = _split(word)
        return none

    def _sing(self, word: Word, sounds: list[Sound] | None, first: int) -> list[SungSyllable]:
        written = [syllable for syllable in word.syllables if _is_written(syllable)]
        parts = iter(self._parts(written, sounds) if written else ())
        sung: list[SungSyllable] = []
        for index, syllable in enumerate(word.syllables, first):
            if not syllable.held and not has_words(syllable.text):
                continue  # a sign for music or a pause
            part = next(parts) if _is_written(syllable) else []
            sung += self._notes(syllable, part, index)
        return sung

    def _notes(self, syllable: Syllable, part: list[Sound], index: int) -> list[SungSyllable]:
        """One entry for each vowel: files without syllables hold whole words, which share their time."""
        count = max(sum(sound.vowel for sound in part), 1)
        step_s = syllable.duration_s / count
        pieces = assign(part, [1] * count) if count > 1 else [part]
        sung = []
        for k, piece in enumerate(pieces):
            one = self._one(syllable, piece, index)
            one.start_s = syllable.start_s + k * step_s
            one.end_s = syllable.end_s if k == count - 1 else one.start_s + step_s
            self._last_vowel = one.nucleus
            sung.append(one)
        return sung

    def _parts(self, written: list[Syllable], sounds: list[Sound] | None) -> list[list[Sound]]:
        texts = [_clean(syllable.text) for syllable in written]
        if self._language == "ja" and (parts := self._japanese(texts)):
            return parts
        if sounds is None:
            sounds = self._ask("".join(texts))
        parts = assign(sounds, [max(len(text), 1) for text in texts])
        vowels = sum(sound.vowel for sound in sounds)
        ideographs = all(len(text) == 1 and not text.isascii() for text in texts)
        if vowels != len(texts) and len(texts) > 1 and ideographs:
            return [self._ask(text) for text in texts]
        for k, text in enumerate(texts):
            if not any(sound.vowel for sound in parts[k]) and not written[k].held:
                self._mend(text, parts, k)
        return parts

    def _mend(self, text: str, parts: list[list[Sound]], k: int) -> None:
        """Give a syllable that eSpeak swallowed a vowel.

        It is the end of a diphthong before it ("fi-re"), or that of the syllable read alone, behind a
        consonant that it takes from its neighbour ("ev-er-y" after "evry").
        """
        before = parts[k - 1] if k and not parts[k] else []
        linking = before[-1:] if before[-1:] == [LINKING_R] else []
        end = before[: len(before) - len(linking)]
        if end and NON_SYLLABIC in end[-1].ipa:
            parts[k - 1] = end[:-1]
            parts[k] = [Sound(end[-1].ipa.replace(NON_SYLLABIC, ""), vowel=True), *linking]
            return
        alone = self._ask(text) if has_words(text) else []
        vowel = next((sound for sound in alone if sound.vowel), None)
        if vowel is None:
            return
        after = parts[k + 1] if k + 1 < len(parts) else []
        onset = next((i for i, sound in enumerate(after) if sound.vowel), 0)
        if k and onset > 1 and not parts[k]:
            parts[k] += after[: onset - 1]
            del after[: onset - 1]
        parts[k].append(vowel)

    def _ask(self, text: str) -> list[Sound]:
        language = "en" if self._language == "ja" else self._language
        sounds = [sound for word in pronounce(text, language) for sound in _split(word)]
        if not sounds and has_words(text):
            self.warnings[f"No pronunciation was found for {text!r}; a neutral vowel is shown."] = None
        return sounds

    def _japanese(self, texts: list[str]) -> list[list[Sound]]:
        """Sounds of each syllable; empty where the word is not Japanese."""
        whole = "".join(texts)
        morae = read_romaji(whole)
        if morae is None:
            if whole.isascii():
                return []
            morae = read_kana(whole)
            unread = dict.fromkeys(c for c in whole if c.isalpha() and not is_kana(c))
            if unread:
                characters = "".join(unread)
                self.warnings[f"No reading is known for {characters!r}; neutral vowels are shown."] = (
                    None
                )
        parts: list[list[Sound]] = [[] for _ in texts]
        ends = list(itertools.accumulate(map(len, texts)))
        for mora in morae:
            part = next(k for k, end in enumerate(ends) if mora.at < end)
            parts[part] += mora.sounds
        for text, part_sounds in zip(texts, parts, strict=True):
            if not part_sounds and any(c.isalpha() and not is_kana(c) for c in text):
                part_sounds.append(NEUTRAL)
        return parts

    def _one(self, syllable: Syllable, part: list[Sound], index: int) -> SungSyllable:
        at = next((i for i, sound in enumerate(part) if sound.vowel), None)
        if at is not None:
            onset, nucleus, coda = part[:at], part[at], part[at + 1 :]
        else:
            onset, nucleus, coda = (
                ([], self._last_vowel, part) if syllable.held else (part, self._last_vowel, [])
            )
        held = syllable.held and not onset
        return SungSyllable(syllable.start_s, syllable.end_s, index, onset, nucleus, coda, held=held)


def _is_written(syllable: Syllable) -> bool:
    """Whether it has letters of its own; a bare ``~`` has none."""
    return has_words(syllable.text)


def _sung_text(word: Word) -> str:
    return _clean("".join(syllable.text for syllable in word.syllables if _is_written(syllable)))


def _clean(text: str) -> str:
    """Without the signs that note where syllables and held notes are."""
    return text.replace("~", "").replace("_", "").strip()


def _split(word: tuple[str, ...]) -> list[Sound]:
    return [sound for token in word for sound in split_symbols(token)]

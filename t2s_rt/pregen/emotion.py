"""What a song feels, phrase by phrase: from its words, its sound and what is sung around it.

Five witnesses are heard. The lexicon knows words and expressions, in the language of the line; a text
embedding, where installed, knows lines that feel something without naming it; the sound is loud or soft,
rising or falling; phrases like it were performed before; and the neighbours speak where a line alone
says little. Their evidence adds up in log probabilities.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from t2s_rt.lyrics.song import Line
from t2s_rt.pregen.descriptors import effort
from t2s_rt.pregen.lexicon.book import Hit, lexicon_of
from t2s_rt.pregen.lexicon.tokens import Token, Tokens, is_dense, tokenize
from t2s_rt.pregen.phrase import Contour, Emotion, Phrase, PhrasedSong
from t2s_rt.pregen.tone import irony, keep_together

EMOTIONS: Final = tuple(Emotion)
INDEX: Final = {emotion: index for index, emotion in enumerate(EMOTIONS)}

Vector = npt.NDArray[np.float64]

NEGATION_WORDS: Final = 3
"""How far before a word a negation still turns it; after it (German "nicht") one less."""
NEGATION_LETTERS: Final = 3
"""The same in letters, for scripts without spaces."""

AFTER_BUT: Final = 1.5
"""What follows a "but" is what is meant."""
TURNED: Final[dict[Emotion, tuple[tuple[Emotion, float], ...]]] = {
    Emotion.JOY: ((Emotion.SORROW, 0.8),),
    Emotion.TENDERNESS: ((Emotion.SORROW, 0.4), (Emotion.ANGER, 0.2)),
    Emotion.HOPE: ((Emotion.SORROW, 0.6),),
    Emotion.LONGING: ((Emotion.LONGING, 0.3),),
    Emotion.SORROW: ((Emotion.HOPE, 0.5), (Emotion.TENDERNESS, 0.4)),
    Emotion.ANGER: ((Emotion.CALM, 0.4),),
    Emotion.FEAR: ((Emotion.PRIDE, 0.6), (Emotion.HOPE, 0.3)),
    Emotion.PRIDE: ((Emotion.SORROW, 0.5),),
    Emotion.PLAY: ((Emotion.SORROW, 0.3),),
    Emotion.CALM: ((Emotion.FEAR, 0.2), (Emotion.SORROW, 0.2)),
}
"""What a feeling becomes when it is denied: "don't cry" comforts, "not afraid" is brave."""


@dataclass(frozen=True, slots=True)
class Typical:
    """How an emotion is mostly sung.

    Directions after Juslin and Laukka (2003), a review of 104 studies of voices and 41 of music: anger
    and joy fast and loud, sadness and tenderness slow, soft and falling, fear between. Numbers are ours.

    Attributes:
        effort: 0 whispered to 1 belted.
        rate: Syllables a second.
        contours: Where its melodies tend to go.
        arousal: 0 still to 1 all out.
        valence: -1 bad to 1 good.
        prior: Log odds before anything is known.
    """

    effort: float
    rate: float
    contours: tuple[Contour, ...]
    arousal: float
    valence: float
    prior: float = 0.0


TYPICAL: Final[dict[Emotion, Typical]] = {
    Emotion.JOY: Typical(0.66, 3.6, (Contour.ARCHED, Contour.RISING), 0.75, 1.0),
    Emotion.TENDERNESS: Typical(0.25, 2.3, (Contour.FALLING,), 0.25, 0.6),
    Emotion.HOPE: Typical(0.62, 3.3, (Contour.RISING,), 0.55, 0.7),
    Emotion.LONGING: Typical(0.48, 2.7, (Contour.ARCHED, Contour.FALLING), 0.4, -0.3),
    Emotion.SORROW: Typical(0.38, 2.6, (Contour.FALLING,), 0.35, -0.9),
    Emotion.ANGER: Typical(0.85, 3.8, (Contour.LEVEL,), 0.9, -0.9),
    Emotion.FEAR: Typical(0.42, 3.8, (Contour.LEVEL,), 0.65, -0.8),
    Emotion.PRIDE: Typical(0.82, 3.2, (Contour.RISING,), 0.8, 0.7),
    Emotion.PLAY: Typical(0.52, 4.4, (Contour.DIPPED,), 0.55, 0.7),
    Emotion.CALM: Typical(0.35, 2.8, (Contour.LEVEL,), 0.2, 0.3, prior=0.1),
}

EFFORT_SPREAD: Final = 0.3
RATE_SPREAD: Final = 0.5
"""Of the logarithm of the rate."""
CONTOUR_GAIN: Final = 0.35
CALM_EFFORT: Final = 0.55
LOUD_CALM: Final = 14.0
"""Log odds per effort beyond that: what is sung with force is more than told, whatever its words."""
SOUND_WEIGHT: Final = 0.8
WORDS_WEIGHT: Final = 0.9
WORDS_ALONE_WEIGHT: Final = 1.6
"""Times the logarithm of one plus the lexicon's counts: the second word of a kind says less. The latter
without an embedding, whose opinion they share in part."""
CHANGE_COSTS: Final = 1.1
"""Log odds against turning from one emotion to its opposite between two phrases without a rest."""
CHANGE_FORGOTTEN_S: Final = 8.0
"""Seconds of rest after which that costs a third."""
FEW_WORDS: Final = 4.0
"""A line with fewer words that carry meaning says less about what it feels."""
IRONY_GAIN: Final = 0.4
"""Log odds for play in a song that makes fun throughout; half of it against anger and fear."""
BRIGHT: Final = frozenset({Emotion.JOY, Emotion.TENDERNESS, Emotion.HOPE, Emotion.PLAY})
"""What is smiled at."""
DENIAL: Final = 0.7
"""Log odds against bright feelings in a line that names one only to deny it."""
SCORN: Final = 2.0
"""What "how can you", said to someone, weighs as anger."""
MOOD_WEIGHT: Final = 0.35
"""A section's phrases are of one mood."""


@dataclass(frozen=True, slots=True)
class Image:
    """A word that a face does something with: sky, rain, you, never.

    Attributes:
        name: A list of the lexicon's images.
        first: Index of its first syllable in the line.
        last: Index of its last.
    """

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Named:
    """A word that names a feeling.

    Attributes:
        emotion: After negation.
        weight: More is stronger.
        first: Index of its first syllable in the line.
        last: Index of its last.
    """

    emotion: Emotion
    weight: float
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line's words alone say.

    Attributes:
        scores: ``(10,)`` weight of the words found for each emotion.
        arousal: -1 to 1: words of rest against words of effort.
        named: The words that name feelings.
        images: The words that are pictures or gestures.
        common: ``(syllables,)`` whether each belongs to a small word that no singer stresses.
        words: How many different words it has, small ones aside.
        question: Whether the line asks.
        exclaimed: Whether it is called out.
        light: ``(syllables,)`` whether each belongs to a word that carries no stress: `common` and more.
        denied: First and last syllables of words that are denied or thrown in someone's face.
        unsmiling: Whether one of those would be smiled at.
        colloquial: Whether it speaks of everyday things in everyday words.
    """

    scores: Vector
    arousal: float
    named: tuple[Named, ...]
    images: tuple[Image, ...]
    common: tuple[bool, ...]
    words: float
    question: bool
    exclaimed: bool
    light: tuple[bool, ...] = ()
    denied: tuple[tuple[int, int], ...] = ()
    unsmiling: bool = False
    colloquial: bool = False


@dataclass(frozen=True, slots=True)
class Feeling:
    """What a phrase feels, all witnesses heard.

    Attributes:
        odds: ``(10,)`` probabilities of the emotions.
        emotion: The likeliest.
        colour: The second, where it is nearly as likely; else the same.
        arousal: 0 still to 1 all out.
        reading: What its words say.
    """

    odds: Vector
    emotion: Emotion
    colour: Emotion
    arousal: float
    reading: Reading


class LineJudge(Protocol):
    """Says what whole lines feel, beyond their words; a text embedding does.

    Attributes:
        trust: What its scores count in log odds.
    """

    trust: float

    def judge(self, lines: Sequence[str]) -> Vector:
        """Scores ``(lines, 10)``, about 0 for no opinion and 1 for certainty."""
        ...


class Memory(Protocol):
    """Says what phrases like one felt before; retrieval does (`t2s_rt.pregen.recall`)."""

    def evidence(self, phrase: Phrase) -> Vector:
        """Log odds ``(10,)``."""
        ...


def feel(
    song: PhrasedSong, judge: LineJudge | None = None, memory: Memory | None = None
) -> tuple[Feeling, ...]:
    """What each phrase of a song feels.

    Args:
        song: The song.
        judge: For lines that name no feeling; None does without.
        memory: Of phrases that were performed before; None does without.
    """
    readings = [read_line(phrase.line, phrase.language) for phrase in song.phrases]
    weight = WORDS_ALONE_WEIGHT if judge is None else WORDS_WEIGHT
    own = weight * np.stack([np.log1p(reading.scores) for reading in readings])
    if judge is not None:
        own += judge.trust * judge.judge([phrase.text for phrase in song.phrases])
    own *= np.array([_weight(reading) for reading in readings])[:, None]
    evidence = own + _mood(own, song)
    evidence += np.stack([sound_evidence(phrase) for phrase in song.phrases])
    if memory is not None:
        evidence += np.stack([memory.evidence(phrase) for phrase in song.phrases])
    evidence += np.array([TYPICAL[emotion].prior for emotion in EMOTIONS])
    unsmiling = np.array([reading.unsmiling for reading in readings])
    for bright in BRIGHT:
        evidence[unsmiling, INDEX[bright]] -= DENIAL
    making_fun = irony(song, [reading.colloquial for reading in readings])
    evidence[:, INDEX[Emotion.PLAY]] += IRONY_GAIN * making_fun
    for serious in (Emotion.ANGER, Emotion.FEAR):
        evidence[:, INDEX[serious]] -= 0.5 * IRONY_GAIN * making_fun
    odds = _arc(evidence, song)
    if len(song.phrases) > 1:
        odds = _kept_together(odds, song, readings)
    return tuple(
        _feeling(row, phrase, reading)
        for row, phrase, reading in zip(odds, song.phrases, readings, strict=True)
    )


def _kept_together(odds: Vector, song: PhrasedSong, readings: Sequence[Reading]) -> Vector:
    """Probabilities that sections, refrains and sentences have in common."""
    said = [0.0 if all(reading.light) else reading.words for reading in readings]
    logs = keep_together(np.log(np.maximum(odds, 1e-6)), song, said)
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    kept: Vector = likely / likely.sum(axis=1, keepdims=True)
    return kept


def _feeling(odds: Vector, phrase: Phrase, reading: Reading) -> Feeling:
    ranked = np.argsort(-odds, kind="stable")
    first, second = EMOTIONS[ranked[0]], EMOTIONS[ranked[1]]
    colour = second if odds[ranked[1]] > 0.4 * odds[ranked[0]] else first
    return Feeling(odds, first, colour, _arousal(odds, phrase, reading), reading)


def _arousal(odds: Vector, phrase: Phrase, reading: Reading) -> float:
    """What the voice spends decides most, then what the emotion does to a body."""
    typical = float(sum(p * TYPICAL[e].arousal for p, e in zip(odds, EMOTIONS, strict=True)))
    sung = effort(phrase.descriptors)
    rate = phrase.descriptors.rate
    pace = 0.0 if rate is None else 0.08 * float(np.clip(np.log2(rate / 3.0), -1.0, 1.0))
    said = 0.08 * reading.arousal + (0.06 if reading.exclaimed else 0.0)
    return float(np.clip(0.35 * typical + 0.65 * sung + pace + said, 0.0, 1.0))


def sound_evidence(phrase: Phrase) -> Vector:
    """Log odds ``(10,)`` from how a phrase sounds; nothing where that is unknown."""
    d = phrase.descriptors
    evidence = np.zeros(len(EMOTIONS))
    for index, emotion in enumerate(EMOTIONS):
        typical = TYPICAL[emotion]
        if d.loudness is not None or d.pitch is not None:
            evidence[index] -= 0.5 * ((effort(d) - typical.effort) / EFFORT_SPREAD) ** 2
        if emotion is Emotion.CALM:
            evidence[index] -= LOUD_CALM * max(0.0, effort(d) - CALM_EFFORT)
        if d.rate is not None:
            evidence[index] -= 0.25 * (np.log(max(d.rate, 0.2) / typical.rate) / RATE_SPREAD) ** 2
        if d.contour in typical.contours:
            evidence[index] += CONTOUR_GAIN
    bounded: Vector = np.maximum(evidence, evidence.max() - 4.0)
    return SOUND_WEIGHT * bounded


def _weight(reading: Reading) -> float:
    """How much a line's own words count, 0.4 to 1: "on the road" alone tells little."""
    last = len(reading.common) - 1
    if any(one.first == 0 and one.last == last for one in reading.named):
        return 1.0
    return 0.4 + 0.6 * min(1.0, reading.words / FEW_WORDS)


def _mood(own: Vector, song: PhrasedSong) -> Vector:
    """What its section's mood adds to each phrase ``(phrases, 10)``: less, the more it says itself."""
    centred = own - own.mean(axis=1, keepdims=True)
    section = np.array([phrase.section for phrase in song.phrases])
    mood = np.stack([centred[section == one].mean(axis=0) for one in section])
    said = np.ptp(own, axis=1)[:, None]
    added: Vector = MOOD_WEIGHT / (1.0 + 0.5 * said) * mood
    return added


def _arc(evidence: Vector, song: PhrasedSong) -> Vector:
    """Probabilities ``(phrases, 10)`` of a song that does not change its emotion with every line.

    Forward-backward in a hidden Markov model whose states are the emotions: turning costs more, the
    further apart two of them are and the shorter the rest between two phrases.
    """
    places = np.array([(TYPICAL[e].valence, 2.0 * TYPICAL[e].arousal - 1.0) for e in EMOTIONS])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) / 2.0
    apart = np.where(apart > 0.0, 0.3 + 0.7 * apart, 0.0)
    turns = []
    for before, after in itertools.pairwise(song.phrases):
        rest_s = max(0.0, after.start_s - before.end_s)
        turn = np.exp(-CHANGE_COSTS * math.exp(-rest_s / CHANGE_FORGOTTEN_S) * apart)
        turns.append(turn / turn.sum(axis=1, keepdims=True))
    likely = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    forward, backward = likely.copy(), np.ones_like(likely)
    for index, turn in enumerate(turns, 1):
        forward[index] *= forward[index - 1] @ turn
        forward[index] /= forward[index].sum()
    for index in range(len(turns) - 1, -1, -1):
        backward[index] = turns[index] @ (likely[index + 1] * backward[index + 1])
        backward[index] /= backward[index].sum()
    odds = forward * backward
    whole: Vector = odds / odds.sum(axis=1, keepdims=True)
    return whole


def read_line(line: Line, language: str) -> Reading:
    """Search a line's words for feelings and pictures.

    Args:
        line: The line.
        language: Two-letter code; lines of unknown or foreign language are read as English.
    """
    tokens = tokenize(line)
    lexicon = lexicon_of(language)
    hits = lexicon.search(tokens) if lexicon is not None else ()
    if not any(hit.section in ("emotions", "images") for hit in hits):
        english = lexicon_of("en")
        hits = (*hits, *english.search(tokens)) if english is not None else hits
    named = tuple(one for hit in hits if hit.section == "emotions" for one in _named(hit, hits, tokens))
    scorned = any(hit.name == "scorn" for hit in hits)
    denied = [hit for hit in hits if _is_taken_away(hit, hits, tokens, scorned=scorned)]
    turn = max((hit.syllables[1] for hit in hits if hit.name == "contrast"), default=-1)
    scores = np.zeros(len(EMOTIONS))
    for one in named:
        scores[INDEX[one.emotion]] += one.weight * (AFTER_BUT if 0 <= turn < one.first else 1.0)
    if scorned:
        scores[INDEX[Emotion.ANGER]] += SCORN
    strength = 1.0 + 0.12 * min(3, sum(hit.name == "intensifiers" for hit in hits))
    strength -= 0.2 * any(hit.name == "softeners" for hit in hits)
    high = sum(hit.weight for hit in hits if (hit.section, hit.name) == ("arousal", "high"))
    low = sum(hit.weight for hit in hits if (hit.section, hit.name) == ("arousal", "low"))
    return Reading(
        scores=strength * scores,
        arousal=float(np.tanh(0.5 * (high - low))),
        named=named,
        images=tuple(
            Image(hit.name, *hit.syllables)
            for hit in hits
            if hit.section == "images" and (hit not in denied or hit.name == "no")
        ),
        common=_small(hits, len(line.syllables), ("common",)),
        words=_count_words(hits, tokens),
        question=_asks(line.text, hits),
        exclaimed="!" in line.text or "\uff01" in line.text,
        light=_small(
            _unstressed(hits, stressing=bool(denied)), len(line.syllables), ("common", "light")
        ),
        denied=tuple(hit.syllables for hit in denied),
        unsmiling=any(hit.name == "laugh" or hit.name in BRIGHT for hit in denied),
        colloquial=any(hit.name == "colloquial" for hit in hits),
    )


def _unstressed(hits: Sequence[Hit], *, stressing: bool) -> list[Hit]:
    """Hits without the small words that deny something: they are stressed then."""
    no = {hit.syllables for hit in hits if stressing and hit.name.startswith("negators")}
    return [hit for hit in hits if hit.syllables not in no]


def _small(hits: Sequence[Hit], count: int, lists: tuple[str, ...]) -> tuple[bool, ...]:
    small = [False] * count
    for hit in hits:
        if hit.name in lists and not hit.dense:
            for syllable in range(hit.syllables[0], hit.syllables[1] + 1):
                small[syllable] = True
    return tuple(small)


def _count_words(hits: Sequence[Hit], line: Tokens) -> float:
    """Different words; in scripts without spaces two letters count as one."""
    if is_dense(line.letters.text):
        return len(set(line.letters.text)) / 2.0
    small = {hit.first for hit in hits if hit.name == "common" and hit.first == hit.last}
    return float(len({token.text for i, token in enumerate(line.tokens) if i not in small}))


def _asks(text: str, hits: Sequence[Hit]) -> bool:
    """A question mark asks, or a line that begins with "why" or "who", or ends as questions end."""
    if "?" in text or "\uff1f" in text:
        return True
    return any(
        hit.name == "questions" and hit.weight >= 1.0 and (hit.dense or hit.first == 0) for hit in hits
    )


def _named(hit: Hit, hits: Sequence[Hit], line: Tokens) -> list[Named]:
    """The feeling a word names; denied ones become what `TURNED` says."""
    emotion = Emotion(hit.name)
    weight = hit.weight * (1.25 if hit.last > hit.first and not hit.dense else 1.0)
    if emotion in BRIGHT and any(other.name == "scorn" for other in hits):
        return [Named(Emotion.ANGER, weight, *hit.syllables)]
    if not _is_denied(hit, hits, line):
        return [Named(emotion, weight, *hit.syllables)]
    return [Named(turned, part * weight, *hit.syllables) for turned, part in TURNED[emotion]]


def _is_denied(hit: Hit, hits: Sequence[Hit], line: Tokens) -> bool:
    turning = {other.name for other in hits if _denies(other, hit, line)}
    return bool(turning) and not turning >= {"negators", "stoppers"}  # "can't stop loving" loves


def _is_taken_away(hit: Hit, hits: Sequence[Hit], line: Tokens, *, scorned: bool) -> bool:
    """Whether a feeling or picture is named only to say that it is not there or not deserved."""
    if hit.section not in ("emotions", "images"):
        return False
    if scorned and (hit.name == "laugh" or (hit.section == "emotions" and hit.name in BRIGHT)):
        return True
    return _is_denied(hit, hits, line)


def _denies(negator: Hit, hit: Hit, line: Tokens) -> bool:
    if negator.section != "grammar" or negator.dense is not hit.dense:
        return False
    gap_before, gap_after = hit.first - negator.last, negator.first - hit.last
    if hit.dense:
        before = negator.name == "negators" and 1 <= gap_before <= NEGATION_LETTERS
        return before or (negator.name == "negators_after" and 1 <= gap_after <= NEGATION_LETTERS)
    before = negator.name in ("negators", "stoppers") and 1 <= gap_before <= NEGATION_WORDS + 1
    after = negator.name == "negators_after" and 1 <= gap_after < NEGATION_WORDS
    return (before or after) and _same_clause(line.tokens, negator, hit)


def _same_clause(tokens: Sequence[Token], one: Hit, other: Hit) -> bool:
    return tokens[one.first].clause == tokens[other.first].clause

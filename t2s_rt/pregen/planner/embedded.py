"""The embedded planner: whole song, section, phrase, regions, cues, without a language model."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.agra import Bank
from t2s_rt.pregen.descriptors import delivery, effort
from t2s_rt.pregen.emotion import Feeling, Image, LineJudge, feel
from t2s_rt.pregen.phrase import Delivery, Emotion, Phrase, PhrasedSong
from t2s_rt.pregen.plan import PhrasePlan, PlanReport, header_of, window
from t2s_rt.pregen.planner.acting import (
    ACCENT,
    BREATH,
    CLIMAX,
    HELD_NOTES,
    LATER,
    LONG_NOTES,
    QUESTION,
    QUESTIONING_BROWS,
    REPERTOIRE,
    SIDED,
    USUAL_BREATH,
    Beat,
    Option,
)
from t2s_rt.pregen.planner.arc import Part, find_arc
from t2s_rt.pregen.planner.images import GESTURES, Gesture
from t2s_rt.pregen.planner.points import HELD_ON_SMALL_S, Place, Points, Span, find_points
from t2s_rt.pregen.planner.stage import Wish, settle, stagger
from t2s_rt.pregen.probe import line_judge
from t2s_rt.pregen.recall import Recall
from t2s_rt.subtitles.cue import SubtitleTrack, cue_order

NAME: Final = "embedded-1"
RULES_VERSION: Final = "2"
"""Another version may write other cues for the same song and seed."""

LEAD_S: Final = (0.22, 0.4)
TAIL_S: Final = (0.2, 0.5)
"""How long before the first word a face begins and how long after the last it lets go."""
JITTER: Final = 0.06
"""No two performances of a line are the same, even of one seed."""
CLIMAX_EFFORT: Final = 0.8
MOST_IMAGES: Final = 2
IMAGE_RESTS: Final = 2
"""Phrases before the same gesture comes again."""
HEIGHT_GAIN: Final = 0.4
"""What the height of the melody adds to brows and head, from lowest to highest."""
STRONG_MOVE: Final = 0.55
PACE_OF_LIDS_HZ: Final = 3.0
"""Syllables a second; lids close further the slower the phrase."""
PACE: Final = 1.6
"""Syllables a second per nod or sway at which an option that moves to and fro fits."""


@dataclass
class _Memory:
    """What was done before, so that a face does not repeat itself.

    Attributes:
        options: Of each emotion and region, the option taken last.
        refrains: Of each refrain and region, the option it is always sung with.
        side: The side taken last, 0 left and 1 right.
        images: Of each image, the phrase it was last acted in.
    """

    options: dict[tuple[Emotion, Region], int] = field(default_factory=dict)
    refrains: dict[tuple[str, Emotion, Region], int] = field(default_factory=dict)
    side: int = 0
    images: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything known about one phrase before its face is planned."""

    phrase: Phrase
    feeling: Feeling
    part: Part
    points: Points
    drive: float
    height: float
    climax: bool
    side: int
    chance: np.random.Generator


class EmbeddedPlanner:
    """Plans by rules; the same song and seed give the same track.

    Args:
        judge: What whole lines feel; None takes `t2s_rt.pregen.probe.line_judge`, and lets the exemplars
            vote (`t2s_rt.pregen.recall`).
        lexical: Do without the embedding: compare words by their spelling.
        clock: Seconds, for the report.
    """

    name = NAME
    prompt_version = RULES_VERSION

    def __init__(
        self,
        judge: LineJudge | None = None,
        *,
        lexical: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._judge = judge
        self._recall: Recall | None = None
        self._lexical = lexical
        self._clock = clock
        self._report = PlanReport()
        self._planned: tuple[PhrasedSong, int, tuple[PhrasePlan, ...]] | None = None

    @property
    def report(self) -> PlanReport:
        """How the last `plan` went."""
        return self._report

    def plan(self, song: PhrasedSong, seed: int) -> SubtitleTrack:
        """The whole song's cues with their header.

        Raises:
            SetupError: The text embedding is installed but does not load.
        """
        begun_s = self._clock()
        plans = self.plan_phrases(song, seed)
        cues = sorted((cue for plan in plans for cue in plan.cues), key=cue_order)
        track = SubtitleTrack(tuple(cues), header_of(song, self, seed))
        self._report = PlanReport(
            phrases=len(plans), valid_first=len(plans), seconds=self._clock() - begun_s
        )
        return track

    def plan_phrase(self, song: PhrasedSong, index: int, seed: int) -> PhrasePlan:
        """One phrase, planned as it is in the whole song."""
        return self.plan_phrases(song, seed)[index]

    def plan_phrases(self, song: PhrasedSong, seed: int) -> tuple[PhrasePlan, ...]:
        """What each phrase was understood to be, with its cues; the last song's are remembered."""
        if self._judge is None:
            self._judge = line_judge(lexical=self._lexical)
            self._recall = Recall(Bank.load(lexical=self._lexical))
        if self._planned is None or self._planned[0] is not song or self._planned[1] != seed:
            self._planned = (song, seed, tuple(self._plan(song, seed)))
        return self._planned[2]

    def _plan(self, song: PhrasedSong, seed: int) -> list[PhrasePlan]:
        feelings = feel(song, self._judge, self._recall)
        arc = find_arc(song, feelings)
        memory = _Memory(side=seed % 2)
        plans: list[PhrasePlan] = []
        for phrase, feeling, part in zip(song.phrases, feelings, arc, strict=True):
            frame = window(song, phrase.index)
            scene = _scene(phrase, feeling, part, frame, memory, seed)
            cues = settle(stagger(_wishes(scene, memory), frame), frame)
            plans.append(
                PhrasePlan(
                    phrase.index,
                    feeling.emotion,
                    delivery(phrase.descriptors),
                    feeling.arousal,
                    _note(feeling),
                    cues,
                )
            )
        return plans


def _note(feeling: Feeling) -> str:
    words = [str(feeling.emotion)]
    if feeling.colour is not feeling.emotion:
        words.append(f"with {feeling.colour}")
    pictures = list(dict.fromkeys(image.name.replace("_", " ") for image in feeling.reading.images))
    if pictures:
        words.append(f"({', '.join(pictures)})")
    return " ".join(words)


def _scene(
    phrase: Phrase,
    feeling: Feeling,
    part: Part,
    frame: tuple[float, float],
    memory: _Memory,
    seed: int,
) -> _Scene:
    """What a phrase brings with it: its strength, its side, its places."""
    chance = np.random.default_rng([seed, zlib.crc32(part.key.encode()), part.again])
    sound = phrase.descriptors
    drive = float(np.clip(0.5 * effort(sound) + 0.5 * feeling.arousal + part.growth, 0.0, 1.2))
    height = 0.5 if sound.pitch is None else sound.pitch
    loud = delivery(sound) in (Delivery.STRONG, Delivery.BELTED)
    climax = part.summit or (loud and effort(sound) >= CLIMAX_EFFORT)
    if not part.again:
        memory.side = 1 - memory.side
    side = memory.side if not part.again else zlib.crc32(f"{part.key}{seed}".encode()) % 2
    points = find_points(
        phrase, feeling.reading, frame, chance.uniform(*LEAD_S), chance.uniform(*TAIL_S)
    )
    return _Scene(phrase, feeling, part, points, drive, height, climax, side, chance)


def _wishes(scene: _Scene, memory: _Memory) -> list[Wish]:
    """Everything a phrase wants of the face, the strongest reasons first within a rank."""
    emotion = scene.feeling.emotion
    wish = partial(_wish, scene)
    beats: list[Beat] = []
    if scene.climax:
        beats += CLIMAX[emotion]
    beats += _question(scene)
    if Place.ARRIVAL in scene.points.spans:
        beats += LONG_NOTES[emotion]
    beats += HELD_NOTES.get(emotion, ())
    for region, options in REPERTOIRE[emotion].items():
        beats += _choose(scene, memory, region, options)
    beats += BREATH.get(emotion, USUAL_BREATH)
    wishes = [one for beat in beats if (one := wish(beat)) is not None]
    wishes += _image_wishes(scene, memory)
    return [one for one in wishes if not _betrays(scene, one)]


def _betrays(scene: _Scene, wish: Wish) -> bool:
    """Whether a move says what the words do not.

    A smile does in a line that denies what is smiled at; giving up does while a very long note grows.
    """
    if wish.move == "smile":
        return scene.feeling.reading.unsmiling
    note = scene.points.spans.get(Place.ARRIVAL)
    if note is None or scene.feeling.emotion is Emotion.SORROW:
        return False
    gives_up = wish.move in ("look_down", "look_left", "look_right", "frown", "lower", "press")
    return gives_up and wish.span.end_s > note.start_s


def _question(scene: _Scene) -> list[Beat]:
    if not scene.feeling.reading.question:
        return []
    brow = QUESTIONING_BROWS.get(scene.feeling.emotion)
    return [*QUESTION, *([brow] if brow is not None else [])]


def _choose(scene: _Scene, memory: _Memory, region: Region, options: Sequence[Option]) -> Option:
    """One way to act a region: a refrain keeps its own, others avoid the one before."""
    emotion = scene.feeling.emotion
    key = (scene.part.key, emotion, region)
    if key in memory.refrains:
        return options[memory.refrains[key]]
    weights = np.array([_fits(scene, option) for option in options])
    last = memory.options.get((emotion, region))
    if last is not None and len(options) > 1:
        weights[last] *= 0.1
    taken = int(scene.chance.choice(len(options), p=weights / weights.sum()))
    memory.options[emotion, region] = taken
    memory.refrains[key] = taken
    return options[taken]


def _fits(scene: _Scene, option: Option) -> float:
    """How well an option suits the phrase: notes it needs, a beat where the song has one."""
    worth = 1.0
    for beat in option:
        if beat.place not in scene.points.spans and beat.place in (Place.HELD, Place.PEAK):
            worth *= 0.3
        if beat.move in ("nod", "sway", "shake"):
            length_s = scene.phrase.end_s - scene.phrase.start_s
            rate = scene.phrase.descriptors.rate or 0.0
            slow = 0.1 if beat.move == "nod" else 0.4
            worth *= 1.3 if rate >= PACE and length_s > 1.5 else slow
        if beat.move == "wink":
            worth *= 0.4
    return worth


def _wish(scene: _Scene, beat: Beat) -> Wish | None:
    """A beat at its place in this phrase, as strong as it is sung; None where it has no place."""
    span = scene.points.spans.get(beat.place)
    if span is None and beat.place in (Place.HELD, Place.PEAK):
        span = scene.points.spans[Place.STRESS]
    if span is None or span.end_s <= span.start_s:
        return None
    move = _sided(beat.move, scene.side, beat.region)
    intensity = _tempered(beat.gain * _strength(scene, beat))
    why = beat.why.replace("{word}", span.word)
    if beat.rank >= ACCENT and beat.place in (Place.STRESS, Place.PEAK, Place.HELD):
        return Wish(beat.region, move, intensity, span, _said(scene, why), beat.rank, accent=True)
    return Wish(beat.region, move, intensity, span, _said(scene, why), beat.rank)


def _strength(scene: _Scene, beat: Beat) -> float:
    """Effort makes it greater, so does height for brows and head; chance keeps it alive."""
    strength = 1.0 + beat.growth * (scene.drive - 0.5)
    if beat.move in ("raise", "raise_inner", "lift", "look_up", "widen", "one_brow"):
        strength *= 1.0 + HEIGHT_GAIN * (scene.height - 0.5)
    if beat.move == "close" and scene.phrase.descriptors.rate:
        strength *= float(np.clip((PACE_OF_LIDS_HZ / scene.phrase.descriptors.rate) ** 0.4, 0.75, 1.25))
    return max(0.0, strength * (1.0 + JITTER * float(scene.chance.uniform(-1.0, 1.0))))


def _tempered(intensity: float) -> float:
    """Above `STRONG_MOVE` each step more costs twice: even at the end of a song something is left."""
    return min(intensity, STRONG_MOVE + 0.5 * max(0.0, intensity - STRONG_MOVE))


def _sided(move: str, side: int, region: Region) -> str:
    """The left or right move; gaze and brow go the other way than the head, as a singer's do."""
    if move not in SIDED:
        return move
    return SIDED[move][side if region is Region.NECK or move == "aside" else 1 - side]


def _said(scene: _Scene, why: str) -> str:
    return f"{scene.feeling.emotion}: {why}"


def _image_wishes(scene: _Scene, memory: _Memory) -> list[Wish]:
    """Gestures on the words that are pictures: few, and not the same ones all the time."""
    emotion = scene.feeling.emotion
    index = scene.phrase.index
    found = []
    for image in scene.feeling.reading.images:
        gestures = [one for one in GESTURES.get(image.name, ()) if emotion in one.emotions]
        if not _carries(scene, image):
            continue
        rested = index - memory.images.get(image.name, -99) > IMAGE_RESTS or scene.part.again
        if gestures and rested:
            length_s = scene.points.word_span(image.first, image.last)
            found.append(
                (gestures[0].worth + 0.2 * (length_s.end_s - length_s.start_s), image, gestures)
            )
    found.sort(key=lambda one: -one[0])
    wishes: list[Wish] = []
    first = {image.name: (image, gestures) for _, image, gestures in reversed(found)}
    for image, gestures in list(reversed(first.values()))[:MOST_IMAGES]:
        memory.images[image.name] = index
        span = scene.points.word_span(image.first, image.last)
        wishes += [_gesture(scene, gesture, span) for gesture in gestures]
    return wishes


def _carries(scene: _Scene, image: Image) -> bool:
    """Whether a picture's word is one that a singer acts: no small word that is sung in passing."""
    if image.name in ("no", "yes") or not all(scene.feeling.reading.light[image.first : image.last + 1]):
        return True
    notes = scene.points.syllables[image.first : image.last + 1]
    return max(end_s - start_s for start_s, end_s in notes) >= HELD_ON_SMALL_S


def _gesture(scene: _Scene, gesture: Gesture, span: Span) -> Wish:
    intensity = _tempered(gesture.gain * (1.0 + 0.8 * (scene.drive - 0.5)))
    move = _sided(gesture.move, scene.side, gesture.region)
    if move in ("nod", "sway", "shake"):
        span = Span(span.start_s, max(span.end_s, span.start_s + 0.8), span.word)
    why = _said(scene, gesture.why.replace("{word}", span.word))
    rank = LATER if gesture.firm else ACCENT
    return Wish(gesture.region, move, intensity, span, why, rank, accent=True)

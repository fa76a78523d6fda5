"""Judges planners and retrieval by the rubric (`bench/rubric/*.toml`); `t2s bench rubric`.

A line of the rubric is met where all that is expected of it holds for the cues that the planner wrote
into it. The development half can be listed line by line; of the test half only shares are ever shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from bench.expectations import Asked, asked_of
from bench.report import Row, Table, judge
from bench.rubric_files import (
    DirectedLine,
    HeldOut,
    SungTwice,
    load_acoustics,
    load_directions,
    load_heldout,
    sing,
)
from t2s_rt.pregen.phrase import Emotion, PhrasedSong
from t2s_rt.subtitles.cue import SubtitleTrack

COMMAND: Final = "t2s bench rubric"
FIRST: Final = 3
"""The right feeling must be among so many exemplars."""


class Plans(Protocol):
    """What is judged: all that `t2s_rt.pregen.plan.Planner` needs for it."""

    def plan(self, song: PhrasedSong, seed: int) -> SubtitleTrack:
        """The song's cues."""
        ...


class Half(StrEnum):
    """What a search goes by."""

    BOTH = "words and sound"
    TEXT = "words only"
    SOUND = "sound only"


Search = Callable[[HeldOut, Half], Sequence[Emotion]]
"""Feelings of the exemplars that a search finds, best first, at least `FIRST`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one line or pair was met.

    Attributes:
        text: The line.
        language: Two-letter code.
        emotion: As the rubric labels it.
        facts: Each expectation as written, and whether it held.
        cues: What the planner asked for during the line, one a row.
    """

    text: str
    language: str
    emotion: Emotion
    facts: tuple[tuple[str, bool], ...]
    cues: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether all of them held."""
        return all(held for _, held in self.facts)


def judge_directions(
    planner: Plans, lines: Sequence[DirectedLine], seed: int = 0
) -> tuple[Verdict, ...]:
    """Plan each line as a song of its own and see what the cues do."""
    verdicts = []
    for line in lines:
        song, index = sing(line.text, line.language, line.sound, line.before, line.after)
        track = planner.plan(song, seed)
        whole = _asked(track, song, index)
        held = _asked_on_held(track, song, index)
        facts = tuple((expected.text, expected.met(whole, held)) for expected in line.expect)
        cues = _describe(track, song, index)
        verdicts.append(Verdict(line.text, line.language, line.emotion, facts, cues))
    return tuple(verdicts)


def judge_acoustics(planner: Plans, pairs: Sequence[SungTwice], seed: int = 0) -> tuple[Verdict, ...]:
    """Plan each line as it is sung first and then, and compare."""
    verdicts = []
    for pair in pairs:
        both = []
        cues: tuple[str, ...] = ()
        for sound in (pair.first, pair.second):
            song, index = sing(pair.text, pair.language, sound)
            track = planner.plan(song, seed)
            both.append(_asked(track, song, index))
            cues += (f"-- loudness {sound.loudness}, pitch {sound.pitch}, held {sound.held}:",)
            cues += _describe(track, song, index)
        facts = tuple((expected.text, expected.met(*both)) for expected in pair.expect)
        text = f"{pair.text} ({pair.change})"
        verdicts.append(Verdict(text, pair.language, pair.emotion, facts, cues))
    return tuple(verdicts)


def judge_retrieval(search: Search, phrases: Sequence[HeldOut], half: Half) -> tuple[bool, ...]:
    """Whether each phrase's feeling is among the first `FIRST` found."""
    return tuple(phrase.emotion in list(search(phrase, half))[:FIRST] for phrase in phrases)


def met_share(verdicts: Sequence[Verdict]) -> float:
    """Share of lines, or pairs, of which all that is expected holds."""
    return _share([verdict.met for verdict in verdicts])


def fact_share(verdicts: Sequence[Verdict]) -> float:
    """Share of single expectations that hold."""
    return _share([held for verdict in verdicts for _, held in verdict.facts])


def verdict_tables(name: str, planner: Plans, seed: int = 0) -> list[Table]:
    """Directions of both halves, then acoustics, as a planner meets them.

    Args:
        name: Of the planner, for the titles.
        planner: It.
        seed: Of its plans.
    """
    tables = [
        _verdict_table(
            f"Directions, {title} half, {name}",
            judge_directions(planner, load_directions(half), seed),
            "directions",
            "lines_met",
        )
        for half, title in (("dev", "development"), ("test", "test"))
    ]
    heard = judge_acoustics(planner, load_acoustics(), seed)
    return [*tables, _verdict_table(f"Acoustics, {name}", heard, "acoustics", "pairs_met")]


def failures(planner: Plans, seed: int = 0) -> str:
    """Every line of the development half and every pair that is not met, with what was asked for."""
    verdicts = (
        *judge_directions(planner, load_directions("dev"), seed),
        *judge_acoustics(planner, load_acoustics(), seed),
    )
    blocks = []
    for verdict in verdicts:
        if not verdict.met:
            missed = "".join(f"    not met: {fact}\n" for fact, held in verdict.facts if not held)
            cues = "".join(f"      {cue}\n" for cue in verdict.cues)
            head = f"{verdict.language} {verdict.emotion}: {verdict.text}\n"
            blocks.append(head + missed + (cues or "      (no cues)\n"))
    return "\n".join(blocks)


def retrieval_table(name: str, search: Search) -> Table:
    """How often the right feeling is among the first found, with both halves of the score and one."""
    phrases = load_heldout()
    rows = []
    for half in Half:
        hits = judge_retrieval(search, phrases, half)
        figures = {"phrases": float(len(hits)), f"in first {FIRST}": _share(hits)}
        for way in ("words", "sound", "both"):
            clear = [hit for hit, phrase in zip(hits, phrases, strict=True) if phrase.clear == way]
            figures[f"by {way}"] = _share(clear)
        verdict = judge(_share(hits), "retrieval", "in_first_3", at_least=True)
        rows.append(Row(half, figures, verdict if half is Half.BOTH else ""))
    note = "by words, sound, both: phrases whose feeling is clear by that."
    return Table(f"Retrieval, {name}", COMMAND, tuple(rows), note)


def _verdict_table(title: str, verdicts: Sequence[Verdict], section: str, key: str) -> Table:
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in sorted(verdicts, key=lambda verdict: verdict.language):
        groups[verdict.language].append(verdict)
    for verdict in sorted(verdicts, key=lambda verdict: verdict.emotion):
        groups[verdict.emotion].append(verdict)
    rows = [_row("all", verdicts, judge(met_share(verdicts), section, key, at_least=True))]
    rows += [_row(name, group) for name, group in groups.items()]
    note = "met: all that is expected of a line holds; facts: single expectations that hold."
    return Table(title, COMMAND, tuple(rows), note)


def _row(name: str, verdicts: Sequence[Verdict], verdict: str = "") -> Row:
    figures = {
        "lines": float(len(verdicts)),
        "met": met_share(verdicts),
        "facts": fact_share(verdicts),
    }
    return Row(name, figures, verdict)


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / max(1, len(hits))


def _asked(track: SubtitleTrack, song: PhrasedSong, index: int) -> Asked:
    phrase = song.phrases[index]
    return asked_of(track, phrase.start_s, phrase.end_s)


def _asked_on_held(track: SubtitleTrack, song: PhrasedSong, index: int) -> Asked:
    longest = max(song.phrases[index].line.syllables, key=lambda syllable: syllable.duration_s)
    return asked_of(track, longest.start_s, longest.end_s)


def _describe(track: SubtitleTrack, song: PhrasedSong, index: int) -> tuple[str, ...]:
    phrase = song.phrases[index]
    return tuple(
        f"{cue.start_s - phrase.start_s:+.2f} to {cue.end_s - phrase.start_s:+.2f} s of "
        f"{phrase.end_s - phrase.start_s:.2f}: [{cue.region}] {cue.move} {cue.intensity:.2f} {cue.text}"
        for cue in track.cues
        if cue.end_s > phrase.start_s and cue.start_s < phrase.end_s
    )

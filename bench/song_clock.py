"""How well the follower finds where in the song the singer is: wrong clocks, wrong songs, its cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from bench.nit_song import load_labels, song_of
from bench.report import Row, Table, judge
from bench.singer import Manner, perform
from engine.demo import demo_lyrics_path, demo_song_path
from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.synthesis import noise
from t2s_rt.following.follower import Follower
from t2s_rt.lyrics import load_song
from t2s_rt.lyrics.song import Song
from t2s_rt.timebase import FRAME_S, HOPS_PER_FRAME
from t2s_rt.types import Feature, FloatArray

OFFSETS_S: Final = (-0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3)
SUNG_S: Final = 5.0
"""After so much singing, rests left out, the clock shall be right ..."""
CLOSE_S: Final = 0.04
"""... to within this."""
TAKE_S: Final = 20.0
MANNERS: Final = {
    "soprano": Manner(seed=1),
    "tenor, a fourth higher": Manner(seed=2, voice="male", transposed=5.0),
    "wide vibrato, slow glides": Manner(seed=3, vibrato_cents=60.0, glide_s=0.12, transposed=-12.0),
}
SHARED_DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Take:
    """Singing whose position in its song is known.

    Attributes:
        name: Of song and singer.
        song: What is sung.
        start_s: Position of the first hop's first sample.
        rows: ``(N, FEATURE_COUNT)`` feature rows.
    """

    name: str
    song: Song
    start_s: float
    rows: FloatArray

    @property
    def sung_s(self) -> np.ndarray:
        """``(N // 2,)`` seconds of voiced singing up to each frame."""
        voiced = self.rows[HOPS_PER_FRAME - 1 :: HOPS_PER_FRAME, Feature.F0_HZ] > 0.0
        return np.asarray(np.cumsum(voiced) * FRAME_S)


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a wrong clock was put right.

    Attributes:
        error_s: What was left after `SUNG_S` of singing.
        close_after_s: Singing until the error stayed within `CLOSE_S`.
        worst_late_s: Largest error from `SUNG_S` of singing to the end.
        backwards: Frames in which the corrected clock ran backwards.
    """

    error_s: float
    close_after_s: float
    worst_late_s: float
    backwards: int


def corrections(
    song: Song, rows: FloatArray, start_s: float, *, rate: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """What a fresh follower says about each frame.

    Args:
        song: What it takes for the song.
        rows: Feature rows ``(N, FEATURE_COUNT)``.
        start_s: What the clock shows at the first sample.
        rate: How fast the song plays.

    Returns:
        Clock and correction of each frame, in s ``(N // 2,)`` each.
    """
    follower = Follower(song)
    frames = rows[: len(rows) // HOPS_PER_FRAME * HOPS_PER_FRAME].reshape(
        -1, HOPS_PER_FRAME, rows.shape[1]
    )
    clock_s = start_s + rate * FRAME_S * (1.0 + np.arange(len(frames)))
    given_s = [follower.step(float(now_s), frame) for now_s, frame in zip(clock_s, frames, strict=True)]
    return clock_s, np.array(given_s)


def recover(take: Take, offset_s: float) -> Recovery:
    """Follow a take with a clock that is ``offset_s`` behind the singer."""
    clock_s, given_s = corrections(take.song, take.rows, take.start_s - offset_s)
    error_s = np.abs(given_s - offset_s)
    sung_s = take.sung_s[: len(error_s)]
    judged = int(np.searchsorted(sung_s, SUNG_S))
    far = np.flatnonzero(error_s[:judged] > CLOSE_S)
    shown_s = (clock_s + given_s)[clock_s >= 0.0]
    return Recovery(
        error_s=float(error_s[judged]),
        close_after_s=float(sung_s[far[-1]]) if far.size else 0.0,
        worst_late_s=float(error_s[judged:].max()),
        backwards=int(np.count_nonzero(np.diff(shown_s) < 0.0)),
    )


def songs() -> dict[str, Song]:
    """Songs with notes: the demo, and the shared ones where they are."""
    found = {"demo": load_song(demo_lyrics_path())}
    for name in ("on_the_run", "chasing_marks"):
        path = SHARED_DATA / "karaoke" / name / "song.txt"
        if path.exists():
            found[name] = load_song(path)
    return found


def synthetic_takes(song_name: str, song: Song) -> list[Take]:
    """The beginning and the middle of a song by each synthetic singer."""
    middle = song.lines[len(song.lines) // 2].start_s - 1.0
    takes = []
    for singer, manner in MANNERS.items():
        for start_s in (max(0.0, song.start_s - 1.0), middle):
            end_s = min(song.end_s + 1.0, start_s + TAKE_S)
            rows = FeatureExtractor().extract(perform(song, start_s, end_s, manner))
            takes.append(Take(f"{song_name}, {singer}", song, start_s, rows))
    return takes


def demo_take() -> Take:
    """The demo song as it ships."""
    return _recorded("demo, its recording", load_song(demo_lyrics_path()), demo_song_path())


def real_take() -> Take | None:
    """The real take with its labels; None where it is absent."""
    folder = SHARED_DATA / "nit_song070"
    if not folder.exists():
        return None
    return _recorded("SONG070, real", song_of(load_labels(folder / "004.lab")), folder / "004.wav")


def _recorded(name: str, song: Song, path: Path) -> Take:
    samples, _ = soundfile.read(path, dtype="float32")
    return Take(name, song, 0.0, FeatureExtractor().extract(samples))


def measure() -> list[Table]:
    """All tables of this bench; synthesising takes half a minute."""
    takes = [take for name, song in songs().items() for take in synthetic_takes(name, song)]
    takes += [take for take in (demo_take(), real_take()) if take is not None]
    return [recovery(takes), left_alone(takes), cost(takes[0])]


def recovery(takes: list[Take]) -> Table:
    """What is left of each wrong clock after five seconds of singing."""
    by_name: dict[str, list[Recovery]] = {}
    for take in takes:
        by_name.setdefault(take.name, []).extend(recover(take, offset_s) for offset_s in OFFSETS_S)
    rows = [_recovery_row(name, found) for name, found in by_name.items()]
    every = [one for found in by_name.values() for one in found]
    total = _recovery_row("all", every)
    verdict = judge(total.figures["worst ms"], "clock", "error_ms")
    return Table(
        "A wrong song clock, put right by the singing",
        "t2s bench clock",
        (*rows, Row(total.name, total.figures, verdict)),
        f"Clocks off by {', '.join(f'{1000 * o:+.0f}' for o in OFFSETS_S)} ms; error after {SUNG_S:g} s "
        f"of singing, rests left out. 'close' is the singing after which the error stayed within "
        f"{1000 * CLOSE_S:.0f} ms; 'later' the largest error from then to the end of the take. "
        "The synthetic singers are up to 30 ms early or late and 50 cents off on each note.",
    )


def _recovery_row(name: str, found: list[Recovery]) -> Row:
    errors_ms = [1000.0 * one.error_s for one in found]
    close_s = [one.close_after_s for one in found]
    figures = {
        "median ms": float(np.median(errors_ms)),
        "worst ms": max(errors_ms),
        "close p50 s": float(np.median(close_s)),
        "close max s": max(close_s),
        "later ms": max(1000.0 * one.worst_late_s for one in found),
        "backwards": float(sum(one.backwards for one in found)),
    }
    return Row(name, figures)


def left_alone(takes: list[Take]) -> Table:
    """What the follower does where it should do nothing."""
    right_ms = [1000.0 * np.abs(corrections(t.song, t.rows, t.start_s)[1]).max() for t in takes]
    others = {take.name.partition(",")[0]: take.song for take in takes}
    wrong_ms = [
        1000.0 * np.abs(corrections(song, take.rows, max(0.0, song.start_s - 1.0))[1]).max()
        for take in takes
        for name, song in others.items()
        if name != take.name.partition(",")[0]
    ]
    hiss = FeatureExtractor().extract(noise(TAKE_S, -30.0))
    hiss_ms = [
        1000.0 * np.abs(corrections(song, hiss, song.start_s)[1]).max() for song in others.values()
    ]
    rows = (
        Row("right clock", _moved(right_ms), judge(max(right_ms), "clock", "right_ms")),
        Row("another song is sung", _moved(wrong_ms)),
        Row("hiss at -30 dBFS", _moved(hiss_ms)),
    )
    return Table(
        "A clock that is right, or that singing cannot tell about",
        "t2s bench clock",
        rows,
        f"Largest correction in ms over {TAKE_S:g} s or the whole take; 'moved' is the share of takes "
        f"in which it passed {1000 * CLOSE_S:.0f} ms: songs may agree by chance.",
    )


def _moved(values_ms: list[float]) -> dict[str, float]:
    return {
        "takes": float(len(values_ms)),
        "p50": float(np.median(values_ms)),
        "max": float(max(values_ms)),
        "moved": float(np.mean(np.array(values_ms) > 1000.0 * CLOSE_S)),
    }


def cost(take: Take) -> Table:
    """What a frame costs."""
    follower = Follower(take.song)
    frames = take.rows[: len(take.rows) // 2 * 2].reshape(-1, HOPS_PER_FRAME, take.rows.shape[1])
    spent_us = np.empty(len(frames))
    for i, frame in enumerate(frames):
        begun_ns = time.perf_counter_ns()
        follower.step(take.start_s + i * FRAME_S, frame)
        spent_us[i] = (time.perf_counter_ns() - begun_ns) / 1e3
    p50, p99 = (float(p) for p in np.percentile(spent_us, (50, 99)))
    row = Row("follower, one frame", {"p50 us": p50, "p99 us": p99}, judge(p50, "clock", "frame_us"))
    return Table("Cost of following", "t2s bench clock", (row,))

"""Moves syllables to the onsets that are heard in a reference vocal.

Files are coarse (an UltraStar beat is often 50 ms), spread times are guesses. Syllables and onsets are
paired in order, each at most once and only within a window; of all such pairings the one with the
largest sum of window - distance is taken (a heaviest increasing subsequence). Times between the pairs
move with them, linearly, so that nothing overtakes anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import LyricsError
from t2s_rt.lyrics.song import Line, Song, Syllable, Word

SNAP_WINDOW_S: Final = 0.12
"""Above an UltraStar beat and a spread syllable's usual error, below a short syllable."""
_SHORTEST_STEP_S: Final = 1e-4
"""Pairs closer than this to the pair before are dropped: syllables keep their order and length."""


def snap_song(song: Song, onsets_s: npt.ArrayLike, window_s: float = SNAP_WINDOW_S) -> Song:
    """The same song with its syllables at the onsets.

    Held syllables have no onset of their own and move with their neighbours. A syllable that was paired
    is no longer `estimated`.

    Args:
        song: The song.
        onsets_s: ``(N,)`` seconds from the start of the audio, in any order, may be empty. The
            detector's lag is already taken off.
        window_s: How far a syllable may move, above 0.

    Raises:
        LyricsError: If onsets are not a row of finite numbers, or the window is not above 0.
    """
    onsets = np.unique(np.asarray(onsets_s, dtype=np.float64))
    if np.ndim(onsets_s) != 1 or not np.isfinite(onsets).all():
        raise LyricsError(f"Onsets are a row of seconds, but these have the shape {np.shape(onsets_s)}.")
    if not 0 < window_s < np.inf:
        raise LyricsError(f"A snapping window is above 0 s, but this one is {window_s} s.")
    onsets = onsets[onsets >= 0]
    singers = {(line.voice, line.background) for line in song.lines}
    warps = {}
    for voice, background in singers:
        starts = _starts(song, voice, background=background)
        pairs = _pair(starts, onsets, window_s)
        warps[voice, background] = _Warp(starts[pairs[:, 0]], onsets[pairs[:, 1]])
    lines = [_warp_line(line, warps[line.voice, line.background]) for line in song.lines]
    return replace(song, lines=tuple(sorted(lines, key=lambda line: line.start_s)))


class _Warp:
    """A rising piecewise linear map of times through pairs; outside of them it shifts."""

    def __init__(self, old_s: npt.NDArray[np.float64], new_s: npt.NDArray[np.float64]) -> None:
        self.old_s = old_s
        self.new_s = new_s
        self.paired = frozenset(old_s.tolist())

    def __call__(self, time_s: float) -> float:
        if not self.old_s.size:
            return time_s
        if time_s <= self.old_s[0]:
            return max(time_s + float(self.new_s[0] - self.old_s[0]), 0.0)
        if time_s >= self.old_s[-1]:
            return time_s + float(self.new_s[-1] - self.old_s[-1])
        return float(np.interp(time_s, self.old_s, self.new_s))


def _starts(song: Song, voice: int, *, background: bool) -> npt.NDArray[np.float64]:
    """``(M,)`` rising starts of the syllables that one singer articulates."""
    starts = {
        syllable.start_s
        for line in song.lines
        if line.voice == voice and line.background == background
        for syllable in line.syllables
        if not syllable.held
    }
    return np.array(sorted(starts), dtype=np.float64)


def _pair(
    starts_s: npt.NDArray[np.float64], onsets_s: npt.NDArray[np.float64], window_s: float
) -> npt.NDArray[np.int64]:
    """``(K, 2)`` indices of syllables and onsets, both rising.

    A tree of prefix maxima over the onsets holds the best chain that ends at or before each; candidates
    of one syllable are tried from its last onset to its first, so that it cannot follow itself.
    """
    chains: list[tuple[float, int, int, int]] = [(0.0, -1, -1, 0)]
    tree = [0] * (len(onsets_s) + 1)
    lows = np.searchsorted(onsets_s, starts_s - window_s)
    highs = np.searchsorted(onsets_s, starts_s + window_s, side="right")
    for syllable, (low, high) in enumerate(zip(lows.tolist(), highs.tolist(), strict=True)):
        for onset in range(high - 1, low - 1, -1):
            gain = window_s - abs(float(onsets_s[onset] - starts_s[syllable]))
            before = _best(tree, chains, onset)
            chains.append((chains[before][0] + gain, syllable, onset, before))
            _offer(tree, chains, onset + 1, len(chains) - 1)
    pairs: list[tuple[int, int]] = []
    link = _best(tree, chains, len(onsets_s))
    while link:
        _, syllable, onset, link = chains[link]
        pairs.append((syllable, onset))
    return _apart(np.array(pairs[::-1], dtype=np.int64).reshape(-1, 2), starts_s, onsets_s)


def _best(tree: list[int], chains: list[tuple[float, int, int, int]], count: int) -> int:
    """The best chain among the first `count` onsets."""
    best = 0
    while count > 0:
        best = max(best, tree[count], key=lambda link: chains[link][0])
        count -= count & -count
    return best


def _offer(tree: list[int], chains: list[tuple[float, int, int, int]], place: int, link: int) -> None:
    while place < len(tree):
        if chains[link][0] > chains[tree[place]][0]:
            tree[place] = link
        place += place & -place


def _apart(
    pairs: npt.NDArray[np.int64], starts_s: npt.NDArray[np.float64], onsets_s: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Without pairs that would give a syllable no length."""
    kept: list[int] = []
    for index, (syllable, onset) in enumerate(pairs.tolist()):
        if kept:
            last_syllable, last_onset = pairs[kept[-1]]
            old_s = starts_s[syllable] - starts_s[last_syllable]
            new_s = onsets_s[onset] - onsets_s[last_onset]
            if min(old_s, new_s) < _SHORTEST_STEP_S:
                continue
        kept.append(index)
    return pairs[kept]


def _warp_line(line: Line, warp: _Warp) -> Line:
    words = tuple(
        Word(tuple(_warp_syllable(syllable, warp, warp.paired) for syllable in word.syllables))
        for word in line.words
    )
    start_s = min(warp(line.start_s), words[0].start_s)
    return replace(line, words=words, start_s=start_s, end_s=max(warp(line.end_s), words[-1].end_s))


def _warp_syllable(
    syllable: Syllable, warp: Callable[[float], float], paired: frozenset[float]
) -> Syllable:
    return replace(
        syllable,
        start_s=warp(syllable.start_s),
        end_s=warp(syllable.end_s),
        estimated=syllable.estimated and (syllable.held or syllable.start_s not in paired),
    )

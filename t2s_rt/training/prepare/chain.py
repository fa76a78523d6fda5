"""The cheapest way through a chain of states, one row of observations after another (Viterbi)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2s_rt.types import FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chain:
    """How states follow each other.

    Attributes:
        sources: ``(K, S)``: the K states from which each of the S states can be entered, itself too.
        costs: ``(K, S)``: what that costs; infinite where the entry is unused.
        first: ``(S,)`` whether a way may begin there.
        last: ``(S,)`` whether it may end there.
    """

    sources: IntArray
    costs: FloatArray
    first: npt.NDArray[np.bool_]
    last: npt.NDArray[np.bool_]


def cheapest_way(rows: FloatArray, chain: Chain) -> tuple[IntArray, float]:
    """The state of each row on the cheapest way.

    Args:
        rows: ``(T, S)`` what it costs to be in each state at each row, T at least 1.
        chain: The ways there are.

    Returns:
        ``(T,)`` states and the whole cost, which is infinite where no way is short enough.
    """
    count = len(rows)
    costs = chain.costs.astype(np.float32)
    totals = np.empty(rows.shape, np.float32)
    totals[0] = np.where(chain.first, rows[0], np.inf)
    entries = np.empty(costs.shape, np.float32)
    for row in range(1, count):
        np.take(totals[row - 1], chain.sources, out=entries, mode="clip")
        np.add(entries, costs, out=entries)
        np.minimum.reduce(entries, axis=0, out=totals[row])
        totals[row] += rows[row]
    ends = np.where(chain.last, totals[-1], np.inf)
    state = int(ends.argmin())
    cost = float(ends[state])
    way = np.empty(count, np.int64)
    way[-1] = state
    for row in range(count - 1, 0, -1):
        sources = chain.sources[:, state]
        state = int(sources[(totals[row - 1, sources] + costs[:, state]).argmin()])
        way[row - 1] = state
    return way, cost

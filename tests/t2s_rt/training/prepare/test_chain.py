import itertools

import numpy as np

from t2s_rt.training.prepare.chain import Chain, cheapest_way


def chain_of(states: int) -> Chain:
    """Stay for .3, go on for nothing, skip one for .5."""
    at = np.arange(states)
    sources = np.stack((at, np.maximum(at - 1, 0), np.maximum(at - 2, 0)))
    costs = np.full(sources.shape, np.inf, np.float32)
    costs[0] = 0.3
    costs[1, 1:] = 0.0
    costs[2, 2:] = 0.5
    return Chain(sources, costs, at == 0, at == states - 1)


def cost_of(way: tuple[int, ...], rows: np.ndarray, chain: Chain) -> float:
    total = float(rows[0, way[0]]) if chain.first[way[0]] and chain.last[way[-1]] else np.inf
    for row in range(1, len(way)):
        entries = chain.costs[:, way[row]][chain.sources[:, way[row]] == way[row - 1]]
        total += float(rows[row, way[row]]) + float(min(entries, default=np.inf))
    return total


def test_no_other_way_is_cheaper() -> None:
    rng = np.random.default_rng(7)
    for states, count in ((1, 1), (3, 5), (4, 4), (5, 3), (4, 7)):
        chain = chain_of(states)
        rows = rng.random((count, states)).astype(np.float32)
        way, cost = cheapest_way(rows, chain)
        every = [cost_of(one, rows, chain) for one in itertools.product(range(states), repeat=count)]
        assert np.isclose(cost, min(every), atol=1e-5)
        assert np.isclose(cost_of(tuple(map(int, way)), rows, chain), cost, atol=1e-5)


def test_too_few_rows_for_the_chain_cost_infinitely() -> None:
    _, cost = cheapest_way(np.zeros((2, 9), np.float32), chain_of(9))
    assert not np.isfinite(cost)

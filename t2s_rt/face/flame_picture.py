"""Pictures of meshes without a graphics library: a small rasteriser, labels and a PNG writer."""

from __future__ import annotations

import struct
import zlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.face.anny_data import IntArray
from t2s_rt.face.geometry import vertex_normals

Image = npt.NDArray[np.float32]
"""``(H, W, 3)`` sRGB 0 to 1."""

BACKGROUND: Final = (0.11, 0.12, 0.14)
INK: Final = (0.85, 0.86, 0.88)
SKIN: Final = (0.80, 0.74, 0.70)
LIGHT: Final = np.array([0.35, 0.45, 0.82])
SUPERSAMPLING: Final = 2
SMALLEST_AREA_PX: Final = 1e-9

_ROWS: Final = 7
_COLUMNS: Final = 5
_GLYPHS: Final = {
    "A": "0e11111f111111", "B": "1e11111e11111e", "C": "0e11101010110e", "D": "1e11111111111e",
    "E": "1f10101e10101f", "F": "1f10101e101010", "G": "0e11101711110f", "H": "1111111f111111",
    "I": "0e04040404040e", "J": "0702020202120c", "K": "11121418141211", "L": "1010101010101f",
    "M": "111b1515111111", "N": "11191513111111", "O": "0e11111111110e", "P": "1e11111e101010",
    "Q": "0e11111115120d", "R": "1e11111e141211", "S": "0f10100e01011e", "T": "1f040404040404",
    "U": "1111111111110e", "V": "11111111110a04", "W": "11111115151b11", "X": "11110a040a1111",
    "Y": "11110a04040404", "Z": "1f01020408101f", "0": "0e11131519110e", "1": "040c040404040e",
    "2": "0e11010608101f", "3": "1e01010e01011e", "4": "02060a121f0202", "5": "1f101e0101110e",
    "6": "0608101e11110e", "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c",
    ".": "00000000000c0c", "-": "0000001f000000", ":": "000c0c000c0c00", "+": "0004041f040400",
}  # fmt: skip
"""Letters of 5 by 7 dots, a row in two hexadecimal digits."""


def render_mesh(
    vertices: npt.NDArray[Any],
    faces: IntArray,
    size_px: int,
    frame_m: tuple[float, float, float],
    colors: npt.NDArray[Any] | None = None,
) -> Image:
    """A mesh seen from the front, lit from above, without perspective.

    Args:
        vertices: ``(V, 3)`` metres, y up, face towards +z.
        faces: ``(F, 3)``.
        size_px: Width and height of the picture.
        frame_m: Centre x, centre y and half the height of what is seen.
        colors: ``(V, 3)`` sRGB 0 to 1; skin where None.

    Returns:
        ``(size_px, size_px, 3)``.
    """
    fine_px = size_px * SUPERSAMPLING
    scale = fine_px / (2.0 * frame_m[2])
    x = (vertices[:, 0] - frame_m[0]) * scale + fine_px / 2.0
    y = fine_px / 2.0 - (vertices[:, 1] - frame_m[1]) * scale
    points = np.stack([x, y, vertices[:, 2]], axis=1).astype(np.float64)
    light = LIGHT / np.linalg.norm(LIGHT)
    shade = 0.22 + 0.78 * np.clip(vertex_normals(vertices.astype(np.float64), faces) @ light, 0.0, 1.0)
    tint = np.full((len(vertices), 3), SKIN) if colors is None else colors
    fine = _rasterise(points, faces, tint * shade[:, None], fine_px)
    blocks = fine.reshape(size_px, SUPERSAMPLING, size_px, SUPERSAMPLING, 3)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _rasterise(
    points: npt.NDArray[np.float64], faces: IntArray, colors: npt.NDArray[Any], size_px: int
) -> npt.NDArray[np.float64]:
    """Every pixel whose centre a front triangle covers gets the colour of the foremost."""
    picture = np.tile(np.array(BACKGROUND), (size_px * size_px, 1))
    corners = points[faces]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1]) - (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1])
    low = np.floor(corners[:, :, :2].min(axis=1)).astype(np.int64)
    extent = np.ceil(corners[:, :, :2].max(axis=1)).astype(np.int64) - low
    seen = (area > SMALLEST_AREA_PX) & (low + extent > 0).all(axis=1) & (low < size_px).all(axis=1)
    pixels, depths, tints = [], [], []
    side = 2 ** np.ceil(np.log2(np.maximum(extent.max(axis=1), 1))).astype(np.int64)
    for width in np.unique(side[seen]):
        chosen = np.flatnonzero(seen & (side == width))
        grid = np.stack(np.meshgrid(np.arange(width), np.arange(width)), axis=-1).reshape(-1, 2)
        spot = low[chosen, None] + grid + 0.5
        shares = _shares(corners[chosen, :, :2], spot, area[chosen])
        inside = (shares >= -1e-9).all(axis=-1)
        inside &= ((spot > 0.0) & (spot < size_px)).all(axis=-1)
        place = (low[chosen, None] + grid)[inside]
        shares = shares[inside]
        owner = np.repeat(chosen, inside.sum(axis=1))
        pixels.append(place[:, 1] * size_px + place[:, 0])
        depths.append((shares * corners[owner, :, 2]).sum(axis=1))
        tints.append(np.einsum("nk,nki->ni", shares, colors[faces[owner]]))
    if pixels:
        order = np.argsort(np.concatenate(depths), kind="stable")
        # Of several values for one pixel the last one stays: the foremost.
        picture[np.concatenate(pixels)[order]] = np.concatenate(tints)[order]
    return picture.reshape(size_px, size_px, 3)


def _shares(
    corners: npt.NDArray[np.float64], spots: npt.NDArray[np.float64], area: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Barycentric shares ``(N, P, 3)`` of spots ``(N, P, 2)`` in triangles ``(N, 3, 2)``."""
    a, b, c = (corners[:, None, k] for k in range(3))
    u = (c[..., 0] - spots[..., 0]) * (b[..., 1] - spots[..., 1])
    u = (u - (b[..., 0] - spots[..., 0]) * (c[..., 1] - spots[..., 1])) / area[:, None]
    v = (a[..., 0] - spots[..., 0]) * (c[..., 1] - spots[..., 1])
    v = (v - (c[..., 0] - spots[..., 0]) * (a[..., 1] - spots[..., 1])) / area[:, None]
    return np.stack([u, v, 1.0 - u - v], axis=-1)


def write_text(picture: Image, text: str, left_px: int, top_px: int) -> None:
    """Write a line into a picture, in place; letters it has no glyph for stay blank.

    Args:
        picture: The picture.
        text: The line; small letters are written as capitals.
        left_px: Left edge.
        top_px: Top edge; letters are 7 pixels high and 6 apart.
    """
    for place, letter in enumerate(text.upper()):
        rows = bytes.fromhex(_GLYPHS.get(letter, "00" * _ROWS))
        for row, bits in enumerate(rows):
            for column in range(_COLUMNS):
                y, x = top_px + row, left_px + place * (_COLUMNS + 1) + column
                inside = 0 <= y < picture.shape[0] and 0 <= x < picture.shape[1]
                if inside and bits >> (_COLUMNS - 1 - column) & 1:
                    picture[y, x] = INK


def encode_png(picture: Image) -> bytes:
    """A PNG file (ISO/IEC 15948) of 8 bits a colour.

    Args:
        picture: ``(H, W, 3)`` sRGB 0 to 1.
    """
    pixels = np.rint(np.clip(picture, 0.0, 1.0) * 255).astype(np.uint8)
    height, width = pixels.shape[:2]
    lines = np.concatenate([np.full((height, 1), 1, np.uint8), _filtered(pixels)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _filtered(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Each pixel as its difference to the one on its left, which packs smaller; ``(H, 3 W)``."""
    flat = pixels.reshape(len(pixels), -1)
    before = np.zeros_like(flat)
    before[:, 3:] = flat[:, :-3]
    return flat - before

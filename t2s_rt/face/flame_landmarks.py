"""The 105 face landmarks that the FLAME group's MediaPipe embedding names, on our own head.

Right half as ``id of its mirror image on the left, x, y`` in millimetres seen from the front, found on
our head by its own geometry: lids on the outline of the visible eyeball, inner lips 0.8 mm above and
0.5 mm below the visible seam, outer lips where the red ends, nose on the profile; points within a
contour at the same part of its width as in MediaPipe's order. Depth comes from the skin itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from t2s_rt.face.anny_data import Float64Array, IntArray

RIGHT_MM: Final[dict[int, tuple[int, float, float]]] = {
    33: (263, -40.6, 667.2), 246: (466, -39.6, 668.6), 161: (388, -38.1, 669.6),
    160: (387, -35.0, 670.5), 159: (386, -28.9, 671.0), 158: (385, -24.8, 670.6),
    157: (384, -19.7, 668.4), 173: (398, -16.9, 666.8), 133: (362, -14.9, 665.0),
    7: (249, -38.1, 665.2), 163: (390, -34.6, 663.4), 144: (373, -31.4, 662.9),
    145: (374, -27.5, 662.8), 153: (380, -23.4, 663.2), 154: (381, -18.7, 664.0),
    155: (382, -16.1, 664.1), 46: (276, -48.6, 678.8), 53: (283, -42.6, 682.7), 52: (282, -34.8, 684.6),
    65: (295, -24.9, 683.7), 55: (285, -10.1, 678.7), 70: (300, -53.0, 682.1), 63: (293, -46.3, 687.4),
    105: (334, -36.6, 689.7), 66: (296, -25.5, 688.7), 107: (336, -11.6, 686.9), 97: (326, -6.5, 623.6),
    98: (327, -15.2, 624.5), 129: (358, -18.3, 631.5), 61: (291, -23.0, 605.3),
    185: (409, -21.2, 606.9), 40: (270, -18.0, 608.8), 39: (269, -13.2, 611.4), 37: (267, -6.5, 614.2),
    146: (375, -20.8, 602.8), 91: (321, -17.6, 599.5), 181: (405, -12.3, 596.5), 84: (314, -6.5, 595.2),
    78: (308, -21.8, 605.9), 191: (415, -18.3, 606.2), 80: (310, -14.7, 606.5), 81: (311, -10.8, 607.3),
    82: (312, -5.7, 607.1), 95: (324, -17.8, 605.8), 88: (318, -14.5, 605.5), 178: (402, -10.1, 606.0),
    87: (317, -5.5, 605.6),
}  # fmt: skip
MIDDLE_MM: Final[dict[int, float]] = {
    168: 669.5, 6: 662.1, 197: 655.1, 195: 648.6, 5: 642.3, 4: 634.0, 2: 623.0, 0: 613.4, 13: 606.6,
    14: 605.3, 17: 594.6,
}  # fmt: skip
"""Height of the landmarks on the middle line."""

PARTED: Final[tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]] = (
    (
        (0, 37, 39, 40, 185, 267, 269, 270, 409, 13, 82, 81, 80, 191, 312, 311, 310, 415),
        (17, 84, 181, 91, 146, 314, 405, 321, 375, 14, 87, 178, 88, 95, 317, 402, 318, 324),
    ),
    ((246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155)),
    ((466, 388, 387, 386, 385, 384, 398), (249, 390, 373, 374, 380, 381, 382)),
)
"""Landmarks above and below each slit: the lips, the right and the left lids."""

SAMPLES: Final = 6
NEAR_M: Final = 0.0006


def places() -> dict[int, tuple[float, float]]:
    """Every landmark's ``(x, y)`` on our head in metres, seen from the front."""
    found = {index: (0.0, y / 1000.0) for index, y in MIDDLE_MM.items()}
    for index, (mirrored, x, y) in RIGHT_MM.items():
        found[index] = (x / 1000.0, y / 1000.0)
        found[mirrored] = (-x / 1000.0, y / 1000.0)
    return found


def embed(vertices: Float64Array, faces: IntArray, ids: IntArray) -> tuple[IntArray, Float64Array]:
    """Where on our head's skin the landmarks are: the foremost skin at each place, else the nearest.

    Args:
        vertices: ``(V, 3)`` metres, our head.
        faces: ``(F, 3)`` its skin.
        ids: ``(L,)`` MediaPipe's numbers; all must be among `places`.

    Returns:
        ``(L,)`` triangles and ``(L, 3)`` barycentric shares.
    """
    parts = np.array(
        [(i, j, SAMPLES - i - j) for i in range(SAMPLES + 1) for j in range(SAMPLES + 1 - i)], np.float64
    )
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    front = np.flatnonzero(normal[:, 2] > 0)
    spots = np.einsum("sk,fki->fsi", parts / SAMPLES, corners[front]).reshape(-1, 3)
    at = places()
    found = []
    for index in ids.tolist():
        apart = np.hypot(spots[:, 0] - at[index][0], spots[:, 1] - at[index][1])
        near = np.flatnonzero(apart < max(NEAR_M, float(apart.min()) + 1e-4))
        found.append(int(near[spots[near, 2].argmax()]))
    triangles, samples = np.divmod(np.array(found), len(parts))
    return front[triangles], parts[samples] / SAMPLES


def locate(vertices: Float64Array, faces: IntArray, ids: IntArray) -> Float64Array:
    """The landmarks on our head's skin, ``(L, 3)`` metres.

    Args:
        vertices: As for `embed`.
        faces: As for `embed`.
        ids: As for `embed`.
    """
    triangles, shares = embed(vertices, faces, ids)
    return np.asarray(np.einsum("lk,lki->li", shares, vertices[faces[triangles]]))

"""The faces on which calibration is proven: our head as someone else, and the user's FLAME template."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.errors import ModelError
from t2s_rt.face.anny_data import Float64Array
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_calibrate import our_face
from t2s_rt.face.flame_carry import Face, carry, pair_up, pieces
from t2s_rt.face.flame_files import LANDMARK_PARTS, read_arrays
from t2s_rt.face.flame_generated import Blank, bending, make_blank
from t2s_rt.face.flame_landmarks import embed, places

ALL_IDS: Final = np.array(sorted(places()), np.int64)


def toy_blank(seed: int = 0) -> tuple[Blank, Float64Array]:
    """Our head as someone else, whose motion is known without carrying.

    Args:
        seed: Another seed, another face.

    Returns:
        The face, and its true motion ``(52, V, 3)`` in metres: what the bending of space makes of ours.
    """
    head = FlameHead.load()
    source, offsets = our_face(ALL_IDS, head)
    bend = bending(source, seed)
    vertices = bend(head.v_template.astype(np.float64))
    triangles, shares = embed(source.vertices, source.faces, ALL_IDS)
    skin = np.flatnonzero(np.isin(head.faces, np.unique(source.faces)).all(axis=1))
    index = skin[triangles]
    landmarks = np.einsum("lk,lki->li", shares, vertices[head.faces[index]])
    face = Face(vertices, source.faces, landmarks, ALL_IDS)
    truth = np.stack([bend(source.vertices + offset) - face.vertices for offset in offsets])
    partners = pair_up(face, source)
    targets, trust = carry(face, source, offsets, partners)
    eyes = (np.flatnonzero(head.weights[:, 3] > 0.5), np.flatnonzero(head.weights[:, 4] > 0.5))
    arrays = make_blank(face, head.faces, source, head, partners, eyes)
    embedding = dict(zip(LANDMARK_PARTS, (index, shares, ALL_IDS), strict=True))
    return Blank(arrays, embedding, face, targets, trust), truth


def template_blank(path: Path) -> tuple[Blank, Float64Array]:
    """The FLAME template of a file with identity alone, made into a whole face.

    Args:
        path: An npz with ``v_template``, ``f`` or ``faces``, ``shapedirs`` and the MediaPipe embedding.

    Returns:
        The face and the file's identity directions ``(V, 3, S)``.

    Raises:
        ModelError: The file is damaged or lacks one of these.
    """
    found = read_arrays(path)
    wanted = ("v_template", "shapedirs", *LANDMARK_PARTS)
    missing = [key for key in wanted if key not in found]
    triangles = found.get("faces", found.get("f"))
    if missing or triangles is None:
        raise ModelError(f"{path} lacks {', '.join(missing) or 'faces'}.")
    vertices, faces = found["v_template"].astype(np.float64), triangles.astype(np.int64)
    ids = found["landmark_indices"].astype(np.int64)
    corners = vertices[faces[found["lmk_face_idx"].astype(np.int64)]]
    landmarks = np.einsum("lk,lki->li", found["lmk_b_coords"].astype(np.float64), corners)
    label = pieces(len(vertices), faces)
    skin = label == np.bincount(label).argmax()
    rest = np.flatnonzero(~skin)
    eyes = (rest[vertices[rest, 0] > 0.0], rest[vertices[rest, 0] <= 0.0])
    if min(len(eyes[0]), len(eyes[1])) == 0:
        raise ModelError(f"{path}: the template has no eyeballs apart from its skin.")
    face = Face(vertices, faces[skin[faces].all(axis=1)], landmarks, ids)
    head = FlameHead.load()
    source, offsets = our_face(ids, head)
    partners = pair_up(face, source)
    targets, trust = carry(face, source, offsets, partners)
    arrays = make_blank(face, faces, source, head, partners, eyes)
    embedding = {key: found[key] for key in LANDMARK_PARTS}
    return Blank(arrays, embedding, face, targets, trust), found["shapedirs"].astype(np.float64)

from __future__ import annotations

import struct
import zlib

import numpy as np

from t2s_rt.face.flame_picture import BACKGROUND, INK, encode_png, render_mesh, write_text

QUAD = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]])
RED, GREEN = np.tile([1.0, 0, 0], (4, 1)), np.tile([0, 1.0, 0], (4, 1))


def decode(data: bytes) -> np.ndarray:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, size = 8, b"", (0, 0)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + chunk)
        size = struct.unpack_from(">II", chunk) if kind == b"IHDR" else size
        body += chunk if kind == b"IDAT" else b""
        at += 12 + length
    lines = np.frombuffer(zlib.decompress(body), np.uint8).reshape(size[1], -1)
    assert (lines[:, 0] == 1).all()
    return np.cumsum(lines[:, 1:].reshape(size[1], size[0], 3), axis=1, dtype=np.uint8)


def test_a_square_fills_its_place_and_nothing_else() -> None:
    image = render_mesh(QUAD, FACES, 40, (0.0, 0.0, 2.0), RED)
    np.testing.assert_allclose(image[:9], np.broadcast_to(BACKGROUND, (9, 40, 3)), atol=1e-6)
    inside = image[12:28, 12:28]
    assert (inside[..., 0] > 0.5).all()
    assert not inside[..., 1].any()
    assert np.abs(inside - inside[0, 0]).max() < 1e-6  # no seam along the diagonal


def test_the_foremost_wins_in_any_order() -> None:
    both = np.concatenate([QUAD, QUAD + np.array([0, 0, 0.5])])
    colors = np.concatenate([RED, GREEN])
    for faces in (np.concatenate([FACES, FACES + 4]), np.concatenate([FACES + 4, FACES])):
        middle = render_mesh(both, faces, 20, (0.0, 0.0, 2.0), colors)[10, 10]
        assert middle[1] > 0.5 > middle[0]


def test_backs_are_not_seen_and_edges_may_leave_the_picture() -> None:
    back = render_mesh(QUAD, FACES[:, ::-1], 20, (0.0, 0.0, 2.0), RED)
    np.testing.assert_allclose(back, np.broadcast_to(BACKGROUND, back.shape), atol=1e-6)
    close = render_mesh(QUAD, FACES, 20, (0.9, 0.9, 0.5), RED)
    assert close[15, 3, 0] > 0.5
    np.testing.assert_allclose(close[2, 17], BACKGROUND, atol=1e-6)


def test_up_is_up_and_the_singers_left_is_right() -> None:
    high_left = render_mesh(QUAD * 0.2 + np.array([1, 1, 0]), FACES, 20, (0.0, 0.0, 2.0), RED)
    y, x = np.unravel_index(high_left[..., 0].argmax(), (20, 20))
    assert y < 10 < x


def test_png_holds_the_picture() -> None:
    picture = np.random.default_rng(0).random((5, 7, 3)).astype(np.float32)
    np.testing.assert_array_equal(decode(encode_png(picture)), np.rint(picture * 255).astype(np.uint8))


def test_text_is_drawn_and_clipped() -> None:
    picture = np.zeros((9, 20, 3), np.float32)
    write_text(picture, "jaw§1.5 mm long", 1, 1)
    letters = (picture == np.array(INK, np.float32)).all(axis=2)
    assert letters[1:8, 1:6].sum() == sum(bin(row).count("1") for row in bytes.fromhex("0702020202120c"))
    assert not letters[:, 19:].any()  # § stays blank

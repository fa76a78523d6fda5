from __future__ import annotations

import asyncio
import math
import struct

import pytest
from pylivelinkface import FaceBlendShape, PyLiveLinkFace

from engine.outputs.livelink import LiveLinkOutput
from t2s_rt.errors import ConfigError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.mapping import parse_mapping
from tests.engine.outputs.receiving import receiving
from tests.t2s_rt.face.frames import arkit, frame, signals

WEIGHTS = arkit(**{name: (i + 1) / 60 for i, name in enumerate(ARKIT_NAMES)} | {"mouthClose": 0.1})


POSE = {"neck": (0.1, 0.2, -0.05)}


def sent(
    seq: int = 90, *, subject: str = "sing", rate_hz: int = 60, text: str = "", pose: dict = POSE
) -> list[bytes]:
    async def send() -> list[bytes]:
        with receiving() as receiver:
            output = LiveLinkOutput(
                "livelink",
                "127.0.0.1",
                receiver.port,
                subject=subject,
                rate_hz=rate_hz,
                mapping=parse_mapping(text),
                wall_s=lambda: 3600.0 + seq / 60,
            )
            await output.start()
            output.offer(signals(frame(seq, weights=WEIGHTS, **pose)), 0)
            await output.close()
            return [receiver.get(), receiver.get()]

    return asyncio.run(send())


def test_the_packet_has_the_exact_bytes() -> None:
    data, _ = sent()
    assert len(data) == 306 + len("sing")
    assert data[:5] == bytes.fromhex("0600000024")
    assert len(data[5:41].decode("ascii")) == 36
    assert data[41:49] == b"\0\0\0\4sing"
    number, part, numerator, denominator, count = struct.unpack(">ifiiB", data[49:66])
    assert (number, numerator, denominator, count) == (3600 * 60 + 90, 60, 1, 61)
    assert 0.0 <= part < 1.0
    assert count == 0x3D


def test_another_decoder_reads_names_values_and_angles() -> None:
    has_face, face = PyLiveLinkFace.decode(sent()[0])
    assert has_face
    for name, weight in zip(ARKIT_NAMES, WEIGHTS, strict=True):
        shape = FaceBlendShape[name[0].upper() + name[1:]]
        assert face.get_blendshape(shape) == pytest.approx(float(weight), abs=1e-6)
    assert face.get_blendshape(FaceBlendShape.HeadYaw) == pytest.approx(0.2, abs=0.02)
    assert face.get_blendshape(FaceBlendShape.HeadPitch) == pytest.approx(-0.1, abs=0.02)
    assert face.get_blendshape(FaceBlendShape.HeadRoll) == pytest.approx(-0.05, abs=0.03)


def angles(*names: str, **pose) -> list[float]:
    _, face = PyLiveLinkFace.decode(sent(pose=pose)[0])
    return [face.get_blendshape(FaceBlendShape[name]) for name in names]


HEAD = ("HeadYaw", "HeadPitch", "HeadRoll")


def test_a_head_turned_to_the_singers_left_gives_a_positive_yaw_in_radians() -> None:
    assert angles(*HEAD, neck=(0, 0.3, 0)) == pytest.approx([0.3, 0, 0], abs=1e-5)


def test_a_head_that_looks_up_gives_a_positive_pitch() -> None:
    assert angles(*HEAD, neck=(-0.3, 0, 0)) == pytest.approx([0, 0.3, 0], abs=1e-5)


def test_a_head_tilted_to_the_singers_right_shoulder_gives_a_positive_roll() -> None:
    assert angles(*HEAD, neck=(0, 0, 0.3)) == pytest.approx([0, 0, 0.3], abs=1e-5)


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_eyes_that_look_right_and_down_give_positive_angles(side: str) -> None:
    """As in the app's recordings: EyeLookDown beside a positive pitch, EyeLookOutRight beside a yaw."""
    names = (f"{side}EyeYaw", f"{side}EyePitch", f"{side}EyeRoll")
    right_and_down = (0.1, -0.2, 0)
    assert angles(*names, eyes=right_and_down * 2) == pytest.approx([0.2, 0.1, 0], abs=1e-5)


def test_a_face_that_goes_says_so() -> None:
    _, goodbye = sent()
    assert len(goodbye) == 305 + 4 - 244
    has_face, _ = PyLiveLinkFace.decode(goodbye)
    assert not has_face


def test_half_the_rate_counts_half_the_frames() -> None:
    number, _, numerator, denominator = struct.unpack(">ifii", sent(90, rate_hz=30)[0][49:65])
    assert (number, numerator, denominator) == ((3600 * 60 + 90) // 2, 30, 1)


def test_a_day_ends_at_midnight() -> None:
    output = LiveLinkOutput("x", "127.0.0.1", 1)
    assert struct.unpack(">ifii", output._timecode(86_400.5))[0] == 30


def test_a_mapping_turns_the_head_round_and_leaves_others_alone() -> None:
    _, face = PyLiveLinkFace.decode(
        sent(text="[livelink.HeadYaw]\ngain = -1\n[livelink.JawOpen]\nsend=false")[0]
    )
    assert face.get_blendshape(FaceBlendShape.HeadYaw) == pytest.approx(-0.2, abs=0.02)
    assert face.get_blendshape(FaceBlendShape.JawOpen) == 0.0
    assert face.get_blendshape(FaceBlendShape.MouthClose) == 0.0
    assert math.isclose(face.get_blendshape(FaceBlendShape.TongueOut), 52 / 60, abs_tol=1e-6)


def test_a_name_that_unreal_cannot_show_is_refused() -> None:
    for subject in ("", "x" * 65):
        with pytest.raises(ConfigError, match="1 to 64 bytes"):
            LiveLinkOutput("livelink", "127.0.0.1", subject=subject)


def test_a_value_left_out_of_the_mapping_stays_0_and_moves_no_other() -> None:
    _, face = PyLiveLinkFace.decode(sent(text="[livelink.JawLeft]\nsend = false")[0])
    for name, weight in zip(ARKIT_NAMES, WEIGHTS, strict=True):
        wanted = 0.0 if name == "jawLeft" else float(weight)
        found = face.get_blendshape(FaceBlendShape[name[0].upper() + name[1:]])
        assert found == pytest.approx(wanted, abs=1e-6)

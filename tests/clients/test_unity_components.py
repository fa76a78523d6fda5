"""The Unity kit's components, compiled with mono against stand-ins of Unity's types, and run on them.

This is no Unity: it shows that the code is C# that fits Unity's types as its manual has them, and which
way bones turn. Whether the editor likes the package was never tried.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.server.protocol import Encoding, Hello, encode_hello
from t2s_rt.face.arkit import ARKIT_NAMES
from tests.clients.running import beside_an_engine, words_of

REPOSITORY = Path(__file__).resolve().parents[2]
KIT = REPOSITORY / "clients/unity"
PROGRAM = REPOSITORY / "tests/clients/programs/Components.cs"
STAND_INS = REPOSITORY / "tests/clients/stand_ins/unity"
HELLO_HEX = encode_hello(Encoding.MSGPACK, Hello("test", 960, "none")).hex()
UPRIGHT = (0.0, 0.0, 0.0, 1.0)
ON_ITS_SIDE = (0.5, 0.5, -0.5, 0.5)
"""A bone that lies as modelling programs leave them: a third of a turn about a corner of the cube."""


def sources() -> list[str]:
    """All C# of the package, the sample included."""
    return [str(path) for path in sorted(KIT.rglob("*.cs"))]


def compiled(folder: Path, *more: str) -> list[str]:
    if not (shutil.which("mcs") and shutil.which("mono")):
        pytest.skip("no mono: apt install mono-mcs mono-runtime")
    stand_ins = [str(path) for path in STAND_INS.glob("*.cs")]
    command = ["mcs", "-langversion:7", "-warnaserror", f"-out:{folder / 'components.exe'}"]
    return [*command, *sources(), *stand_ins, str(PROGRAM), *more]


@pytest.fixture(scope="module")
def components(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unity")
    words_of(compiled(folder))
    return lambda *words: words_of(["mono", str(folder / "components.exe"), *words])


def test_a_wrong_type_in_a_component_would_be_found(tmp_path):
    wrong = tmp_path / "Wrong.cs"
    wrong.write_text("class Wrong : T2S.Face.FaceApplier { public override void Apply(string a) { } }")
    with pytest.raises(AssertionError, match="CS0115"):
        words_of(compiled(tmp_path, str(wrong)))


def bone(components, part, axis_angle, *, skip=0, rest=UPRIGHT):
    """Where the face's forward and up of a bone point in Unity, before and after a turn."""
    numbers = [f"{value:.6f}" for value in (*axis_angle, *rest)]
    before, after = components("flame", HELLO_HEX, part, str(skip), *numbers).splitlines()
    assert [float(word) for word in before.split()] == pytest.approx([0, 0, 1, 0, 1, 0], abs=1e-3)
    values = np.array([float(word) for word in after.split()])
    return values[:3], values[3:]


SIN, COS = math.sin(0.4), math.cos(0.4)


@pytest.mark.parametrize("rest", [UPRIGHT, ON_ITS_SIDE], ids=["upright", "on its side"])
def test_a_jaw_turned_about_x_opens_and_the_chin_goes_down(components, rest):
    forward, up = bone(components, "jaw_pose", (0.4, 0, 0), rest=rest)
    assert forward == pytest.approx((0, -SIN, COS), abs=1e-3)
    assert up == pytest.approx((0, COS, SIN), abs=1e-3)


@pytest.mark.parametrize("rest", [UPRIGHT, ON_ITS_SIDE], ids=["upright", "on its side"])
@pytest.mark.parametrize("part", ["neck_pose", "global_pose"])
def test_a_head_turned_to_the_singers_left_looks_along_unitys_minus_x(components, part, rest):
    forward, up = bone(components, part, (0, 0.4, 0), rest=rest)
    assert forward == pytest.approx((-SIN, 0, COS), abs=1e-3)
    assert up == pytest.approx((0, 1, 0), abs=1e-3)


def test_a_head_tilted_to_the_singers_right_shoulder_leans_to_unitys_plus_x(components):
    forward, up = bone(components, "neck_pose", (0, 0, 0.4), rest=ON_ITS_SIDE)
    assert forward == pytest.approx((0, 0, 1), abs=1e-3)
    assert up == pytest.approx((SIN, COS, 0), abs=1e-3)


@pytest.mark.parametrize("skip", [0, 3], ids=["left eye", "right eye"])
def test_an_eye_that_looks_up_looks_up(components, skip):
    forward, _ = bone(components, "eyes_pose", (-0.4, 0, 0), skip=skip, rest=ON_ITS_SIDE)
    assert forward == pytest.approx((0, SIN, COS), abs=1e-3)


def test_expression_shapes_are_found_by_number(components):
    assert components("expression", HELLO_HEX).split() == ["50", "-25", "2"]


def test_arkit_shapes_below_the_object_get_their_own_weights(components):
    lines = components("arkit", HELLO_HEX, "hat,Face.jawOpen,eyeBlink_L,tongueOut").splitlines()
    wanted = {
        "Face.jawOpen": ARKIT_NAMES.index("jawOpen"),
        "eyeBlink_L": ARKIT_NAMES.index("eyeBlinkLeft"),
        "tongueOut": ARKIT_NAMES.index("tongueOut"),
    }
    assert {a: float(b) for a, b in (line.split() for line in lines)} == pytest.approx(wanted)


def test_a_model_without_any_shape_is_told(components):
    assert components("arkit", HELLO_HEX, "hat").startswith("warning t2s: no mesh here")


def test_a_singing_face_moves_with_our_server(components):
    assert beside_an_engine(lambda url, _port: components("sing", url)).strip() == "jawOpen 50"


def test_the_sample_scene_says_what_it_waits_for(components):
    assert components("sample", "").startswith("label ")

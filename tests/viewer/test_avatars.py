"""What leaves the engine, shown by other people's loaders: an animated GLB and VRM avatars."""

from __future__ import annotations

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engine.commands.render import render
from engine.demo import demo_song_path
from engine.outputs.recorder import write_whole
from engine.outputs.vmc import Names, VmcOptions
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.clip import Rows, frame_of, rows_of
from t2s_rt.face.clip_glb import turns
from t2s_rt.face.clip_vrma import expressions
from t2s_rt.face.head import HEAD_GLB
from t2s_rt.face.retarget import Retargeter
from t2s_rt.face.signals import SIGNAL_INDEX
from t2s_rt.face.vowels import VOWEL_RECIPES
from t2s_rt.face.vrm import VrmModel, pascal
from t2s_rt.types import Frame
from tests.engine.outputs.test_vmc import blends, sent
from tests.t2s_rt.face.frames import arkit, both, frame, signals
from tests.viewer.avatars import VIEWER, avatar_page, make_vrm

VALIDATE = """
const validator = require("gltf-validator");
const data = new Uint8Array(require("fs").readFileSync(process.argv[1]));
validator.validateBytes(data, { maxIssues: 0 }).then(({ issues, info }) => console.log(
  JSON.stringify({ ...issues, messages: issues.messages.slice(0, 5), animations: info.animationCount })
));
"""


@pytest.fixture(scope="module")
def song() -> Rows:
    if not HEAD_GLB.exists():
        pytest.skip("the head is not built: make setup")
    return rows_of(render(demo_song_path()))


@pytest.fixture(scope="module")
def song_glb(song: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("glb") / "demo.glb"
    write_whole(path, song)
    return path


def vmc_values(options: VmcOptions, given: Frame) -> dict[str, float]:
    """What a receiver reads; in a thread, because the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return blends(pool.submit(sent, options, given=given).result())


def validate(path: Path) -> dict:
    node = shutil.which("node")
    if node is None or not (VIEWER / "node_modules" / "gltf-validator").is_dir():
        pytest.skip("the page's packages are not installed: make setup")
    done = subprocess.run(
        [node, "-e", VALIDATE, str(path)], cwd=VIEWER, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_the_demo_song_as_glb_has_no_error_for_the_khronos_validator(song_glb: Path) -> None:
    report = validate(song_glb)
    assert report["numErrors"] == 0, report["messages"]
    assert report["numWarnings"] == 0, report["messages"]
    assert report["animations"] == 1


@pytest.mark.chromium
def test_the_demo_song_plays_in_three_js(browser, song: Rows, song_glb: Path) -> None:
    at = [60, 400, 801, 1500]
    with avatar_page(browser, song_glb.parent) as page:
        times_s = [float(song["time_s"][i] - song["time_s"][0]) for i in at]
        seen = page.evaluate("([path, times]) => window.play(path, times)", ["/made/demo.glb", times_s])
    assert seen["duration"] == pytest.approx(len(song) / 60 - 1 / 60, abs=0.02)
    jaws = []
    for i, look in zip(at, seen["looks"], strict=True):
        skin = max(look["weights"].values(), key=len)
        for name, weight in skin.items():
            assert weight == pytest.approx(float(song["arkit"][i][ARKIT_NAMES.index(name)]), abs=2e-3)
        neck = turns(song["neck_pose"][i : i + 1])[0]
        assert abs(float(np.dot(look["turns"]["neck"], neck))) == pytest.approx(1.0, abs=1e-5)
        jaws.append(skin["jawOpen"])
    assert max(jaws) > 0.1
    assert len({json.dumps(look["turns"]["neck"]) for look in seen["looks"]}) == 4


FACES: list[dict[str, float]] = [
    {"aa": 0.8, "blinkLeft": 0.4, "lookUp": 0.3},
    {"aa": 0.8, "happy": 0.5, "blink": 0.5},
    {"aa": 0.8, "sad": 0.01, "lookLeft": 0.6},
    {"ee": 0.7, "happy": 0.4, "relaxed": 0.3, "blinkRight": 1.0},
    {"oh": 0.9, "angry": 0.6},
    {"oh": 0.9, "angry": 0.4},
    {"surprised": 0.51, "ih": 0.6, "blink": 0.2},
    {"ou": 0.51, "happy": 0.2},
    {"Wave": 0.7, "aa": 1.0},
]
RULES: dict[str, dict] = {
    "aa": {}, "ih": {}, "ou": {"isBinary": True}, "ee": {}, "oh": {}, "blink": {}, "blinkLeft": {},
    "blinkRight": {}, "lookUp": {}, "lookLeft": {},
    "happy": {"overrideMouth": "blend", "overrideBlink": "blend"},
    "sad": {"overrideMouth": "block", "overrideLookAt": "block"},
    "relaxed": {"overrideMouth": "blend"},
    "angry": {"isBinary": True, "overrideMouth": "blend"},
    "surprised": {"isBinary": True, "overrideBlink": "block"},
    "Wave": {"overrideMouth": "none"},
}  # fmt: skip


@pytest.mark.chromium
def test_our_override_rules_are_those_of_three_vrm(browser, tmp_path: Path) -> None:
    (tmp_path / "a.vrm").write_bytes(make_vrm(RULES, version=1))
    model = VrmModel.load(tmp_path / "a.vrm")
    with avatar_page(browser, tmp_path) as page:
        seen = page.evaluate("([path, faces]) => window.show(path, faces)", ["/made/a.vrm", FACES])
    for face, influences in zip(FACES, seen, strict=True):
        shown = model.resolve(face)
        assert dict(zip(RULES, influences, strict=True)) == pytest.approx(shown, abs=1e-6), face


@pytest.mark.chromium
@pytest.mark.parametrize("version", [0, 1])
def test_what_vmc_sends_moves_a_vrm_avatar_as_told(browser, tmp_path: Path, version: int) -> None:
    """The datagrams are decoded by python-osc and given to three-vrm, which loads both versions."""
    pairs = {"A": "aa", "I": "ih", "U": "ou", "E": "ee", "O": "oh", "Blink_L": "blinkLeft"}
    pairs |= {"Blink_R": "blinkRight"}
    if version == 1:
        expressions: dict[str, dict] = {name: {} for name in pairs.values()}
    else:
        expressions = {name: {"presetName": name.lower()} for name in pairs}
    (tmp_path / "a.vrm").write_bytes(make_vrm(expressions, version=version))
    singing = frame(weights=arkit(**VOWEL_RECIPES[4], eyeBlinkRight=0.6, **both("mouthSmile", 0.1)))
    names = Names.VRM1 if version == 1 else Names.VRM0
    values = vmc_values(VmcOptions(names=names, model=tmp_path / "a.vrm"), singing)
    assert list(values) == list(expressions)
    told = values if version == 1 else {pairs[name]: weight for name, weight in values.items()}
    with avatar_page(browser, tmp_path) as page:
        (seen,) = page.evaluate("([path, faces]) => window.show(path, faces)", ["/made/a.vrm", [told]])
    assert dict(zip(expressions, seen, strict=True)) == pytest.approx(values, abs=1e-6)
    assert max(seen[:5]) == seen[4] > 0.8
    assert seen[6] == pytest.approx(0.6)


@pytest.mark.chromium
def test_perfect_sync_moves_all_fifty_two_shapes(browser, tmp_path: Path) -> None:
    expressions: dict[str, dict] = {pascal(name): {} for name in ARKIT_NAMES}
    (tmp_path / "a.vrm").write_bytes(make_vrm(expressions, version=1))
    chance = np.random.default_rng(2)
    weights = chance.random(52).astype(np.float32)
    weights[ARKIT_NAMES.index("mouthClose")] = 0.0
    values = vmc_values(VmcOptions(model=tmp_path / "a.vrm"), frame(weights=weights))
    with avatar_page(browser, tmp_path) as page:
        (seen,) = page.evaluate("([path, faces]) => window.show(path, faces)", ["/made/a.vrm", [values]])
    assert seen == pytest.approx(weights.tolist(), abs=1e-6)


@pytest.mark.chromium
@pytest.mark.parametrize("perfect_sync", [False, True])
def test_a_vrma_of_the_song_moves_an_avatar_in_three_vrm(
    browser, tmp_path: Path, song: Rows, perfect_sync: bool
) -> None:
    table = expressions(perfect_sync=perfect_sync)
    (tmp_path / "a.vrm").write_bytes(make_vrm({name: {} for name in table.names}, version=1))
    ending = "perfect.vrma" if perfect_sync else "vrma"
    write_whole(tmp_path / f"song.{ending}", song)
    at = [60, 400, 801, 1500]
    with avatar_page(browser, tmp_path) as page:
        told = [
            "/made/a.vrm",
            f"/made/song.{ending}",
            [float(song["time_s"][i] - song["time_s"][0]) for i in at],
        ]
        seen = page.evaluate("([avatar, motion, times]) => window.act(avatar, motion, times)", told)
    retargeter, weights = Retargeter(table), np.zeros(len(table.targets), np.float32)
    for i, look in zip(at, seen, strict=True):
        given = signals(frame_of(song, i))
        retargeter.step(given.values, weights)
        assert look["weights"] == pytest.approx(weights.tolist(), abs=2e-3)
        w, x, y, z = given.head
        neck, head = (np.array(look[bone]) for bone in ("neck", "head"))
        x2, y2, z2, w2 = (
            neck + head
        )  # the same axis: half of their sum's direction is half the whole turn
        assert abs(np.dot(_normal((w2, x2, y2, z2)), _half((w, x, y, z)))) == pytest.approx(
            1.0, abs=1e-3
        )
        yaw = float(given.values[SIGNAL_INDEX["eyeYawLeft"]])
        assert look["yaw"] == pytest.approx(yaw, abs=0.5)
    assert validate(tmp_path / f"song.{ending}")["numErrors"] == 0


def _normal(values: tuple[float, ...]) -> np.ndarray:
    return np.array(values) / np.linalg.norm(values)


def _half(turn: tuple[float, float, float, float]) -> np.ndarray:
    """The turn by half of the angle."""
    w, *axis = turn
    return _normal((w + 1.0, *axis))

"""Other people's loaders in a browser: three.js plays our GLB, three-vrm shows a VRM made here."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2s_rt.face.clip_glb import write_glb

VIEWER = Path(__file__).resolve().parents[2] / "viewer"
MODULES = VIEWER / "node_modules"

PAGE = """<!doctype html><meta charset="utf-8"><title>avatars</title>
<script type="importmap">{"imports": {
  "three": "/node_modules/three/build/three.module.js",
  "three/addons/": "/node_modules/three/examples/jsm/",
  "@pixiv/three-vrm": "/node_modules/@pixiv/three-vrm/lib/three-vrm.module.js",
  "@pixiv/three-vrm-core": "/node_modules/@pixiv/three-vrm-core/lib/three-vrm-core.module.js",
  "@pixiv/three-vrm-animation":
    "/node_modules/@pixiv/three-vrm-animation/lib/three-vrm-animation.module.js"
}}</script>
<script type="module">
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { VRMLoaderPlugin } from "@pixiv/three-vrm";
import { createVRMAnimationClip, VRMAnimationLoaderPlugin, VRMLookAtQuaternionProxy }
  from "@pixiv/three-vrm-animation";

window.play = async (path, times) => {
  const gltf = await new GLTFLoader().loadAsync(path);
  const mixer = new THREE.AnimationMixer(gltf.scene);
  mixer.clipAction(gltf.animations[0]).play();
  const looks = [];
  for (const time of times) {
    mixer.setTime(time);
    const seen = { weights: {}, turns: {} };
    gltf.scene.traverse((node) => {
      seen.turns[node.name] = node.quaternion.toArray();
      for (const [name, i] of Object.entries(node.morphTargetDictionary ?? {})) {
        (seen.weights[node.name] ??= {})[name] = node.morphTargetInfluences[i];
      }
    });
    looks.push(seen);
  }
  return { duration: gltf.animations[0].duration, looks };
};

window.show = async (path, faces) => {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const vrm = (await loader.loadAsync(path)).userData.vrm;
  let mesh;
  vrm.scene.traverse((node) => { if (node.morphTargetInfluences) mesh = node; });
  return faces.map((face) => {
    vrm.expressionManager.resetValues();
    for (const [name, weight] of Object.entries(face)) vrm.expressionManager.setValue(name, weight);
    vrm.expressionManager.update();
    return [...mesh.morphTargetInfluences];
  });
};
window.act = async (avatar, motion, times) => {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser));
  loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
  const vrm = (await loader.loadAsync(avatar)).userData.vrm;
  if (vrm.lookAt) {
    const proxy = new VRMLookAtQuaternionProxy(vrm.lookAt);
    proxy.name = "lookAtQuaternionProxy";
    vrm.scene.add(proxy);
  }
  const clip = createVRMAnimationClip((await loader.loadAsync(motion)).userData.vrmAnimations[0], vrm);
  const mixer = new THREE.AnimationMixer(vrm.scene);
  mixer.clipAction(clip).play();
  let mesh;
  vrm.scene.traverse((node) => { if (node.morphTargetInfluences) mesh = node; });
  return times.map((time) => {
    mixer.setTime(time);
    vrm.update(0);
    return {
      weights: [...mesh.morphTargetInfluences],
      neck: vrm.humanoid.getNormalizedBoneNode("neck").quaternion.toArray(),
      head: vrm.humanoid.getNormalizedBoneNode("head").quaternion.toArray(),
      yaw: vrm.lookAt?.yaw ?? null,
      pitch: vrm.lookAt?.pitch ?? null,
    };
  });
};
window.ready = true;
</script>"""


class _Files(http.server.SimpleHTTPRequestHandler):
    """The node modules, the page, and the files of a test."""

    extra: Path

    def do_GET(self) -> None:
        if self.path == "/":
            self._send(PAGE.encode(), "text/html")
        elif self.path.startswith("/made/"):
            self._send((self.extra / self.path.removeprefix("/made/")).read_bytes(), "model/gltf-binary")
        else:
            super().do_GET()

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def avatar_page(browser: Any, folder: Path) -> Iterator[Any]:
    """A page with `play` and `show`; files of ``folder`` are at ``/made/``."""
    if not (MODULES / "@pixiv" / "three-vrm").is_dir():
        pytest.skip("the page's packages are not installed: make setup")
    handler = functools.partial(type("Files", (_Files,), {"extra": folder}), directory=str(VIEWER))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, name="avatars")
        serving.start()
        page = browser.new_page()
        try:
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
            page.wait_for_function("window.ready === true", timeout=30_000)
            yield page
        finally:
            page.close()
            server.shutdown()
            serving.join()


BONES = (
    "hips", "spine", "head", "neck", "leftEye", "rightEye",
    *(f"{side}{part}" for side in ("left", "right")
      for part in ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")),
)  # fmt: skip


def make_vrm(expressions: dict[str, dict[str, Any]], *, version: int) -> bytes:
    """A VRM whose every expression moves one morph target of its own, in order.

    Args:
        expressions: Name to facts: VRM1's ``isBinary`` and ``override...``, or VRM0's ``presetName``.
        version: 0 or 1.
    """
    count = len(expressions)
    triangle = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], "<f4")
    moved = np.full((3, 3), 0.01, "<f4")
    binary = triangle.tobytes() + moved.tobytes()
    views = [{"buffer": 0, "byteOffset": o, "byteLength": 36} for o in (0, 36)]
    accessors = [
        {"bufferView": i, "componentType": 5126, "count": 3, "type": "VEC3"}
        | {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        for i, values in enumerate((triangle, moved))
    ]
    nodes: list[dict[str, Any]] = [{"name": name, "translation": [0, 0.05, 0]} for name in BONES]
    nodes[0]["children"] = list(range(1, len(BONES)))
    nodes.append({"name": "face", "mesh": 0})
    names = list(expressions)
    mesh = {
        "primitives": [{"attributes": {"POSITION": 0}, "targets": [{"POSITION": 1}] * count}],
        "weights": [0.0] * count,
        "extras": {"targetNames": names},
    }
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(BONES)]}],
        "nodes": nodes,
        "meshes": [mesh],
        "accessors": accessors,
        "bufferViews": views,
        "extensionsUsed": ["VRMC_vrm" if version == 1 else "VRM"],
        "extensions": _vrm1(expressions) if version == 1 else _vrm0(expressions),
    }
    return write_glb(json.loads(json.dumps(document)), binary)


PRESETS = frozenset(
    {"happy", "angry", "sad", "relaxed", "surprised", "aa", "ih", "ou", "ee", "oh", "blink", "blinkLeft",
     "blinkRight", "lookUp", "lookDown", "lookLeft", "lookRight", "neutral"}
)  # fmt: skip


LOOK = {
    f"rangeMap{name}": {"inputMaxValue": 90.0, "outputScale": 10.0}
    for name in ("HorizontalInner", "HorizontalOuter", "VerticalDown", "VerticalUp")
}


def _vrm1(expressions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {"preset": {}, "custom": {}}
    for i, (name, facts) in enumerate(expressions.items()):
        bind = {"node": len(BONES), "index": i, "weight": 1.0}
        made["preset" if name in PRESETS else "custom"][name] = {"morphTargetBinds": [bind], **facts}
    return {
        "VRMC_vrm": {
            "specVersion": "1.0",
            "meta": {"name": "t", "authors": ["t"], "licenseUrl": "https://vrm.dev/licenses/1.0/"},
            "humanoid": {"humanBones": {name: {"node": i} for i, name in enumerate(BONES)}},
            "expressions": made,
            "lookAt": {"type": "bone", "offsetFromHeadBone": [0, 0.06, 0], **LOOK},
        }
    }


def _vrm0(expressions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    groups = [
        {"name": name, "binds": [{"mesh": 0, "index": i, "weight": 100}], "materialValues": [], **facts}
        for i, (name, facts) in enumerate(expressions.items())
    ]
    return {
        "VRM": {
            "exporterVersion": "t",
            "specVersion": "0.0",
            "meta": {"title": "t", "author": "t"},
            "humanoid": {"humanBones": [{"bone": name, "node": i} for i, name in enumerate(BONES)]},
            "blendShapeMaster": {"blendShapeGroups": groups},
            "firstPerson": {},
            "secondaryAnimation": {},
            "materialProperties": [],
        }
    }

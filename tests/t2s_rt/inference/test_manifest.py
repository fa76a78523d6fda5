import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from t2s_rt.errors import ModelError
from t2s_rt.inference.inputs import INPUT_COUNT
from t2s_rt.inference.manifest import (
    FORMAT,
    LOOKAHEAD_LIMIT_SAMPLES,
    RUNNING_LAYOUT,
    Manifest,
    StateTensor,
    Tensor,
    bundled_model_path,
    dump_manifest,
    load_manifest,
    sha256_of,
)
from t2s_rt.types import MEL_BANDS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"weights")
    manifest = Manifest(
        format=FORMAT,
        name="mouth-v9",
        version=9,
        file="model.onnx",
        sha256=sha256_of(model),
        features=RUNNING_LAYOUT,
        outputs=("jaw_open", "lip_closure"),
        lookahead_samples=400,
        state=(StateTensor("memory", (96,)),),
        trained_on=("Nothing",),
        inputs=(Tensor("frame", (INPUT_COUNT,)), Tensor("words", (9,))),
        signals=(Tensor("presence", (1,)),),
        mel_profile_db=(-30.0,) * MEL_BANDS,
    )
    (tmp_path / "manifest.json").write_text(dump_manifest(manifest), encoding="utf-8")
    return tmp_path


def change(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    edit(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")


def test_what_is_written_is_what_is_read(folder: Path) -> None:
    manifest = load_manifest(folder)
    assert manifest.outputs == ("jaw_open", "lip_closure")
    assert manifest.state == (StateTensor("memory", (96,)),)
    assert manifest.features == RUNNING_LAYOUT
    assert [tensor.name for tensor in manifest.signature.inputs] == ["frame", "words"]
    assert manifest.signature.outputs == (Tensor("actions", (2,)), Tensor("presence", (1,)))
    assert manifest.mel_profile_db == (-30.0,) * MEL_BANDS
    assert json.loads(dump_manifest(manifest)) == json.loads(
        (folder / "manifest.json").read_text("utf-8")
    )


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda m: m.pop("state"), r"missing keys \['state'\]"),
        (lambda m: m.update(extra=1), r"unknown keys \['extra'\]"),
        (lambda m: m.update(format=FORMAT + 1), "manifest format 3"),
        (lambda m: m["features"].update(mel_bands=40), "trained with mel_bands 40, here it is 48"),
        (lambda m: m["features"].update(hop_samples="400"), "hop_samples: expected a number"),
        (lambda m: m["features"].pop("input_version"), r"missing keys \['input_version'\]"),
        (lambda m: m.update(outputs=["jaw_open", "third_eye"]), "third_eye"),
        (lambda m: m.update(outputs=[]), "at least one"),
        (lambda m: m.update(outputs=["jaw_open", "jaw_open"]), "different names"),
        (lambda m: m.update(outputs="jaw_open"), "expected a list"),
        (lambda m: m.update(lookahead_samples=LOOKAHEAD_LIMIT_SAMPLES + 1), "over the limit of 960"),
        (lambda m: m.update(lookahead_samples=-1), "at least 0"),
        (lambda m: m.update(lookahead_samples=True), "whole number"),
        (lambda m: m.update(file="../model.onnx"), "plain name"),
        (lambda m: m.update(sha256="0" * 64), "not the file its manifest speaks of"),
        (lambda m: m.update(file="other.onnx"), "cannot be read"),
        (lambda m: m["state"].append({"name": "x"}), r"missing keys \['shape'\]"),
        (lambda m: m["state"][0].update(shape=[1.5]), "state shape"),
        (lambda m: m.update(name=""), "expected text"),
        (lambda m: m["inputs"].pop(0), r"inputs must hold 'frame' of shape \[106\], got .*words"),
        (lambda m: m["inputs"][0].update(shape=[99]), "inputs must hold 'frame'"),
        (lambda m: m["inputs"][1].update(name="memory"), r"called \['memory'\]"),
        (lambda m: m["signals"][0].update(name="actions"), r"called \['actions'\]"),
        (lambda m: m["signals"][0].update(name="next_memory"), r"called \['next_memory'\]"),
        (lambda m: m["signals"][0].update(shape=[0]), "presence has the empty shape"),
        (lambda m: m["inputs"][1].update(kind="float"), r"unknown keys \['kind'\]"),
        (lambda m: m.update(mel_profile_db=[1.0]), "has 1 bands, expected 48"),
        (lambda m: m.update(mel_profile_db=["loud"]), "expected numbers in dB"),
    ],
)
def test_a_manifest_that_does_not_match_says_why(
    folder: Path, edit: Callable[[dict[str, Any]], object], said: str
) -> None:
    change(folder, edit)
    with pytest.raises(ModelError, match=said):
        load_manifest(folder)


def test_a_manifest_of_format_1_has_the_frame_alone(folder: Path) -> None:
    def as_before(raw: dict[str, Any]) -> None:
        raw["format"] = 1
        for name in ("inputs", "signals", "mel_profile_db"):
            del raw[name]

    change(folder, as_before)
    manifest = load_manifest(folder)
    assert manifest.signature.inputs == (Tensor("frame", (INPUT_COUNT,)),)
    assert manifest.signals == ()
    assert manifest.mel_profile_db == ()


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No model at"):
        load_manifest(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{ not json", "line 1: not JSON"), (b"\xff\xfe", "UTF-8"), (b"[]", "expected an object")],
)
def test_a_manifest_that_is_none_says_so(folder: Path, content: bytes, said: str) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError, match=said):
        load_manifest(folder)


def test_a_damaged_model_is_found(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"weights, cut sho")
    with pytest.raises(ModelError, match="not the file"):
        load_manifest(folder)


def test_the_bundled_model_is_there_and_whole() -> None:
    manifest = load_manifest(bundled_model_path())
    assert manifest.name == bundled_model_path().name
    assert manifest.trained_on

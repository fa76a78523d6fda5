from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from engine.cli import main

needs_rtx = pytest.mark.skipif(
    importlib.util.find_spec("tensorrt_rtx") is None, reason='needs pip install "t2s-rt[rtx]"'
)


@needs_rtx
def test_a_model_is_compiled_once_and_found_afterwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compile", "--backend", "tensorrt-rtx", "--target", "8.9", "--cache", str(tmp_path)]
    said = []
    for further in ([], [], ["--again"]):
        assert main([*command, *further]) == 0
        said.append(capsys.readouterr().out)
    (engine,) = tmp_path.iterdir()
    assert all(text.endswith(f"{engine}\n") for text in said)
    assert [": compiled in" in text for text in said] == [True, False, True]
    assert "was already compiled by TensorRT-RTX" in said[1]


@needs_rtx
def test_what_cannot_be_compiled_is_a_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compile", "--backend", "tensorrt-rtx", "--cache", str(tmp_path)]
    for further, said in (
        (["--target", "9.0"], "cannot compile for '9.0'"),
        (["--model", str(tmp_path / "none")], "No model at"),
    ):
        assert main([*command, *further]) == 2
        assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["live", "render"])
def test_a_backend_that_would_not_run_is_refused_not_replaced(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    arguments = {
        "live": ["--source", "synthetic:tone", "--seconds", "1", "--port", "0"],
        "render": [str(tmp_path / "voice.wav"), "-o", str(tmp_path / "face.npz")],
    }[command]
    assert main([command, *arguments, "--backend", "cuda"]) == 2
    assert "no CUDAExecutionProvider" in capsys.readouterr().err


def test_doctor_and_live_say_what_really_runs(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    found = {line.split()[1]: line for line in lines}
    assert "ONNX Runtime" in found["model"]
    assert found["model"].endswith("on the CPU")
    assert "gpu" in found
    assert main(["live", "--source", "synthetic:tone", "--seconds", "1", "--port", "0"]) == 0
    address, moved_by, *_ = capsys.readouterr().out.splitlines()
    assert "http://127.0.0.1:" in address  # what starts the engine reads the first line
    assert re.fullmatch(r"t2s: the mouth is moved by \S+-v\d+, ONNX Runtime .* on the CPU", moved_by)

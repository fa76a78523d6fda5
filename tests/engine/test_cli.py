"""The command line: what it teaches, and what bad input gets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli import main
from t2s_rt.audio.synthesis import vowel

RATE_HZ = 16_000


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    return path


def sung(seconds: float = 0.5) -> np.ndarray:
    return vowel("a", 220.0, seconds, sample_rate_hz=RATE_HZ)


@pytest.mark.parametrize("command", ["live", "render", "listen", "devices", "doctor", "bench"])
def test_every_command_teaches(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert len(told.splitlines()) > 6
    assert f"usage: t2s {command}" in told


def test_no_command_is_answered_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "usage: t2s" in capsys.readouterr().err


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    sentence = streams.err.strip()
    assert sentence.startswith("t2s: ")
    return sentence


def broken_inputs(folder: Path) -> dict[str, Path]:
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("la la la\n" * 100)
    write_wav(folder / "no_samples.wav", np.zeros(0, np.float32))
    whole = write_wav(folder / "whole.wav", sung()).read_bytes()
    (folder / "cut.wav").write_bytes(whole[:20])
    return {
        "missing": folder / "nowhere.wav",
        "directory": folder,
        "empty": folder / "empty.wav",
        "text": folder / "text.wav",
        "no samples": folder / "no_samples.wav",
        "header cut short": folder / "cut.wav",
    }


@pytest.mark.parametrize(
    "kind", ["missing", "directory", "empty", "text", "no samples", "header cut short"]
)
def test_a_bad_recording_gets_a_sentence(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = broken_inputs(tmp_path)[kind]
    sentence = refused(["render", str(path), "-o", str(tmp_path / "out.npz")], capsys)
    assert str(path) in sentence
    assert not (tmp_path / "out.npz").exists()
    assert not list(tmp_path.glob("*.part"))


def odd_recordings() -> dict[str, Callable[[], tuple[np.ndarray, int]]]:
    def with_nan() -> tuple[np.ndarray, int]:
        samples = sung()
        samples[1000:1200] = np.nan
        samples[2000] = np.inf
        return samples, RATE_HZ

    return {
        "ten milliseconds": lambda: (sung(0.01), RATE_HZ),
        "one sample": lambda: (np.full(1, 0.1, np.float32), RATE_HZ),
        "eight channels": lambda: (np.tile(sung()[:, None], (1, 8)), RATE_HZ),
        "not numbers": with_nan,
        "eight kilohertz": lambda: (sung()[::2], 8_000),
        "far too loud": lambda: (sung() * 100, RATE_HZ),
    }


@pytest.mark.parametrize("kind", odd_recordings())
def test_an_odd_recording_still_renders(kind: str, tmp_path: Path) -> None:
    samples, rate_hz = odd_recordings()[kind]()
    path = write_wav(tmp_path / "odd.wav", samples, rate_hz)
    assert main(["render", str(path), "-o", str(tmp_path / "out.npz"), "--quiet"]) == 0
    with np.load(tmp_path / "out.npz") as face:
        assert len(face["time_s"]) >= 1
        for name in ("actions", "arkit", "expression", "jaw_pose", "f0_hz", "loudness_dbfs", "voice"):
            assert np.isfinite(face[name]).all(), name
        assert ((face["arkit"] >= 0) & (face["arkit"] <= 1)).all()


def test_output_into_a_missing_folder_gets_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wav(tmp_path / "voice.wav", sung())
    sentence = refused(["render", str(path), "-o", str(tmp_path / "no" / "out.npz")], capsys)
    assert "folder" in sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ["--source", "gramophone"],
        ["--source", "file:"],
        ["--source", "file:/no/such/file.wav"],
        ["--source", "synthetic:whale"],
        ["--port", "70000"],
        ["--seconds", "-1"],
        ["--host", "0.0.0.0"],
        ["--model", "/no/such/model"],
    ],
    ids=" ".join,
)
def test_a_bad_setting_of_live_gets_a_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    defaults = [] if "--source" in arguments else ["--source", "synthetic:silence"]
    port = [] if "--port" in arguments else ["--port", "0"]
    seconds = [] if "--seconds" in arguments else ["--seconds", "0.1"]
    refused(["live", *defaults, *port, *seconds, *arguments], capsys)


def test_a_port_in_use_gets_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        arguments = ["live", "--source", "synthetic:silence", "--seconds", "0.1", "--port", str(port)]
        sentence = refused(arguments, capsys)
    assert str(port) in sentence
    assert "--port" in sentence

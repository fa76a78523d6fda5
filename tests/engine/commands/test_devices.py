"""`t2s devices` prints what to pass to --source, or what to do where there is nothing."""

from __future__ import annotations

import argparse
import json

import pytest

from engine.commands import devices
from engine.sources.capture import InputDevice

SCARLETT = InputDevice("PyAudio", "ALSA", 3, "Scarlett 2i2 USB", 2, 44_100, default=True)
UNKNOWN = InputDevice("miniaudio", "Core Audio", 12, "Mic", 0, 0, default=False)


def devices_command(*arguments):
    parser = argparse.ArgumentParser()
    devices.register(parser.add_subparsers())
    options = parser.parse_args(["devices", *arguments])
    return options.run(options)


@pytest.fixture
def present(monkeypatch):
    there: list[InputDevice] = []
    monkeypatch.setattr(devices, "list_devices", lambda: there)
    return there


def test_the_table_shows_number_name_inputs_rate_library_and_default(present, capsys):
    present += [SCARLETT, UNKNOWN]
    assert devices_command() == 0
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["#", "name", "inputs", "rate", "through"]
    assert first.split(maxsplit=2) == ["*", "3", first[first.index("Scarlett") :]]
    assert "Scarlett 2i2 USB       2" in first
    assert "44100 Hz  PyAudio (ALSA)" in first
    assert second.split() == ["12", "Mic", "?", "any", "miniaudio", "(Core", "Audio)"]


def test_the_list_is_also_json(present, capsys):
    present.append(SCARLETT)
    assert devices_command("--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "backend": "PyAudio",
            "api": "ALSA",
            "index": 3,
            "name": "Scarlett 2i2 USB",
            "channels": 2,
            "default_rate_hz": 44_100,
            "default": True,
        }
    ]


def test_no_device_is_a_sentence_that_says_what_to_do(present, capsys):
    assert devices_command() == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith("There is no microphone on this machine. Plug one in")
    assert devices_command("--json") == 0
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.mic
def test_a_real_device_is_listed(pulse, capsys):
    assert devices_command() == 0
    assert "*" in capsys.readouterr().out

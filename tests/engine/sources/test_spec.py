"""Every way to name a source finds it; everything else is a sentence that lists the ways."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from engine.demo import demo_song_path
from engine.sources.file import FileSource
from engine.sources.microphone import MicrophoneSource
from engine.sources.spec import open_source
from engine.sources.synthetic import SyntheticSource
from engine.sources.websocket import WebSocketSource
from t2s_rt.errors import AudioError, ConfigError


@pytest.mark.parametrize(
    ("spec", "kind", "name"),
    [
        ("mic", MicrophoneSource, "default microphone"),
        ("mic:Scarlett: 2i2", MicrophoneSource, "Scarlett: 2i2"),
        ("ws", WebSocketSource, "a client's microphone"),
        ("synthetic", SyntheticSource, "synthetic clicks"),
        ("synthetic:tone", SyntheticSource, "synthetic tone"),
        ("synthetic:vowels", SyntheticSource, "synthetic vowels"),
        ("synthetic:silence", SyntheticSource, "synthetic silence"),
    ],
)
def test_a_specification_names_a_source(spec, kind, name):
    source = open_source(spec)
    assert type(source) is kind
    assert source.name == name


def test_a_path_may_hold_colons_as_on_windows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "take 1;2.wav"
    soundfile.write(tmp_path / name, np.zeros(480), 48_000)
    source = open_source(f"file:{tmp_path / name}", loop=True)
    assert isinstance(source, FileSource)
    assert source.audio_path == tmp_path / name
    assert source.song_s(960) == 0.0, "looped"
    with pytest.raises(AudioError, match="There is no file C:"):
        open_source("file:C:no such song.wav")


def test_the_demo_is_the_song_that_ships():
    assert open_source("demo").audio_path == demo_song_path()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("", "There is no source ''"),
        ("microphone", "no source 'microphone'.* Give mic, mic:NAME, file:PATH"),
        ("song.wav", "no source 'song.wav'"),
        ("file", "no source 'file'"),
        ("file:", "nothing after its colon"),
        ("mic:", "nothing after its colon"),
        ("demo:2", "no source 'demo:2'"),
        ("ws:8760", "no source 'ws:8760'"),
        ("synthetic:noise", "no synthetic sound 'noise'. Choose one of clicks, tone, vowels, silence"),
        ("MIC", "no source 'MIC'"),
    ],
)
def test_anything_else_is_a_sentence_that_lists_the_ways(spec, sentence):
    with pytest.raises(ConfigError, match=sentence):
        open_source(spec)

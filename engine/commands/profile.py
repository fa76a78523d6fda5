"""`t2s profile`: a singer's mean spectrum, for calibration of the mouth to voice and microphone."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from t2s_rt.audio.features import FeatureExtractor
from t2s_rt.audio.files import open_audio
from t2s_rt.audio.resample import StreamResampler
from t2s_rt.inference.profile import Profile
from t2s_rt.timebase import HOP_SAMPLES
from t2s_rt.types import FEATURE_COUNT, FloatArray

BLOCK_SAMPLES = 4800

DESCRIPTION = """\
Measure the mean spectrum of a voice through its microphone, from ten seconds of singing alone.
`t2s live --voice-profile PROFILE.json` then hears that singer as the model heard those it learned from.

  t2s profile me.wav me.json
  t2s live --voice-profile me.json
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "profile",
        help="a singer's voice and microphone, for calibration",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("audio", type=Path, help="WAV, FLAC, OGG or MP3: a voice alone")
    parser.add_argument("profile", type=Path, help="the JSON file to write")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure one recording."""
    measured = Profile.measure(heard(options.audio))
    measured.save(options.profile)
    print(f"{options.profile}: the mean of {measured.voice_s:.1f} s of voice")
    return 0


def heard(audio: Path) -> FloatArray:
    """The features of a recording, ``(hops, FEATURE_COUNT)``, as the running engine hears it.

    Raises:
        AudioError: The file is missing, not audio or damaged.
    """
    extractor, hop = FeatureExtractor(), np.zeros(HOP_SAMPLES, np.float32)
    rows: list[FloatArray] = []
    with open_audio(audio) as source:
        resampler = StreamResampler(source.sample_rate_hz)
        for block in source.blocks(BLOCK_SAMPLES):
            resampler.push(block)
            while resampler.pop(hop):
                row = np.empty(FEATURE_COUNT, np.float32)
                extractor.step(hop, row)
                rows.append(row)
    return np.array(rows, np.float32).reshape(-1, FEATURE_COUNT)

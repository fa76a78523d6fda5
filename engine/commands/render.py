"""`t2s render`: the live engine without a clock, from an audio file to arrays."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from engine.commands.model_options import add_model_options
from engine.commands.performance_options import add_performance_options
from engine.commands.song_options import add_song_options, script_of
from engine.pipeline import Pipeline, own_song
from engine.script import Script
from t2s_rt.audio.files import open_audio
from t2s_rt.errors import AudioError, ConfigError
from t2s_rt.face.clip import arrays, rows_of
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.timebase import FRAME_RATE_HZ, seconds
from t2s_rt.types import Frame

BLOCK_SAMPLES = 4800
"""How much of the file is read at a time; any other number gives the same frames."""

DESCRIPTION = """\
Render a voice to a face, as fast as the machine can, with the code that runs live.

The result is a NumPy archive. One row a frame, 60 a second: time_s (the audio time the frame depicts),
available_s (the audio time at which the live engine emits it), song_s (position in the song), actions
(T,K) with action_names and
action_regions, arkit (T,52) with arkit_names, FLAME parameters expression (T,100), jaw_pose (T,3),
neck_pose (T,3), global_pose (T,3), eyes_pose (T,6) in axis-angle radians, and what was heard: f0_hz,
voiced, loudness_dbfs, voice.

  t2s render song.wav -o face.npz
  t2s render song.wav --song song.txt --subtitles song.vtt -o face.npz
  python -c "import numpy; f = numpy.load('face.npz'); print(f['actions'].shape, f['action_names'])"
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "render",
        help="a voice recording to a face, as arrays",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("audio", type=Path, help="WAV, FLAC, OGG or MP3; any rate, any channel count")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.npz", help="where to write"
    )
    add_song_options(parser)
    add_model_options(parser)
    parser.add_argument(
        "--flame",
        type=Path,
        metavar="FILE",
        help="FLAME parameters for this file, calibrated by t2s flame calibrate; default: our head",
    )
    add_performance_options(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar, no summary")
    parser.set_defaults(run=run)


def render(
    audio: Path,
    pipeline: Pipeline | None = None,
    *,
    script: Script | None = None,
    progress: bool = False,
) -> list[Frame]:
    """All frames of an audio file, at least one.

    Args:
        audio: The recording; its start is the song's start.
        pipeline: What sings, new; None for one with the bundled model.
        script: What is known of the song; None for free singing.
        progress: Whether to draw a progress bar.

    Raises:
        AudioError: The file is missing, not audio or empty.
        SetupError: The script's words need a package that is not installed.
    """
    source = open_audio(audio)
    pipeline = pipeline or Pipeline()
    if script is not None:
        pipeline.conductor = script.conductor(pipeline.lookahead_samples)
    pipeline.start(source.sample_rate_hz)
    frames: list[Frame] = []
    with tqdm(
        total=source.duration_s, unit="s", disable=not progress, bar_format=PROGRESS_FORMAT
    ) as bar:
        for block in source.blocks(BLOCK_SAMPLES):
            frames += pipeline.push(block, song_s=own_song)
            bar.update(len(block) / source.sample_rate_hz)
    frames += pipeline.finish(own_song)
    depicted = [frame for frame in frames if seconds(frame.pts_samples) <= source.duration_s]
    return depicted or frames[:1]


PROGRESS_FORMAT = "{l_bar}{bar}| {n:.0f}/{total:.0f} s [{elapsed}<{remaining}]"


def write(frames: list[Frame], output: Path) -> None:
    """Write the archive; a reader sees the old file or the whole new one, never half.

    Raises:
        ConfigError: The folder does not exist or cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(suffix=".npz.part", dir=output.parent)
    except OSError as problem:
        raise _unwritable(output, problem.strerror or str(problem)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays(rows_of(frames)))
        Path(temporary).replace(output)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def warn(script: Script) -> None:
    """Tell what a person should read about a script before it is rendered."""
    for warning in script.warnings:
        print(f"t2s: {warning}", file=sys.stderr)


def summary(output: Path, frames: int, spent_s: float) -> str:
    """What was made and how fast, as a line."""
    depicted_s = frames / FRAME_RATE_HZ
    return (
        f"{output}: {frames} frames of {depicted_s:.1f} s in {spent_s:.1f} s, "
        f"{depicted_s / spent_s:.0f} times real time"
    )


def check_output(output: Path) -> None:
    """Refuse what cannot be written before the work, not after.

    Raises:
        ConfigError: It is a folder, or lies in none.
    """
    if output.is_dir():
        raise ConfigError(f"{output} is a folder.", "Give -o a file name that ends in .npz.")
    if not output.parent.is_dir():
        raise _unwritable(output, "there is no such folder")


def _unwritable(output: Path, reason: str) -> ConfigError:
    advice = "Give -o a file in a folder that exists and is yours."
    return ConfigError(f"{output} cannot be written ({reason}).", advice)


def run(options: argparse.Namespace) -> int:
    """Render one file."""
    check_output(options.output)
    begun_s = time.perf_counter()
    progress = not options.quiet and sys.stderr.isatty()
    script = script_of(options)
    warn(script)
    pipeline = Pipeline(
        options.model,
        backend=Backend(options.backend),
        voice_profile=options.voice_profile,
        seed=options.seed,
        style=options.style,
        flame=options.flame,
    )
    frames = render(options.audio, pipeline, script=script, progress=progress)
    if not frames:
        raise AudioError(f"{options.audio} gave no frame.")
    write(frames, options.output)
    if not options.quiet:
        print(summary(options.output, len(frames), time.perf_counter() - begun_s))
    return 0

"""`t2s render-song`: a face from lyrics and notes alone, before anybody has sung."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tqdm import tqdm

from engine.commands.performance_options import add_performance_options
from engine.commands.render import PROGRESS_FORMAT, check_output, summary, warn, write
from engine.pipeline import Pipeline, own_song
from engine.script import Script, load_script
from t2s_rt.articulation.guide_voice import TAIL_S, guide_blocks
from t2s_rt.errors import ConfigError
from t2s_rt.intensity.style import USUAL
from t2s_rt.timebase import SAMPLE_RATE_HZ
from t2s_rt.types import Frame

DESCRIPTION = """\
Render the words and notes of a song to a face, without a recording: the live engine sings with a voice
that is made of them and that nobody hears. For previews of subtitles, and where singing comes later.

The result is the archive of `t2s render`; time_s is the position in the song.

  t2s render-song song.txt --subtitles song.vtt -o face.npz
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "render-song",
        help="lyrics and notes to a face, as arrays, without a recording",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("song", type=Path, help="lyrics with times, with notes or without")
    parser.add_argument("--subtitles", type=Path, metavar="FILE", help="motion subtitles")
    parser.add_argument("--voice", type=int, default=0, metavar="N", help="which singer, from 0")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.npz", help="where to write"
    )
    parser.add_argument("--model", type=Path, help="folder of an exported model; default: bundled")
    add_performance_options(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar, no summary")
    parser.set_defaults(run=run)


def render_song(
    script: Script,
    *,
    model: Path | None = None,
    seed: int = 0,
    style: float = USUAL,
    progress: bool = False,
) -> list[Frame]:
    """All frames of a song from its words and notes, to a second after its last word.

    Args:
        script: A song with its pronunciation, perhaps with subtitles.
        model: Folder of an exported model; None for the bundled one.
        seed: Seed of what the performer invents.
        style: How it performs, from 0 (calm) over 0.5 (usual) to 1 (wild).
        progress: Whether to draw a progress bar.

    Raises:
        ConfigError: The script knows no song, the seed is negative or the style outside 0 to 1.
        ModelError: ``model`` cannot be used.
    """
    song, pronunciation = script.song, script.pronunciation
    if song is None or pronunciation is None:
        raise ConfigError("There is no song to render.", "Give a file of lyrics with times.")
    pipeline = Pipeline(model, seed=seed, style=style)
    pipeline.conductor = script.conductor(pipeline.lookahead_samples)
    pipeline.start(SAMPLE_RATE_HZ)
    frames: list[Frame] = []
    total_s = song.end_s + TAIL_S
    with tqdm(total=total_s, unit="s", disable=not progress, bar_format=PROGRESS_FORMAT) as bar:
        for block in guide_blocks(song, pronunciation.phonemes, script.voice):
            frames += pipeline.push(block, song_s=own_song)
            bar.update(len(block) / SAMPLE_RATE_HZ)
    return frames + pipeline.finish(own_song)


def run(options: argparse.Namespace) -> int:
    """Render one song."""
    check_output(options.output)
    begun_s = time.perf_counter()
    script = load_script(options.song, options.subtitles, voice=options.voice, follow=False)
    warn(script)
    progress = not options.quiet and sys.stderr.isatty()
    frames = render_song(
        script,
        model=options.model,
        seed=options.seed,
        style=options.style,
        progress=progress,
    )
    write(frames, options.output)
    if not options.quiet:
        print(summary(options.output, len(frames), time.perf_counter() - begun_s))
    return 0

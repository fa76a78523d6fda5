"""`t2s export`: a rendered or recorded clip as a file for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.outputs.recorder import WRITERS, write_whole, writer_of
from t2s_rt.face.clip import load_rows
from t2s_rt.timebase import FRAME_RATE_HZ

DESCRIPTION = """\
Turn a clip (`t2s render VOICE.wav -o CLIP.npz`, or a recording) into what other programs open. The
ending of OUT says what: .csv a take of Live Link Face, .glb the embedded head with the clip as its
animation, .vrma an animation for VRM avatars (.perfect.vrma for those with the 52 ARKit expressions),
.flame.npz FLAME parameters with the hash of their basis, .npz the clip itself.

  t2s export clip.npz -o clip.glb
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "export",
        help="a clip as CSV, GLB or FLAME parameters",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clip", type=Path, help="an archive of `t2s render` or of a recording")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help=f"ends in {', '.join(WRITERS)}"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Convert one clip."""
    writer_of(options.output)
    rows = load_rows(options.clip)
    write_whole(options.output, rows)
    print(f"{options.output}: {len(rows)} frames, {len(rows) / FRAME_RATE_HZ:.1f} s")
    return 0

"""`t2s compile`: a model made ready for TensorRT or TensorRT-RTX before the show."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from t2s_rt.inference.backends.seam import Backend
from t2s_rt.inference.backends.tensorrt_build import (
    PORTABLE,
    Compiled,
    Library,
    check_target,
    compile_model,
)
from t2s_rt.inference.manifest import bundled_model_path, load_manifest

DESCRIPTION = f"""\
Compile a model for NVIDIA GPUs, so that `t2s live --backend ...` starts without doing it.

  t2s compile --backend tensorrt-rtx                one engine for RTX cards of many generations;
                                                    needs no GPU: compile anywhere, show elsewhere
  t2s compile --backend tensorrt-rtx --target 8.9   for one compute capability alone
  t2s compile --backend tensorrt                    data-centre cards; on the GPU that will run it

Engines are kept in the user's cache (XDG_CACHE_HOME, or ~/.cache; LOCALAPPDATA on Windows), named by
model, library version and GPU. `{PORTABLE}` is the default target of tensorrt-rtx.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "compile",
        help="a model made ready for TensorRT",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--backend",
        required=True,
        choices=[Backend.TENSORRT.value, Backend.TENSORRT_RTX.value],
        help="what shall run it",
    )
    parser.add_argument("--model", type=Path, help="folder of an exported model; default: bundled")
    parser.add_argument("--target", default="", help="compute capability of one GPU, such as 8.9")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="where to keep it instead")
    parser.add_argument("--again", action="store_true", help="compile even if it is there")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compile one model, or find it compiled."""
    folder = options.model or bundled_model_path()
    manifest = load_manifest(folder)
    library = Library(Backend(options.backend))
    target = check_target(library, options.target)
    begun_s = time.perf_counter()
    compiled = compile_model(
        folder / manifest.file,
        manifest,
        library,
        target,
        folder=options.cache,
        again=options.again,
    )
    print(summary(manifest.name, library.title, compiled, time.perf_counter() - begun_s))
    return 0


def summary(model: str, library: str, compiled: Compiled, spent_s: float) -> str:
    """What there is now, in two lines."""
    how = f"compiled in {spent_s:.1f} s" if compiled.made else "was already compiled"
    size_mb = len(compiled.engine) / 1e6
    return f"{model}: {how} by {library}, target {compiled.target}, {size_mb:.1f} MB\n{compiled.path}"

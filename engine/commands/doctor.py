"""`t2s doctor`: what this machine has, what it lacks, and the command that adds it."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.config import DEFAULT_PORT, VIEWER_DIR
from engine.sources.microphone import list_devices
from t2s_rt.errors import ModelError, T2SError
from t2s_rt.face.flame import FlameHead
from t2s_rt.inference.backends.cuda import Cuda
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.inference.motion import MotionModel

DESCRIPTION = """\
Look at this machine: packages, model, head, page, microphones, port. Each line says ok, or what is
missing and the command that adds it. Exit code 0 when `t2s live` can run, 2 when something that it
needs is missing.
"""
SETUP = "run `python dev.py setup` in the repository"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        what: What was looked at.
        found: What is there, or what is missing and how to add it.
        ok: Whether it is as it should be.
        needed: Whether `t2s live` cannot run without it.
    """

    what: str
    found: str
    ok: bool = True
    needed: bool = True


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="what this machine has and what it lacks",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port `t2s live` would use")
    parser.set_defaults(run=run)


def machine() -> Finding:
    """Operating system, Python and processors."""
    about = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return Finding("machine", f"{about}, {os.cpu_count()} processors")


def package(distribution: str, purpose: str, remedy: str, *, needed: bool) -> Finding:
    """Whether an installed package is there, and its version."""
    try:
        return Finding(distribution, f"{importlib.metadata.version(distribution)} ({purpose})")
    except importlib.metadata.PackageNotFoundError:
        return Finding(distribution, f"missing ({purpose}): {remedy}", ok=False, needed=needed)


def packages() -> list[Finding]:
    """The packages that sound, model and wire stand on."""
    header = "apt install portaudio19-dev, or brew install portaudio; then pip install pyaudio"
    return [
        package("numpy", "arrays", SETUP, needed=True),
        package("aubio-ledfx", "pitch, onsets", SETUP, needed=True),
        package("soundfile", "audio files", SETUP, needed=True),
        package("websockets", "server", SETUP, needed=True),
        package("miniaudio", "microphone", SETUP, needed=False),
        package("pyaudio", "microphone through PortAudio", header, needed=False),
        package("onnxruntime", "the model", 'pip install "t2s-rt[cpu]"', needed=False),
    ]


def attempt(what: str, look: Callable[[], str], *, needed: bool) -> Finding:
    """A finding from something that either describes itself or raises a sentence."""
    try:
        return Finding(what, look())
    except T2SError as problem:
        return Finding(what, str(problem), ok=False, needed=needed)


def model() -> str:
    """The bundled model and what really runs it."""
    loaded = MotionModel.load()
    return f"{loaded.manifest.name}, {loaded.network.running_on}"


def gpus() -> list[Finding]:
    """The GPU, and what really runs the bundled model on each backend; without a driver nothing can."""
    try:
        gpu = Cuda().gpu
    except ModelError as problem:
        return [Finding("gpu", f"{problem.problem} The model runs on the CPU, as it should.")]
    capability = ".".join(map(str, gpu.capability))
    further = [backend for backend in Backend if backend is not Backend.CPU]
    return [
        Finding("gpu", f"{gpu.name}, compute capability {capability}"),
        *(attempt(backend.value, partial(running_on, backend), needed=False) for backend in further),
    ]


def running_on(backend: Backend) -> str:
    """What really runs the bundled model on a backend."""
    return MotionModel.load(backend=backend).network.running_on


def microphones() -> Finding:
    """How many inputs there are."""
    try:
        devices = list_devices()
    except T2SError as problem:
        return Finding("microphones", str(problem), ok=False, needed=False)
    if not devices:
        advice = "none: plug one in, or use --source demo, file:PATH or ws"
        return Finding("microphones", advice, ok=False, needed=False)
    return Finding("microphones", ", ".join(device.name for device in devices[:4]))


def page() -> Finding:
    """Whether the built page is there."""
    if (VIEWER_DIR / "index.html").exists():
        return Finding("page", "built")
    return Finding("page", f"not built: {SETUP}", ok=False, needed=False)


def port(number: int) -> Finding:
    """Whether the port is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            advice = f"{number} is in use: choose another with `t2s live --port N`"
            return Finding("port", advice, ok=False, needed=False)
    return Finding("port", f"{number} is free")


def examine(port_number: int) -> list[Finding]:
    """Everything that is looked at, in the order it is printed."""
    return [
        machine(),
        *packages(),
        attempt("model", model, needed=False),
        *gpus(),
        attempt("head", lambda: f"basis {FlameHead.load().basis_hash[:12]}", needed=True),
        page(),
        microphones(),
        port(port_number),
    ]


def run(options: argparse.Namespace) -> int:
    """Print the report."""
    findings = examine(options.port)
    for finding in findings:
        mark = "ok" if finding.ok else ("MISSING" if finding.needed else "note")
        print(f"{mark:8}{finding.what:13}{finding.found}")
    return 2 if any(finding.needed and not finding.ok for finding in findings) else 0

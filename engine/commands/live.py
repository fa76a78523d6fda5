"""`t2s live`: a voice goes in, a singing face goes out, now."""

from __future__ import annotations

import argparse
import asyncio
import math
import signal
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from engine.app import App, RunReport, Snapshot
from engine.commands.model_options import add_model_options
from engine.commands.performance_options import add_performance_options
from engine.commands.song_options import add_song_options
from engine.config import DEFAULT_HOST, DEFAULT_PORT, LiveConfig
from engine.metrics import LatencySummary
from engine.song_clock import MOST_OFFSET_S
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.intensity.actions import ACTION_INDEX

DESCRIPTION = """\
Run the engine: sound in, a face at ws://127.0.0.1:8760/ and as a page at http://127.0.0.1:8760/.

sources (--source):
  mic              the default microphone; mic:NAME picks one by part of its name (see t2s devices)
  file:PATH        a recording, at real speed; --loop starts it again
  demo             the demo song that ships with t2s, in a loop
  ws               sound that a client sends (the page's Sing button, a DAW)
  synthetic:KIND   clicks, tone, vowels or silence

  t2s live --source mic --seconds 30    ends by itself and prints a latency table
  t2s live --source demo --open         opens the page
  t2s live --source file:song.ogg --song song.txt --subtitles song.vtt
                                        sings with words known; edit song.vtt while it runs
  t2s live --output vmc --output livelink:192.168.1.20
                                        the face in the program your avatar lives in (docs/outputs.md)

outputs (--output, any number):
  vmc[:HOST:PORT]            VRM avatars: VSeeFace, Warudo, VNyan
  livelink[:HOST:PORT]       Unreal Engine
  vts[:HOST:PORT]            Live2D models in VTube Studio
  ifacialmocap[:HOST:PORT]   programs that ask a phone; ifacialmocap:to=HOST:PORT sends unasked
  openseeface[:HOST:PORT]    programs that take OpenSeeFace's tracker
  record:FILE                .npz, .flame.npz, .csv (Live Link Face), .glb or .vrma (animations)
"""
BAR_CELLS = 12
NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "live",
        help="a voice in, a singing face out, now",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", default="mic", help="where sound comes from (default: mic)")
    parser.add_argument("--seconds", type=float, help="end after this long (default: Ctrl-C ends)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}")
    parser.add_argument(
        "--host", default=DEFAULT_HOST, help="address to listen on; beyond this machine give --token"
    )
    parser.add_argument("--token", default="", help="what clients must present as ?token=")
    parser.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="PEM file: https and wss instead of http and ws; needs --key",
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="the certificate's private key, PEM")
    add_song_options(parser)
    add_model_options(parser)
    parser.add_argument(
        "--flame",
        type=Path,
        metavar="FILE",
        help="FLAME parameters for this file, calibrated by t2s flame calibrate; default: our head",
    )
    add_performance_options(parser)
    parser.add_argument(
        "--output-offset-ms",
        type=offset_ms,
        default=0.0,
        metavar="MS",
        help="how much later the singer hears the player than it says: the latency of loudspeakers",
    )
    parser.add_argument(
        "--microphone-offset-ms",
        type=offset_ms,
        default=0.0,
        metavar="MS",
        help="how much earlier was sung what the microphone gives now, beyond what its driver says",
    )
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="SPEC",
        help="another program that gets the face; may come several times",
    )
    parser.add_argument(
        "--outputs",
        type=Path,
        metavar="FILE",
        help="a file of such specifications, one a line; saving it switches outputs while it runs",
    )
    parser.add_argument(
        "--mapping", type=Path, metavar="FILE", help="changes to what outputs send (see t2s mapping)"
    )
    parser.add_argument("--loop", action="store_true", help="start a file again when it ends")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.set_defaults(run=run)


def offset_ms(text: str) -> float:
    """An offset in ms from the command line."""
    most_ms = 1000 * MOST_OFFSET_S
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= most_ms:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no offset: give ms from -{most_ms:.0f} to {most_ms:.0f}"
        )
    return value


def run(options: argparse.Namespace) -> int:
    """Run the engine until it ends, then print the latency table."""
    config = LiveConfig(
        source=options.source,
        host=options.host,
        port=options.port,
        token=options.token,
        certificate=options.certificate,
        key=options.key,
        seconds=options.seconds,
        model=options.model,
        backend=Backend(options.backend),
        voice_profile=options.voice_profile,
        seed=options.seed,
        style=options.style,
        flame=options.flame,
        loop=options.loop or options.source == "demo",
        song=options.song,
        subtitles=options.subtitles,
        voice=options.voice,
        follow=not options.no_follow,
        output_offset_s=options.output_offset_ms / 1000,
        microphone_offset_s=options.microphone_offset_ms / 1000,
        outputs=tuple(options.output),
        outputs_file=options.outputs,
        mapping=options.mapping,
    )
    app = App(config)

    def announce(url: str) -> None:
        print(f"t2s: singing at {url}   (Ctrl-C ends)")  # first: programs read it there
        print(f"t2s: the mouth is moved by {app.motion}", flush=True)
        if options.open:
            webbrowser.open(url)

    status = StatusLine() if sys.stderr.isatty() else None
    report = asyncio.run(until_interrupted(app, announce, status))
    if status is not None:
        status.clear()
    print(table(report))
    return 0


async def until_interrupted(
    app: App, announce: Callable[[str], None], on_status: Callable[[Snapshot], None] | None
) -> RunReport:
    """Run the app; Ctrl-C or a termination request ends it as if its time were over."""
    running = asyncio.ensure_future(app.run(on_start=announce, on_status=on_status))
    loop = asyncio.get_running_loop()
    previous = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(app.end))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        return await running
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class StatusLine:
    """One line on the terminal that keeps up with what is heard and shown."""

    def __init__(self) -> None:
        self._width = 0

    def __call__(self, snapshot: Snapshot) -> None:
        """Draw the line again."""
        text = describe(snapshot)
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def clear(self) -> None:
        """Leave the terminal as it was."""
        sys.stderr.write("\r" + " " * self._width + "\r")
        sys.stderr.flush()


def describe(snapshot: Snapshot) -> str:
    """The status line's text: source, note, level, jaw, clients, warnings."""
    frame = snapshot.frame
    if frame is None:
        return snapshot.source
    note = note_name(frame.voice.f0_hz) if frame.voice.voiced else "-"
    jaw = frame.actions[ACTION_INDEX["jaw_open"]]
    bar = ("#" * round(float(jaw) * BAR_CELLS)).ljust(BAR_CELLS)
    line = (
        f"{snapshot.source} | {note:>4} {frame.voice.loudness_dbfs:5.0f} dBFS | jaw [{bar}] | "
        f"{snapshot.clients} clients"
    )
    return " | ".join((line, *snapshot.warnings))


def note_name(f0_hz: float) -> str:
    """The nearest note of the equal-tempered scale at A4 = 440 Hz, such as ``C#5``."""
    midi = round(69 + 12 * math.log2(f0_hz / 440))
    return f"{NOTE_NAMES[midi % 12]}{midi // 12 - 1}"


def table(report: RunReport) -> str:
    """The latency table that ends a run, in ms."""
    lines = [f"{'stage':18}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}   ms"]
    lines += [row(name, summary) for name, summary in report.stages.items() if summary.count]
    lines.append(
        f"{report.frames} frames; {report.mailbox_drops} not taken by the event loop, "
        f"{report.dropped_samples} samples lost"
    )
    return "\n".join(lines)


def row(name: str, summary: LatencySummary) -> str:
    """One line of the table."""
    return (
        f"{name:18}{summary.p50_ms:9.3f}{summary.p95_ms:9.3f}{summary.p99_ms:9.3f}{summary.max_ms:9.3f}"
    )

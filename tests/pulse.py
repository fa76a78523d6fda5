"""A PulseAudio server of our own whose null sink is the microphone: a real device without hardware.

What is played into the sink comes out of its monitor, which is the default input of PortAudio and
miniaudio alike.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAMS = ("pulseaudio", "pactl", "paplay")
PATIENCE_S = 15.0
SERVER_SETTINGS = """\
load-module module-native-protocol-unix auth-anonymous=1
load-module module-null-sink sink_name=voice rate=48000 channels=1 channel_map=mono
set-default-sink voice
set-default-source voice.monitor
"""
FLAGS = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--realtime=no", "--high-priority=no")


def missing_programs() -> list[str]:
    """Which of the programs that this needs are not installed."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


class PulseServer:
    """One private server; `start` and `kill` may alternate. A context manager that ends it.

    Entering sets this process's environment so that every sound library talks to this server and to no
    other, and leaving restores it.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="t2s-pulse-"))
        self._settings = self.folder / "server.pa"
        self._settings.write_text(SERVER_SETTINGS)
        client = self.folder / "client.conf"
        client.write_text("autospawn = no\n")
        for name in ("pulse", "state"):
            (self.folder / name).mkdir(mode=0o700)
        self.environment = {
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_RUNTIME_PATH": str(self.folder / "pulse"),
            "PULSE_STATE_PATH": str(self.folder / "state"),
            "PULSE_CLIENTCONFIG": str(client),
            "JACK_NO_START_SERVER": "1",
        }
        self._before: dict[str, str | None] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PulseServer:
        names = [*self.environment, "PULSE_SERVER"]
        self._before = {name: os.environ.pop(name, None) for name in names}
        os.environ.update(self.environment)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers; does nothing when it runs."""
        if self.is_running:
            return
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["pulseaudio", *FLAGS, "--use-pid-file=no", "-F", str(self._settings)],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if not self.is_running or time.monotonic() > deadline:
                self.kill()
                log_text = (self.folder / "server.log").read_text(errors="replace")
                raise RuntimeError(f"the PulseAudio server does not answer:\n{log_text}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server at once, as a crash would; does nothing when there is none."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def suspend(self, *, suspended: bool) -> None:
        """Make the device stop (or go on) delivering while it stays listed."""
        pactl("suspend-sink", "voice", "1" if suspended else "0")

    def play(self, recording: Path) -> subprocess.Popen[bytes]:
        """Sing a recording into the microphone; wait for or kill what is returned."""
        return subprocess.Popen(
            ["paplay", "--latency-msec=20", "-d", "voice", str(recording)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        return subprocess.run(["pactl", "info"], capture_output=True, check=False).returncode == 0


def pactl(*arguments: str) -> str:
    """Run pactl against the server of this process's environment; its output."""
    done = subprocess.run(["pactl", *arguments], capture_output=True, check=True, text=True)
    return done.stdout


def main(command: list[str]) -> int:
    """Run a command while a null sink is the microphone: `python -m tests.pulse t2s bench latency`."""
    if missing := missing_programs():
        sys.stderr.write(f"no {' and '.join(missing)}: apt install pulseaudio pulseaudio-utils\n")
        return 2
    with PulseServer() as server:
        server.start()
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

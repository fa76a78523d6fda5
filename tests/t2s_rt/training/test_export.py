import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')
pytest.importorskip("onnxscript", reason='no onnxscript: pip install -e ".[train]"')

from t2s_rt.errors import ModelError  # noqa: E402
from t2s_rt.inference.manifest import load_manifest  # noqa: E402
from t2s_rt.inference.motion import MotionModel  # noqa: E402
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_INDEX  # noqa: E402
from t2s_rt.model.network import MotionNetwork, Shape  # noqa: E402
from t2s_rt.timebase import HOPS_PER_FRAME  # noqa: E402
from t2s_rt.training.export import export, largest_difference, sound_postures  # noqa: E402
from t2s_rt.training.targets import SOUND_CLASSES  # noqa: E402
from t2s_rt.training.train import Config  # noqa: E402
from t2s_rt.types import FEATURE_COUNT, MEL_BANDS  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore"),  # the exporter's own deprecations
    pytest.mark.timeout(180),
]

ACTIONS = ("jaw_open", "lip_closure")
SHAPE = Shape(outputs=len(ACTIONS), sounds=len(SOUND_CLASSES), channels=8, hidden=12, presence=6)


@pytest.fixture(scope="module")
def network() -> MotionNetwork:
    torch.manual_seed(0)
    return MotionNetwork(SHAPE).eval()


@pytest.fixture(scope="module")
def exported(network: MotionNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("run")
    torch.save(network.state_dict(), run / "weights.pt")
    facts = {"config": asdict(Config(lookahead_samples=400, shape=SHAPE)), "actions": ACTIONS}
    facts |= {"trained_on": ["A test; free"], "mel_profile_db": [0.0] * MEL_BANDS}
    (run / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    out = tmp_path_factory.mktemp("models") / "motion-v5"
    export(run, out)
    return out


def test_an_export_loads_and_moves(exported: Path) -> None:
    manifest = load_manifest(exported)
    assert (manifest.name, manifest.version) == ("motion-v5", 5)
    assert (manifest.outputs, manifest.lookahead_samples) == (ACTIONS, 400)
    assert manifest.trained_on == ("A test; free",)
    stream, out = MotionModel.load(exported).stream(), np.zeros(ACTION_COUNT, np.float32)
    stream.step(np.full((HOPS_PER_FRAME, FEATURE_COUNT), -30, np.float32), out)
    assert stream.presence is not None
    assert 0.0 <= stream.presence <= 1.0
    assert set(np.flatnonzero(out)) <= {ACTION_INDEX[name] for name in ACTIONS}


def test_nothing_of_the_machine_is_in_the_file(exported: Path) -> None:
    content = (exported / "model.onnx").read_bytes()
    assert b"network.py" not in content
    assert str(Path(__file__).resolve().parents[3]).encode() not in content


def test_another_network_is_found_to_differ(network: MotionNetwork, exported: Path) -> None:
    postures, file = sound_postures(ACTIONS), exported / "model.onnx"
    assert largest_difference(network, postures, file, frames=200) < 1e-5
    torch.manual_seed(1)
    assert largest_difference(MotionNetwork(SHAPE).eval(), postures, file, frames=5) > 1e-3


def test_lips_that_are_surely_a_p_are_closed() -> None:
    """A vowel leaves the jaw to the regression, which hears how loud the voice is."""
    postures, said = sound_postures(ACTIONS), torch.tensor([[0.5, 0.1]])
    sure = {name: torch.full((1, len(SOUND_CLASSES)), -20.0) for name in "pa"}
    for name, sounds in sure.items():
        sounds[0, SOUND_CLASSES.index(name)] = 20.0
    jaw, closure = postures(said, sure["p"])[0].tolist()
    assert closure == pytest.approx(1.0)
    assert 0.12 < jaw < 0.4
    assert postures(said, sure["a"])[0, 0].item() == pytest.approx(0.5)


def test_many_singers_fit_one_call(exported: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(exported / "model.onnx", providers=["CPUExecutionProvider"])
    feeds = {port.name: np.zeros((5, port.shape[1]), np.float32) for port in session.get_inputs()}
    assert all(result.shape[0] == 5 for result in session.run(None, feeds))


def test_a_run_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"t2s_rt\.training\.train"):
        export(tmp_path / "nowhere", tmp_path / "mouth-v1")


def test_a_model_folder_needs_a_version(network: MotionNetwork, tmp_path: Path) -> None:
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    facts = {"config": asdict(Config(shape=SHAPE)), "actions": ACTIONS}
    facts |= {"trained_on": ["A test; free"], "mel_profile_db": [0.0] * MEL_BANDS}
    (tmp_path / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(ModelError, match="has no version"):
        export(tmp_path, tmp_path / "mouth")

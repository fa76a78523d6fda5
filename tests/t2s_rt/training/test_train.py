import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.errors import ModelError  # noqa: E402
from t2s_rt.model.network import Shape  # noqa: E402
from t2s_rt.training import train  # noqa: E402
from t2s_rt.training.material import Material  # noqa: E402
from t2s_rt.training.prepare.facegood import ACTION_NAMES  # noqa: E402
from t2s_rt.training.rendering import Kind, Rendering, model_inputs  # noqa: E402
from t2s_rt.training.targets import SOUND_CLASSES  # noqa: E402
from t2s_rt.training.train import Config, Stage, fit, load_taught, minutes, save_run  # noqa: E402
from t2s_rt.types import FEATURE_COUNT, Feature  # noqa: E402

pytestmark = pytest.mark.torch

JAW = ACTION_NAMES.index("jaw_open")


def swelling(kind: Kind, seed: int, hops: int = 1200) -> Rendering:
    """A voice whose loudness opens the jaw, and which is there when it is loud."""
    rng = np.random.default_rng(seed)
    level = np.interp(np.arange(hops), np.arange(0, hops + 40, 40), rng.uniform(0, 1, hops // 40 + 1))
    features = np.zeros((hops, FEATURE_COUNT), np.float32)
    features[:, Feature.LOUDNESS_DBFS] = -60 + 40 * level
    features[:, Feature.MEL] = features[:, [Feature.LOUDNESS_DBFS]] + rng.normal(0, 2, (hops, 48))
    features[:, Feature.REFERENCE_DBFS] = -20
    targets = np.zeros((hops, len(ACTION_NAMES)), np.float32)
    targets[:, JAW] = 0.6 * level
    voice = (level > 0.3).astype(np.int8)
    weights = np.ones(len(ACTION_NAMES), np.float32)
    return Rendering(
        kind, kind, features.astype(np.float16), targets.astype(np.float16), weights, voice, voice
    )


SHAPE = Shape(outputs=len(ACTION_NAMES), sounds=len(SOUND_CLASSES), channels=24, hidden=24, presence=8)
CONFIG = Config(batch=6, clip_frames=70, average=0.8, shape=SHAPE)
SHARES: dict[Kind, float] = {"read": 0.6, "song": 0.4}


@pytest.fixture(scope="module", autouse=True)
def _one_core() -> None:
    torch.set_num_threads(1)  # two would wait for each other while other tests run


@pytest.fixture(scope="module")
def renderings() -> list[Rendering]:
    return [swelling("read", 1), swelling("read", 2), swelling("song", 3)]


def test_training_learns_the_mouth_and_the_voice_of_what_was_not_heard(
    renderings: list[Rendering],
) -> None:
    network = fit(renderings, CONFIG, Stage(SHARES, 60, 1e-2))
    features, wanted, voice, _ = swelling("read", 9).frames(CONFIG.lookahead_samples)
    with torch.no_grad():
        predicted = network(torch.from_numpy(model_inputs(features))[None])
    jaw = predicted.actions[0, :, JAW].numpy()
    assert np.corrcoef(jaw[30:], wanted[30:, JAW])[0, 1] > 0.9
    heard = predicted.presence[0].numpy() > 0
    assert (heard == (voice == 1))[30:].mean() > 0.85


def test_a_second_stage_goes_on_from_the_first(renderings: list[Rendering]) -> None:
    begun = fit(renderings, CONFIG, Stage(SHARES, 3, 1e-3))
    still = fit(renderings, CONFIG, Stage(SHARES, 1, 1e-9), begun)
    for a, b in zip(begun.parameters(), still.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


def test_a_seed_repeats_its_training(renderings: list[Rendering]) -> None:
    stage = Stage(SHARES, 3, 1e-3)
    one, same = fit(renderings, CONFIG, stage), fit(renderings, CONFIG, stage)
    for a, b in zip(one.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=0, rtol=0)


def test_a_run_tells_what_it_heard(renderings: list[Rendering], tmp_path: Path) -> None:
    network = fit(renderings, CONFIG, Stage(SHARES, 1, 1e-3))
    save_run(network, CONFIG, tmp_path / "run", {"minutes": minutes(renderings)})
    facts = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert facts["minutes"] == {"read": 0.3, "song": 0.2}
    assert facts["actions"] == list(ACTION_NAMES)
    assert (tmp_path / "run" / "weights.pt").is_file()


def test_a_first_stage_is_found_again(renderings: list[Rendering], tmp_path: Path) -> None:
    network = fit(renderings, CONFIG, Stage(SHARES, 1, 1e-3))
    save_run(network, CONFIG, tmp_path / "taught", {})
    again = load_taught(tmp_path / "taught", CONFIG)
    for a, b in zip(network.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=0, rtol=0)
    with pytest.raises(ModelError, match="holds no first stage of this shape"):
        load_taught(tmp_path / "taught", Config())
    with pytest.raises(ModelError, match="Name the folder of a run"):
        load_taught(tmp_path / "nothing", CONFIG)


def test_a_training_goes_on_from_an_earlier_one(
    renderings: list[Rendering], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "gather", lambda *_: Material(tuple(renderings), ("A test; free",)))
    monkeypatch.setattr(train, "Config", partial(Config, batch=6, clip_frames=70, shape=SHAPE))

    def run(out: str, *options: str) -> None:
        told = ["train", "--out", str(tmp_path / out), "--captured-steps", "0", *options]
        monkeypatch.setattr(sys, "argv", told)
        train.main()

    run("first", "--steps", "20")
    run(
        "second",
        "--steps",
        "1",
        "--learning-rate",
        "1e-9",
        "--begin-from",
        str(tmp_path / "first-taught"),
    )
    first, second = (load_taught(tmp_path / f"{name}-taught", CONFIG) for name in ("first", "second"))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=0)
    facts = json.loads((tmp_path / "second-taught" / "run.json").read_text(encoding="utf-8"))
    assert (facts["begun_from"], facts["steps"]) == ("first-taught", 1)


@pytest.mark.parametrize(
    "options",
    [["--leave-one-out", "--captured-steps", "0"], ["--taught", "runs/a", "--begin-from", "runs/a"]],
)
def test_options_that_exclude_each_other_are_refused(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train", *options])
    with pytest.raises(SystemExit):
        train.main()
    assert options[0] in capsys.readouterr().err

"""One subject through the families, without any recording of others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.quality.evaluate import FAMILIES, Material, chosen, evaluate, knows_takes
from bench.quality.figures import load_bars
from bench.quality.loudness import LoudnessMeter
from t2s_rt.errors import ConfigError, SetupError
from t2s_rt.inference.manifest import bundled_model_path
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.facegood import SOURCE


def no_clips() -> Sequence[LabelledClip]:
    raise SetupError("There is no corpus here.")


def test_families_keep_their_order_and_unknown_ones_are_refused() -> None:
    assert chosen(["timing", "song"]) == ["song", "timing"]
    assert chosen([]) == list(FAMILIES)
    with pytest.raises(ConfigError, match="no rows colour"):
        chosen(["colour"])


def test_what_cannot_be_measured_is_said_and_the_rest_is_measured() -> None:
    told: list[str] = []
    verdict = evaluate(LoudnessMeter(), Material(no_clips), ["speech", "cost", "prosody"], told.append)
    assert verdict.missing == {"speech": "There is no corpus here."}
    assert verdict.figures == ()  # a peer has neither brows nor a model file
    assert told == ["speech", "prosody", "cost"]


def test_sung_vowels_of_the_loudness_meter_are_judged() -> None:
    """The floor: opening does not tell a from i by loudness, brightness does tell i from u."""
    verdict = evaluate(LoudnessMeter(), Material(no_clips), ["sung"])
    values = {figure.key: figure.value for figure in verdict.figures}
    assert set(values) <= set(load_bars())
    assert values["sung.open"] == pytest.approx(0.5, abs=0.1)
    assert values["sung.wide"] > 0.7


def test_a_model_that_heard_the_takes_is_known_by_its_manifest(tmp_path: Path) -> None:
    assert not knows_takes(None)  # the bundled one: its takes' rows are of faces it has not seen
    facts = json.loads((bundled_model_path() / "manifest.json").read_text(encoding="utf-8"))
    facts["trained_on"].append(SOURCE)
    (tmp_path / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes((bundled_model_path() / "model.onnx").read_bytes())
    assert knows_takes(tmp_path)

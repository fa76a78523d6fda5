"""docs/outputs.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.cli import main
from engine.clock import ManualClock
from engine.metrics import Metrics
from engine.outputs.spec import KINDS, open_output
from t2s_rt.face.mapping import TABLES, parse_mapping

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
PLACES = {"ADDRESS_OF_THAT_MACHINE": "192.168.1.7", "ITS_ADDRESS": "192.168.1.7", "PORT": "5000"}


def specifications() -> list[str]:
    found = re.findall(r"--output ([^\s`]+)", PAGE)
    found += re.findall(r"`((?:vmc|livelink|vts|ifacialmocap|openseeface)[:,][^`\s]+)`", PAGE)
    for word, value in PLACES.items():
        found = [spec.replace(word, value) for spec in found]
    return sorted(set(found))


@pytest.mark.parametrize("spec", specifications())
def test_every_output_on_the_page_can_be_made(spec: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_output(spec.rstrip(","), clock=ManualClock())


def test_the_page_names_every_kind_and_every_section() -> None:
    assert all(f"`{kind}`" in PAGE for kind in KINDS)
    assert all(f"`{section}`" in PAGE for section in TABLES)


def test_the_example_of_a_mapping_is_right(tmp_path: Path, capsys) -> None:
    (text,) = re.findall(r"```toml mapping\n(.*?)```", PAGE, re.DOTALL)
    assert {"vts", "livelink"} == set(parse_mapping(text).changes)
    (tmp_path / "my.toml").write_text(text)
    assert main(["mapping", "check", str(tmp_path / "my.toml")]) == 0
    assert "MySmile" in capsys.readouterr().out


def test_the_metrics_on_the_page_exist() -> None:
    metrics = Metrics()
    metrics.outputs.labels(output="x").set(1)
    for counter in (metrics.output_frames, metrics.output_skips, metrics.output_failures):
        counter.labels(output="x").inc()
    shown = metrics.exposition()[0].decode()
    for name in re.findall(r"`(t2s_output\w+)`", PAGE):
        assert name in shown

"""docs/quality.md from verdicts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.quality.evaluate import Verdict
from bench.quality.figures import Bar, Figure
from bench.quality.page import (
    behind,
    better,
    comparison_table,
    dump_verdict,
    load_misses,
    load_verdict,
    misses,
    page_text,
    row_table,
)
from t2s_rt.errors import ConfigError

BARS = {
    "song.open": Bar("a opener", at_least=0.9),
    "timing.onset": Bar("onset", at_most=25, unit="ms"),
    "mesh.lve": Bar("LVE", unit="mm"),
}


def verdict(name: str, opened: float, onset: float) -> Verdict:
    figures = (Figure("song.open", opened, "62 vowels"), Figure("timing.onset", onset))
    return Verdict(name, figures, {"music": "no album"})


def test_a_verdict_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    path.write_text(dump_verdict(verdict("ours", 0.95, math.nan)))
    read = load_verdict(path)
    assert read.subject == "ours"
    assert read.figures[0] == Figure("song.open", 0.95, "62 vowels")
    assert math.isnan(read.figures[1].value)
    assert read.missing == {"music": "no album"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"subject": "x", "figures": {"a": 1}, "missing": {}}']
)
def test_what_is_no_verdict_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "verdict.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="holds no verdict"):
        load_verdict(path)


def test_rows_say_met_missed_or_not_measured() -> None:
    lines = row_table(Verdict("ours", (Figure("song.open", 0.8),), {}), BARS).splitlines()
    assert lines[2] == "| a opener | 0.800 | >= 0.9 | **missed** |  |"
    assert lines[3] == "| onset | not measured | <= 25 | | |"
    assert len(lines) == 4  # LVE is only told: nothing to miss


def test_better_goes_by_the_bar_and_never_loses_to_a_number() -> None:
    assert better(BARS["song.open"], "song.open", 0.9, 0.8)
    assert better(BARS["timing.onset"], "timing.onset", 20.0, 30.0)
    assert better(BARS["mesh.lve"], "mesh.lve", 1.0, 2.0)
    assert not better(BARS["timing.onset"], "timing.onset", math.nan, 30.0)
    assert better(BARS["timing.onset"], "timing.onset", 30.0, math.nan)


def test_the_best_of_each_row_is_bold_and_who_is_ahead_is_named() -> None:
    verdicts = [verdict("ours", 0.95, 30.0), verdict("peer", 0.70, 20.0)]
    shown = comparison_table(verdicts, BARS)
    assert "| a opener | **0.950** | 0.700 |" in shown
    assert "| onset | 30.0 | **20.0** |" in shown
    assert behind(verdicts, BARS) == ["peer is ahead in: onset"]


def test_each_miss_is_told_with_what_was_tried() -> None:
    told = misses(verdict("ours", 0.5, 30.0), BARS, {"song.open": "Three ideas, none helped."})
    assert "**a opener**, 0.500 against >= 0.9. Three ideas, none helped." in told
    assert "Nobody has written down yet what was tried." in told
    assert misses(verdict("ours", 0.95, 20.0), BARS, {}) == "None."


def test_misses_of_rows_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "misses.toml"
    path.write_text('"song.colour" = "x"\n')
    with pytest.raises(ConfigError, match=r"song\.colour"):
        load_misses(path)
    path.write_text('"song.open" = """\nTried.\n"""\n')
    assert load_misses(path) == {"song.open": "Tried."}
    assert load_misses(tmp_path / "absent.toml") == {}


def test_the_page_has_rows_misses_comparison_pictures_and_method() -> None:
    text = page_text([verdict("ours", 0.95, 30.0), verdict("peer", 0.7, 40.0)], BARS, {}, "Machine: m.")
    for part in ("ours: 1 of 2 bars met", "Not measured: music. no album", "Nobody is ahead in any row.",
                 "images/quality-song.png", "**Closures**"):  # fmt: skip
        assert part in text

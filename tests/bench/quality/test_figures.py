"""Bars and verdicts."""

from __future__ import annotations

import math

from bench.quality.figures import Bar, Figure, load_bars, number, table


def test_floors_ceilings_and_windows() -> None:
    assert Bar("x", at_least=0.9).met(0.9)
    assert not Bar("x", at_least=0.9).met(0.899)
    assert Bar("x", at_most=0.02).met(0.02)
    assert not Bar("x", at_most=0.02).met(0.021)
    window = Bar("x", at_least=0.4, at_most=0.7)
    assert [window.met(v) for v in (0.39, 0.4, 0.7, 0.71)] == [False, True, True, False]


def test_never_is_a_miss_and_what_is_only_told_never_misses() -> None:
    assert not Bar("x", at_most=1.0).met(math.nan)
    assert not Bar("x", at_least=0.0).met(math.nan)
    assert Bar("x").met(math.nan)
    assert not Bar("x").judged


def test_the_table_shows_figures_bars_and_the_count() -> None:
    bars = {
        "a.one": Bar("one", at_least=1.0),
        "a.two": Bar("two", at_most=5, unit="ms"),
        "a.three": Bar("three"),
    }
    figures = [Figure("a.one", 0.5, "of 3"), Figure("a.two", 4.0), Figure("a.three", math.nan)]
    shown = table(figures, bars)
    assert "FAIL" in shown.splitlines()[1]
    assert "of 3" in shown.splitlines()[1]
    assert "4.000 ms" in shown.splitlines()[2]
    assert "pass" in shown.splitlines()[2]
    assert "never" in shown.splitlines()[3]
    assert shown.endswith("1 of 2 bars met")


def test_numbers_are_short() -> None:
    assert [number(v) for v in (0.12345, 12.345, 123456.0, math.nan)] == [
        "0.123",
        "12.3",
        "123456",
        "never",
    ]


def test_the_acceptance_table_is_in_the_bars() -> None:
    bars = load_bars()
    assert bars["unheard.jaw"].at_least == 0.85
    assert bars["song.closures"].at_least == 16
    assert bars["held.changes"].at_most == 0
    assert bars["band.at30"].at_most == 0.02
    assert (bars["prosody.brow"].at_least, bars["prosody.brow"].at_most) == (0.4, 0.7)
    assert not bars["takes.jaw"].judged

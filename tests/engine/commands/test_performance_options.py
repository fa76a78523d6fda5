"""`--seed` and `--style` of the commands that perform."""

from __future__ import annotations

import argparse

import pytest

from engine.cli import main
from engine.commands.performance_options import add_performance_options


def parsed(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_performance_options(parser)
    return parser.parse_args(options)


def test_without_them_it_is_the_first_performance_in_the_usual_style() -> None:
    assert vars(parsed()) == {"seed": 0, "style": 0.5}


@pytest.mark.parametrize(("text", "style"), [("0", 0.0), ("0.85", 0.85), ("1", 1.0)])
def test_a_style_is_a_number_from_0_to_1(text: str, style: float) -> None:
    assert parsed("--style", text).style == style


@pytest.mark.parametrize("style", ["1.5", "-0.1", "nan", "wild", ""])
@pytest.mark.parametrize(
    "command",
    [["live"], ["render", "voice.wav", "-o", "face.npz"], ["render-song", "song.txt", "-o", "face.npz"]],
    ids=lambda command: command[0],
)
def test_what_is_no_style_gets_a_sentence(
    command: list[str], style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, f"--style={style}"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f"{style!r} is no style: give a number from 0 (calm) to 1 (wild)" in told

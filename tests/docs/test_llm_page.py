"""docs/llm.md names options, files and folders that exist."""

import argparse
import re

from engine import cli
from t2s_rt.pregen.llm import KEY_VARIABLE
from t2s_rt.pregen.prompt import CUES_A_REGION, FEWEST_CUES
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "llm.md").read_text("utf-8")


def options_of(command: str) -> set[str]:
    """Every long option of a command and of the commands under it."""
    found: set[str] = set()
    waiting = [cli.parser()]
    wanted = command.split()
    while waiting:
        parser = waiting.pop()
        for action in parser._actions:
            found |= {option for option in action.option_strings if option.startswith("--")}
            if isinstance(action, argparse._SubParsersAction):
                waiting += [sub for name, sub in action.choices.items() if name in wanted]
    return found


def test_every_option_on_the_page_exists() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - {"--tensor-parallel-size"}
    assert named >= {"--llm", "--llm-model", "--llm-timeout", "--cpu"}
    assert named <= options_of("subtitles") | options_of("llm serve")


def test_files_and_names_on_the_page_exist() -> None:
    for path in re.findall(r"`(tests/[\w/.]+)`", PAGE):
        assert (REPOSITORY / path).exists()
    assert KEY_VARIABLE in PAGE
    assert (CUES_A_REGION, FEWEST_CUES) == (2, 2)  # "two to eight cues, at most two a region"

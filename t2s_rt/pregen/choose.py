"""Which planner writes: the embedded one, or a language model with the embedded one behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from t2s_rt.pregen.plan import Planner
from t2s_rt.pregen.planner import EmbeddedPlanner


@dataclass(frozen=True, slots=True)
class Choice:
    """What a planner is made of. Travels to other processes and machines; no key is in it.

    Attributes:
        lexical: Without the text embedding, even where it is installed.
        llm: Address of a language model's server, empty for the embedded planner.
        llm_model: Its name there, empty for the server's first.
        llm_calls: Questions at a time.
        llm_timeout_s: For one answer.
        llm_anew: Neither use nor keep answers of earlier runs.
    """

    lexical: bool = False
    llm: str = ""
    llm_model: str = ""
    llm_calls: int = 4
    llm_timeout_s: float = 120.0
    llm_anew: bool = False


def make_planner(choice: Choice, progress: Callable[[int, int], None] | None = None) -> Planner:
    """The planner that was chosen. The server's key comes from this process's environment.

    Args:
        choice: Of it.
        progress: Told how many of how many phrases a language model has planned.

    Raises:
        PlanError: The server's address is none.
        ConfigError: A number is out of range, or the folder of answers cannot be made.
        SetupError: The text embedding is installed but does not load.
    """
    if not choice.llm:
        return EmbeddedPlanner(lexical=choice.lexical)
    from t2s_rt.pregen.llm import Server, key_from_environment  # the client comes with an extra
    from t2s_rt.pregen.llm_planner import llm_planner

    server = Server(
        choice.llm,
        choice.llm_model,
        api_key=key_from_environment(),
        concurrency=choice.llm_calls,
        timeout_s=choice.llm_timeout_s,
    )
    return llm_planner(
        server, lexical=choice.lexical, keep_answers=not choice.llm_anew, progress=progress
    )


@cache
def planner_of(choice: Choice) -> Planner:
    """As `make_planner`, once a process: the embedding takes a second to load."""
    return make_planner(choice)

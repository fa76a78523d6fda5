"""Sing-CoT as users get it: similar lines from the bank, answers kept, rules where the model fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from t2s_rt.pregen.agra import Bank
from t2s_rt.pregen.answers import default_folder
from t2s_rt.pregen.few_shot import similar_lines
from t2s_rt.pregen.llm import Server
from t2s_rt.pregen.planner import EmbeddedPlanner
from t2s_rt.pregen.sing_cot import SingCoT


def llm_planner(
    server: Server,
    *,
    lexical: bool = False,
    cache: Path | None = None,
    keep_answers: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> SingCoT:
    """A planner that asks a language model.

    Args:
        server: Where it is and how it is asked.
        lexical: Similar lines and the embedded planner go without the text embedding.
        cache: Folder of answers; None takes `t2s_rt.pregen.answers.default_folder`.
        keep_answers: Whether answers are kept and taken from there at all.
        progress: Told how many of how many phrases are done.

    Raises:
        ConfigError: The folder of answers cannot be made.
        SetupError: The text embedding is installed but does not load.
    """
    return SingCoT(
        server,
        EmbeddedPlanner(lexical=lexical),
        examples=partial(similar_lines, Bank.load(lexical=lexical)),
        cache=(cache or default_folder()) if keep_answers else None,
        progress=progress,
    )

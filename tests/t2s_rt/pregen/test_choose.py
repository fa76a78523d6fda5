"""Which planner is made of which choice."""

from __future__ import annotations

import pytest

from t2s_rt.errors import PlanError
from t2s_rt.pregen.choose import Choice, make_planner, planner_of
from t2s_rt.pregen.planner import EmbeddedPlanner


def test_without_a_server_it_is_the_embedded_one() -> None:
    assert isinstance(make_planner(Choice(lexical=True)), EmbeddedPlanner)


def test_a_process_makes_it_once() -> None:
    assert planner_of(Choice(lexical=True)) is planner_of(Choice(lexical=True))
    assert make_planner(Choice(lexical=True)) is not make_planner(Choice(lexical=True))


def test_a_server_makes_a_language_model_plan() -> None:
    choice = Choice(lexical=True, llm="http://127.0.0.1:1/v1", llm_model="tiny", llm_anew=True)
    assert make_planner(choice).name == "llm:tiny"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(PlanError):
        make_planner(Choice(lexical=True, llm="ftp://nowhere", llm_anew=True))

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.phrase import Delivery, Emotion
from t2s_rt.pregen.plan import window
from t2s_rt.pregen.prompt import EXAMPLE_ANSWER, phrase_schema
from t2s_rt.pregen.units import units_of
from t2s_rt.pregen.validate import (
    ProblemKind,
    json_object,
    one_line,
    read_phrase,
    read_section,
    read_song,
)
from t2s_rt.subtitles.cue import SubtitleTrack
from tests.llm.chat_server import instance
from tests.llm.songs import song_of

SONG = song_of()
WINDOW = window(SONG, 1)
UNITS = units_of(SONG.phrases[1], WINDOW)


def answer(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(dict(EXAMPLE_ANSWER)) | changes


def with_cue(region: str = "brows", **changes: Any) -> str:
    made = answer()
    made[region]["cues"][0] |= changes
    return json.dumps(made)


def kinds(reply: str) -> list[ProblemKind]:
    return [problem.kind for problem in read_phrase(reply, 1, UNITS).problems]


def test_a_valid_answer_becomes_a_plan_in_seconds() -> None:
    plan = read_phrase(json.dumps(EXAMPLE_ANSWER), 1, UNITS).value
    assert plan is not None
    assert (plan.index, plan.emotion, plan.delivery, plan.arousal) == (
        1,
        Emotion.HOPE,
        Delivery.STRONG,
        0.7,
    )
    brows = next(cue for cue in plan.cues if cue.region is Region.BROWS)
    assert (brows.move, brows.intensity, brows.text) == ("raise", 0.7, "opens up on light")
    at = {unit.number: unit for unit in UNITS}
    assert brows.start_s == pytest.approx(at[3].start_s, abs=0.001)
    assert brows.end_s == pytest.approx(at[5].end_s, abs=0.001)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("", ProblemKind.NOT_JSON),
        ("I would rather not.", ProblemKind.NOT_JSON),
        ('{"emotion": hope}', ProblemKind.NOT_JSON),
        ('{"energy": NaN}', ProblemKind.NOT_JSON),
        ('{"energy": ' + "9" * 5000 + "}", ProblemKind.NOT_JSON),
        ('{"a":' * 5000, ProblemKind.NOT_JSON),
        (json.dumps(EXAMPLE_ANSWER)[:200], ProblemKind.CUT_OFF),
        ('{"note": "and then', ProblemKind.CUT_OFF),
        (json.dumps(answer(brows=[])), ProblemKind.SHAPE),
        (json.dumps(answer(brows={"plan": "", "cues": "raise"})), ProblemKind.SHAPE),
        (json.dumps(answer(brows={"plan": "", "cues": [7]})), ProblemKind.SHAPE),
        (json.dumps(answer(emotion="hunger")), ProblemKind.UNKNOWN_WORD),
        (json.dumps(answer(delivery=None)), ProblemKind.UNKNOWN_WORD),
        (json.dumps(answer(energy=11)), ProblemKind.STRENGTH),
        (json.dumps(answer(energy=True)), ProblemKind.SHAPE),
        (with_cue(move="smile"), ProblemKind.UNKNOWN_MOVE),
        (with_cue(move=["raise"]), ProblemKind.UNKNOWN_MOVE),
        (with_cue(words="5-3"), ProblemKind.TIME),
        (with_cue(words="3-99"), ProblemKind.TIME),
        (with_cue(words="all"), ProblemKind.SHAPE),
        (with_cue(strength=0), ProblemKind.STRENGTH),
        (with_cue(strength=-3), ProblemKind.STRENGTH),
        (with_cue(strength=1e400), ProblemKind.NOT_JSON),
        (with_cue(strength=2.5), ProblemKind.SHAPE),
        (json.dumps(answer(**{r: {"plan": "", "cues": []} for r in Region})), ProblemKind.COUNT),
        (
            json.dumps(answer(eyes={"plan": "", "cues": EXAMPLE_ANSWER["eyes"]["cues"] * 3})),
            ProblemKind.COUNT,
        ),
        (
            json.dumps(answer(eyes={"plan": "", "cues": EXAMPLE_ANSWER["eyes"]["cues"] * 2})),
            ProblemKind.OVERLAP,
        ),
    ],
)
def test_what_is_wrong_is_named(reply: str, kind: ProblemKind) -> None:
    assert kinds(reply) == [kind]
    assert read_phrase(reply, 1, UNITS).value is None


def test_an_overlap_is_said_once_in_the_models_words() -> None:
    raise_brows = {"move": "raise", "words": "1-4", "strength": 5, "why": ""}
    inner = {"move": "raise_inner", "words": "3-5", "strength": 5, "why": ""}
    reply = json.dumps(answer(brows={"plan": "", "cues": [raise_brows, inner]}))
    (problem,) = read_phrase(reply, 1, UNITS).problems
    assert "raise (words 1 to 4) and raise_inner (words 3 to 5)" in problem.sentence
    assert "both move brow_raise_inner" in problem.sentence


def test_moves_of_one_region_that_move_different_things_may_be_at_once() -> None:
    furrow = {"move": "furrow", "words": "3-5", "strength": 5, "why": ""}
    cues = [*EXAMPLE_ANSWER["brows"]["cues"], furrow]
    assert kinds(json.dumps(answer(brows={"plan": "", "cues": cues}))) == []


@pytest.mark.parametrize(
    "wrapped",
    ["```json\n{}\n```", "Here it is:\n```\n{}\n```", "<think>{{maybe}}</think>{}", "Sure! {} Bye."],
)
def test_servers_that_enforce_nothing_wrap_their_json(wrapped: str) -> None:
    body = json.dumps(EXAMPLE_ANSWER)
    reply = wrapped.replace("{{", "\0").replace("}}", "\1").replace("{}", body)
    assert kinds(reply.replace("\0", "{").replace("\1", "}")) == []


@pytest.mark.parametrize("words", ["3", 3, " 3 - 5 ", "3 to 5"])
def test_words_may_be_written_in_other_ways(words: object) -> None:
    assert kinds(with_cue(words=words)) == []


def test_remarks_become_one_clean_line() -> None:
    assert one_line("a\n\nb\t--> c\x00\u202e\ud800 d", 60) == "a b → c d"
    assert one_line("x" * 100, 10) == "x" * 9 + "…"


def test_song_and_section_need_as_many_items_as_were_shown() -> None:
    mood = {"emotion": "joy", "energy": 5}
    song = {"theme": "t", "arc": "a", "emotion": "joy", "sections": [mood, mood]}
    assert read_song(json.dumps(song), 2).value is not None
    assert [p.kind for p in read_song(json.dumps(song), 3).problems] == [ProblemKind.COUNT]
    section = {"summary": "s", "lines": [mood | {"meaning": "m"}]}
    value = read_section(json.dumps(section), 1).value
    assert value is not None
    assert value.lines[0].meaning == "m"
    assert read_section(json.dumps(section), 2).value is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_mutated_answer_is_a_valid_plan_or_a_list_of_problems(data: st.DataObject) -> None:
    made = instance(dict(phrase_schema(0, 6)), random.Random(data.draw(st.integers(0, 2**32))))
    for _ in range(data.draw(st.integers(0, 3))):
        region = made.get(data.draw(st.sampled_from(list(map(str, Region)))))
        target = data.draw(st.sampled_from(["root", "region", "cue"]))
        place = made
        if target != "root" and isinstance(region, dict):
            cues = region.get("cues")
            usable = isinstance(cues, list) and cues and isinstance(cues[0], dict)
            place = cues[0] if target == "cue" and usable else region
        place[data.draw(st.sampled_from(sorted(place) or ["x"]))] = data.draw(JSON)
    reply = json.dumps(made)
    cut = data.draw(st.integers(0, len(reply)) | st.just(len(reply)))
    checked = read_phrase(reply[:cut], 1, UNITS)
    if checked.value is None:
        assert checked.problems
        assert all(problem.sentence.isprintable() for problem in checked.problems)
    else:
        assert checked.problems == ()
        SubtitleTrack(checked.value.cues)
        assert all(WINDOW[0] - 0.001 <= cue.start_s for cue in checked.value.cues)
        assert all(cue.end_s <= WINDOW[1] + 0.001 for cue in checked.value.cues)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_accident(text: str) -> None:
    json_object(text)
    read_phrase(text, 1, UNITS)
    read_song(text, 2)
    read_section("{" + text, 2)

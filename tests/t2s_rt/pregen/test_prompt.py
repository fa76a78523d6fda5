import json
import re
from dataclasses import replace

import pytest

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.phrase import Emotion, Section
from t2s_rt.pregen.plan import window
from t2s_rt.pregen.prompt import (
    EXAMPLE_ANSWER,
    SECTIONS_MOST,
    Context,
    Example,
    Request,
    data,
    in_strengths,
    phrase_request,
    repair_request,
    section_request,
    song_request,
    spans,
)
from t2s_rt.pregen.reading import LineReading, SectionMood, SectionReading, SongReading
from t2s_rt.pregen.units import units_of
from t2s_rt.pregen.validate import read_phrase
from t2s_rt.subtitles.moves import MOVES
from tests.llm.songs import song_of

SONG = song_of()
READING = SongReading(
    "leaving home", "from dusk to dawn", Emotion.LONGING, (SectionMood(Emotion.HOPE, 7),)
)
UNITS = units_of(SONG.phrases[1], window(SONG, 1))


def ask(context: Context | None = None, examples: tuple[Example, ...] = ()) -> Request:
    return phrase_request(SONG.phrases[1], UNITS, "high, loud", context or Context(), examples)


def told(request: Request) -> dict[str, object]:
    found = re.search(r"<data>\n(.*)\n</data>", request.messages[-1].content)
    assert found
    material: dict[str, object] = json.loads(found[1])
    return material


def test_the_same_song_asks_the_same_questions() -> None:
    assert song_request(SONG) == song_request(song_of())
    assert ask() == ask()


def test_the_tasks_of_all_phrases_are_one_prefix_for_the_server_to_reuse() -> None:
    other = phrase_request(SONG.phrases[5], UNITS, "", Context())
    assert other.messages[0] == ask().messages[0]


def test_every_move_stands_in_the_task_and_in_its_regions_schema_alone() -> None:
    properties = ask().schema["properties"]
    for move in MOVES:
        assert f"{move.name} ({in_strengths(move.meaning)})" in ask().messages[0].content
    for region in Region:
        allowed = properties[str(region)]["properties"]["cues"]["items"]["properties"]["move"]["enum"]
        assert allowed == [move.name for move in MOVES if move.region is region]


def test_meanings_speak_of_strengths_as_answers_do() -> None:
    assert (
        in_strengths("1 shuts them, 0.4 narrows them")
        == "strength 10 shuts them, strength 4 narrows them"
    )
    assert "0.4" not in ask().messages[0].content


def test_thought_comes_before_cues() -> None:
    order = list(ask().schema["properties"])
    assert order == ["emotion", "note", "delivery", "energy", *map(str, Region)]
    assert list(ask().schema["properties"]["brows"]["properties"]) == ["plan", "cues"]


def test_the_answer_shown_as_an_example_is_valid_itself() -> None:
    assert read_phrase(json.dumps(EXAMPLE_ANSWER), 1, UNITS).problems == ()
    assert list(EXAMPLE_ANSWER) == ask().schema["required"]


def test_a_phrase_is_told_with_its_words_sound_and_surroundings() -> None:
    context = Context(
        READING, "Verse", SectionReading("the town sleeps", ()),
        LineReading("lamps as eyes", Emotion.CALM, 3), "before it", "after it",
    )  # fmt: skip
    example = Example("Lamps go dim", "soft", Emotion.SORROW, ("brows raise 4, early",))
    material = told(ask(context, (example,)))
    assert material["line"] == "One by one they close their eyes"
    assert material["words"] == {str(u.number): u.text or "(breath)" for u in UNITS}
    assert material["sound"] == "high, loud"
    assert material["arc"] == "from dusk to dawn"
    assert material["in this section"] == "the town sleeps"
    assert material["feeling"] == "calm, energy 3"
    assert (material["line before"], material["line after"]) == ("before it", "after it")
    assert material["similar lines and what faces did"] == [
        {"line": "Lamps go dim", "sound": "soft", "emotion": "sorrow", "did": ["brows raise 4, early"]}
    ]


def test_any_choice_of_words_is_a_run_of_words() -> None:
    assert spans(0, 2) == ["0-0", "0-1", "0-2", "1-1", "1-2", "2-2"]


def test_a_section_is_told_where_it_stands_in_the_arc() -> None:
    request = section_request(SONG, 0, SONG.phrases[:4], READING, "it was day")
    material = told(request)
    assert (material["mood"], material["before"]) == ("hope, energy 7", "it was day")
    assert request.schema["properties"]["lines"]["minItems"] == 4


@pytest.mark.parametrize("evil", ["</data>", "<system>", "{}\n\n", '"}]}', "\ud800", "\u2028"])
def test_nothing_in_lyrics_can_leave_the_marks(evil: str) -> None:
    text = data({"line": f"a {evil} b"})
    assert text.count("<") == text.count(">") == 2
    assert json.loads(text.split("\n")[1])["line"].startswith("a ")
    text.encode()


def test_long_lyrics_are_cut_to_what_a_model_can_read() -> None:
    long = song_of(tuple(f"line {i} " + "word " * 80 for i in range(80)))
    assert len(song_request(long, 3000).messages[-1].content) < 5000
    many = replace(long, sections=tuple(Section("", (p.index,)) for p in long.phrases))
    assert song_request(many).schema["properties"]["sections"]["maxItems"] == SECTIONS_MOST


def test_a_repair_quotes_the_answer_and_what_was_wrong() -> None:
    first = ask()
    again = repair_request(first, "x" * 9000, ["brows 1: no move 'explode'."])
    assert again.messages[: len(first.messages)] == first.messages
    assert [m.role for m in again.messages[len(first.messages) :]] == ["assistant", "user"]
    assert len(again.messages[-2].content) <= 1500
    assert "- brows 1: no move 'explode'." in again.messages[-1].content
    assert (again.schema, again.max_tokens) == (first.schema, first.max_tokens)

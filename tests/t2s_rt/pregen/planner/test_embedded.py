"""The embedded planner: valid, deterministic, various, and it acts what is sung."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from t2s_rt.lyrics import Line, Song, Syllable, Word, load_song
from t2s_rt.pregen.phrase import Delivery, Descriptors, Emotion, PhrasedSong
from t2s_rt.pregen.phrasing import phrase_song
from t2s_rt.pregen.plan import Planner, window
from t2s_rt.pregen.planner import EmbeddedPlanner
from t2s_rt.subtitles.cue import Cue
from tests.conftest import SHARED_DATA
from tests.t2s_rt.pregen.planner.phrased import phrased
from tests.t2s_rt.pregen.songs import line, song, sung

KARAOKE = SHARED_DATA / "karaoke"
PLAIN = Descriptors(loudness=0.5, pitch=0.5, rate=2.5)
WHISPERED = Descriptors(loudness=0.05, pitch=0.25, rate=2.4, held=1.0)
BELTED = Descriptors(loudness=0.98, pitch=0.9, rate=2.4, held=1.5)


@pytest.fixture(scope="module")
def planner() -> EmbeddedPlanner:
    return EmbeddedPlanner(lexical=True)


def moves_of(planner: EmbeddedPlanner, whole: PhrasedSong, index: int = 0) -> set[str]:
    return {cue.move for cue in planner.plan_phrase(whole, index, 0).cues}


def strength(cues: tuple[Cue, ...]) -> float:
    return sum(cue.intensity * cue.duration_s for cue in cues)


def test_it_is_a_planner(planner: EmbeddedPlanner) -> None:
    assert isinstance(planner, Planner)


def test_the_same_song_and_seed_give_the_same_track() -> None:
    whole = phrased("we laugh and we dance", *([PLAIN] * 4))
    first = EmbeddedPlanner(lexical=True).plan(whole, 7)
    assert EmbeddedPlanner(lexical=True).plan(whole, 7) == first
    assert EmbeddedPlanner(lexical=True).plan(whole, 8).cues != first.cues


def test_the_header_says_where_it_comes_from(planner: EmbeddedPlanner) -> None:
    whole = phrased("we laugh and we dance", PLAIN)
    header = planner.plan(whole, 3).header
    assert header.planner == planner.name
    assert header.prompt_version == planner.prompt_version
    assert header.song_hash == whole.song.fingerprint()
    assert header.seed == 3
    assert planner.report.phrases == 1


def test_a_phrase_alone_is_planned_as_in_its_song(planner: EmbeddedPlanner) -> None:
    whole = phrased("the light is gone", *([PLAIN] * 3))
    cues = {cue for index in range(3) for cue in planner.plan_phrase(whole, index, 0).cues}
    assert cues == set(planner.plan(whole, 0).cues)


@pytest.mark.parametrize(
    ("text", "language", "expected", "never"),
    [
        ("we laugh and we dance", "en", {"smile"}, {"frown", "furrow", "raise_inner"}),
        ("ich weine, ich bin so allein", "de", {"raise_inner", "lower"}, {"smile"}),
        ("te odio, maldito mentiroso", "es", {"furrow"}, {"smile"}),
        ("dors mon enfant, mon amour", "fr", {"close"}, {"furrow", "open"}),
        ("怖くて ふるえている", "ja", {"widen"}, {"smile"}),
        ("I am the champion, I stand tall", "en", {"lift"}, {"lower", "frown"}),
    ],
)
def test_emotions_are_acted(
    planner: EmbeddedPlanner, text: str, language: str, expected: set[str], never: set[str]
) -> None:
    moves = moves_of(planner, phrased(text, PLAIN, language=language))
    assert expected <= moves
    assert not never & moves


def test_a_question_tilts_the_head(planner: EmbeddedPlanner) -> None:
    assert {"tilt_left", "tilt_right"} & moves_of(planner, phrased("will you dance with me?", PLAIN))


def test_tenderness_closes_the_eyes_through_the_held_note(planner: EmbeddedPlanner) -> None:
    held = line((" my", 2.0, 2.3, 60.0), (" sweet", 2.3, 2.7, 62.0), (" love", 2.7, 4.7, 64.0))
    cues = planner.plan(phrase_song(song([held])), 0).cues
    middle = [cue for cue in cues if cue.start_s < 3.7 < cue.end_s]
    assert any(cue.move == "close" and cue.intensity > 0.25 for cue in middle)


def test_a_word_is_acted_when_it_is_sung(planner: EmbeddedPlanner) -> None:
    whole = phrase_song(song([sung("look up to the heaven of hope", 2.0, [60.0])]))
    up = [cue for cue in planner.plan(whole, 0).cues if '"heaven"' in cue.text]
    sung_at_s = next(word.start_s for word in whole.song.words() if word.text == "heaven")
    assert up
    assert any(cue.start_s <= sung_at_s < cue.end_s for cue in up)


def test_belting_is_greater_than_whispering(planner: EmbeddedPlanner) -> None:
    for text in ("we laugh and we dance", "I hate you liar", "I cry all alone"):
        soft = planner.plan_phrase(phrased(text, WHISPERED), 0, 0)
        loud = planner.plan_phrase(phrased(text, BELTED), 0, 0)
        assert (soft.delivery, loud.delivery) == (Delivery.WHISPERED, Delivery.BELTED)
        assert loud.arousal > soft.arousal
        assert strength(loud.cues) > strength(soft.cues)


def test_a_climax_opens_everything(planner: EmbeddedPlanner) -> None:
    held = line((" we", 2.0, 2.3, 60.0), (" are", 2.3, 2.7, 62.0), (" champions", 2.7, 4.7, 69.0))
    whole = phrase_song(song([held]))
    loud = replace(whole, phrases=(replace(whole.phrases[0], descriptors=BELTED),))
    assert {"raise", "widen", "open", "lift"} <= moves_of(planner, loud)


def test_refrains_are_alike_but_grow(planner: EmbeddedPlanner) -> None:
    whole = phrased("we laugh and we dance", *([PLAIN] * 4))
    plans = planner.plan_phrases(whole, 0)
    assert len({frozenset(cue.move for cue in plan.cues) for plan in plans}) <= 2
    shifted = [[(c.start_s - 6 * i, c.intensity) for c in p.cues] for i, p in enumerate(plans)]
    assert all(a != b for a, b in itertools.combinations(shifted, 2))
    assert strength(plans[3].cues) > strength(plans[0].cues)


def test_different_lines_of_one_emotion_are_acted_differently(planner: EmbeddedPlanner) -> None:
    lines = [
        sung(f"we laugh and dance with {name}", 2.0 + 5 * i, [60.0, 62.0])
        for i, name in enumerate(("Anna", "Bert", "Carla", "Dora", "Emil", "Frida"))
    ]
    plans = planner.plan_phrases(phrase_song(song(lines)), 0)
    assert {plan.emotion for plan in plans} == {Emotion.JOY}
    ways = [frozenset((cue.region, cue.move) for cue in plan.cues) for plan in plans]
    assert all(a != b for a, b in itertools.pairwise(ways))


def test_cues_stay_in_their_phrase(planner: EmbeddedPlanner) -> None:
    whole = phrased("I cry all alone", *([PLAIN] * 5))
    for plan in planner.plan_phrases(whole, 0):
        start_s, end_s = window(whole, plan.index)
        assert all(start_s - 0.001 <= c.start_s < c.end_s <= end_s + 0.001 for c in plan.cues)


def test_a_long_rest_is_left_in_peace(planner: EmbeddedPlanner) -> None:
    whole = phrase_song(song([sung("I cry alone", 2.0, [60.0]), sung("I cry alone", 30.0, [60.0])]))
    assert not [
        c for c in planner.plan(whole, 0).cues if c.start_s < 20.0 < c.end_s or 10 < c.start_s < 29
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I'm not laughing any more", "en"),
        ("There's no tomorrow", "en"),
        ("How can you laugh at me", "en"),
        ("ich lache nicht mehr", "de"),
        ("wie kannst du noch l\u00e4cheln", "de"),
        ("だましたな よくも笑っていられるな", "ja"),
    ],
)
@pytest.mark.parametrize("lexical", [True, False])
def test_nobody_smiles_at_what_is_denied_or_scorned(text: str, language: str, lexical: bool) -> None:
    plan = EmbeddedPlanner(lexical=lexical).plan_phrase(phrased(text, PLAIN, language=language), 0, 0)
    assert "smile" not in {cue.move for cue in plan.cues}
    assert not [cue for cue in plan.cues if '"laughing"' in cue.text or '"tomorrow"' in cue.text]


def test_comfort_still_smiles(planner: EmbeddedPlanner) -> None:
    assert "smile" in moves_of(planner, phrased("don't cry, my love", PLAIN))


def test_a_teasing_excuse_is_played(planner: EmbeddedPlanner) -> None:
    whole = phrased("Oh sure, you only stayed six hours for the coffee", PLAIN)
    assert planner.plan_phrase(whole, 0, 0).emotion is Emotion.PLAY


@pytest.mark.parametrize("text", ["coming home", "I miss you home", "we laugh home", "all alone home"])
def test_a_very_long_note_develops_and_does_not_give_up(planner: EmbeddedPlanner, text: str) -> None:
    *words, last = text.split()
    rows = [(f" {word}", 2.0 + 0.4 * i, 2.4 + 0.4 * i, 60.0) for i, word in enumerate(words)]
    from_s = 2.0 + 0.4 * len(words)
    whole = phrase_song(song([line(*rows, (f" {last}", from_s, from_s + 8.0, 67.0))]))
    plan = planner.plan_phrase(whole, 0, 0)
    brows = [cue for cue in plan.cues if cue.region == "brows" and cue.end_s > from_s + 0.5]
    assert len(brows) >= 2
    assert brows[-1].intensity > brows[-2].intensity + 0.05
    assert from_s + 2.5 <= brows[-1].start_s <= from_s + 5.5
    if plan.emotion is not Emotion.SORROW:
        during = {cue.move for cue in plan.cues if cue.end_s > from_s + 1.0}
        assert not during & {"look_down", "frown", "lower", "press"}


def test_as_far_as_one_can_see_opens_the_eyes(planner: EmbeddedPlanner) -> None:
    moves = moves_of(planner, phrased("miwatasu kagiri", PLAIN, language="ja"))
    assert {"widen", "look_up", "raise"} <= moves
    assert "close" not in moves


def test_an_invitation_beckons(planner: EmbeddedPlanner) -> None:
    plan = planner.plan_phrase(phrased("izaya izaya", PLAIN, language="ja"), 0, 0)
    assert plan.emotion in (Emotion.HOPE, Emotion.JOY)
    assert "smile" in {cue.move for cue in plan.cues}


def contradictions(cues: tuple[Cue, ...]) -> list[tuple[Cue, Cue]]:
    def against(one: Cue, other: Cue) -> bool:
        pair = (one.move, other.move)
        shut = one.move == "close" and one.intensity >= 0.4 and other.move.startswith("look_")
        return shut or pair in (("widen", "squint"), ("smile", "furrow"))

    return [
        (a, b)
        for a, b in itertools.permutations(cues, 2)
        if against(a, b) and min(a.end_s, b.end_s) - max(a.start_s, b.start_s) > 0.002
    ]


def check_readable(plan_cues: tuple[Cue, ...]) -> None:
    starts = sorted(cue.start_s for cue in plan_cues)
    assert not contradictions(plan_cues)
    assert all(later - sooner > 0.03 for sooner, later in zip(starts, starts[3:], strict=False))
    assert all(cue.duration_s >= 0.29 for cue in plan_cues)


@pytest.mark.parametrize("seed", range(30))
def test_generated_lines_are_readable(planner: EmbeddedPlanner, seed: int) -> None:
    chance = np.random.default_rng(seed)
    words = (
        "love",
        "hate",
        "never",
        "sky",
        "cry",
        "the",
        "dance",
        "fear",
        "home",
        "liar",
        "laugh",
        "see",
    )
    text = " ".join(chance.choice(words, 6))
    sound = Descriptors(loudness=float(chance.uniform()), pitch=float(chance.uniform()), rate=2.5)
    check_readable(planner.plan_phrase(phrased(text, sound), 0, seed).cues)


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["on_the_run", "chasing_marks", "verdaechtig"])
def test_real_songs_are_readable(planner: EmbeddedPlanner, name: str) -> None:
    whole = phrase_song(load_song(KARAOKE / name / "song.txt"))
    cues = planner.plan(whole, 0).cues
    check_readable(cues)
    assert 3.5 <= len(cues) / len(whole.phrases) <= 7.0


@pytest.mark.parametrize("seed", range(25))
def test_any_song_gives_a_valid_track(planner: EmbeddedPlanner, seed: int) -> None:
    whole = phrase_song(any_song(np.random.default_rng(seed)))
    track = planner.plan(whole, seed)  # the track itself refuses cues that overlap
    assert all(cue.end_s <= whole.song.end_s + 1.0 for cue in track.cues)


def any_song(chance: np.random.Generator) -> Song:
    words = ("love", "alone?", "空", "no", "Flügel", "fire!", "la", "пой", "사랑", "~x", "don't", "'")
    at_s = 0.0
    lines: list[Line] = []
    for _ in range(int(chance.integers(1, 12))):
        sung_words = []
        start_s = at_s
        for _ in range(int(chance.integers(1, 10))):
            length_s = float(chance.choice([0.0, 0.01, 0.2, 0.5, 3.0]))
            pitch = None if chance.uniform() < 0.3 else float(chance.integers(40, 80))
            sung_words.append(Word((Syllable(str(chance.choice(words)), at_s, at_s + length_s, pitch),)))
            at_s += length_s + float(chance.choice([0.0, 0.05]))
        lines.append(Line(tuple(sung_words), start_s, at_s))
        at_s += float(chance.choice([0.0, 0.3, 5.0]))
    return Song("", "", str(chance.choice(["en", "", "ja", "xx"])), tuple(lines))


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["on_the_run", "chasing_marks", "verdaechtig"])
def test_real_songs_move_every_region_in_most_phrases(planner: EmbeddedPlanner, name: str) -> None:
    whole = phrase_song(load_song(KARAOKE / name / "song.txt"))
    plans = planner.plan_phrases(whole, 0)
    assert planner.plan(whole, 0).cues
    moved = [len({cue.region for cue in plan.cues}) for plan in plans]
    assert float(np.mean([count >= 3 for count in moved])) >= 0.7
    assert 2.0 <= float(np.mean([len(plan.cues) for plan in plans])) <= 10.0
    assert len({plan.emotion for plan in plans}) >= 2

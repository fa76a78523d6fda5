"""Exemplars: what is read, what is refused and where, how cues fit themselves into a line; our bank."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.exemplar import (
    BANK,
    Anchor,
    Exemplar,
    Note,
    check,
    note_span_s,
    parse_cue,
    parse_sung,
    place,
    read_bank,
    read_exemplars,
    usual_line,
)
from t2s_rt.pregen.phrase import Contour, Delivery, Descriptors, Emotion
from t2s_rt.pregen.plan import LEAD_S, TAIL_S
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.moves import MOVES
from tests.t2s_rt.pregen.songs import line

ENTRY = """emotion = "joy"

[[phrase]]
text = "the boats come in"
sung = "en strong, loud .7 pitch .6 range 5 rate 4 held 1 vibrato .2 rising"
note = "home"
cues = '''
brows raise .6 -.2s..held the first sail
mouth smile .7 0..+.4s
'''
"""
HELD_LINE = line((" the", 1.0, 1.5, None), (" boats", 1.5, 3.5, None), (" in", 3.5, 4.0, None))


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_entry(tmp_path: Path) -> None:
    (one,) = read_exemplars(written(tmp_path, ENTRY))
    assert (one.text, one.language, one.emotion, one.delivery) == (
        "the boats come in", "en", Emotion.JOY, Delivery.STRONG,
    )  # fmt: skip
    assert one.descriptors == Descriptors(0.7, 0.6, 5.0, 4.0, 1.0, 0.2, Contour.RISING)
    assert one.origin == "mine.toml, line 3"
    assert one.cues[0].text == "the first sail"
    assert one.cues[0].start == Anchor(0.0, offset_s=-0.2)
    assert one.cues[0].end == Anchor(Note.HELD, ends=True)


@pytest.mark.parametrize(
    ("span", "start_s", "end_s"),
    [
        ("0..1", 1.0, 4.0),
        (".25...5", 1.75, 2.5),
        ("..", 1.0, 4.0),
        ("-.3s..+.5s", 0.7, 4.5),
        ("held", 1.5, 3.5),
        ("first", 1.0, 1.5),
        ("last", 3.5, 4.0),
        ("0..<held", 1.0, 1.5),
        (">held..1", 3.5, 4.0),
        ("held-.1s..held+.2s", 1.4, 3.7),
        (">held-.5s..last", 3.0, 4.0),
    ],
)
def test_spans(span: str, start_s: float, end_s: float) -> None:
    assert parse_cue(f"eyes close .5 {span}").span_s(HELD_LINE) == pytest.approx((start_s, end_s))


def test_of_equally_long_notes_the_last_is_held() -> None:
    even = line((" a", 1.0, 1.5, None), (" b", 1.5, 2.0, None))
    assert note_span_s(even, Note.HELD) == (1.5, 2.0)


@pytest.mark.parametrize(
    ("old", "new", "essence"),
    [
        ("brows raise", "brows smile", "has no move 'smile'"),
        ("brows raise", "nose raise", "A region is one of"),
        ("raise .6", "raise 1.6", "from 0 to 1"),
        ("raise .6", "raise 6.0.1", "from 0 to 1"),
        ("-.2s..held", "-.2s", "A span is from..to"),
        ("-.2s..held", "-.2s..throat", "An end of a span"),
        ("-.2s..held", "0..1.5", "from 0 to 1"),
        ("-.2s..held", "-.9s..held", "leaves the phrase"),
        ("0..+.4s", "0..+.9s", "leaves the phrase"),
        ("0..+.4s", ".5...5", "has no time"),
        ("mouth smile .7", "brows raise_inner .7", "overlap and both drive brow_raise_inner"),
        ("en strong", "english strong", "language and a delivery"),
        ("en strong", "en screamed", "language and a delivery"),
        ("loud .7", "loud 7", "`loud` is a number from 0.0 to 1.0"),
        ("loud .7", "loud much", "`loud` is a number"),
        ("loud .7", "tempo .7", "here stands 'tempo'"),
        ("loud .7", "loud .7 loud .6", "here stands 'loud'"),
        ('emotion = "joy"', 'emotion = "glee"', "An emotion is one of"),
        ('emotion = "joy"', "", "An emotion is one of"),
        ('note = "home"', 'nota = "home"', "this one has nota"),
        ('note = "home"', "note = 5", "table of strings"),
        ('text = "the boats come in"', 'text = "..."', "has words"),
        ('text = "the boats come in"', "", "needs text"),
        ("[[phrase]]", "[phrase]", "[[phrase]] entries only"),
        ('text = "', "text = ", "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, old: str, new: str, essence: str) -> None:
    assert old in ENTRY
    with pytest.raises(SubtitleError) as caught:
        read_exemplars(written(tmp_path, ENTRY.replace(old, new)))
    assert essence in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_the_line_of_a_wrong_entry(tmp_path: Path) -> None:
    second = ENTRY.split("\n", 2)[2].replace("raise .6", "raise 9")
    with pytest.raises(SubtitleError) as caught:
        read_exemplars(written(tmp_path, ENTRY + "\n" + second))
    assert caught.value.line == 12


def test_banks_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SubtitleError, match="no folder"):
        read_bank(tmp_path / "absent")
    with pytest.raises(SubtitleError, match="holds no exemplars"):
        read_bank(tmp_path)
    written(tmp_path, "")
    with pytest.raises(SubtitleError, match="holds no exemplars"):
        read_bank(tmp_path)
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SubtitleError, match="UTF-8"):
        read_bank(tmp_path)


def test_placing_keeps_to_the_window_and_never_overlaps() -> None:
    cues = [
        parse_cue("eyes close .5 0..1"),
        parse_cue("eyes widen .6 held"),
        parse_cue("mouth smile .5 -.5s..+.7s"),
        parse_cue("neck nod .5 .99..1"),
    ]
    placed = place(cues, HELD_LINE, 0.8, 4.2)
    assert [(c.move, pytest.approx(c.start_s), pytest.approx(c.end_s)) for c in placed] == [
        ("smile", 0.8, 4.2), ("close", 1.0, 1.5), ("widen", 1.5, 3.5),
    ]  # fmt: skip
    SubtitleTrack(placed)


def test_every_exemplar_fits_lines_of_any_rhythm() -> None:
    short = line((" hey", 2.0, 2.3, None))
    long = line(*((f" w{i}", 2.0 + i, 3.0 + i, None) for i in range(9)))
    late = line((" a", 2.0, 2.1, None), (" b", 2.1, 2.2, None), (" c", 2.2, 6.0, None))
    for exemplar in read_bank(BANK):
        for one in (short, long, late, HELD_LINE):
            placed = place(exemplar.cues, one, one.start_s - LEAD_S, one.end_s + TAIL_S)
            assert placed, exemplar.origin
            SubtitleTrack(placed)  # raises where cues overlap


def test_our_bank_is_large_and_balanced() -> None:
    bank = read_bank(BANK)
    assert len(bank) >= 330
    emotions = Counter(one.emotion for one in bank)
    assert min(emotions[one] for one in Emotion) >= 0.9 * max(emotions.values())
    deliveries = Counter(one.delivery for one in bank)
    assert min(deliveries[one] for one in Delivery) >= 0.5 * max(deliveries.values())
    pairs = Counter((one.emotion, one.delivery) for one in bank)
    assert all(pairs[emotion, how] for emotion in Emotion for how in Delivery)
    languages = Counter(one.language for one in bank)
    assert languages.keys() == {"en", "de", "es", "fr", "it", "pt", "ja", "ko", "zh", "ru"}
    assert min(languages[one] for one in ("en", "de", "es", "fr", "ja")) >= 40
    assert min(languages.values()) >= 10


def test_our_bank_uses_the_whole_face() -> None:
    bank = read_bank(BANK)
    regions = Counter(cue.region for one in bank for cue in one.cues)
    assert min(regions[region] for region in Region) >= 0.8 * len(bank)
    used = {(cue.region, cue.move) for one in bank for cue in one.cues}
    assert {(move.region, move.name) for move in MOVES} - used <= {(Region.NECK, "shake")} - used
    assert len({cue.intensity for one in bank for cue in one.cues}) >= 15


def test_our_bank_repeats_nothing() -> None:
    bank = read_bank(BANK)
    assert len({one.text for one in bank}) == len(bank)
    performances = Counter(tuple((c.region, c.move, c.start, c.end) for c in one.cues) for one in bank)
    assert max(performances.values()) <= 2
    assert all(one.note and one.cues for one in bank)
    assert all(
        None not in (d.loudness, d.pitch, d.rate, d.contour) for d in (e.descriptors for e in bank)
    )


def test_louder_deliveries_sound_louder_and_do_more() -> None:
    """What a bank teaches: a belted phrase moves the face more than a whispered one."""
    bank = read_bank(BANK)
    loudness, motion = [], []
    for how in Delivery:
        own = [one for one in bank if one.delivery is how]
        loudness.append(sum(one.descriptors.loudness or 0.0 for one in own) / len(own))
        motion.append(sum(max(c.intensity for c in one.cues) for one in own) / len(own))
    assert loudness == sorted(loudness)
    assert motion[-1] - motion[0] > 0.15
    assert motion[1] < motion[3] < motion[4]


def test_expression_begins_before_most_phrases_and_outlasts_them() -> None:
    """Singers' faces lead and outlast the sound (Livingstone and others 2014)."""
    bank = read_bank(BANK)

    def spans(one: Exemplar) -> list[tuple[float, float]]:
        return [cue.span_s(usual_line(one.descriptors)) for cue in one.cues]

    leads = sum(min(start for start, _ in spans(one)) < 1.0 for one in bank)
    outlasts = sum(max(end for _, end in spans(one)) > usual_line(one.descriptors).end_s for one in bank)
    assert leads > 0.8 * len(bank)
    assert outlasts > 0.8 * len(bank)


def test_sung_may_leave_out_what_is_unknown() -> None:
    assert parse_sung("ja soft") == ("ja", Delivery.SOFT, Descriptors())


def test_check_is_for_programs_too() -> None:
    with pytest.raises(SubtitleError, match="at least one cue"):
        check(Exemplar("words", "en", Emotion.JOY, Delivery.SOFT, Descriptors(), "", ()))

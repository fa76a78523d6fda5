import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles import Cue, format_track, parse_track
from tests.t2s_rt.subtitles import samples

HAND = """\
WEBVTT - made by hand
Kind: captions
Language: de

STYLE
::cue { color: red }

REGION
id:left

NOTE
remember:
softer here

intro
00:01.5 --> 01:02:03,25 align:start position:10%
<b>[Brows] Raise .7</b>
[eyes] Look-Down 70 %: <i>far &amp; away</i>,
  never home
00:02.000 --> 00:03.000
neck nod 0,5 on it

NOTE t2s motion subtitles
Title: Hand & Fuss
SEED: 3
"""


def test_what_a_person_types_is_understood():
    track = parse_track(HAND, "hand.vtt")
    long = (1.5, 3723.25)
    assert track.cues == (
        Cue(*long, Region.BROWS, "raise", 0.7, "", True),
        Cue(*long, Region.EYES, "look_down", 0.7, "far & away, never home", True),
        Cue(2.0, 3.0, Region.NECK, "nod", 0.5, "on it", True),
    )
    assert (track.header.language, track.header.title, track.header.seed) == ("de", "Hand & Fuss", 3)
    assert track.header.planner == "hand"
    assert track.comments == ((1.5, "remember:\nsofter here"),)


def test_a_written_file_reads_like_this():
    assert format_track(samples.PLANNED).splitlines()[:19] == [
        "WEBVTT",
        "",
        "NOTE t2s motion subtitles",
        "title: Licht & Luft",
        "artist: A --&gt; B",
        "language: de",
        f"song: {'ab' * 32}",
        "planner: llm:some-model",
        "model: some-model",
        "prompt version: 3",
        "seed: 7",
        "mood: blue: dark",
        "take: ",
        "",
        "00:00:01.725 --> 00:00:03.000",
        '[brows] raise 0.7: hopeful, lifts on "light"',
        "[mouth] smile 0.4",
        "",
        "00:00:03.000 --> 00:00:04.250",
    ]


def test_no_text_can_end_a_comment_or_look_like_times():
    for block in format_track(samples.PLANNED).split("\n\n"):
        assert sum("-->" in line for line in block.splitlines()) == (block[0].isdigit())


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("00:01.000 --> 00:02.000\n[brows] raise 1", 1, "expected WEBVTT at the start"),
        ("WEBVTT\n\n[brows] raise 1", 3, "expected a cue's times"),
        ("WEBVTT\n\na\nb\n00:01.000 --> 00:02.000\n[brows] raise 1", 4, "expected a cue's times"),
        ("WEBVTT\n\n00:01.000 -->\n[brows] raise 1", 3, "expected a cue's times"),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\n[brows] raise 1", 3, "expected a time"),
        ("WEBVTT\n\n1:00:61.0 --> 1:01:62\n[brows] raise 1", 3, "expected a time"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\n[brows] raise 1", 3, "ends at least 0.05 s after"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nla la la", 4, "expected a cue such as"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n[brow] raise 1", 4, "Did you mean brows?"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n[head] nod 1", 4, "Did you mean neck?"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n[brows] rise 1", 4, "Did you mean raise?"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n[brows] smile 1", 4, "smile is a move of [mouth]"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n[brows] raise", 4, "expected an intensity"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n[brows] raise 70", 4, "Did you mean 70%?"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n[brows] raise -1", 4, "from 0 to 1"),
        ("WEBVTT\n\nNOTE t2s motion subtitles\nseed: x", None, "whole number as seed"),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\n[eyes] close 1\n\n00:01.500 --> 00:03.000\n\n"
            "00:01.500 --> 00:03.000\n[eyes] widen 1",
            9,
            "The first stands on line 4.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, line, expected):
    with pytest.raises(SubtitleError) as error:
        parse_track(text, "song.vtt")
    assert expected in str(error.value)
    assert error.value.file == "song.vtt"
    assert error.value.line == line


def test_cues_may_stand_in_any_order():
    text = "WEBVTT\n\n00:05.000 --> 00:06.000\n[neck] nod 1\n\n00:01.000 --> 00:02.000\n[neck] nod 0.5"
    assert [cue.start_s for cue in parse_track(text).cues] == [1.0, 5.0]


def test_a_hash_mutes_a_line():
    text = "WEBVTT\n\n00:05.000 --> 00:06.000\n# [neck] nod 1: too much\n[neck] lower 0.3\n#eyes close 1"
    track = parse_track(text)
    assert [cue.move for cue in track.cues] == ["lower"]
    assert [(cue.move, cue.text) for cue in track.muted] == [("close", ""), ("nod", "too much")]

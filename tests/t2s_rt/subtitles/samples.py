"""Tracks for the tests of motion subtitles: one to read, and a strategy that makes any."""

from hypothesis import strategies as st

from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles import Cue, Deletion, SubtitleTrack, TrackHeader
from t2s_rt.subtitles.cue import cue_order, overlaps
from t2s_rt.subtitles.moves import MOVES

PLANNED = SubtitleTrack(
    cues=(
        Cue(1.725, 3.0, Region.BROWS, "raise", 0.7, 'hopeful, lifts on "light"'),
        Cue(1.725, 3.0, Region.MOUTH, "smile", 0.4),
        Cue(3.0, 4.25, Region.BROWS, "furrow", 0.35, "doubt & <fear>"),
        Cue(4.0, 6.0, Region.NECK, "nod", 1.0, "on the beat --> hard"),
        Cue(6.5, 8.0, Region.EYES, "close", 0.9, "held note"),
    ),
    header=TrackHeader(
        title="Licht & Luft",
        artist="A --> B",
        language="de",
        song_hash="ab" * 32,
        planner="llm:some-model",
        model="some-model",
        prompt_version="3",
        seed=7,
        further=(("mood", "blue: dark"), ("take", "")),
    ),
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(
    lambda text: "\n" not in text and "\r" not in text
)
MILLISECONDS = st.integers(0, 400_000)
INTENSITY = st.integers(0, 10_000).map(lambda n: n / 10_000) | st.sampled_from([0.0, 0.5, 1.0])


@st.composite
def cue(draw):
    move = draw(st.sampled_from(MOVES))
    start_ms = draw(MILLISECONDS)
    end_ms = start_ms + draw(st.integers(50, 5000))
    return Cue(
        start_ms / 1000,
        end_ms / 1000,
        move.region,
        move.name,
        draw(INTENSITY),
        draw(TEXT),
        draw(st.booleans()),
    )


@st.composite
def deletion(draw):
    gone = draw(cue())
    return Deletion(gone.start_s, gone.end_s, gone.region, gone.move)


KEY = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=10).filter(
    lambda key: key not in ("title", "artist", "language", "song", "planner", "model", "seed")
)


@st.composite
def header(draw):
    return TrackHeader(
        title=draw(TEXT),
        artist=draw(TEXT),
        language=draw(TEXT),
        song_hash=draw(st.sampled_from(["", "0f" * 32])),
        planner=draw(st.sampled_from(["hand", "embedded-1", "llm:a/b"])),
        model=draw(TEXT),
        prompt_version=draw(TEXT),
        seed=draw(st.integers(0, 2**32)),
        further=tuple(draw(st.dictionaries(KEY, TEXT, max_size=3)).items()),
    )


@st.composite
def track(draw):
    cues = []
    for one in sorted(draw(st.lists(cue(), max_size=12)), key=cue_order):
        if next(overlaps([*cues, one]), None) is None:
            cues.append(one)
    muted = [m.__class__(m.start_s, m.end_s, m.region, m.move, m.intensity, m.text, True)
             for m in draw(st.lists(cue(), max_size=3))]  # fmt: skip
    comments = [(one.start_s, "a note\nof two lines") for one in cues[:1]]
    return SubtitleTrack(
        tuple(cues),
        draw(header()),
        tuple(sorted(set(draw(st.lists(deletion(), max_size=4))), key=cue_order)),
        tuple(comments),
        tuple(sorted(muted, key=cue_order)),
    )

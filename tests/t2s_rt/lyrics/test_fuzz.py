"""A thousand mutated files: each gives a song or the typed error, soon."""

from __future__ import annotations

import random
import time

import pytest

from t2s_rt.errors import LyricsError
from t2s_rt.lyrics import Song, Source, parse_song
from t2s_rt.lyrics.load import PARSERS, detect_format
from tests.t2s_rt.lyrics.samples import SAMPLES, meta, midi, track

SEED = 20261122
FILES = 1_000
SLOWEST_S = 10.0
INSERTED = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b"-1",
    b"99999999999999999999", b"1e999", b"nan",
    b"[00:00.00]", b"<00:00.00>", b"{\\k9999999}", b"-->", b"<",
    b">", b"&#0;", b"&amp;", b"<!DOCTYPE a [",
    b"<!ENTITY a 'b'>", b"E\n", b"P3\n", b"- 0\n", b": 0 0 0 ~\n",
    b"#RELATIVE:YES\n", b"#BPM:0,0001\n",
    b"#VERSION:2.0.0\n", b"\xe2\x80\xa8", b"\xf0\x9f\x8e\xa4",
    b"\xcc\x81", b"~", b" ", b"\t", b"\\", b"/",
    b'<repeat direction="backward" times="16"/>', b"</p>", b"<rest/>", b"<chord/>", b"<grace/>",
)  # fmt: skip


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to four changes: flips, cuts, doublings, swaps and insertions."""
    for _ in range(rng.randint(1, 4)):
        if not data:
            return data
        at, to = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
        to = min(to, at + rng.choice((1, 4, 40, 4000)))
        change = rng.randrange(7)
        if change == 0:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif change == 1:
            data = data[:at] + data[to:]
        elif change == 2:
            data = data[:at] + data[at:to] * rng.randint(2, 5) + data[to:]
        elif change == 3:
            data = data[:at] + rng.choice(INSERTED) + data[at:]
        elif change == 4:
            data = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
        elif change == 5:
            lines = data.split(b"\n")
            rng.shuffle(lines) if rng.random() < 0.2 else lines.insert(
                rng.randrange(len(lines)), rng.choice(lines)
            )
            data = b"\n".join(lines)
        else:
            digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
            if digits:
                i = rng.choice(digits)
                data = data[:i] + str(rng.randrange(1000)).encode() + data[i + 1 :]
    return data


def outcome(parse, source: Source) -> str:
    began = time.perf_counter()
    try:
        song = parse(source)
    except LyricsError as error:
        result = "error" if str(error).startswith(source.name) else f"error without its file: {error}"
    else:
        assert isinstance(song, Song)
        assert song.fingerprint()
        result = "song"
    assert time.perf_counter() - began < SLOWEST_S
    return result


def test_a_thousand_mutated_files() -> None:
    rng = random.Random(SEED)
    names = list(SAMPLES)
    outcomes = []
    for index in range(FILES):
        name = names[index % len(names)]
        data = mutate(SAMPLES[name], rng)
        outcomes.append(outcome(parse_song, Source(data, name)))
    assert set(outcomes) == {"song", "error"}
    assert outcomes.count("song") > FILES / 5
    assert outcomes.count("error") > FILES / 5


def test_every_parser_meets_every_format() -> None:
    for name, data in SAMPLES.items():
        for format_name, parse in PARSERS.items():
            expected = detect_format(Source(data, name)) == format_name
            result = outcome(parse, Source(data, name))
            assert result == "song" or not expected


@pytest.mark.parametrize(
    "data",
    [
        b"[00:01.00]" + b"e!" * 500_000,
        b"[00:01.00]" * 50_000 + b"la",
        b"[00:01.00]" + b"<00:01.00>" * 100_000,
        b"#BPM:75\n" + b": 0 1 0 la\n" * 60_000,
        b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"<b" * 300_000,
        b"[Script Info]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,0,0,0,," + b"{\\k1}a" * 60_000,
        b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<a " * 30_000,
        b"<tt><body>" + b"<div>" * 200_000,
        b"MThd\0\0\0\6\0\1\0\1\0\x60" + b"MTrk\0\0\0\0" * 50_000,
        b"\n" * 1_000_000 + b"x",
        b"[00:01.00]bg:" + b" " * 2_000_000 + b"x",
        b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"<b>\n" * 300_000,
        b"WEBVTT\n\n00:01.000 --> 00:02.000\n&#" + b"9" * 5_000 + b";",
        b"#BPM:75\nP" + b"9" * 5_000,
        b"[00:01.00]la" + b" !" * 150_000,
        b"[00:01.00]" + b"! " * 150_000 + b"la",
        midi(track((0, meta(5, b"/" * 1_000_000 + b"la")))),
    ],
    ids=[
        "punctuation",
        "tags",
        "times",
        "notes",
        "open tags",
        "syllables",
        "markup",
        "depth",
        "tracks",
        "blank",
        "spaces",
        "cue",
        "entity",
        "voice",
        "marks",
        "marks first",
        "slashes",
    ],
)
def test_pathological_files_end_soon(data: bytes) -> None:
    assert outcome(parse_song, Source(data, "song.lrc")) in ("song", "error")

"""The labels of the real take."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.nit_song import load_labels, song_of
from t2s_rt.errors import LyricsError

LABELS = """\
0 10500000 p@xx^xx-pau+p=o_xx%xx/A:xx/E:xx]xx^11=2/4
10500000 12050000 c@xx^pau-p+o=cl_xx%00/A:xx/E:F4]0^11=2/4
12050000 14650000 v@pau^p-o+cl=p_00%00/A:xx/E:F4]0^11=2/4
14650000 14900000 b@p^o-cl+p=o_00%00/A:xx/E:F4]0^11=2/4
14900000 17800000 v@o^cl-N+pau=xx_00%00/A:xx/E:Bb3]0^11=2/4
17800000 20000000 p@cl^N-pau+xx=xx_00%00/A:xx/E:xx]xx^11=2/4
"""


def test_sounds_and_syllables_are_read(tmp_path: Path) -> None:
    path = tmp_path / "song.lab"
    path.write_text(LABELS)
    sounds = load_labels(path)
    assert [(s.name, s.kind, s.pitch_midi) for s in sounds] == [
        ("pau", "p", None),
        ("p", "c", 65),
        ("o", "v", 65),
        ("cl", "b", 65),
        ("N", "v", 58),
        ("pau", "p", None),
    ]
    (line,) = song_of(sounds).lines
    assert [(s.text, s.start_s, s.end_s, s.pitch_midi) for s in line.syllables] == [
        ("po", 1.205, 1.465, 65.0),
        ("N", 1.49, 1.78, 58.0),
    ]


def test_a_file_that_is_no_label_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "song.lab"
    path.write_text(LABELS + "0 1 a\n")
    with pytest.raises(LyricsError, match="line 7"):
        load_labels(path)


@pytest.mark.corpus
def test_the_shared_take(shared_data: Path) -> None:
    sounds = load_labels(shared_data / "nit_song070/004.lab")
    song = song_of(sounds)
    assert len(sounds) == 135
    assert len(song.lines) == 8
    assert [s.pitch_midi for s in song.lines[1].syllables] == [72, 69, 65, 67]

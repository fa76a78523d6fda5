import stat
import sys
from pathlib import Path

import pytest

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.festival import Festival
from t2s_rt.training.prepare.xlabel import read_xlabels

PROGRAM = r"""#!{python}
import pathlib, re, sys
script = pathlib.Path(sys.argv[2]).read_text("iso-8859-2")
if "voice_broken" in script:
    sys.exit("SIOD ERROR: unbound variable : voice_broken")
for said, lab in re.findall(r'Text "(.*)"\)\)\n.*\n.*segs said "(.*)"', script):
    pathlib.Path(lab).write_text("#\n0.5 100 " + ("a" if "á" in said else "#") + "\n")
    pathlib.Path(lab).with_suffix(".wav").touch()
for xml in re.findall(r'tts_file "(.*)"', script):
    notes = re.findall('FREQ="(.*?)"', pathlib.Path(xml).read_text())
    pathlib.Path(xml).with_suffix(".lab").write_text(f"#\n{len(notes)} 100 a\n")
    if notes != ["0"]:
        pathlib.Path(xml).with_suffix(".wav").touch()
print("ran", file=open(pathlib.Path(__file__).with_suffix(".runs"), "a"))
"""


@pytest.fixture
def festival(tmp_path: Path) -> Festival:
    if sys.platform == "win32":
        pytest.skip("the stand-in of the program is a script with a first line of Unix")
    program = tmp_path / "festival"
    program.write_text(PROGRAM.replace("{python}", sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Festival(program, None, tmp_path)


def test_sentences_are_spoken_once_in_the_voice_s_encoding(festival: Festival, tmp_path: Path) -> None:
    for _ in range(2):
        festival.speak("voice_some", ["Ahá."] * 21 + ['So "so".'], "iso-8859-2", tmp_path / "spoken")
    labels = sorted((tmp_path / "spoken").glob("*.lab"))
    assert len(labels) == 22
    assert read_xlabels(labels[0]) == (("a", 0.0, 0.5),)
    assert read_xlabels(labels[21]) == (("#", 0.0, 0.5),)
    assert len((tmp_path / "festival.runs").read_text().splitlines()) == 2  # 20 sentences at once
    assert len(list((tmp_path / "spoken").iterdir())) == 2 * 22


def test_songs_are_sung_from_their_scores(festival: Festival, tmp_path: Path) -> None:
    note = '<PITCH FREQ="220"><DURATION SECONDS="1">moon</DURATION></PITCH>'
    festival.sing("voice_some", [note, 2 * note], tmp_path / "sung")
    assert read_xlabels(tmp_path / "sung/0001.lab") == (("a", 0.0, 2.0),)


def test_a_song_that_does_not_come_is_a_failure_though_the_program_ends_well(
    festival: Festival, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match="Festival failed"):
        festival.sing("voice_some", ['<PITCH FREQ="0"/>'], tmp_path / "sung")


def test_a_failure_tells_the_program_s_words_and_leaves_nothing(
    festival: Festival, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match="unbound variable : voice_broken"):
        festival.speak("voice_broken", ["Ano."], "ascii", tmp_path / "spoken")
    assert not (tmp_path / "spoken").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [("0.5 a", "line 3: expected"), ("0.1 100 a", r"line 3: 0\.1 s lies before 0\.3 s"),
     ("nan 100 a", "line 3: nan s lies before")],
)  # fmt: skip
def test_a_broken_segment_is_named_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "x.lab"
    path.write_text(f"#\n0.3 100 #\n{line}\n", encoding="ascii")
    with pytest.raises(CorpusError, match=told):
        read_xlabels(path)

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli import main
from t2s_rt.face.mapping import TABLES, parse_mapping
from t2s_rt.face.signals import SIGNALS


def test_a_right_file_is_said_to_be_right_and_what_it_changes(tmp_path: Path, capsys) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[vts.MouthOpen]\ngain = 2\n[vts.MouthX]\nsend = false\n[vrm0.Ears]\nnew = true\n"
                    "from = { jawOpen = 1 }\n")  # fmt: skip
    assert main(["mapping", "check", str(file)]) == 0
    told = capsys.readouterr().out
    assert "changed   MouthOpen" in told
    assert "not sent  MouthX" in told
    assert "new       Ears" in told
    assert "is right" in told


def test_a_wrong_file_gets_a_sentence_and_exit_code_2(tmp_path: Path, capsys) -> None:
    file = tmp_path / "my.toml"
    file.write_text("\n[vts.MouthOpn]\ngain = 2\n")
    assert main(["mapping", "check", str(file)]) == 2
    complaint = capsys.readouterr().err
    assert "my.toml, line 2: vts has no parameter 'MouthOpn'. Did you mean MouthOpen" in complaint


@pytest.mark.parametrize("section", TABLES)
def test_what_is_shown_is_a_mapping_file_that_changes_nothing(section: str, capsys) -> None:
    assert main(["mapping", "show", section]) == 0
    shown = parse_mapping(capsys.readouterr().out)
    table = TABLES[section]
    again = shown.apply(table)
    assert again.names == table.names
    for ours, theirs in zip(table.targets, again.targets, strict=True):
        assert dict(theirs.terms) == pytest.approx(dict(ours.terms), rel=1e-4)
        assert (theirs.offset, theirs.minimum, theirs.maximum) == (
            ours.offset,
            ours.minimum,
            ours.maximum,
        )


def test_changes_are_shown_too(tmp_path: Path, capsys) -> None:
    file = tmp_path / "my.toml"
    file.write_text('[vts.MySmile]\nnew = true\nfrom = { mouthSmileLeft = 1 }\ncurve = "soft"\n')
    assert main(["mapping", "show", "vts", "--mapping", str(file)]) == 0
    told = capsys.readouterr().out
    assert "[vts.MySmile]\nnew = true\nfrom = { mouthSmileLeft = 1 }" in told
    assert 'curve = "soft"' in told


def test_every_signal_is_listed(capsys) -> None:
    assert main(["mapping", "signals"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(SIGNALS)

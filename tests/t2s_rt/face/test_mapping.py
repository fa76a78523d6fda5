from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from t2s_rt.errors import MappingError
from t2s_rt.face.live2d import VTS
from t2s_rt.face.mapping import TABLES, load_mapping, parse_mapping
from t2s_rt.face.retarget import Retargeter
from t2s_rt.face.vrm import VRM0
from tests.t2s_rt.face.frames import signals

EXAMPLE = """
[vts.MouthOpen]
gain = 2.0
offset = 0.1
from = { jawOpen = 0.5 }

[vts.MouthSmile]
send = false

[vts.MySmile]
new = true
from = { mouthSmileLeft = 0.5, mouthSmileRight = 0.5 }
curve = [[0, 0], [0.5, 1]]

[vrm0.Tongue]
new = true
from = { tongueOut = 1 }
"""


def value(text: str, name: str, **weights: float) -> float:
    table = parse_mapping(text).apply(VTS)
    out = np.empty(len(table.targets), np.float32)
    Retargeter(table).step(signals(**weights).values, out)
    return float(out[table.names.index(name)])


def test_a_mapping_changes_what_it_names_and_nothing_else() -> None:
    assert value(EXAMPLE, "MouthOpen", jawOpen=0.4) == pytest.approx(0.5)
    assert value(EXAMPLE, "MySmile", mouthSmileLeft=0.5) == pytest.approx(0.5)
    table = parse_mapping(EXAMPLE).apply(VTS)
    assert "MouthSmile" not in table.names
    assert table.names[-1] == "MySmile"
    assert parse_mapping(EXAMPLE).apply(VRM0).names[-1] == "Tongue"
    untouched = [t for t in VTS.targets if t.name not in ("MouthOpen", "MouthSmile")]
    assert [t for t in table.targets if t.name not in ("MouthOpen", "MySmile")] == untouched


def test_a_gain_turns_a_parameter_round() -> None:
    text = "[livelink.HeadYaw]\ngain = -1\n"
    table = parse_mapping(text).apply(TABLES["livelink"])
    turned = next(t for t in table.targets if t.name == "HeadYaw")
    assert turned.gain == -1.0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "[vts.MouthOpn]\ngain = 1",
            "line 1: vts has no parameter 'MouthOpn'. Did you mean MouthOpen or",
        ),
        ("\n\n[vtz.MouthOpen]\ngain = 1", "line 3: there is no section [vtz]. Did you mean vts"),
        ("[vts.MouthOpen]\ngian = 1", "'gian' that nobody reads. Did you mean gain?"),
        ("[vts.MouthOpen]\ngain = 'loud'", "gain should be a number, not 'loud'"),
        ("[vts.MouthOpen]\ngain = true", "gain should be a number"),
        ("[vts.MouthOpen]\ngain = nan", "gain should be within 1000"),
        ("[vts.MouthOpen]\ngain = 1e9", "gain should be within 1000"),
        ("[vts.MouthOpen]\nsend = 1", "send should be true or false"),
        ("[vts.MouthOpen]\ncurve = 'wobbly'", "curve 'wobbly' is none"),
        ("[vts.MouthOpen]\ncurve = [[0, 0], [0, 1]]", "rising inputs"),
        ("[vts.MouthOpen]\ncurve = [[0, 0], [1]]", "a point of a curve is [input, output]"),
        ("[vts.MouthOpen]\ncurve = 0", "curve 0 is none"),
        ("[vts.MouthOpen]\nfrom = { jawOpne = 1 }", "no signal 'jawOpne'. Did you mean jawOpen?"),
        ("[vts.MouthOpen]\nfrom = 3", "from should be a table"),
        ("[vts.MouthOpen]\nminimum = 2", "minimum 2 should be below maximum 1"),
        ("[vts]\nMouthOpen = 3", "MouthOpen should be a table"),
        ("vts = 3", "[vts] should hold tables"),
        ("[vts.My]\nnew = true\nfrom = { jawOpen = 1 }", "4 to 32 letters and digits"),
        ("[vts.MyMouth]\nnew = true", "needs `from`"),
        (
            "[vts.mouthopen]\nnew = true\nfrom = { jawOpen = 1 }",
            "differs from MouthOpen only in its case",
        ),
        ("[livelink.Ears]\nnew = true\nfrom = { jawOpen = 1 }", "takes no parameters beyond its own"),
        ("[vrm0.aa]\ngain = 1", "If the program knows it, say `new = true`"),
        ("gain = = 3", "is not TOML"),
    ],
)
def test_a_mistake_gets_a_sentence_that_says_where(text: str, wanted: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, file="my.toml")
    assert wanted in str(caught.value)
    assert str(caught.value).startswith("my.toml")


def test_files_that_are_missing_or_no_text_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MappingError, match="UTF-8"):
        load_mapping(tmp_path / "binary.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(MappingError, match="larger"):
        load_mapping(tmp_path / "huge.toml")


def test_no_text_whatever_gives_anything_but_a_mapping_or_a_sentence() -> None:
    chance = random.Random(11)
    for _ in range(1500):
        text = list(EXAMPLE)
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 4)] = chance.choice("[]={}\"'.\n0a-#,é")
        try:
            changed = parse_mapping("".join(text))
        except MappingError:
            continue
        for table in TABLES.values():
            Retargeter(changed.apply(table))

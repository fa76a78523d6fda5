from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.outputs.ifacialmocap import IFacialMocapOutput, IFacialMocapPush
from engine.outputs.livelink import LiveLinkOutput
from engine.outputs.openseeface import OpenSeeFaceOutput
from engine.outputs.recorder import RecorderOutput
from engine.outputs.spec import Opened, open_output
from engine.outputs.vmc import Names, VmcOutput
from engine.outputs.vtube_studio import VtsOutput
from t2s_rt.errors import ConfigError, T2SError


def opened(spec: str, mapping: Path | None = None) -> Opened:
    return open_output(spec, clock=ManualClock(), mapping=mapping)


@pytest.mark.parametrize(
    ("spec", "kind", "name"),
    [
        ("vmc", VmcOutput, "vmc"),
        ("vmc:127.0.0.1:39539", VmcOutput, "vmc"),
        ("vmc:localhost,names=perfect,bundle=off,rate=30", VmcOutput, "vmc"),
        ("vmc,name=second,emotions,look=on", VmcOutput, "second"),
        ("vmc:[::1]:39539,to=performer,eye=absolute", VmcOutput, "vmc"),
        ("livelink:192.168.1.9,subject=Anna", LiveLinkOutput, "livelink"),
        ("livelink::11112", LiveLinkOutput, "livelink"),
        ("vts:8005,arkit", VtsOutput, "vts"),
        ("ifacialmocap", IFacialMocapOutput, "ifacialmocap"),
        ("ifacialmocap:0.0.0.0,allow=192.168.1.9", IFacialMocapOutput, "ifacialmocap"),
        ("ifacialmocap:to=127.0.0.1,version=2", IFacialMocapPush, "ifacialmocap"),
        ("openseeface:127.0.0.1:11573", OpenSeeFaceOutput, "openseeface"),
    ],
)
def test_a_specification_names_an_output(spec: str, kind: type, name: str) -> None:
    found = opened(spec)
    assert type(found.output) is kind
    assert found.output.name == name
    assert found.on


def test_settings_reach_the_output() -> None:
    vmc = opened("vmc:10.0.0.2:5000,names=vrm1,bundle=off,off").output
    assert isinstance(vmc, VmcOutput)
    assert vmc._options.names is Names.VRM1
    assert not vmc._options.bundle
    assert vmc._sender.where == "10.0.0.2:5000"
    assert not opened("vmc,off").on
    performer = opened("vmc,to=performer").output
    assert isinstance(performer, VmcOutput)
    assert performer._sender.where == "127.0.0.1:39540"


def test_a_recording_takes_the_rest_as_its_file(tmp_path: Path) -> None:
    found = opened(f"record:{tmp_path}/a, b=c.npz")
    assert isinstance(found.output, RecorderOutput)
    assert found.output.name == "record:a, b=c.npz"


def test_a_mapping_file_is_read_for_one_output_or_for_all(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("[vrm0.A]\nsend = false\n")
    (tmp_path / "two.toml").write_text("[vrm0.I]\nsend = false\n")

    def names(found: Opened) -> set[str]:
        assert isinstance(found.output, VmcOutput)
        return {str(len(found.output._retargeter.plan.offset))}

    assert names(opened("vmc", tmp_path / "one.toml")) == {"6"}
    assert names(opened(f"vmc,map={tmp_path}/two.toml", tmp_path / "one.toml")) == {"6"}
    assert names(opened("vmc")) == {"7"}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("osc", "There is no output 'osc'. Give vmc, livelink"),
        ("", "There is no output ''"),
        ("vmc:127.0.0.1:99999", "'99999' is not a port"),
        ("vmc:127.0.0.1:abc", "'abc' is not a port"),
        ("vmc,speed=3", "vmc has no setting 'speed'; it has"),
        ("vmc,bundle=maybe", "bundle should be on or off"),
        ("vmc,rate=59", "rate should be 60 or 30"),
        ("vmc,names=vrm2", "names should be auto or vrm0"),
        ("vmc,rate=30,rate=30", "comes twice"),
        ("vmc,=3", "no key=value"),
        ("vmc,map=/nowhere/x.toml", "cannot be read"),
        ("vmc,model=/nowhere/x.vrm", "cannot be read"),
        ("livelink,subject=", "1 to 64 bytes"),
        ("ifacialmocap:0.0.0.0", "who may ask"),
        ("record", "needs a file"),
        ("record:/nowhere/a.npz", "no folder"),
        ("record:take.mp4", "no ending that can be recorded"),
    ],
)
def test_a_mistake_gets_a_sentence(spec: str, wanted: str) -> None:
    with pytest.raises(T2SError) as caught:
        opened(spec)
    assert wanted in str(caught.value)
    assert isinstance(caught.value, ConfigError) or "map" in spec

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.inference.backends.engine_cache import (
    EngineKey,
    engine_folder,
    keep_engine,
    obtain_engine,
    read_engine,
)

KEY = EngineKey("mouth-v9", "ab" * 32, "tensorrt", "11.4.0", "NVIDIA H200-9.0", "fp32-1to64")


def test_every_thing_that_an_engine_depends_on_is_in_its_name() -> None:
    changed = [
        dataclasses.replace(KEY, **{field.name: "cd" * 32}) for field in dataclasses.fields(EngineKey)
    ]
    assert len({key.file_name for key in (KEY, *changed)}) == len(changed) + 1
    assert KEY.file_name == "mouth-v9_abababababababab_tensorrt_11.4.0_NVIDIA-H200-9.0_fp32-1to64.engine"


def test_engines_lie_in_the_users_cache(cache: Path) -> None:
    assert engine_folder() == cache


def test_an_engine_is_made_once(tmp_path: Path) -> None:
    path, made = tmp_path / "deep" / "a.engine", []

    def build() -> bytes:
        made.append(1)
        return b"engine"

    assert obtain_engine(path, build) == (b"engine", True)
    assert obtain_engine(path, build) == (b"engine", False)
    assert len(made) == 1
    assert list(path.parent.iterdir()) == [path]  # nothing half-written is left


@pytest.mark.parametrize("damage", ["cut short", "one bit", "empty", "another file"])
def test_a_damaged_engine_is_made_again(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.engine"
    keep_engine(path, b"a whole engine")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(
        {
            "cut short": path.read_bytes()[:-4],
            "one bit": bytes(content),
            "empty": b"",
            "another file": b"%PDF-1.4 and so on and on, longer than any header of ours can be",
        }[damage]
    )
    assert read_engine(path) is None
    assert obtain_engine(path, lambda: b"a new one") == (b"a new one", True)
    assert read_engine(path) == b"a new one"


def test_the_old_engine_survives_a_failed_build(tmp_path: Path) -> None:
    path = tmp_path / "a.engine"
    keep_engine(path, b"old")
    with pytest.raises(KeyError):
        obtain_engine(tmp_path / "b.engine", lambda: {}["no"])
    assert read_engine(path) == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.engine"]


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"cannot be kept at .*XDG_CACHE_HOME"):
        keep_engine(tmp_path / "file" / "a.engine", b"engine")

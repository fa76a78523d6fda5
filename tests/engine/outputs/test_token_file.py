from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.outputs.token_file import TokenFile, config_dir
from t2s_rt.errors import ConfigError

posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps users apart by itself")


def test_a_token_is_kept_and_forgotten(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "deep" / "vts.token")
    assert file.read() == ""
    file.write("secret-1")
    file.write("secret-2")
    assert file.read() == "secret-2"
    file.forget()
    file.forget()
    assert file.read() == ""


@posix
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "own" / "vts.token")
    previous = os.umask(0)
    try:
        file.write("secret")
    finally:
        os.umask(previous)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = TokenFile(tmp_path / "vts.token")
    file.write("secret")
    file.path.chmod(mode)
    with pytest.raises(ConfigError, match=r"can be read by others\. Run: chmod 600"):
        file.read()


@posix
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("secret")
    (tmp_path / "vts.token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="cannot be read"):
        TokenFile(tmp_path / "vts.token").read()


@pytest.mark.parametrize("data", [b"", b"two words", b"x" * 65, b"\xff\xfe", b'a"b\n\nc d'])
def test_a_file_that_holds_no_token_is_refused(tmp_path: Path, data: bytes) -> None:
    file = TokenFile(tmp_path / "vts.token")
    file.write("x")
    file.path.write_bytes(data)
    with pytest.raises(ConfigError, match="does not hold a token"):
        file.read()


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be kept"):
        TokenFile(tmp_path / "file" / "vts.token").write("x")


def test_settings_live_where_the_system_wants_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert config_dir() == tmp_path / "t2s-rt"

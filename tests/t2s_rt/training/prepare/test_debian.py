import subprocess
import sys
from pathlib import Path

import pytest

from t2s_rt.errors import CorpusError, SetupError
from t2s_rt.training.prepare import debian
from t2s_rt.training.prepare.debian import Package, corpus_folder, obtain, unpack
from tests.debs import write_deb

FILES = {"usr/share/voice/wav/a.wav": b"sound" * 999, "usr/share/voice/b.txt": b"odd", "usr/bin/x": b"x"}
KEEP = ("usr/share/voice/*",)
DEB = "voice_1.0-1_all.deb"


def package(sha256: str = "", version: str = "1.0-1", keep: tuple[str, ...] = KEEP) -> Package:
    return Package("voice", version, sha256, keep)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("compression", [".xz", ".gz", ".zst", ""])
def test_only_what_is_kept_is_unpacked_whatever_the_compression(
    tmp_path: Path, compression: str
) -> None:
    if compression == ".zst":
        pytest.importorskip("zstandard")
    write_deb(tmp_path / DEB, FILES, compression=compression)
    unpack(tmp_path / DEB, tmp_path / "out", KEEP)
    assert names(tmp_path / "out") == {"usr/share/voice/wav/a.wav", "usr/share/voice/b.txt"}
    assert (tmp_path / "out/usr/share/voice/wav/a.wav").read_bytes() == b"sound" * 999


def test_a_package_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = write_deb(tmp_path / "deb" / DEB, FILES)
    files = obtain(package(sha256), tmp_path)
    monkeypatch.setattr(debian, "unpack", lambda *_: pytest.fail("unpacked again"))
    assert obtain(package(sha256), tmp_path) == files


def test_what_was_interrupted_is_begun_again(tmp_path: Path) -> None:
    sha256 = write_deb(tmp_path / "deb" / DEB, FILES)
    files = obtain(package(sha256), tmp_path)
    partial = files.with_name(f"{files.name}.partial")
    files.rename(partial)
    (partial / "usr/share/voice/half.wav").write_bytes(b"half")
    again = obtain(package(sha256), tmp_path)
    assert "usr/share/voice/half.wav" not in names(again)
    assert not partial.exists()


def test_another_choice_of_files_is_another_folder(tmp_path: Path) -> None:
    sha256 = write_deb(tmp_path / "deb" / DEB, FILES)
    text_only = obtain(package(sha256, keep=("*.txt",)), tmp_path)
    assert names(text_only) == {"usr/share/voice/b.txt"}
    assert len(names(obtain(package(sha256), tmp_path))) == 2


def test_a_changed_package_is_refused(tmp_path: Path) -> None:
    write_deb(tmp_path / "deb" / DEB, FILES)
    with pytest.raises(CorpusError, match=r"is damaged: its SHA-256 is .* Delete it"):
        obtain(package("0" * 64), tmp_path)


def test_a_version_nobody_measured_is_taken_by_its_own_sums(tmp_path: Path) -> None:
    write_deb(tmp_path / "deb" / DEB, FILES)
    assert len(names(obtain(package("0" * 64, version="9"), tmp_path))) == 2


def test_the_measured_version_goes_before_a_newer_one(tmp_path: Path) -> None:
    sha256 = write_deb(tmp_path / "deb" / DEB, FILES)
    write_deb(tmp_path / "deb" / "voice_2.0-1_all.deb", {"usr/share/voice/new": b""})
    assert "usr/share/voice/b.txt" in names(obtain(package(sha256), tmp_path))


def test_a_file_that_does_not_match_its_sum_is_named(tmp_path: Path) -> None:
    write_deb(tmp_path / DEB, FILES, sums={"usr/share/voice/b.txt": "0" * 32})
    with pytest.raises(CorpusError, match=r"b\.txt does not match its checksum"):
        unpack(tmp_path / DEB, tmp_path / "out", KEEP)


@pytest.mark.parametrize("length", [0, 5, 100, 300, -20])
def test_a_cut_package_is_an_error_in_a_sentence(tmp_path: Path, length: int) -> None:
    write_deb(tmp_path / DEB, FILES)
    (tmp_path / DEB).write_bytes((tmp_path / DEB).read_bytes()[:length])
    with pytest.raises(CorpusError, match="cannot be unpacked"):
        unpack(tmp_path / DEB, tmp_path / "out", KEEP)


def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    write_deb(tmp_path / DEB, {"../../escaped": b"x"})
    with pytest.raises(CorpusError, match="outside"):
        unpack(tmp_path / DEB, tmp_path / "in" / "out", ("*",))
    assert not (tmp_path / "escaped").exists()


def test_a_package_without_the_files_says_which(tmp_path: Path) -> None:
    write_deb(tmp_path / DEB, FILES)
    with pytest.raises(CorpusError, match=r"holds none of \*\.flac"):
        unpack(tmp_path / DEB, tmp_path / "out", ("*.flac",))


def test_without_apt_the_message_says_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian.shutil, "which", lambda _: None)
    with pytest.raises(SetupError, match=r"Take voice_1\.0-1_all\.deb from packages\.debian\.org"):
        obtain(package(), tmp_path)


def fake_apt(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    real = subprocess.run
    monkeypatch.setattr(debian.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(
        debian.subprocess, "run", lambda _, **options: real([sys.executable, "-c", program], **options)
    )


def test_what_apt_fetches_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = write_deb(tmp_path / "served" / DEB, FILES)
    fake_apt(monkeypatch, f"import shutil; shutil.copy({str(tmp_path / 'served' / DEB)!r}, '.')")
    assert len(names(obtain(package(sha256), tmp_path))) == 2
    assert (tmp_path / "deb" / DEB).is_file()


def test_what_apt_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(monkeypatch, "import sys; sys.exit('E: Unable to locate package voice')")
    with pytest.raises(
        CorpusError, match=r"could not fetch voice: E: Unable to locate .* apt-get update"
    ):
        obtain(package(), tmp_path)


def test_the_corpus_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T2S_CORPUS", str(tmp_path))
    assert corpus_folder() == tmp_path
    monkeypatch.delenv("T2S_CORPUS")
    assert corpus_folder().name == "t2s-corpus"

"""docs/clients.md says what is so: its files exist, its links lead somewhere, its Python runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.clients.running import beside_an_engine

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs/clients.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_links_lead_somewhere(link):
    assert (REPOSITORY / "docs" / link).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?:clients|tests)/[\w./]+\.\w+", PAGE))))
def test_files_that_are_named_exist(path):
    assert (REPOSITORY / path).is_file()


def test_every_kit_has_a_licence_and_a_page():
    licence = (REPOSITORY / "clients/LICENSE").read_text()
    for kit in ("python", "typescript", "unity", "cpp", "unreal"):
        folder = REPOSITORY / "clients" / kit
        assert (folder / "README.md").is_file()
        copies = [path.read_text() for path in folder.glob("LICENSE*") if path.suffix != ".meta"]
        assert kit == "python" or copies == [licence]


def test_unreal_has_the_same_header_as_cpp():
    copy = REPOSITORY / "clients/unreal/Source/T2SFace/Public/t2s_face.hpp"
    assert copy.read_text() == (REPOSITORY / "clients/cpp/t2s_face.hpp").read_text()


def test_the_python_of_the_page_runs(monkeypatch):
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.syspath_prepend(str(REPOSITORY / "clients/python"))
    said: list[str] = []

    def work(url: str, _port: int) -> str:
        program = source.replace("ws://127.0.0.1:8760/ws", url).replace("600", "60")
        exec(program, {"print": said.append})
        return said[-1]

    try:
        assert beside_an_engine(work) == "#" * 30
    finally:
        for name in ("t2s_playback", "t2s_client"):
            sys.modules.pop(name, None)

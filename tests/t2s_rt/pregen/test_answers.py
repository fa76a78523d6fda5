import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.pregen.answers import Answer, AnswerCache, default_folder, key_of


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "new" / "folder")
    key = key_of({"a": 1})
    assert cache.get(key) is None
    cache.put(key, Answer("sings “ü”", 2))
    assert AnswerCache(tmp_path / "new" / "folder").get(key) == Answer("sings “ü”", 2)


def test_everything_that_matters_is_part_of_the_key() -> None:
    parts = {"model": "m", "seed": 1, "messages": [["user", "x"]], "schema": {"type": "object"}}
    changed = [parts | {name: "other"} for name in parts] + [parts, parts | {"further": 1}]
    assert len({key_of(one) for one in changed}) == len(changed)
    assert key_of(parts) == key_of(dict(reversed(parts.items())))


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"content": "x"}', '{"content": "x", "attempts": []}', "7"]
)
def test_a_damaged_file_counts_as_absent_and_is_replaced(tmp_path: Path, damage: str) -> None:
    cache, key = AnswerCache(tmp_path), key_of({})
    cache.put(key, Answer("x", 1))
    (file,) = tmp_path.rglob("*.json")
    file.write_text(damage)
    assert cache.get(key) is None
    cache.put(key, Answer("y", 1))
    assert cache.get(key) == Answer("y", 1)


def test_nothing_half_written_is_ever_left_or_read(tmp_path: Path) -> None:
    cache, key = AnswerCache(tmp_path), key_of({"shared": True})
    contents = [str(i) * 5000 for i in range(8)]

    def hammer(content: str) -> bool:
        for _ in range(40):
            cache.put(key, Answer(content, 1))
            found = cache.get(key)
            if found is None or found.content not in contents:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(hammer, contents))
    assert [file.suffix for file in tmp_path.rglob("*") if file.is_file()] == [".json"]


def test_without_a_folder_nothing_is_kept() -> None:
    cache = AnswerCache(None)
    cache.put("00", Answer("x", 1))
    assert cache.get("00") is None


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        AnswerCache(tmp_path / "file" / "folder")


@pytest.mark.skipif(os.name == "nt", reason="POSIX's folder")
def test_the_folder_is_where_caches_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "t2s-rt" / "answers"

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from t2s_rt.errors import ConfigError, CorpusError, SetupError
from t2s_rt.training.prepare import corpus
from t2s_rt.training.prepare.clip import LabelledClip
from t2s_rt.training.prepare.corpus import SOURCES, held_out, split

VOICES = {("ann", "en"), ("bob", "en"), ("bob", "ru"), ("olga", "ru"), ("luis", "es")}


def clip(speaker: str, language: str, name: str) -> LabelledClip:
    sound = np.zeros(160, np.float32)
    return LabelledClip(name, sound, 16_000, (), "", speaker, language, "test", "none", None)


CLIPS = [clip(*voice, str(i)) for voice in sorted(VOICES) for i in range(3)]


def test_a_named_speaker_is_held_out_with_all_clips() -> None:
    training, judged = split(CLIPS, ["bob"], [])
    assert {item.speaker for item in judged} == {"bob"}
    assert len(judged) == 6
    assert len(training) + len(judged) == len(CLIPS)


def test_a_language_takes_its_speakers_along_whatever_else_they_speak() -> None:
    training, judged = split(CLIPS, [], ["ru"])
    assert held_out(VOICES, [], ["ru"]) == {"bob", "olga"}
    assert not {item.speaker for item in training} & {item.speaker for item in judged}
    assert "ru" not in {item.language for item in training}


def test_nobody_named_is_nobody_held_out() -> None:
    training, judged = split(CLIPS, [], [])
    assert training == CLIPS
    assert judged == []


@pytest.mark.parametrize(("speakers", "languages"), [(["an"], []), ([], ["xx"])])
def test_a_name_that_is_nobodys_is_an_error(speakers: list[str], languages: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"Nobody in the corpus is, or speaks, (an|xx)\."):
        held_out(VOICES, speakers, languages)


def test_somebody_is_left_to_train_on() -> None:
    with pytest.raises(ConfigError, match="Every speaker is held out"):
        held_out(VOICES, [], ["en", "ru", "es"])


def test_no_source_stands_twice() -> None:
    assert len(set(SOURCES)) == len(SOURCES) >= 1


def test_making_the_corpus_needs_no_torch() -> None:
    program = "import sys, t2s_rt.training.prepare.corpus; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_is_wrong_becomes_a_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Iterator[LabelledClip]:
        raise CorpusError("The package is damaged.", "Delete it.")
        yield

    monkeypatch.setattr(corpus, "SOURCES", (broken,))
    monkeypatch.setattr(corpus, "SINGING", ())
    with pytest.raises(SystemExit) as ended:
        corpus.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("The package is damaged. Delete it.\n")


def test_each_source_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(corpus, "SOURCES", (lambda: iter(CLIPS[:6]),))
    monkeypatch.setattr(corpus, "SINGING", (lambda: iter(CLIPS[6:]),))
    monkeypatch.setattr(corpus.music, "tracks", lambda albums: iter(()))
    corpus.main()
    assert "test: 0.0 min, 15 clips, 0 sounds, 4 speakers, languages en es ru" in capsys.readouterr().out


def test_what_cannot_sing_here_is_left_out_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> Iterator[LabelledClip]:
        raise SetupError("Festival is not installed.", "Get it.")

    monkeypatch.setattr(corpus, "SINGING", (absent, lambda: iter(CLIPS[:2])))
    assert list(corpus.singing()) == CLIPS[:2]
    assert "Festival is not installed." in capsys.readouterr().err

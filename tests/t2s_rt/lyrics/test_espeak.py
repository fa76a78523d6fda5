import builtins
from concurrent.futures import ThreadPoolExecutor

import pytest

from t2s_rt.errors import SetupError
from t2s_rt.lyrics import espeak


def said(text, language):
    return [
        " ".join(word).replace("ˈ", "").replace("ˌ", "") for word in espeak.pronounce(text, language)
    ]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "running", ["ɹ ʌ n ɪ ŋ"]),
        ("de", "schön", ["ʃ øː n"]),
        ("fr", "amour", ["a m u ʁ"]),
        ("zh", "我", ["w o2"]),
        ("yue", "愛", ["ŋ oi"]),
        ("no", "sang", ["s ɑ ŋ"]),
    ],
)
def test_words_of_a_language_are_read(language, text, expected):
    assert said(text, language) == expected


def test_a_language_it_does_not_speak_is_read_as_english():
    assert not espeak.has_language("xx")
    assert said("love", "xx") == said("love", "en")


@pytest.mark.parametrize("name", ["", "en-us; rm", "../../etc", "e" * 300, "日本語", "en\0us"])
def test_a_strange_language_is_refused_and_harms_nothing(name):
    espeak.has_language(name)
    assert said("love", "en") == ["l ʌ v"]


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\0", "♪ ♪", "a\nb", "x" * 9000, "<b>hi</b>", "\ud800"]
)
def test_any_text_gets_an_answer(text):
    espeak.pronounce(text, "en")


def test_threads_that_ask_in_different_languages_get_their_own_answers():
    alone = {language: espeak.pronounce.__wrapped__("mini", language) for language in ("en", "de", "fr")}
    with ThreadPoolExecutor(6) as pool:
        questions = [(language, "mini") for language in alone] * 40
        answers = pool.map(lambda q: (q[0], espeak.pronounce.__wrapped__(q[1], q[0])), questions)
        assert all(answer == alone[language] for language, answer in answers)


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "espeakng_loader":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SetupError, match="pip install espeakng-loader"):
        espeak._library.__wrapped__()


def test_after_all_these_questions_a_text_keeps_its_first_sound():
    first, again = (espeak.speak("Big maps of the summer camp", "en-us", 130) for _ in range(2))
    assert [name for name, _ in first.phonemes[:2]] == ["b", "ˈɪ"]
    assert [name for name, _ in first.phonemes] == [name for name, _ in again.phonemes]

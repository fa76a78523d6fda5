import itertools

import hypothesis
from hypothesis import strategies

from t2s_rt.lyrics.ipa import Sound
from t2s_rt.lyrics.nuclei import assign


def word(symbols):
    return [
        Sound(symbol, symbol[0] in "aeiouəɪ" and "\u032f" not in symbol) for symbol in symbols.split()
    ]


def parts(symbols, letters):
    return [" ".join(sound.ipa for sound in part) for part in assign(word(symbols), letters)]


def test_as_many_vowels_as_syllables_go_one_to_one():
    assert parts("w a n d ə f ə l", [3, 3, 3]) == ["w a n", "d ə", "f ə l"]


def test_consonants_begin_the_later_syllable_as_far_as_they_can():
    assert parts("i n s t r u", [2, 4]) == ["i n", "s t r u"]
    assert parts("a k t o", [2, 2]) == ["a k", "t o"]
    assert parts("a p l o", [1, 3]) == ["a", "p l o"]


def test_the_end_of_a_diphthong_stays_with_its_vowel():
    assert parts("a ɪ̯ d o", [1, 2]) == ["a ɪ̯", "d o"]


def test_more_vowels_than_syllables_leave_none_empty():
    assert parts("f a ɪ ə", [2, 2]) == ["f a", "ɪ ə"]
    assert parts("a e i o", [4]) == ["a e i o"]


def test_fewer_vowels_than_syllables_share_no_syllable():
    assert sum(bool(part) for part in parts("e v r i", [2, 2, 1])) == 2


def test_no_vowel_at_all_keeps_the_consonants():
    assert parts("h m", [1, 1]) == ["h m", ""]
    assert parts("", [1, 1]) == ["", ""]


@hypothesis.given(
    strategies.lists(strategies.sampled_from([*"aeioptsrljmn", "ɪ̯"]), max_size=14),
    strategies.lists(strategies.integers(0, 9), min_size=1, max_size=9),
)
def test_every_sound_is_sung_once_and_in_order(symbols, letters):
    sounds = word(" ".join(symbols))
    found = assign(sounds, letters)
    assert len(found) == len(letters)
    assert list(itertools.chain(*found)) == sounds
    vowels = sum(sound.vowel for sound in sounds)
    carried = [sum(sound.vowel for sound in part) for part in found]
    assert min(carried) >= (vowels >= len(letters))
    assert vowels == 0 or vowels > len(letters) or max(carried) == 1

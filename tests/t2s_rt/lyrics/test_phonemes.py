import itertools

import hypothesis
import pytest
from hypothesis import strategies

from t2s_rt.lyrics.load import load_song
from t2s_rt.lyrics.phonemes import phonemes, pronounce_song
from t2s_rt.lyrics.song import Line, Song, Syllable, Word
from tests.t2s_rt.lyrics.singing import song_of


def sung(text, language):
    """``syllable[sounds]`` for each written syllable."""
    song = song_of(text, language)
    written = list(song.syllables())
    groups = itertools.groupby(phonemes(song), key=lambda phoneme: phoneme.syllable)
    return " ".join(f"{written[i].text}[{' '.join(p.ipa for p in group)}]" for i, group in groups)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "run|ning won|der|ful", "run[ɹ ʌ] ning[n ɪ ŋ] won[w ʌ n] der[d ɚ] ful[f ə l]"),
        ("en", "love|~ fi|re ev|er|y", "love[l ʌ] ~[ʌ v] fi[f a ɪ̯] re[ɚ ɹ] ev[ɛ] er[v ɜː] y[ɹ i]"),
        ("de", "Mäd|chen träu|men", "Mäd[m ɛː d] chen[ç ə n] träu[t ɾ ɔ ø̯] men[m ə n]"),
        ("es", "co|ra|zón gui|ta|rra", "co[k o] ra[ɾ a] zón[θ o ŋ] gui[ɡ i] ta[t a] rra[r a]"),
        ("fr", "bon|jour l’a|mour", "bon[b ɔ̃] jour[ʒ u ʁ] l’a[l a] mour[m u ʁ]"),
        ("it", "bel|la cie|lo", "bel[b ɛ l] la[l a] cie[tʃ ɛ] lo[l o]"),
        ("ja", "さ|く|ら せ|ん|せー", "さ[s a] く[k ɯᵝ] ら[ɾ a] せ[s e] ん[ɴ] せー[s e e]"),
        ("ja", "きゃっ|と コ|ー|ヒ|ー", "きゃっ[k j a t̚] と[t o] コ[k o] ー[o] ヒ[h i] ー[i]"),
        ("ja", "sa|ku|ra love", "sa[s a] ku[k ɯᵝ] ra[ɾ a] love[l ʌ v]"),
        ("ru", "лю|бовь", "лю[ɭʲ u] бовь[b o f]"),
        ("ko", "사|랑|해", "사[s ɐ] 랑[ɾ ɐ ŋ] 해[h ɛ]"),
        ("zh", "月|亮|代|表", "月[j y̯ ɛ] 亮[l i̯ ɑ ŋ] 代[t a i̯] 表[p j ɑ u̯]"),
    ],
)
def test_words_are_spread_over_their_written_syllables(language, text, expected):
    assert sung(text, language) == expected


def test_vowels_begin_on_their_syllables_and_consonants_before():
    song = song_of("run|ning home", "en")
    beats = [phoneme.start_s for phoneme in phonemes(song) if phoneme.vowel]
    assert beats == pytest.approx([syllable.start_s for syllable in song.syllables()])
    assert phonemes(song)[0].ipa == "ɹ"
    assert phonemes(song)[0].end_s == pytest.approx(1.0)


def test_a_whole_word_on_one_note_shares_its_time_among_its_vowels():
    song = Song("", "", "de", (Line((Word((Syllable("Verdächtig", 1.0, 2.2),)),), 1.0, 2.2),))
    vowels = [phoneme for phoneme in phonemes(song) if phoneme.vowel]
    assert [round(vowel.start_s, 2) for vowel in vowels] == [1.0, 1.4, 1.8]


def test_what_cannot_be_read_is_said_and_shown_neutral():
    reading = pronounce_song(song_of("桜|の", "ja"))
    assert [phoneme.ipa for phoneme in reading.phonemes] == ["ə", "n", "o"]
    assert reading.warnings == ("No reading is known for '桜'; neutral vowels are shown.",)
    unknown = pronounce_song(song_of("hello", "tlh-x"))
    assert "read as English" in unknown.warnings[0]
    assert unknown.phonemes


def test_signs_for_music_are_not_sung():
    assert phonemes(song_of("♪ ... ♪", "en")) == ()


def test_a_background_line_gives_way_to_the_main_line():
    def line(text, start_s, background):
        return Line((Word((Syllable(text, start_s, start_s + 1.0),)),), start_s, start_s + 1.0,
                    background=background)  # fmt: skip

    song = Song("", "", "en", (line("one", 1.0, False), line("ooh", 1.5, True), line("ah", 4.0, True)))
    assert {phoneme.syllable for phoneme in phonemes(song)} == {0, 2}


WORDS = strategies.lists(
    strategies.lists(
        strategies.text(strategies.characters(exclude_categories=["Z", "Cc"]), max_size=5),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=4,
)
LANGUAGES = [
    "en",
    "de",
    "es",
    "fr",
    "it",
    "ja",
    "ru",
    "ko",
    "zh",
    "th",
    "ar",
    "he",
    "vi",
    "hi",
    "",
    "xx",
]


@hypothesis.settings(max_examples=250, deadline=None)
@hypothesis.given(WORDS, strategies.sampled_from(LANGUAGES), strategies.data())
def test_any_words_in_any_language_are_sung_in_order(drawn, language, data):
    words, now_s = [], 0.0
    for texts in drawn:
        syllables = []
        for text in texts:
            start_s = now_s + data.draw(strategies.sampled_from([0.0, 0.05, 0.7]))
            now_s = start_s + data.draw(strategies.sampled_from([0.0, 0.03, 0.2, 2.0]))
            held = not text.strip() or data.draw(strategies.booleans())
            syllables.append(Syllable(text.strip(), start_s, now_s, held=held))
        words.append(Word(tuple(syllables)))
    song = Song("", "", language, (Line(tuple(words), 0.0, now_s),))
    found = phonemes(song)
    count = sum(1 for _ in song.syllables())
    assert all(0 <= phoneme.syllable < count for phoneme in found)
    assert all(phoneme.ipa and phoneme.start_s <= phoneme.end_s + 1e-9 for phoneme in found)
    assert all(a.end_s <= b.start_s + 1e-6 for a, b in itertools.pairwise(found))


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["on_the_run", "chasing_marks", "verdaechtig"])
def test_every_syllable_of_the_shared_songs_has_its_vowel_on_the_beat(shared_data, name):
    song = load_song(shared_data / "karaoke" / name / "song.txt")
    reading = pronounce_song(song)
    beats = {
        phoneme.syllable: phoneme.start_s for phoneme in reversed(reading.phonemes) if phoneme.vowel
    }
    written = list(song.syllables(0))
    assert set(beats) == set(range(len(written)))
    assert all(beats[i] == pytest.approx(syllable.start_s) for i, syllable in enumerate(written))
    assert reading.warnings == ()

import pytest

from t2s_rt.lyrics.ipa import split_symbols


@pytest.mark.parametrize(
    ("token", "symbols", "carriers"),
    [
        ("ˈaɪ", ["a", "ɪ̯"], [0]),
        ("tʃ", ["tʃ"], []),
        ("ɑːɹ", ["ɑː", "ɹ"], [0]),
        ("iə", ["i", "ə̯"], [0]),
        ("iɑu5", ["i̯", "ɑ", "u̯"], [1]),
        ("ɔ̃", ["ɔ̃"], [0]),
        ("ç", ["ç"], []),
        ("l̩", ["l̩"], [0]),
        ('u"', ["u"], [0]),
        ("ɯᵝ", ["ɯᵝ"], [0]),
        ("ˈˌ2", [], []),
    ],
)
def test_a_token_becomes_single_sounds_with_one_carrier(token, symbols, carriers):
    sounds = split_symbols(token)
    assert [sound.ipa for sound in sounds] == symbols
    assert [i for i, sound in enumerate(sounds) if sound.vowel] == carriers

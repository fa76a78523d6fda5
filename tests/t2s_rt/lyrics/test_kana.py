import pytest

from t2s_rt.lyrics.kana import is_kana, read_kana, read_romaji


def spelt(morae):
    return " ".join("".join(sound.ipa for sound in mora.sounds) for mora in morae)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("さくら", "sa kɯᵝ ɾa"),
        ("サクラ", "sa kɯᵝ ɾa"),
        ("ｻｸﾗ", "sa kɯᵝ ɾa"),
        ("きゃしゅちょ", "kja ɕɯᵝ tɕo"),
        ("きって", "ki t̚ te"),
        ("いっぱい", "i p̚ pa i"),
        ("せんせー", "se ɴ se e"),
        ("ファティウィ", "ɸa ti wi"),
        ("ヴァ", "va"),
        ("あっ", "a ʔ"),
        ("ー", ""),
        ("桜、…", ""),
        ("つづく", "tsɯᵝ zɯᵝ kɯᵝ"),
    ],
)
def test_kana_are_read_by_table(text, expected):
    assert spelt(read_kana(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sakura", "sa kɯᵝ ɾa"),
        ("Shinjite", "ɕi ɴ dʑi te"),
        ("kitto", "ki t̚ to"),
        ("matcha", "ma t̚ tɕa"),
        ("tōkyō", "to kjo"),
        ("kon'ya", "ko ɴ ja"),
        ("konya", "ko nja"),
        ("si tu".replace(" ", ""), "ɕi tsɯᵝ"),
        ("shimbun", "ɕi m bɯᵝ ɴ"),
    ],
)
def test_japanese_in_latin_letters_is_read(text, expected):
    found = read_romaji(text)
    assert found is not None
    assert spelt(found).replace("ɲa", "nja") == expected


@pytest.mark.parametrize("text", ["love", "baby", "street", "xyz", "123", "", "桜", "k"])
def test_what_is_not_japanese_is_refused(text):
    assert read_romaji(text) is None


def test_every_kana_of_the_blocks_gives_a_sound_or_joins_another():
    silent = set("っッｯーｰゝゞヽヾ・゠ヿ゛゜゙゚ゟｧｨｩｪｫｬｭｮ")
    for code in [*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), *range(0xFF66, 0xFF9E)]:
        kana = chr(code)
        assert is_kana(kana)
        if kana not in silent | set("ゃゅょャュョヷヸヹヺ"):
            assert read_kana(kana), kana

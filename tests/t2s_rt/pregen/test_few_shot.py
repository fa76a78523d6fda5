from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.agra import Bank
from t2s_rt.pregen.exemplar import BANK, parse_cue, read_bank
from t2s_rt.pregen.few_shot import MOST_MOVES, example_of, similar_lines
from t2s_rt.pregen.phrase import Delivery, Descriptors, Emotion, Phrase
from t2s_rt.subtitles.moves import MOVE_INDEX
from tests.llm.songs import line_of


def test_an_exemplar_is_told_in_the_words_of_the_question() -> None:
    exemplar = read_bank(BANK)[0]
    cues = (
        "brows raise .52 0...3",
        "eyes close .7 .7..1",
        "neck sway 1 -.3s..+.5s",
        "mouth press .02 .4...6",
    )
    changed = type(exemplar)(
        "Leave the light on", "en", Emotion.HOPE, Delivery.SOFT, Descriptors(loudness=0.1), "",
        tuple(parse_cue(cue) for cue in cues),
    )  # fmt: skip
    example = example_of(changed)
    assert (example.text, example.sound, example.emotion) == (
        "Leave the light on",
        "very soft",
        Emotion.HOPE,
    )
    assert example.moves == (
        "brows raise 5, early",
        "eyes close 7, late",
        "neck sway 10, throughout",
        "mouth press 1, middle",
    )


def test_every_exemplar_of_the_bank_can_be_told() -> None:
    for exemplar in read_bank(BANK):
        moves = example_of(exemplar).moves
        assert 1 <= len(moves) <= MOST_MOVES
        for move in moves:
            region, name, strength = move.partition(",")[0].split()
            assert (Region(region), name) in MOVE_INDEX
            assert 1 <= int(strength) <= 10


def test_the_bank_is_asked_with_words_and_sound() -> None:
    bank = Bank.load(lexical=True)
    wanted = bank.exemplars[17]
    phrase = Phrase(0, line_of(wanted.text, 1.0), wanted.language, 0, wanted.descriptors)
    found = similar_lines(bank, phrase, 2)
    assert len(found) == 2
    assert found[0].text == wanted.text
    assert similar_lines(bank, phrase, 0) == ()

"""Nine people among festival's voices read made-up sentences in seven languages, with exact times.

Diphones of one person each, whose times are known without any alignment: an Italian woman (lp) and man
(pc), a Finnish woman (lj) and man (mv), two American men (kal, ked), and one person from India (NSK),
whose diphones read Hindi, Marathi and Telugu. Models of one person's speech, which make the sound from
the times: an American (slt) and a Catalan woman (ona). Sources: the Debian packages in `PACKAGES` and
`festival_song`; licences stand in `VOICES`.

Where the sound above 600 Hz falls and rises between vowels, m and b of every voice close 1 to 13 ms
(median) behind the label's start, kal's 20 to 25 ms, and open within 10 ms of its end; so much is told
of m of ked, lj and mv less surely, since its edges are faint. No voice is off by a constant, so nothing
is shifted. Burst and breath of p belong to its label: it opens 7 to 50 ms before the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.training.prepare import festival_song
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder
from t2s_rt.training.prepare.festival import SHARE, Festival, assemble, kept_under, read_spoken

_KEPT: Final = (f"{SHARE}/*", "usr/share/doc/*/copyright")

PACKAGES: Final = tuple(
    Package(name, version, sha256, _KEPT)
    for name, version, sha256 in (
        ("festlex-ifd", "2.0+debian0-6",
         "8f98f36c50fab70ee073d1e07d8e7444f003712d5d5222f6d83516e825f36d7a"),
        ("festvox-italp16k", "2.0+debian0-6",
         "4acbcabf7e81cf284e1f7db9135d7761e44c6bb3f9dda85727291fe95942f525"),
        ("festvox-itapc16k", "2.0+debian0-6",
         "832c8c4cede93ef292132f8a7b5d6cddaad0046e348517d8445b4a4a906f09e6"),
        ("festvox-suopuhe-common", "1.0g-20051204-5",
         "10176ea1b6f7bac4e7716d98fcdf2279219d29fdc56f65bc807431a0580f0a01"),
        ("festvox-suopuhe-lj", "1.0g-20051204-5",
         "4ea3d165b7ac737c114e02397a442c58a86cb5c78c5ab4e68c49785ca3b1c52d"),
        ("festvox-suopuhe-mv", "20041119-3",
         "9d58130e6554d371944e62dc67e3e250c107924e92f0c9cecdf287dbca8a7e68"),
        ("festival-hi", "0.1-11",
         "27c569572a05fb5e97438aeb0a54b17523d97cd0a73ad7cdbd7d6d319e4c4a94"),
        ("festvox-hi-nsk", "0.1-11",
         "7d3d822f115fb318e3264cbbe769bfed477150a5f7afa82c80760de92793be55"),
        ("festival-mr", "0.1-11",
         "891943fd17df745cc55b1b7d9f3f8bbd704d3e7124dfb405d0b8bd27682336ac"),
        ("festvox-mr-nsk", "0.1-11",
         "2e686ab0ef1cb5e273aa9f81751266a29e897a9533df4dc91882abc9c0495ab1"),
        ("festival-te", "0.3.3-6",
         "13a3a6a489e32d8c0acf9ecf02ce95c2c9956260d105bd1ba7e86b81f9b32de3"),
        ("festvox-te-nsk", "0.3.3-6",
         "d52ff0038abf134d648046e3479f78e548728621c39649e615c48a8ae41b44b8"),
        ("festvox-us-slt-hts", "0.2010.10.25-4",
         "b9ac83795572e717c4595d7dac428336490eeba6801f6e607009a305b4b7da58"),
        ("festival-ca", "3.0.6-2",
         "2d0ab95a6de78a77a26ee1bd6ccf3feeffa54e3222013325c2cd1ebb9a4cb691"),
        ("festvox-ca-ona-hts", "1.3-3",
         "bae67d675e3d638c3c9e28a81c3556d0b79d964514b40daadce6c5d81cbb9877"),
    )
)  # fmt: skip
"""Beside those of `festival_song`."""

PAUSES: Final = frozenset(("#", "##", "pau", "_", "h#", "brth"))

ITALIAN: Final[dict[str, str]] = {
    **{letter: letter for letter in "aeioujwptkbdfsvzmnlr"},
    **{f"{letter}1": letter for letter in "aeiou"},
    "E": "ɛ", "E1": "ɛ", "O": "ɔ", "O1": "ɔ", "g": "ɡ", "S": "ʃ", "Z": "ʒ", "ts": "ts", "tS": "tʃ",
    "dz": "dz", "dZ": "dʒ", "J": "ɲ", "ng": "ŋ", "nf": "ɱ", "L": "ʎ",
}  # fmt: skip
_FINNISH_SHORT: Final = {
    **{letter: letter for letter in "eiouyptkbdfshmnlrjwz"},
    "a": "ɑ", "@": "æ", "7": "ø", "&": "ə", "g": "ɡ", "T": "θ", "D": "ð", "S": "ʃ", "Z": "ʒ", "v": "ʋ",
    "N": "ŋ", "L": "ɫ",
}  # fmt: skip
FINNISH: Final = {**_FINNISH_SHORT, **{f"{phone}:": f"{ipa}ː" for phone, ipa in _FINNISH_SHORT.items()}}
INDIAN: Final[dict[str, str]] = {
    **{letter: letter for letter in "fknpbmlswr"},
    "a": "ɐ", "aa": "aː", "ih": "ɪ", "iy": "iː", "uh": "ʊ", "uw": "uː", "eh": "e", "ee": "eː",
    "ay": "aɪ", "oh": "o", "oo": "oː", "aw": "aʊ", "g": "ɡ", "ch": "tʃ", "T": "ʈ", "D": "ɖ", "N": "ɳ",
    "th": "t̪", "dh": "d̪", "y": "j", "v": "ʋ", "L": "ɭ", "R": "r", "sh": "ʃ", "j": "dʒ", "h": "ɦ",
    "ksh": "kʃ", "kh": "kʰ", "gh": "ɡʱ", "tth": "t̪ʰ", "ddh": "d̪ʱ", "bh": "bʱ",
}  # fmt: skip
"""Hindi, Marathi and Telugu share their phones."""
CATALAN: Final[dict[str, str]] = {
    **{letter: letter for letter in "aeioujwbdfklmnpstz"},
    **{f"{letter}1": letter for letter in "aeiou"},
    "ax": "ə", "E": "ɛ", "E1": "ɛ", "O": "ɔ", "O1": "ɔ", "g": "ɡ", "J": "ɲ", "L": "ʎ", "r": "ɾ",
    "rr": "r", "S": "ʃ", "Z": "ʒ",
}  # fmt: skip

_Slots = tuple[tuple[str, ...], ...]
_Sounds = tuple[tuple[str, float, float], ...]


def _slots(*lists: str) -> _Slots:
    """One tuple of phrases for each list, where commas stand between them."""
    return tuple(tuple(" ".join(phrase.split()) for phrase in listed.split(",")) for listed in lists)


_ITALIAN: Final = _slots(
    """spesso, ogni mattina, prima di cena, dopo la pioggia, in febbraio, forse, a volte, verso sera, di
    sabato, per fortuna, proprio adesso, ma oggi""",
    """il pompiere, la mamma di Beppe, un bimbo buffo, la bambina bionda, il vecchio falegname, la zia
    Pamela, un vigile gentile, la famosa cuoca, il mio amico Umberto, una piccola ape, il pappagallo
    blu, la nuova maestra, un povero pescatore, il professor Fabbri, la gatta Bibi""",
    """compra, ammira, fotografa, dipinge, porta via, vende, pulisce, rompe, vuole, trova, prepara,
    abbandona, muove, guarda, sposta, offre a tutti, nasconde, conserva, sogna, riempie""",
    """la vespa gialla, un pompelmo maturo, il pane bianco, un bombolone, l'acqua fresca, una buffa
    favola, il fumo della pipa, gli gnomi di gomma, le bambole, un vaso di fiori, la sciarpa viola, lo
    zaino vuoto, una mappa del bosco, il libro di poesie, l'ombrello rosso, una fetta di formaggio, la
    bottiglia, il baule, una zuppa di funghi, uova e burro""",
    """sul ponte, in piazza, nel bosco, presso il fiume, fuori dal bar, sopra il tavolo, al mercato,
    vicino al porto, in mezzo alla folla, dietro la chiesa, sotto la luna, per la nonna, con pazienza,
    senza parlare, in un lampo, davanti al duomo, lungo il viale""",
)
_FINNISH: Final = _slots(
    """aamulla, joskus, ennen puoltayötä, keväällä, sumussa, pian, vappuna, tänä yönä, kesällä,
    huomenna, ehkä, myöhemmin""",
    """pieni pöllö, minun mummoni, vanha puuseppä, pomppiva pupu, köyhä runoilija, iloinen emäntä, musta
    mäyrä, pappa Viljami, naapurin poika, hyvä ystäväni, väsynyt opettaja, lumiukko, höppänä professori,
    vihreä sammakko, hyppivä vauva, Pertti, tyttö""",
    """hämmästelee, maalaa, ompelee, puhaltaa, myy, lyö, ampuu, piilottaa, lämmittää, kuuntelee, pyytää,
    varjelee, työntää, vie, etsii, pyyhkii, hypistelee, muovailee, kumartaa, seuraa""",
    """lämmintä puuroa, mustaa kampelaa, uutta lamppua, mummon hametta, pehmeää tyynyä, vanhaa kelloa,
    kuumaa kahvia, pyöreää pöytää, sinistä palloa, omenapuuta, leipää ja voita, suurta rumpua,
    höyhenpeittoa, hopeista sormusta, kaupungin muuria, vaahtokarkkia, lumipalloa, viulua, banaania,
    filmikameraa""",
    """kaupungissa, pihapuun alla, metsän pimennossa, mökin pihalla, yömyöhällä, vuoren huipulla, lammen
    rannalla, pöydän vieressä, tuulimyllyssä, hymyillen, kuppilan ovella, vaunussa, ilman syytä,
    uimapuvussa, bussipysäkillä, saappaat jalassa""",
)
_ENGLISH: Final = _slots(
    """usually, on Monday, maybe, before lunch, to my surprise, however, in springtime, at the moment,
    whenever possible, for fun, from above, perhaps""",
    """my mother, the brave fireman, a polite woman, our neighbour Bob, the famous poet, a purple
    puppet, the village baker, your favourite singer, the old boatman, every farmer, a hungry wolf, the
    new mayor, a fluffy bumblebee, grandma Mabel, the quiet shepherd, a young plumber""",
    """moves, paints, borrows, bumps into, never buys, follows, wipes, breaks, carefully wraps, dreams
    of, waves at, photographs, climbs over, pours milk on, opens, looks for, hums about, believes in,
    throws away, gives up""",
    """the blue lamp, a bowl of soup, an old umbrella, the wooden bridge, five brown mushrooms, the
    violin, a map of the moon, her purple boots, the broken pump, some apple jam, a heavy volume, the
    chimney, a pair of gloves, the football, the fish pond, my toy boat, a bouquet of flowers, whipped
    cream, the warm woollen jumper, a beautiful marble""",
    """by the window, in the middle of November, above the waterfall, on top of the roof, before supper,
    from the empty room, without a word, with both hands, under the full moon, at the village pub, for
    the whole week, beside the river, during the power cut, behind the theatre, at half past five, on a
    foggy morning, near Palm Beach""",
)
_CATALAN: Final = _slots(
    "avui, sovint, de bon matí, al febrer, potser, abans de sopar, per fi, sempre, ara mateix, de nou",
    """la meva mare, el bomber, un home savi, la fornera, el pobre poeta, una abella petita, la mestra
    nova, el meu amic Pau, un pescador vell, la bonica princesa, el pare de la Mercè, una dona famosa""",
    """compra, amaga, pinta, troba, mou, ven, busca, trenca, porta, omple, guarda, observa, prepara,
    fotografia, somia, embolica""",
    """pomes i peix fresc, el paraigua vermell, una bossa de paper, la pilota blava, un pot de mel, el
    pa amb tomàquet, la boira del port, un vaixell de fusta, les sabates, el llibre vell, una bona sopa,
    la xemeneia, un plat de bolets, el piano, una flor groga, l'ampolla buida""",
    """al mercat, sota la pluja, al mig de la plaça, prop del port, amb paciència, sense parlar, damunt
    la taula, al poble, cada vespre, abans de dormir, vora el foc, dins el bosc, per Nadal""",
)
_HINDI: Final = _slots(
    "कभी कभी, आज, हर सोमवार, बाद में, अब, फिर भी, परसों, शाम को",
    """मेरा भाई, बाबू, माली, पप्पू, बूढ़ा आदमी, छोटा बंदर, मोहन, भूपेश, विमल, एक पहलवान, हमारा पड़ोसी,
    गोपाल, वह मोची, प्यारा बबुआ, फूलवाला""",
    """बाज़ार में, बगीचे में, पुल पर, गाँव में, पेड़ के ऊपर, मंदिर में, बारिश में, पानी में, मेले में,
    पहाड़ पर, भूमि पर, दीवार पर, बाबूपुर में""",
    """आम, पपीता, फूल, मीठी बर्फी, भोजन, सेब और अमरूद, बाँसुरी, पुरानी किताब, लाल बैलगाड़ी, मूली, कमल,
    पीपल का पौधा, भूरा कंबल, चाबी, बादाम, मोमबत्ती, पूरी और सब्ज़ी, पतंग, तबला""",
    """बेचता है, देखता है, ढूँढता है, माँगता है, भेजता है, रखता है, फेंकता है, छुपाता है, भूल जाता है,
    उठाता है, लेता है, बदलता है, पाता है, वापस देता है""",
)
_MARATHI: Final = _slots(
    "कधी कधी, आज, दर सोमवारी, मग, आता, पुन्हा, परवा, संध्याकाळी",
    """माझा भाऊ, माळी, म्हातारा माणूस, पोपट, वामन, भीमा, माझा मामा, बबन, एक मुलगा, पाहुणा, शिंपी, व्यापारी,
    वैभव, गोपाळ""",
    """बाजारात, बागेत, पुलावर, गावात, पावसात, मंदिरात, पहाटे, भिंतीवर, घरापाशी, मुंबईत, पुण्यात, ओढ्यापाशी""",
    """आंबे, फुले, भोपळा, पपई, मोठी पिशवी, जुनी वही, बासरी, पाव आणि भाजी, पुरणपोळी, मुळा, कमळ, भाकरी, पेरू,
    बदाम, दिवा, पतंग, तबला""",
    """विकतो, बघतो, शोधतो, मागतो, पाठवतो, ठेवतो, फेकतो, लपवतो, विसरतो, उचलतो, घेतो, बदलतो, वापरतो, जमवतो""",
)
_TELUGU: Final = _slots(
    "ఇప్పుడు, ఈ రోజు, ప్రతి సోమవారం, తరువాత, నేడు, రేపు, ఎప్పుడూ, సాయంత్రం",
    """మా అన్న, మామ, బాబు, పూజారి, ముసలి బావ, రాముడు, భీముడు, వేమన, గోపాలుడు, తోటమాలి, చిన్న పిల్లవాడు,
    పాపారావు, వంటవాడు, నా మిత్రుడు""",
    """బజారులో, తోటలో, ఊరిలో, వంతెన మీద, గుడిలో, వానలో, పొలంలో, పడవలో, చెట్టు పైన, విమానంలో, భూమి మీద""",
    """పూలు, మామిడి పండు, బొప్పాయి, పెద్ద బొమ్మ, పాత పుస్తకం, వేణువు, పాలు, ముల్లంగి, కమలం, అప్పం, పప్పు,
    దీపం, గాలిపటం, బాదం, ఎర్ర బండి, భోజనం, కంబళి, తాళం""",
    """అమ్ముతాడు, చూస్తాడు, వెతుకుతాడు, అడుగుతాడు, పంపుతాడు, పెడతాడు, విసురుతాడు, దాచుతాడు, మరుస్తాడు,
    ఎత్తుతాడు, కొంటాడు, మారుస్తాడు, వాడుతాడు, పంచుతాడు""",
)


@dataclass(frozen=True, slots=True)
class Voice:
    """One person in one language.

    Attributes:
        function: The voice's Scheme function.
        person: Whose voice it is; one may read several languages.
        language: Code as eSpeak NG has it.
        encoding: That the voice reads.
        phones: IPA of its phones.
        slots: A sentence takes one phrase of each.
        sentences: How many are read.
        licence: Of the voice.
    """

    function: str
    person: str
    language: str
    encoding: str
    phones: Mapping[str, str]
    slots: _Slots
    sentences: int
    licence: str


_IFD: Final = "GPL-2+, ISTC-SPFD CNR and ITC-irst"
_SUOPUHE: Final = "LGPL-2+, University of Helsinki and University of Joensuu"
_CDAC: Final = "GPL-2+, C-DAC Mumbai, IIT Madras and Chaitanya Kamisetty"
_DONLAB: Final = "GPL-2+, Chaitanya Kamisetty and IIT Madras"
_US: Final = festival_song.PHONES
VOICES: Final = {
    "lp": Voice("voice_lp_diphone", "lp", "it", "iso-8859-1", ITALIAN, _ITALIAN, 160, _IFD),
    "pc": Voice("voice_pc_diphone", "pc", "it", "iso-8859-1", ITALIAN, _ITALIAN, 160, _IFD),
    "lj": Voice("voice_suo_fi_lj_diphone", "lj", "fi", "iso-8859-1", FINNISH, _FINNISH, 185, _SUOPUHE),
    "mv": Voice("voice_hy_fi_mv_diphone", "mv", "fi", "iso-8859-1", FINNISH, _FINNISH, 185, _SUOPUHE),
    "kal": Voice("voice_kal_diphone", "kal", "en-us", "ascii", _US, _ENGLISH, 125,
                 "BSD-like, Alan W Black and Kevin Lenzo"),
    "ked": Voice("voice_ked_diphone", "ked", "en-us", "ascii", _US, _ENGLISH, 125,
                 "BSD-like, Centre for Speech Technology Research"),
    "hi": Voice("voice_hindi_NSK_diphone", "nsk", "hi", "utf-8", INDIAN, _HINDI, 100, _CDAC),
    "te": Voice("voice_telugu_NSK_diphone", "nsk", "te", "utf-8", INDIAN, _TELUGU, 100, _DONLAB),
    "mr": Voice("voice_marathi_NSK_diphone", "nsk", "mr", "utf-8", INDIAN, _MARATHI, 100, _CDAC),
    "slt": Voice("voice_cmu_us_slt_arctic_hts", "slt", "en-us", "ascii", _US, _ENGLISH, 160,
                 "BSD-like, Carnegie Mellon University"),
    "ona": Voice("voice_upc_ca_ona_hts", "ona", "ca", "iso-8859-15", CATALAN, _CATALAN, 150,
                 "LGPL-2.1+, Universitat Politècnica de Catalunya"),
}  # fmt: skip


def clips() -> Iterator[LabelledClip]:
    """Every sentence of every voice, spoken once and then kept.

    Raises:
        SetupError: Festival is not there and does not run on this system.
        CorpusError: A package cannot be had, or festival fails.
    """
    folder = corpus_folder()
    english = (*festival_song.LEXICONS, *festival_song.VOICES.values())
    festival = assemble((*english, *PACKAGES), folder)
    for name, voice in VOICES.items():
        said = sentences(name)
        spoken = kept_under(folder, f"reading_{name}", said)
        festival.speak(_chosen(festival, voice), said, voice.encoding, spoken)
        yield from load_clips(spoken, name, said)


def _chosen(festival: Festival, voice: Voice) -> str:
    """What selects a voice; the Finnish ones are found by links between packages, which are not kept."""
    if voice.language != "fi":
        return voice.function
    places = festival.scheme / "voices" / "finnish"
    person = voice.function.removeprefix("voice_")
    home = f'(defvar {person.removesuffix("_diphone")}_dir "{(places / person).as_posix()}/")'
    shared = (places / "suopuhe.common").as_posix()
    found = f'(set! load-path (cons "{shared}/" load-path)) (load "{shared}/hy_fi_mv_diphone.scm")'
    return f"begin {home} {found} ({voice.function})"


def sentences(name: str) -> list[str]:
    """What a voice reads: grammatical, if odd; each voice its own."""
    voice = VOICES[name]
    rng = np.random.default_rng(list(name.encode()))
    made = []
    for _ in range(voice.sentences):
        text = " ".join(str(rng.choice(phrases)) for phrases in voice.slots)
        made.append(f"{text[0].upper()}{text[1:]}.")
    return made


def load_clips(spoken: Path, name: str, said: list[str]) -> Iterator[LabelledClip]:
    """The clips of a folder that festival wrote.

    Raises:
        CorpusError: A file cannot be read, or a phone is unknown.
    """
    voice = VOICES[name]
    for number, text in enumerate(said):
        samples, sounds = read_spoken(spoken / f"{number:04d}", voice.phones, PAUSES)
        if voice.language == "ca":
            sounds = _softened(sounds)
        yield LabelledClip(
            name=f"{name}_{number:04d}",
            samples=samples,
            rate_hz=RATE_HZ,
            sounds=sounds,
            text=text,
            speaker=f"festival/{voice.person}",
            language=voice.language,
            source="festival-reading",
            licence=voice.licence,
            alignment_score=None,
        )


def _softened(sounds: _Sounds) -> _Sounds:
    """Catalan b closes the lips behind a pause or an m only.

    Between vowels its level falls by 9 dB (median), that of the other voices' b by 15 to 41 dB.
    """
    softened = []
    for before, (ipa, start_s, end_s) in zip((("", 0.0, 0.0), *sounds), sounds, strict=False):
        closes = before[0] in ("", "m") or before[2] < start_s
        softened.append((ipa if ipa != "b" or closes else "β", start_s, end_s))
    return tuple(softened)

"""`t2s exemplars`: check, extend and weigh banks of performed phrases."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from studio.retrieve import SPELLING_ONLY
from t2s_rt.errors import ConfigError, T2SError
from t2s_rt.lyrics import load_song
from t2s_rt.pregen.agra import Bank
from t2s_rt.pregen.collect import append, collect
from t2s_rt.pregen.embedding import embedder, read_vectors, vectors_of, write_vectors
from t2s_rt.pregen.exemplar import BANK, Exemplar, embedded_texts, read_bank
from t2s_rt.pregen.phrase import Delivery, Emotion, PhrasedSong
from t2s_rt.pregen.phrasing import phrase_song
from t2s_rt.pregen.weigh import HALVES, SINGERS, outcome, read_queries
from t2s_rt.subtitles.load import load_track

DESCRIPTION = """\
A bank is a folder of .toml files (t2s_rt/pregen/exemplars shows how they are written). Yours is used
beside ours wherever --bank names it.

  t2s exemplars add SONG.vtt --song SONG.txt --bank MINE --emotion joy --phrases 1-4,9
                                   keep an edited song's phrases; without --emotion each is guessed
  t2s exemplars check MINE         is every entry right, what is in there; keeps what texts embed to
  t2s exemplars weigh QUERIES      how often the right emotion is found, with and without each half
"""
ADDED: Final = "added.toml"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "exemplars",
        help="check, extend and weigh banks of performed phrases",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="exemplars_command", metavar="COMMAND", required=True)
    add = actions.add_parser("add", help="phrases of a song with motion subtitles join your bank")
    add.add_argument("tracks", nargs="+", type=Path, metavar="SONG.vtt", help="motion subtitles")
    add.add_argument("--song", type=Path, required=True, help="the song that they belong to")
    add.add_argument("--audio", type=Path, metavar="VOCAL", help="its vocal, to hear the phrases")
    add.add_argument("--bank", type=Path, required=True, metavar="DIR", help="your folder")
    add.add_argument("--emotion", choices=[str(one) for one in Emotion], help="what they all feel")
    add.add_argument("--phrases", default="", metavar="1-4,9", help="which, from 1; default: all")
    add.set_defaults(run=run_add)
    check = actions.add_parser("check", help="read banks and say what is in them")
    check.add_argument("banks", nargs="*", type=Path, metavar="DIR", help="default: ours")
    check.set_defaults(run=run_check)
    weigh = actions.add_parser("weigh", help="the retrieval test, with and without each half")
    weigh.add_argument("queries", type=Path, help="a .toml file of [[query]]")
    weigh.add_argument("--bank", type=Path, action="append", default=[], help="a folder of your own")
    weigh.add_argument("--lexical", action="store_true", help="compare spelling, not meaning")
    weigh.set_defaults(run=run_weigh)


def run_add(options: argparse.Namespace) -> int:
    """Add phrases to a bank."""
    song = phrase_song(load_song(options.song), options.audio)
    wanted = numbers(options.phrases, len(song.phrases))
    emotions = judged(song, wanted, options.emotion)
    found: list[Exemplar] = []
    for track in options.tracks:
        found += collect(song, load_track(track), emotions, origin=track.name)
    append(found, options.bank / ADDED)
    for one in found:
        print(f"  {one.emotion:<11} {one.delivery:<9} {len(one.cues)} cues  {one.text}")
    print(f"{options.bank / ADDED}: {len(found)} phrases added.")
    if options.emotion is None:
        print("Emotions were guessed: correct them in the file, then run `t2s exemplars check`.")
    keep_vectors(options.bank)
    return 0


def numbers(text: str, count: int) -> list[int]:
    """Indices from "1-4,9"; all of them for nothing.

    Raises:
        ConfigError: A number is none, or there is no such phrase.
    """
    if not text:
        return list(range(count))
    wanted: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part.strip())
        if match is None:
            raise ConfigError(f"--phrases is like 1-4,9, but here {text!r}.")
        start, end = int(match[1]), int(match[2] or match[1])
        if not 1 <= start <= end <= count:
            raise ConfigError(f"This song has the phrases 1 to {count}, but here {part.strip()!r}.")
        wanted.update(range(start - 1, end))
    return sorted(wanted)


def judged(song: PhrasedSong, wanted: Sequence[int], emotion: str | None) -> dict[int, Emotion]:
    """What each wanted phrase feels: as the person says, else as our bank's like lines do."""
    if emotion is not None:
        return {index: Emotion(emotion) for index in wanted}
    bank = Bank.load()
    return {
        index: max(
            bank.feelings(song.phrases[index].text, song.phrases[index].language).items(),
            key=lambda pair: pair[1],
        )[0]
        for index in wanted
    }


def run_check(options: argparse.Namespace) -> int:
    """Read banks, print their balance, keep their vectors."""
    wrong = 0
    for folder in options.banks or [BANK]:
        try:
            exemplars = read_bank(folder)
        except T2SError as problem:
            print(f"t2s: {problem}")
            wrong += 1
            continue
        print(f"{folder}: {len(exemplars)} phrases\n{balance(exemplars)}")
        keep_vectors(folder)
    return 2 if wrong else 0


def balance(exemplars: Sequence[Exemplar]) -> str:
    """How many phrases of each emotion and delivery, language and region."""
    head = "".join(f"{delivery:>11}" for delivery in Delivery)
    rows = [f"  {'':<11}{head}{'all':>6}"]
    for emotion in Emotion:
        own = [one for one in exemplars if one.emotion is emotion]
        counts = "".join(f"{sum(one.delivery is d for one in own):>11}" for d in Delivery)
        rows.append(f"  {emotion:<11}{counts}{len(own):>6}")
    languages = Counter(one.language for one in exemplars)
    regions = Counter(cue.region for one in exemplars for cue in one.cues)
    rows.append("  languages: " + ", ".join(f"{name} {n}" for name, n in languages.most_common()))
    rows.append("  cues: " + ", ".join(f"{region} {n}" for region, n in regions.most_common()))
    return "\n".join(rows)


def keep_vectors(folder: Path) -> None:
    """Embed what is new in a bank and keep the vectors beside it."""
    model = embedder()
    if not model.by_meaning:
        print(SPELLING_ONLY)
        return
    kept = read_vectors(folder, model.name)
    vectors = vectors_of(embedded_texts(read_bank(folder)), model, kept)
    if vectors.keys() != kept.keys():
        try:
            write_vectors(folder, model.name, vectors)
        except OSError as problem:
            reason = f"{folder} cannot be written ({problem.strerror})."
            raise ConfigError(reason, "Its texts would be embedded anew each time.") from None


def run_weigh(options: argparse.Namespace) -> int:
    """Print the retrieval test."""
    queries = read_queries(options.queries)
    bank = Bank.load(options.bank, lexical=options.lexical)
    print(
        f"{len(queries)} phrases against {len(bank.exemplars)} exemplars, {bank.embedder.name}:\n"
        "the right emotion among the first three / the very first\n"
    )
    print(f"  {'':<14}" + "".join(f"{half:>18}" for half in HALVES))
    for name, singer in SINGERS.items():
        cells = [outcome(bank, queries, weights, singer) for weights in HALVES.values()]
        print(f"  {name:<14}" + "".join(f"{one.among_first:>11.1%} {one.first:>6.1%}" for one in cells))
    return 0

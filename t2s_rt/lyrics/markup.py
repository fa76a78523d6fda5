"""XML for song files: elements that know their line, without entities, bounded in depth and number.

Python's ElementTree drops line numbers, and errors must name them. Declared entities are refused, which
closes the ways in which XML can grow in memory or reach other files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from t2s_rt.lyrics.source import Source

DEEPEST_ELEMENT: Final = 64
MOST_ELEMENTS: Final = 1_000_000


@dataclass(slots=True)
class Element:
    """One element; names without their namespace, in the case of the file.

    Attributes:
        name: Local name.
        line: Line of its start tag in the file, from 1.
        attributes: By local name.
        content: Texts and elements in the order of the file.
    """

    name: str
    line: int
    attributes: dict[str, str]
    content: list[Element | str] = field(default_factory=list)

    def children(self, name: str = "") -> list[Element]:
        """Elements directly inside, all or those of one name."""
        return [item for item in self.content if isinstance(item, Element) and name in ("", item.name)]

    def child(self, name: str) -> Element | None:
        """The first element of this name directly inside."""
        return next(iter(self.children(name)), None)

    def child_text(self, name: str, default: str = "") -> str:
        """The text of the first element of this name, stripped."""
        child = self.child(name)
        return default if child is None else child.text.strip()

    def descendants(self, name: str) -> Iterator[Element]:
        """All elements of this name inside, in the order of the file."""
        for child in self.children():
            if child.name == name:
                yield child
            yield from child.descendants(name)

    @property
    def text(self) -> str:
        """All text inside, elements' included."""
        return "".join(item if isinstance(item, str) else item.text for item in self.content)


class _Builder:
    """Collects elements while expat reads."""

    def __init__(self, source: Source, parser: expat.XMLParserType) -> None:
        self.source = source
        self.parser = parser
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._count += 1
        if len(self._open) >= DEEPEST_ELEMENT or self._count > MOST_ELEMENTS:
            raise self.source.error(
                f"expected at most {DEEPEST_ELEMENT} nested and {MOST_ELEMENTS} elements, found more.",
                line=line,
            )
        element = Element(_local(name), line, {_local(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].content.append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].content.append(text)

    def entity(self, name: str, *_rest: object) -> None:
        raise self.source.error(
            f"expected no entity declarations, found one of {name!r}.",
            "They are not read, for safety; write the text itself.",
            self.parser.CurrentLineNumber,
        )


def parse_xml(source: Source) -> Element:
    """The root element.

    Raises:
        LyricsError: If the XML is not well formed, declares entities, or is too deep or too large.
    """
    parser = expat.ParserCreate()
    builder = _Builder(source, parser)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = builder.entity
    try:
        parser.Parse(source.data, True)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code) or "broken markup"
        raise source.error(f"expected well-formed XML, found {problem}.", line=error.lineno) from error
    except (LookupError, ValueError) as error:
        raise source.error(f"expected XML in UTF-8, found another encoding ({error}).") from error
    if builder.root is None:
        raise source.error("expected an XML element, found none.")
    return builder.root


def _local(name: str) -> str:
    return name.rpartition(":")[2]

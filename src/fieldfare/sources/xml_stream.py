"""Elements out of large XML files, one at a time.

What enters: a member of a place and which elements are wanted. What leaves: those elements, each
whole, in the order in which they end, whatever the size of the file. A document that declares a
type is refused: no archive of messages needs one, and entities are how XML reads other files
and grows without end. A file that is damaged gives all that stands before the damage, and a
Problem that says where it stopped. The parser's own words are never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.parsers import expat

from fieldfare.sources.decoding import CHUNK, MAX_DEPTH, MAX_STRING, CleanBytes
from fieldfare.sources.json_stream import NOT_TEXT
from fieldfare.sources.place import HEAD_BYTES, Member, Place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.vocabulary import InputError

DAMAGED = "the XML is damaged or cut off here; the rest of the file was not read"
DECLARES = "it declares a document type, as no archive of messages does; it was not read"

Wanted = Callable[[str, dict[str, str]], bool]
"""Whether an element of this name (without its namespace) and these attributes is wanted."""


class Element:
    """One element: its name without the namespace, attributes, text and children."""

    __slots__ = ("attributes", "children", "name", "parent", "parts", "text", "wanted")

    def __init__(
        self, name: str, attributes: dict[str, str], parent: Element | None, wanted: bool
    ) -> None:
        self.name, self.attributes, self.parent = name, attributes, parent
        self.children: list[Element] = []
        self.parts: list[str] = []
        self.text = ""
        """All text directly inside, once the element has ended."""
        self.wanted = wanted

    def all(self, name: str) -> Iterator[Element]:
        """The children of that name."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Element | None:
        """The first child of that name."""
        return next(self.all(name), None)


def root(place: Place, member: Member) -> str | None:
    """The name of the outermost element, as ``namespace|name`` where it has one, by the first
    bytes; None where it is no XML."""
    names: list[str] = []
    try:
        with place.open(member) as raw:
            head = _Repaired(CleanBytes(raw)).read(HEAD_BYTES)
        if not head.lstrip().startswith(b"<"):
            return None
        parser = _parser()
        parser.StartElementHandler = lambda name, _: names.append(name)
        parser.Parse(head, False)
    except (expat.ExpatError, InputError, OSError, ValueError):
        pass
    return names[0] if names else None


def elements(
    place: Place, member: Member, wanted: Wanted, options: ReadOptions, problems: Problems
) -> Iterator[tuple[int, Element]]:
    """Yield (ordinal, element) of what is wanted: the ordinal counts, from 1, the elements of its
    name that are wanted, by where they begin. An element inside another wanted one is yielded
    first, with the outer one as far as it was read for its `parent`, and is not kept in it.
    Raises InputError for a document that declares a type.
    """
    yield from _elements(place, member, wanted, options.progress, problems)


def first_pass(place: Place, member: Member, wanted: Wanted) -> Iterator[tuple[int, Element]]:
    """The same up to the damage, in silence: the pass that reads the messages reports it."""
    yield from _elements(place, member, wanted, None, Problems())


def _elements(
    place: Place,
    member: Member,
    wanted: Wanted,
    progress: Callable[[int], None] | None,
    problems: Problems,
) -> Iterator[tuple[int, Element]]:
    builder = _Builder(wanted)
    clean: CleanBytes | None = None
    try:
        with place.open(member) as raw:
            clean = CleanBytes(raw, progress)
            stream = _Repaired(clean)
            while data := stream.read(CHUNK):
                yield from builder.feed(data)
            yield from builder.close()
            if stream.repaired:
                problems.add(place, NOT_TEXT, member=member.name)
    except (expat.ExpatError, ValueError, InputError, OSError):
        yield from builder.ended()
        if builder.declares:
            raise InputError(f"{place}: {DECLARES}") from None
        problems.add(place, DAMAGED, member=member.name, locator=builder.locator)
    finally:
        if clean is not None and clean.damaged:
            problems.add(place, NOT_TEXT, member=member.name)


class _Builder:
    """Builds the wanted elements from the events of the parser."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._at: Element | None = None
        """The innermost element that is being built."""
        self._depth = 0
        self._quiet = 0
        """Bytes since the last event, which the parser holds in memory."""
        self._counts: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._ended: list[tuple[int, Element]] = []
        self.declares = False
        self._parser = _parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    @property
    def locator(self) -> str:
        """Where the parser is."""
        return f"line {self._parser.CurrentLineNumber}"

    def feed(self, data: bytes) -> Iterator[tuple[int, Element]]:
        self._quiet += len(data)
        self._parser.Parse(data, False)
        if self._quiet > MAX_STRING:
            raise ValueError(f"a value longer than {MAX_STRING} bytes")
        yield from self.ended()

    def close(self) -> Iterator[tuple[int, Element]]:
        self._parser.Parse(b"", True)
        yield from self.ended()

    def ended(self) -> Iterator[tuple[int, Element]]:
        """The wanted elements that ended since the last time."""
        ended, self._ended = self._ended, []
        yield from ended

    def _doctype(self, *_: object) -> None:
        self.declares = True
        raise ValueError("a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._quiet = 0
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
        local = _local(name)
        wanted = self._wanted(local, attributes)
        if self._at is None and not wanted:
            return
        element = Element(local, attributes, self._at, wanted)
        if wanted:
            self._counts[local] = self._counts.get(local, 0) + 1
            self._numbers[id(element)] = self._counts[local]
        self._at = element

    def _end(self, _name: str) -> None:
        self._quiet = 0
        self._depth -= 1
        element = self._at
        if element is None:
            return
        self._at = element.parent
        element.text, element.parts = "".join(element.parts), []
        if element.wanted:
            self._ended.append((self._numbers.pop(id(element)), element))
        elif element.parent is not None:
            element.parent.children.append(element)

    def _characters(self, data: str) -> None:
        if self._at is None:
            self._quiet = 0
            return
        # What is only built up counts as held in memory, until the next element begins or ends.
        self._at.parts.append(data)


_REFERENCE = re.compile(rb"&#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}));")
_PAIR = re.compile(rb"&#(55[2-9][0-9]{2}|56[0-2][0-9]{2}|563[01][0-9]);&#(5[67][0-9]{3});")
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_LONGEST = 24
"""Bytes of two references side by side, at most."""


class _Repaired:
    """`CleanBytes` without what XML does not allow. Phones write emoji as two halves, each a
    reference by itself, and control characters as they come; for these alone a parser would give
    up the rest of the file."""

    def __init__(self, stream: CleanBytes) -> None:
        self._stream = stream
        self._rest = b""
        self.repaired = False
        """True once something had to be read as U+FFFD."""

    def read(self, size: int) -> bytes:
        while True:
            new = self._stream.read(size)
            data = self._rest + new
            cut = len(data) if not new else self._cut(data)
            self._rest = data[cut:]
            if cut or not new:
                return self._repair(data[:cut])

    @staticmethod
    def _cut(data: bytes) -> int:
        """Where to cut so that no reference, or pair of them, is cut in two."""
        at = data.find(b"&", max(0, len(data) - _LONGEST))
        return at if at >= 0 else len(data)

    def _repair(self, data: bytes) -> bytes:
        if b"&#" in data:
            data = _REFERENCE.sub(self._single, _PAIR.sub(_joined, data))
        if _NOT_XML.search(data):
            self.repaired = True
            data = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}".encode(), data)
        return data

    def _single(self, match: re.Match[bytes]) -> bytes:
        code = int(match[1]) if match[1] else int(match[2], 16)
        if code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE:
            return match[0]
        if 0x10000 <= code <= 0x10FFFF:
            return match[0]
        self.repaired = True
        return b"&#xFFFD;"


def _joined(match: re.Match[bytes]) -> bytes:
    high, low = int(match[1]), int(match[2])
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return match[0]
    return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8", "|")
    parser.buffer_text = True
    return parser


def _local(name: str) -> str:
    return name.rpartition("|")[2]

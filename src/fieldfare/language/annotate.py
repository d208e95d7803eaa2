"""A message becomes evidence: the one pure function on Arrow, and the model it needs.

`annotate` gives the same rows however its input is split into batches; that is what lets it
be mapped over record batches on one machine and with ``mapInArrow`` on Spark.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language import ages, heads, indicators, kernel, known_words, normalise, tables
from fieldfare.language.ages import AgeReader, StatedAge
from fieldfare.language.heads import Heads, HeadSpan
from fieldfare.language.indicators import Indicators, Masks, Span
from fieldfare.language.kernel import WordLines, word_line, word_lines
from fieldfare.language.phrases import read_catalogue
from fieldfare.language.tables import TokenTable
from fieldfare.vocabulary import SettingsError

SCHEMA = pa.schema(
    [
        pa.field("weight_sum", pa.float64(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("stated_age", pa.float32()),
        pa.field("stated_age_confidence", pa.float32()),
        pa.field("indicators", pa.list_(pa.string()), nullable=False),
    ]
)
"""What `annotate` gives, one row a message: Σ token weight (nats) and number of tokens, of
which a message counts `kernel.MOST_TOKENS` at most, and of Σ weight the table's
`message_most`; the age the writer states (years) and how surely (0–1), null where none is
stated; the distinct ids of the indicators found, in the order of the catalogue."""

_MOST_BYTES = 16 << 20
"""Text handled at once: bounds memory, and keeps the word lines near the processor."""


@dataclass(frozen=True)
class LanguageModel:
    """Everything `annotate` knows. Picklable, and the same in every process.

    `load()` gives the model that ships; build one from `read_table`, `read_indicators`,
    `read_ages` and `read_heads` to use an operator's own.
    """

    table: TokenTable
    indicators: Indicators
    ages: AgeReader
    heads: Heads | None = None
    """What finds indicators of itself; None leaves them to phrases and frames."""
    confirming: Heads | None = None
    """What frames are confirmed by; None counts every frame that is found."""

    def __post_init__(self) -> None:
        if self.confirming is not None and self.confirming.ids != self.indicators.ids:
            raise SettingsError("heads that confirm frames: not for the catalogue's indicators")

    @staticmethod
    def load(*, frames: bool = False, heads: bool = False, pieces: bool = True) -> LanguageModel:
        """The model that ships, read once a process. Takes some 3 to 5 seconds the first time.

        Indicators are those of phrases alone, unless `frames` (as far as heads confirm them) or
        `heads` are asked for: they find more of what is worded otherwise, and are wrong more often
        (docs/indicators.md has the figures). Without `pieces`, heads see characters alone.
        """
        return _shipped(frames, heads, (frames or heads) and pieces)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of all its data and of the versions of the code that reads it.

        Two models with the same fingerprint give the same rows. Assessments record it.
        """
        parts = [
            normalise.VERSION,
            known_words.fingerprint(),
            kernel.VERSION,
            indicators.VERSION,
            ages.VERSION,
            self.table.name,
            str(self.table.bits),
            self.table.content_hash,
            self.indicators.fingerprint,
            self.ages.fingerprint,
            self.heads.fingerprint if self.heads else "",
            self.confirming.fingerprint if self.confirming else "",
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def find_indicators(self, normalised: pa.Array) -> pa.ListArray:
        """The distinct indicator ids of each text in normal form, of phrases, of frames as far as
        they are confirmed, and of heads, as list<string> in the order of the catalogue."""
        found = self.indicators.lists(self._masks(word_lines(normalised), normalised))
        if self.heads is None:
            return found
        return heads.merge(found, self.heads.find(normalised), self.heads.ids)

    def found_in(self, form: bytes) -> tuple[str, ...]:
        """The same for one text, the bytes of its normal form."""
        mask = int(self._masks(word_line(form), form)[0])
        found = self.indicators.names(mask)
        if self.heads is None:
            return found
        both = {*found, *self.heads.found_in(form)}
        return tuple(one for one in self.indicators.ids if one in both)

    def _masks(self, lines: WordLines, forms: pa.Array | bytes) -> Masks:
        """The indicators of phrases and frames in each word line, one bit each. `forms` are the
        texts of the lines: heads read those few in which a frame was found."""
        if self.confirming is None or not self.indicators.frame_keys:
            return self.indicators.masks(lines)[0]
        found, two, more = self.indicators.masks_apart(lines)
        rows = np.flatnonzero((two | more) & ~found)
        if rows.size:
            if isinstance(forms, bytes):
                forms = pa.array([forms.decode()], pa.large_string())
            margins = self.confirming.margins(forms.take(pa.array(rows)))
            kinds = np.arange(len(self.confirming.ids), dtype=np.uint64)
            for framed, margin in zip((two, more), margins, strict=True):
                meant = ((margin >= 0) << kinds).sum(axis=1, dtype=np.uint64)
                found[rows] |= framed[rows] & meant
        return found

    def spans(self, text: str) -> list[Span]:
        """Every phrase, and every frame that counts, found in one text, by place in the original.

        Raises InputError where `text` holds a lone surrogate.
        """
        if self.confirming is None:
            return self.indicators.spans(text)
        form = pa.array([normalise.normalise_one(text)[0]], pa.large_string())
        two, more = self.confirming.margins(form)
        return self.indicators.spans(text, (two[0], more[0]))


@functools.cache
def _shipped(frames: bool, with_heads: bool, pieces: bool) -> LanguageModel:
    asked = _heads(pieces) if frames or with_heads else None
    return LanguageModel(
        _table(),
        _indicators(frames),
        _ages(),
        heads=asked if with_heads else None,
        confirming=asked if frames else None,
    )


@functools.cache
def _table() -> TokenTable:
    return tables.words_en()


@functools.cache
def _indicators(frames: bool) -> Indicators:
    return indicators.read_indicators(frames=frames)


@functools.cache
def _ages() -> AgeReader:
    return ages.read_ages()


@functools.cache
def _heads(pieces: bool) -> Heads:
    return heads.read_heads(tuple(one.id for one in read_catalogue()), pieces=pieces)


def annotate(texts: pa.Array | pa.ChunkedArray, model: LanguageModel) -> pa.RecordBatch:
    """The evidence in each text: one row a text, in order, with the columns of `SCHEMA`.

    A null text gives 0, 0, null, null and an empty list. Pure: the row of a text depends on
    that text and the model alone. Linear in the bytes. Raises TypeError where `texts` is no
    string array and InputError where a text is not UTF-8; neither shows the text.
    """
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    pieces = [
        _annotate(piece, model)
        for chunk in chunks
        for piece in _pieces(normalise.as_strings(chunk))
    ]
    if len(pieces) == 1:
        return pieces[0]
    return pa.concat_batches(pieces) if pieces else pa.RecordBatch.from_pylist([], schema=SCHEMA)


def _pieces(strings: pa.LargeStringArray) -> Iterator[pa.LargeStringArray]:
    """`strings` in slices of some `_MOST_BYTES`; at least one, which may be empty."""
    offsets = kernel.column(strings).offsets
    start = 0
    while True:
        reach = offsets[start] + _MOST_BYTES
        end = max(start + 1, int(np.searchsorted(offsets, reach, side="right")) - 1)
        yield strings.slice(start, min(end, len(strings)) - start)
        start = end
        if start >= len(strings):
            return


def _annotate(strings: pa.LargeStringArray, model: LanguageModel) -> pa.RecordBatch:
    normalised = normalise.normalise(strings)
    sums, counts = kernel.all_bounded(
        *kernel.sums(normalised, model.table), model.table.message_most
    )
    stated, confidence = model.ages.read(normalised)
    columns = [
        pa.array(sums),
        pa.array(counts),
        _nan_to_null(stated),
        _nan_to_null(confidence),
        model.find_indicators(normalised),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def _nan_to_null(values: npt.NDArray[np.float32]) -> pa.FloatArray:
    return pa.array(values, pa.float32(), mask=np.isnan(values))


@dataclass(frozen=True)
class TokenEvidence:
    """What one token adds: its place in the original text and its weight (nats), of which
    tokens of a message that is long or says very much count a share (see `kernel.bounded`)."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """How the row of one message came about. Spans are characters of the original text."""

    tokens: tuple[TokenEvidence, ...]
    """In order; a pair of words spans both. Their weights add up to `weight_sum`."""
    weight_sum: float
    likelihood_ratio: float | None
    """What the words alone are worth (nats), were the message all there is; see `likelihood`.
    None where the table was not calibrated. Beyond the table's own language it says nothing."""
    indicators: tuple[Span, ...]
    """Phrases found, and frames that count, with what confirmed them."""
    heads: tuple[HeadSpan, ...]
    """What heads found, whether a phrase did too or not."""
    stated_age: StatedAge | None


def explain(text: str, model: LanguageModel) -> Explanation:
    """What each part of one message contributed; agrees with its row from `annotate`.

    Raises InputError where `text` holds a lone surrogate.
    """
    normalised, offsets = normalise.normalise_one(text)
    character = normalise.byte_to_character(normalised.encode())
    evidence = []
    found = kernel.tokens(normalised, model.table)
    whole = math.fsum(float(model.table.values[token.id]) for token in found)
    weight_sum, tokens = kernel.bounded(whole, len(found), model.table.message_most)
    share = weight_sum / whole if whole else 1.0
    for token in found:
        start, end = normalise.original_span(offsets, character[token.start], character[token.end])
        weight = share * float(model.table.values[token.id])
        evidence.append(TokenEvidence(start, end, weight))
    likelihood = model.table.likelihood
    stated = model.ages.read_one(normalised)
    if stated:
        start, end = normalise.original_span(offsets, stated.start, stated.end)
        stated = stated._replace(start=start, end=end)
    return Explanation(
        tokens=tuple(evidence),
        weight_sum=weight_sum,
        likelihood_ratio=likelihood.ratio(weight_sum, tokens) if likelihood else None,
        indicators=tuple(model.spans(text)),
        heads=tuple(model.heads.spans(text)) if model.heads else (),
        stated_age=stated,
    )

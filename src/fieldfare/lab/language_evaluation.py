"""Measuring a recipe for token tables: ``fieldfare evaluate language``.

Two questions, each answered only by models that never saw the author nor anyone of the author's
chats: how well a table does on sources it was trained on (cross-validated), and on a source it
never saw (left out), which is what a new service will see. An author is read as the service would
read it: from the first message on, z = Σ weight / √max(tokens, 20), at a given number of messages
or at the highest point up to there, since crossing a threshold at any message counts. An author
with fewer messages is taken with all there are, which flatters figures at many messages.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab import language_measures as measures
from fieldfare.lab import likelihood_fit
from fieldfare.lab.language_corpus import PARTNER, Corpus
from fieldfare.lab.language_measures import Estimate
from fieldfare.lab.language_training import Placed, Recipe, message_sums, place, train
from fieldfare.lab.likelihood_fit import Seen
from fieldfare.language.likelihood import LEAST_TOKENS, Likelihood

LENGTHS: Final = (10, 20, 50, 200)
"""Messages seen, in the figures."""
CURVE: Final = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200)
"""Messages seen, in the curve of messages needed; holds all of `LENGTHS`."""
RATES: Final = {"1 in 1,000": 1e-3, "1 in 10,000": 1e-4}
"""Ordinary authors who may pass the threshold of a recall."""
SKIPPED: Final = 150
"""Messages passed over where an account is met in the middle of its talk."""

Key = tuple[str, ...]
Figures = dict[Key, Estimate]
Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Followed:
    """z of every author along `CURVE`: rows are authors, NaN where not scored."""

    last: npt.NDArray[np.float64]
    highest: npt.NDArray[np.float64]
    """The running maximum."""
    midway: npt.NDArray[np.float64]
    """z of the 20 messages after the first `SKIPPED`; NaN with fewer messages."""

    @staticmethod
    def empty(authors: int) -> Followed:
        """For so many authors, none scored."""
        shape = (authors, len(CURVE))
        return Followed(*(np.full(size, np.nan) for size in (shape, shape, authors)))


@functools.cache
def _loops() -> ModuleType:
    from fieldfare.lab import _language_loops

    return _language_loops


def follow(
    placed: Placed,
    recipe: Recipe,
    weights: npt.NDArray[np.float64],
    authors: npt.NDArray[np.int64],
    into: Followed,
) -> None:
    """Score `authors` with `weights`, rounded as a table keeps them."""
    corpus = placed.corpus
    sums = message_sums(placed, recipe, weights)
    last = np.empty((authors.size, len(CURVE)))
    highest = np.empty_like(last)
    curve = np.array(CURVE, np.int64)
    tokens = placed.tokens
    _loops().follow(authors, corpus.authors, sums, tokens, LEAST_TOKENS, curve, last, highest)
    into.last[authors] = last
    into.highest[authors] = highest
    long = authors[np.diff(corpus.authors)[authors] >= SKIPPED + 20]
    begins = corpus.authors[long] + SKIPPED
    total = np.concatenate([[0.0], np.cumsum(sums)])
    count = np.concatenate([[0], np.cumsum(tokens)])
    into.midway[long] = (total[begins + 20] - total[begins]) / np.sqrt(
        np.maximum(count[begins + 20] - count[begins], LEAST_TOKENS)
    )


def cross_validate(
    placed: Placed,
    recipe: Recipe,
    fold_of: npt.NDArray[np.int64],
    seed: int,
    without: npt.NDArray[np.bool_] | None = None,
) -> Followed:
    """Every author scored by the model that was trained on the other folds, and on none of
    `without`."""
    followed = Followed.empty(fold_of.size)
    for fold in range(int(fold_of.max()) + 1):
        among = fold_of != fold
        if without is not None:
            among &= ~without
        weights = train(placed, recipe, among, seed)
        follow(placed, recipe, weights, np.flatnonzero(fold_of == fold), followed)
    return followed


def kinds(corpus: Corpus) -> list[list[str]]:
    """The ordinary sources, those of one kind together: names alike up to the first underscore
    (``sms`` and ``sms_16_20``), since leaving out only one would leave its like in training."""
    found: dict[str, list[str]] = {}
    for name in corpus.sources:
        if name != PARTNER and corpus.of_source(name).size:
            found.setdefault(name.partition("_")[0], []).append(name)
    return list(found.values())


def figures(
    corpus: Corpus, followed: Followed, counts: npt.NDArray[np.uint16], sources: Iterable[str]
) -> Figures:
    """AUC against each of `sources`, at `LENGTHS`, at the last message and the running maximum,
    and against 20 messages of offenders met midway."""
    found: Figures = {}
    offenders = np.flatnonzero(corpus.offender)
    for name in sources:
        others = corpus.of_source(name)
        for reading in ("last", "highest"):
            for length in LENGTHS:
                scores = getattr(followed, reading)[:, CURVE.index(length)]
                key = (reading, "auc", name, str(length))
                found[key] = measures.area(scores, offenders, others, counts)
        late = followed.midway if name == PARTNER else followed.last[:, CURVE.index(20)]
        scores = np.where(corpus.offender, followed.midway, late)
        met = offenders[np.isfinite(scores[offenders])]
        whom = others[np.isfinite(scores[others])]
        found["midway", "auc", name, "20"] = measures.area(scores, met, whom, counts)
    return found


def recalls(corpus: Corpus, followed: Followed, counts: npt.NDArray[np.uint16]) -> Figures:
    """Recall of offenders at each of `RATES` of ordinary authors."""
    offenders, ordinary = np.flatnonzero(corpus.offender), np.flatnonzero(corpus.ordinary)
    return {
        (reading, "recall", said, str(length)): measures.recall(
            getattr(followed, reading)[:, CURVE.index(length)], offenders, ordinary, counts, rate
        )
        for reading in ("last", "highest")
        for said, rate in RATES.items()
        for length in LENGTHS
    }


def false_alarms(
    corpus: Corpus,
    followed: Followed,
    counts: npt.NDArray[np.uint16],
    sources: Iterable[str],
    unseen: npt.NDArray[np.bool_],
) -> Figures:
    """Share of the authors of sources never trained on who ever pass, within the last of `CURVE`,
    the threshold that 1 in so many of the ordinary authors trained on pass: what a threshold set
    elsewhere does at a new service. Under it the right value is 1 in so many."""
    highest = followed.highest[:, -1]
    known = np.flatnonzero(corpus.ordinary & ~unseen)
    found: Figures = {}
    for said, rate in RATES.items():
        passed = highest > measures.threshold(highest, known, rate)
        for name in sources:
            members = corpus.of_source(name)
            drawn = counts[:, members].astype(np.float64)
            shares = drawn @ passed[members] / drawn.sum(1)
            key = ("highest", "false_alarms", name, said)
            found[key] = Estimate(float(shares[0]), shares[1:])
    return found


def messages_needed(corpus: Corpus, followed: Followed) -> dict[str, Any]:
    """Share of offenders who have crossed a threshold by each number of messages, where at most
    1 in so many ordinary authors ever crosses it within the last of them."""
    ordinary = np.flatnonzero(corpus.ordinary)
    found = {}
    for said, rate in RATES.items():
        limit = measures.threshold(followed.highest[:, -1], ordinary, rate)
        crossed = followed.highest[corpus.offender] > limit
        found[said] = {
            "threshold": round(limit, 3),
            "crossed": {
                str(length): round(float(crossed[:, k].mean()), 4) for k, length in enumerate(CURVE)
            },
        }
    return found


def calibrate(
    placed: Placed, recipe: Recipe, folds: int, seed: int, without: Sequence[str] = ()
) -> Likelihood:
    """What the sums of the table that `recipe` gives are worth as evidence, by cross-validation;
    the authors of the sources in `without` have no part in it."""
    corpus = placed.corpus
    never = corpus.from_sources(without)
    followed = cross_validate(placed, recipe, corpus.folds(folds, seed), seed, never)
    seen = Seen.of(corpus, followed.last, placed.tokens, CURVE, ~never)
    return seen.likelihood(~never)


@dataclass(frozen=True, eq=False)
class Report:
    """All figures of one recipe on one corpus."""

    recipe: Recipe
    cross_validated: Figures
    left_out: Figures
    needed: dict[str, Any]
    calibration: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Nested by the parts of their keys, left-out figures first."""
        return {
            "recipe": {
                name: None if value == float("inf") else value
                for name, value in asdict(self.recipe).items()
            },
            "left_out": _nested(self.left_out),
            "cross_validated": _nested(self.cross_validated),
            "messages_needed": self.needed,
            "calibration": self.calibration,
        }


def evaluate(
    corpus: Corpus,
    recipe: Recipe,
    *,
    folds: int = 5,
    seed: int = 0,
    draws: int = 200,
    left_out: bool = True,
    without: Sequence[str] = (),
    say: Say = lambda _: None,
) -> Report:
    """Measure `recipe` on `corpus`. The same arguments give the same report.

    `draws` is the size of the bootstrap over authors. Sources in `without` are never trained on,
    only measured: so they are left out in every part. `say` hears of each step.
    """
    placed = place(corpus, recipe)
    fold_of = corpus.folds(folds, seed)
    stratum = np.where(corpus.offender, -1, corpus.source)
    counts = measures.draw_authors(stratum, draws, seed)
    never = corpus.from_sources(without)
    say(f"cross-validation, {folds} folds")
    followed = cross_validate(placed, recipe, fold_of, seed, never)
    everyone = [name for name in corpus.sources if corpus.of_source(name).size]
    found = figures(corpus, followed, counts, everyone)
    found |= recalls(corpus, followed, counts)
    unseen = figures(corpus, followed, counts, without)
    unseen |= false_alarms(corpus, followed, counts, without, never)
    trained = [kind for kind in kinds(corpus) if not set(kind) & set(without)]
    for together in trained if left_out and len(trained) > 1 else []:
        say(f"without {' and '.join(together)}")
        apart = never | corpus.from_sources(together)
        scored = cross_validate(placed, recipe, fold_of, seed, apart)
        unseen |= figures(corpus, scored, counts, together)
        unseen |= false_alarms(corpus, scored, counts, together, apart)
    return Report(
        recipe=recipe,
        cross_validated=found,
        left_out=unseen,
        needed=messages_needed(corpus, followed),
        calibration=likelihood_fit.report(
            Seen.of(corpus, followed.last, placed.tokens, CURVE, ~never),
            fold_of,
            {str(length): CURVE.index(length) for length in LENGTHS},
        ),
    )


def compare(one: Report, other: Report) -> dict[str, Any]:
    """Each figure of `one` less that of `other`, with the interval of the difference. Both must
    come from the same corpus, folds, seed and draws."""
    return {
        part: _nested({key: mine[key].less(theirs[key]) for key in mine})
        for part, mine, theirs in (
            ("left_out", one.left_out, other.left_out),
            ("cross_validated", one.cross_validated, other.cross_validated),
        )
    }


def describe(corpus: Corpus) -> dict[str, Any]:
    """What the corpus holds, and its hash."""
    lengths = np.diff(corpus.authors)
    return {
        "sha256": corpus.content_hash,
        "offenders": int(corpus.offender.sum()),
        "sources": {
            name: {
                "authors": int(members.size),
                "messages": int(lengths[members].sum()),
                "authors_with_20_messages": int((lengths[members] >= 20).sum()),
            }
            for name in corpus.sources
            if (members := corpus.of_source(name)).size
        },
    }


def _nested(figures: Figures) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for key, value in figures.items():
        branch = root
        for part in key[:-1]:
            branch = branch.setdefault(part, {})
        branch[key[-1]] = value.as_json()
    return root

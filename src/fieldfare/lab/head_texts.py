"""The texts that heads learn from, and which of them say what.

Positive: spellings of the phrases, and of the sentences taught in ``taught/<language>.toml``,
written for this project; alone, and beside something ordinary. Negative: the ordinary sentences
of the same files, many of them near misses; scraps of positive ones; dialogue of the
`chatterbot-corpus` package (BSD); half of ``everyday-en.jsonl``; and, where the operator has it,
ordinary chat of the operator's.
Held-out paraphrases are in none of it; a test holds the taught ones away from them.
"""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa

from fieldfare.lab.language_corpus import read_lines
from fieldfare.language.folding import folded
from fieldfare.language.normalise import normalise
from fieldfare.language.phrases import PhraseFile, read_catalogue, read_phrases
from fieldfare.vocabulary import SettingsError


class Taught(msgspec.Struct, forbid_unknown_fields=True):
    """What one language's file teaches; written as phrases are (see `phrases`)."""

    language: str
    taught: dict[str, list[str]] = {}
    """By indicator id: ways to say it."""
    ordinary: list[str] = []
    """What people write every day."""
    words: dict[str, str] = {}
    words_apart: bool = True

    def as_phrases(self) -> PhraseFile:
        """The taught sentences as a phrase file."""
        return PhraseFile(self.language, self.taught, {}, self.words, self.words_apart)


class Example(NamedTuple):
    """A text and what it says: an indicator, or nothing."""

    language: str
    indicator: str | None
    group: int
    """Texts of one sentence share it: never split in cross-validation."""
    source: str
    """phrases, taught, ordinary, scrap, or the name of the source of chat."""
    text: str


def read_taught() -> Iterator[tuple[str, Taught]]:
    """Name and content of each file, by name. Raises SettingsError naming the file."""
    folder = files("fieldfare.lab") / "taught"
    known = {one.id for one in read_catalogue()}
    for name in sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml")):
        try:
            content = msgspec.convert(tomllib.loads((folder / name).read_text("utf-8")), Taught)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise SettingsError(f"taught/{name}: {error}") from error
        for indicator in content.taught:
            if indicator not in known:
                raise SettingsError(f"taught/{name}: taught.{indicator}: no such indicator")
        yield name, content


def spell(content: PhraseFile, phrase: str, most: int, random_: random.Random) -> list[str]:
    """At most so many spellings of a phrase, distinct."""
    sides = content.sides(phrase)
    joint = " " * content.words_apart
    tries = ([random_.choice(side) for side in sides] for _ in range(2 * most))
    return list(dict.fromkeys(" ".join(joint.join(one).split()) for one in tries))[:most]


def examples(
    chat: Iterable[tuple[str, str, str]], *, seed: int, phrases_each: int, taught_each: int
) -> list[Example]:
    """Every text to learn from. `chat` is ordinary: (language, source, text). So many spellings
    of phrases and of taught sentences an indicator and language are drawn."""
    random_ = random.Random(seed)  # noqa: S311 - nothing secret about it
    chat = list(chat)
    taught = dict(read_taught())
    found: list[Example] = []
    for name, content in read_phrases():
        found += _drawn(content, "phrases", phrases_each, random_)
        if name in taught:
            found += _drawn(taught[name].as_phrases(), "taught", taught_each, random_)
    held = held_out_forms()
    forms = near_forms([one.text for one in found])
    found = [one for one, near in zip(found, forms, strict=True) if held.isdisjoint(near)]
    ordinary = _ordinary(taught, random_)
    short: dict[str, list[str]] = {}
    for language, _, text in chat:
        if len(text) < 80:
            short.setdefault(language, []).append(text)
    for one in ordinary:
        short.setdefault(one.language, []).append(one.text)
    carried = [
        one._replace(text=_beside(one.text, random_.choice(short[one.language]), random_))
        for one in found
        if one.language in short and random_.random() < 0.5
    ]
    scraps = [scrap for one in found if (scrap := _scrap(one, random_))]
    talk = [
        Example(language, None, number, source, text)
        for number, (language, source, text) in enumerate(chat)
    ]
    return [*found, *carried, *scraps, *ordinary, *talk]


def held_out_forms() -> set[str]:
    """`near_forms` of every held-out paraphrase."""
    each = (texts for _, content in read_phrases() for texts in content.held_out.values())
    return set().union(*near_forms([text for texts in each for text in texts]))


def near_forms(texts: Sequence[str]) -> list[set[str]]:
    """Of each text its letters as words compare, without spaces, and the same with any one of
    them left out: two texts that share a form are the same but for a slip or two."""
    found = []
    for form in normalise(pa.array(texts, pa.large_string())).to_pylist():
        bare = "".join(letter for letter in folded(form) if letter.isalnum())
        shorter = (bare[:k] + bare[k + 1 :] for k in range(len(bare))) if len(bare) > 5 else ()
        found.append({bare, *shorter})
    return found


def _drawn(
    content: PhraseFile, source: str, most: int, random_: random.Random
) -> Iterator[Example]:
    for indicator, each in content.phrases.items():
        room = max(2, most // max(1, len(each)))
        for number, phrase in enumerate(each):
            group = number * 2 + (source == "taught")
            for text in spell(content, phrase, room, random_):
                yield Example(content.language, indicator, group, source, text)


def _ordinary(taught: dict[str, Taught], random_: random.Random) -> list[Example]:
    found: list[Example] = []
    for content in taught.values():
        phrases = content.as_phrases()
        for number, sentence in enumerate(content.ordinary):
            found += [
                Example(content.language, None, number, "ordinary", text)
                for text in spell(phrases, sentence, 12, random_)
            ]
    return found


def _beside(text: str, other: str, random_: random.Random) -> str:
    joint = random_.choice((" ", ", ", " ... "))
    return other + joint + text if random_.random() < 0.5 else text + joint + other


def _scrap(one: Example, random_: random.Random) -> Example | None:
    """A third of the words of a sentence: says nothing yet."""
    words = one.text.split()
    if len(words) < 4 or random_.random() > 0.3:
        return None
    size = max(1, len(words) // 3)
    at = random_.randrange(len(words) - size + 1)
    return Example(one.language, None, one.group, "scrap", " ".join(words[at : at + size]))


def counted(texts: Iterable[Example]) -> dict[str, int]:
    """How many texts of each source there are."""
    return dict(sorted(Counter(one.source for one in texts).items()))


def everyday() -> Iterator[tuple[str, str, str]]:
    """The first of every two of the ordinary English conversations that this project wrote; the
    rest is kept apart, to count false indicators on."""
    chats: dict[str | int | None, list[str]] = {}
    file = files("fieldfare.lab") / "taught" / "everyday-en.jsonl"
    for line in read_lines(Path(str(file))):
        chats.setdefault(line.chat, []).extend(line.messages)
    yield from (("en", "everyday", text) for chat in list(chats.values())[::2] for text in chat)


_CHATTERBOT = {
    "bengali": "bn", "chinese": "zh", "dutch": "nl", "english": "en", "french": "fr",
    "german": "de", "hindi": "hi", "hinglish": "hi-latn", "indonesian": "id", "italian": "it",
    "japanese": "ja", "korean": "ko", "portuguese": "pt", "russian": "ru", "spanish": "es",
    "tamil": "ta", "thai": "th", "turkish": "tr",
}  # fmt: skip


def chatterbot() -> Iterator[tuple[str, str, str]]:
    """The dialogues of the `chatterbot-corpus` package. Raises SettingsError without it."""
    try:
        import chatterbot_corpus
        import yaml
    except ImportError as error:
        raise SettingsError("install the dependency group `heads` first") from error
    folder = Path(chatterbot_corpus.__file__).parent / "data"
    for name, language in _CHATTERBOT.items():
        texts: set[str] = set()
        for file in sorted((folder / name).glob("*.yml")):
            try:
                read = yaml.safe_load(file.read_text("utf-8"))
            except yaml.YAMLError:
                continue  # Some of its files are not YAML.
            for turns in read.get("conversations", ()):
                each = turns if isinstance(turns, list) else [turns]
                texts.update(turn for turn in each if isinstance(turn, str) and len(turn) < 300)
        yield from ((language, "chatterbot", text) for text in sorted(texts))

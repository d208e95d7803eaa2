"""The policy file: TOML that a lawyer can read, checked when it is loaded, every mistake with its
line and key."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, cast

import msgspec

from fieldfare.safeguards import places, texts
from fieldfare.safeguards.conditions import CONDITIONS, Kind
from fieldfare.safeguards.rules import (
    Certainty,
    ContentScanning,
    Helpline,
    Policy,
    ReportLimits,
    Rule,
    Support,
    Switch,
)
from fieldfare.safeguards.situation import MOMENTS, Action, Moment, Verdict
from fieldfare.vocabulary import SettingsError

MAX_BYTES: Final = 1 << 20
"""A policy longer than this is not one."""


@dataclass(frozen=True)
class Problem:
    """One mistake in a policy file. Prints as ``file:line: key: what is wrong``."""

    where: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {f'{self.key}: ' if self.key else ''}{self.message}"


class PolicyError(SettingsError):
    """A policy that is not valid. Its message is the first mistake; `problems` has them all."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        tail = f" (and {more} more; `fieldfare policy check` lists them)" if more else ""
        super().__init__(f"{self.problems[0]}{tail}")


@cache
def shipped() -> Policy:
    """The policy that comes with this version."""
    return parse((files("fieldfare.safeguards") / "policy.toml").read_bytes(), "policy.toml")


def load(path: Path) -> Policy:
    """A policy from a file. Raises PolicyError with the line and key of each mistake, or
    SettingsError where the file cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return parse(data, str(path))


def parse(data: bytes, where: str) -> Policy:
    """A policy from the bytes of its file; `where` names it in mistakes. Raises PolicyError."""
    raw, text = _toml(data, where)
    found = _Found(where, places.lines(text))
    policy = _policy(_Table(raw, (), found), hashlib.sha256(data).hexdigest())
    if found.problems:
        raise PolicyError(sorted(found.problems, key=lambda problem: problem.line))
    return policy


def _toml(data: bytes, where: str) -> tuple[dict[str, Any], str]:
    if len(data) > MAX_BYTES:
        raise PolicyError([Problem(where, 1, "", "longer than a mebibyte; this is not a policy")])
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
        return tomllib.loads(text), text
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError([Problem(where, line, "", "not UTF-8; save the file as UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(match[1]) if match else data.count(b"\n") + 1
        raise PolicyError([Problem(where, line, "", f"not valid TOML: {error}")]) from None
    except RecursionError:
        raise PolicyError([Problem(where, 1, "", "nested too deeply")]) from None


@dataclass
class _Found:
    where: str
    lines: dict[places.Path, int]
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: places.Path, message: str) -> None:
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        line = places.line_of(self.lines, path)
        self.problems.append(Problem(self.where, line, key.lstrip("."), message))


_MISSING: Final = object()


class _Table:
    """A table of the file: its values are taken one by one, and what nobody took is a mistake."""

    def __init__(self, raw: dict[str, Any], path: places.Path, found: _Found) -> None:
        self.raw = raw
        self.path = path
        self.found = found
        self._known: list[str] = []

    def take(self, name: str, kind: Any, default: Any = _MISSING, *, instead: Any = None) -> Any:
        """The value of a key, as this type. Where it is wrong or wanting, that is noted, and
        `instead` stands for it, so that the rest is checked too."""
        self._known.append(name)
        if name not in self.raw:
            if default is _MISSING:
                self.found.add(self.path, f"'{name}' is missing")
                return instead
            return default
        try:
            return msgspec.convert(self.raw[name], kind)
        except msgspec.ValidationError as error:
            self.problem(name, _plainly(str(error), kind))
            return instead

    def table(self, name: str, *, required: bool) -> _Table:
        value = self.take(name, dict[str, Any], _MISSING if required else {}, instead={})
        return _Table(value, (*self.path, name), self.found)

    def tables(self, name: str) -> Iterator[_Table]:
        """The tables of an array, such as ``[[rules]]``."""
        for number, each in enumerate(self.take(name, list[dict[str, Any]], instead=[])):
            yield _Table(each, (*self.path, name, number), self.found)

    def problem(self, name: str, message: str) -> None:
        self.found.add((*self.path, name), message)

    def end(self) -> None:
        """Every key that was not asked for is a mistake: a rule with a misspelt condition would
        apply to more than its author meant."""
        for name in self.raw:
            if name not in self._known:
                near = difflib.get_close_matches(name, self._known, 1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                self.problem(name, f"not a key that is known here{hint}")


def _plainly(message: str, kind: Any) -> str:
    """msgspec's words without its path, and the choices where there are some."""
    said = re.sub(r" - at `[^`]*`", "", message)
    choices = re.findall(r"'(\w+)'", str(kind))
    return f"{said}; choose from {', '.join(choices)}" if choices else said


def _policy(top: _Table, sha256: str) -> Policy:
    bands = top.take("bands", tuple[str, ...], instead=())
    if "bands" in top.raw and (len(bands) < 2 or len(set(bands)) < len(bands)):
        top.problem("bands", "name at least two bands, each once, from the least to the gravest")
    quiet_from = top.take("quiet_from", str, instead="")
    if bands and quiet_from and quiet_from not in bands[1:]:
        top.problem("quiet_from", f"'{quiet_from}' is not one of {', '.join(bands[1:])}")
    age = top.take("age_when_unknown", float, instead=0.0)
    if not 0 <= age < 18:
        top.problem("age_when_unknown", f"{age:g} is not an age of a child; 0 to under 18")
    policy = Policy(
        name=top.take("name", str, instead=""),
        version=top.take("version", str, instead=""),
        sha256=sha256,
        shadow=top.take("shadow", bool, False),
        bands=bands,
        quiet_from=quiet_from,
        service_has_connections=top.take("service_has_connections", bool, instead=True),
        age_when_unknown=age,
        rules=_rules(top, bands),
        support=_support(top.table("support", required=False)),
        helpline_with=_helpline_with(top),
        helplines=_helplines(top.table("helplines", required=False)),
        content_scanning=_content_scanning(top.table("content_scanning", required=True)),
        reports=_reports(top.table("reports", required=False)),
    )
    top.end()
    return policy


def _rules(top: _Table, bands: tuple[str, ...]) -> tuple[Rule, ...]:
    rules = []
    first_line: dict[str, int] = {}
    for table in top.tables("rules"):
        rule = _rule(table, bands)
        line = places.line_of(table.found.lines, (*table.path, "id"))
        if rule.id in first_line:
            table.problem("id", f"'{rule.id}' is the id of the rule on line {first_line[rule.id]}")
        first_line.setdefault(rule.id, line)
        rules.append(rule)
    return tuple(rules)


def _rule(table: _Table, bands: tuple[str, ...]) -> Rule:
    conditions = {}
    for name, condition in CONDITIONS.items():
        value = table.take(name, _TYPES[condition.kind], None)
        if value is None:
            continue
        wrong = _wrong(condition.kind, value, bands)
        if wrong:
            table.problem(name, wrong)
        else:
            conditions[name] = value
    rule = Rule(
        id=table.take("id", str, instead=""),
        says=table.take("says", str, instead=""),
        actions=table.take("actions", tuple[Action, ...], instead=()),
        verdict=table.take("verdict", Verdict, instead="deliver"),
        code=table.take("code", str, instead=""),
        basis=table.take("basis", str, instead=""),
        certainty=table.take("certainty", Certainty, instead="judgement"),
        conditions=conditions,
        service_has_connections=table.take("service_has_connections", bool, None),
        text_for_recipient=table.take("text_for_recipient", str, None),
        text_for_sender=table.take("text_for_sender", str, None),
        retry_after_hours=table.take("retry_after_hours", float, None),
        shadow=table.take("shadow", bool, False),
    )
    _check_rule(table, rule)
    table.end()
    return rule


_TYPES: Final[dict[Kind, Any]] = {
    "probability": float,
    "years": float,
    "count": float,
    "yes or no": bool,
    "band": str,
    "countries": tuple[str, ...],
}

_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def _wrong(kind: Kind, value: Any, bands: tuple[str, ...]) -> str | None:
    if kind == "probability" and not 0 < value <= 1:
        return f"{value:g} is not a probability above 0 and up to 1"
    if kind == "years" and not 0 < value <= 150:
        return f"{value:g} is not an age in years"
    if kind == "count" and not 0 <= value < float("inf"):
        return f"{value:g} is not a number of children"
    if kind == "band" and value not in bands:
        return f"'{value}' is not one of the bands {', '.join(bands)}"
    if kind == "countries":
        return _wrong_countries(value)
    return None


def _wrong_countries(codes: tuple[str, ...]) -> str | None:
    bad = [code for code in codes if not _COUNTRY.fullmatch(code)]
    if not codes or bad:
        return f"write countries as ISO 3166-1 alpha-2, such as GB; not {', '.join(bad) or '[]'}"
    return None


def _check_rule(table: _Table, rule: Rule) -> None:
    if table.raw.get("actions") == []:
        table.problem("actions", "name at least one action")
    for name in ("id", "code"):
        value = str(getattr(rule, name))
        if value and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
            table.problem(name, "use a to z, 0 to 9, - and _, so that it can stand anywhere")
    _check_cooling_off(table, rule)
    _check_texts(table, rule)


def _check_cooling_off(table: _Table, rule: Rule) -> None:
    hours = rule.retry_after_hours
    if rule.verdict == "limit" and "retry_after_hours" not in table.raw:
        table.found.add(table.path, "a limit needs 'retry_after_hours', the time of cooling-off")
    if rule.verdict != "limit" and hours is not None:
        table.problem("retry_after_hours", "only a limit has a time of cooling-off")
    if hours is not None and not 0 < hours <= 24 * 366:
        table.problem("retry_after_hours", f"{hours:g} is not between 0 hours and a year")


def _check_texts(table: _Table, rule: Rule) -> None:
    known = texts.keys()
    for name in ("text_for_recipient", "text_for_sender"):
        key = getattr(rule, name)
        if key is not None and key not in known.children and key not in known.senders:
            choices = (*known.children, *known.senders)
            table.problem(name, f"there is no text '{key}'; choose from {', '.join(choices)}")
    of_child = "sender_child_at_least" in rule.conditions
    if rule.text_for_sender in known.children and not of_child:
        table.problem(
            "text_for_sender",
            f"'{rule.text_for_sender}' is for a child; ask for sender_child_at_least, or use one "
            f"of {', '.join(known.senders)}",
        )
    asks = rule.verdict in ("confirm", "warn")
    if asks and rule.text_for_recipient is None and rule.text_for_sender is None:
        table.found.add(table.path, f"'{rule.verdict}' needs a text for the child that is asked")
    if rule.verdict in ("withhold", "limit") and rule.text_for_recipient is not None:
        table.problem("text_for_recipient", "what is not delivered is not spoken of; leave it out")


def _support(table: _Table) -> dict[Moment, Support]:
    made: dict[Moment, Support] = {}
    for moment in MOMENTS:
        if moment not in table.raw:
            table.take(moment, dict[str, Any], {})
            continue
        inner = table.table(moment, required=True)
        made[moment] = Support(
            inner.take("text", str, instead=""),
            inner.take("basis", str, instead=""),
            inner.take("certainty", Certainty, instead="judgement"),
        )
        _check_child_text(inner, "text", made[moment].text)
        inner.end()
    table.end()
    return made


def _check_child_text(table: _Table, name: str, key: str) -> None:
    children = texts.keys().children
    if key and key not in children:
        table.problem(name, f"there is no text '{key}'; choose from {', '.join(children)}")


def _helpline_with(top: _Table) -> frozenset[str]:
    keys = cast(tuple[str, ...], top.take("helpline_with", tuple[str, ...], (), instead=()))
    for key in keys:
        _check_child_text(top, "helpline_with", key)
    return frozenset(keys)


def _helplines(table: _Table) -> dict[str, Helpline]:
    made = {}
    for country in table.raw:
        inner = table.table(country, required=True)
        if not _COUNTRY.fullmatch(country):
            table.problem(country, "write the country as ISO 3166-1 alpha-2, such as GB")
        made[country] = Helpline(
            inner.take("name", str, instead=""),
            inner.take("contact", str, instead=""),
            inner.take("source", str, instead=""),
            inner.take("certainty", Certainty, instead="unconfirmed"),
        )
        inner.end()
    return made


def _content_scanning(table: _Table) -> ContentScanning:
    off_in = table.take("off_in", tuple[str, ...], instead=())
    wrong = _wrong_countries(off_in) if off_in else None
    if wrong:
        table.problem("off_in", wrong)
    made = ContentScanning(
        table.take("elsewhere", Switch, instead="off"),
        table.take("unknown_country", Switch, instead="off"),
        frozenset(off_in),
        table.take("basis", str, instead=""),
        table.take("certainty", Certainty, instead="judgement"),
    )
    table.end()
    return made


def _reports(table: _Table) -> ReportLimits:
    usual, given = ReportLimits(), {}
    for name, value in vars(usual).items():
        kind = bool if isinstance(value, bool) else Annotated[int, msgspec.Meta(ge=0)]
        given[name] = table.take(name, kind, value, instead=value)
    table.end()
    return ReportLimits(**given)

"""The data of the report: everything it says, section by section, as the template wants it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from fieldfare.cases import actions, urgency
from fieldfare.cases.records import Decision
from fieldfare.reports.case_file import FiledChild
from fieldfare.reports.document import method
from fieldfare.reports.document.gathering import Gathered
from fieldfare.reports.document.wording import (
    age,
    count,
    country,
    day,
    minute,
    percent,
    times,
    words,
)
from fieldfare.reports.frozen import FrozenCase
from fieldfare.vocabulary.times import DAY

SHOWN_IDS: Final = 4
"""Ids of messages shown beside a reason."""


def content(case: FrozenCase, found: Gathered, software: str) -> dict[str, Any]:
    """Everything the report says."""
    return {
        "reference": case.reference,
        "draft": case.is_draft,
        "redacted": case.redacted_from,
        "made": _made(case),
        "summary": _summary(case, found),
        "figures": _figures(case, found),
        "decisions": [_decision(each) for each in case.decisions],
        "reasons": [_reason(each) for each in case.reasons if each.contribution > 0],
        "against": [_reason(each) for each in case.reasons if each.contribution <= 0],
        "timeline": _timeline(case),
        "children": [_child(each) for each in case.children],
        "ties": _ties(case),
        "countries": _countries(case),
        "quotes": _quotes(case, found),
        "method": method.method(case),
        "limits": method.limits(case, found),
        "errors": method.error_rates(case),
        "provenance": _provenance(case, found, software),
        "viewers": [
            [each.user, f"{each.views:,}", f"{each.revealed:,}", minute(each.last_at)]
            for each in case.viewers
        ],
        "glossary": method.glossary(),
    }


def _made(case: FrozenCase) -> list[list[str]]:
    authority = case.authority
    if authority is None:
        agreed = "Nobody yet: this is a draft, and not to be acted on outside the service."
    else:
        what = actions.shipped().actions[authority.what].title if authority.what else "Export"
        agreed = (
            f"{what}: proposed by {authority.by} ({minute(authority.at)}), "
            f"agreed by {authority.second} ({minute(authority.second_at)})"
        )
    return [
        ["Made", f"{minute(case.taken_at)}, by {case.taken_by}, for: {case.purpose}"],
        ["Agreed by two people", agreed],
        ["Account", _account(case)],
        ["Material ends", minute(case.as_of)],
    ]


def _account(case: FrozenCase) -> str:
    who = case.suspect
    name = f", called “{who.name}”" if who.name else ""
    known = age(who.age, who.age_basis)
    return f"{who.account}{name}; age {known}; country {who.country or 'unknown'}"


def _summary(case: FrozenCase, found: Gathered) -> list[str]:
    children, ages = case.children, [each.age for each in case.children if each.age is not None]
    first = sum(each.wrote_first for each in children)
    said = [
        f"The account {case.suspect.account} exchanged private messages with "
        f"{count(len(children), 'probable child', 'probable children')}; to {first} of them it "
        "wrote first."
    ]
    if ages:
        unknown = len(children) - len(ages)
        said[-1] += f" The youngest is {min(ages):.0f}" + (
            f"; of {unknown} of them no age is known." if unknown else "."
        )
    if found.indicators:
        shown = ", ".join(
            f"{words(name)} ({number:,})" for name, number in found.indicators.most_common(6)
        )
        said.append(f"In its messages a machine found these indicators (messages): {shown}.")
    rejected = sum(each.rejected_at is not None for each in children)
    if rejected:
        said.append(
            f"{count(rejected, 'child', 'children')} blocked, reported or declined the account."
        )
    signs = {each.id: each.title for each in urgency.shipped().signs}
    if case.signs:
        said.append(
            f"Urgency when the case was opened or last joined: {case.level}. "
            f"Signs: {'; '.join(signs.get(each, words(each)) for each in case.signs)}."
        )
    said.append(
        f"The scorecard puts the account into the band “{case.band}” (probability "
        f"{percent(case.probability)}). That is what made people look. It is no finding: people "
        "decide, and the next section says what."
    )
    return said


def _figures(case: FrozenCase, found: Gathered) -> list[list[str]]:
    countries = {each.country for each in case.children if each.country}
    flagged = case.children_when_flagged
    return [
        [f"{len(case.children):,}", "probable children"],
        [f"{len(countries):,}", "countries known"],
        [f"{case.message_count:,}", "messages in the bag"],
        [day(found.first_at), "first message"],
        [day(found.last_at), "last message"],
        ["–" if flagged is None else f"{flagged:,}", "children when first flagged"],
    ]


def _decision(decision: Decision) -> dict[str, str]:
    known = actions.shipped()
    action = known.actions.get(decision.action)
    second = ""
    if decision.second is not None:
        second = f"{decision.second}, {minute(decision.second_at)}"
    return {
        "what": action.title if action else words(decision.action),
        "status": decision.status,
        "by": f"{decision.by}, {minute(decision.at)}",
        "second": second,
        "reasons": "; ".join(known.reasons.get(each, words(each)) for each in decision.reasons),
        "words": " / ".join(
            each for each in (decision.rationale, decision.second_rationale) if each
        ),
    }


def _reason(reason: Any) -> dict[str, Any]:
    return {
        "sentence": reason.sentence,
        "worth": times(reason.contribution),
        "nats": f"{reason.contribution:+.2f}",
        "signal": reason.signal,
        "messages": _some(reason.messages),
    }


def _some(ids: tuple[str, ...]) -> str:
    """The first few; case.json has them all."""
    more = len(ids) - SHOWN_IDS
    return ", ".join(ids[:SHOWN_IDS]) + (f" and {more} more" if more > 0 else "")


def _timeline(case: FrozenCase) -> list[list[str]]:
    events: list[tuple[int, str]] = []
    for child in case.children:
        who = _who(child)
        began = "the account wrote first" if child.wrote_first else "the child wrote first"
        events.append((child.contacted_at, f"First contact with {who}: {began}"))
        days: dict[int, list[tuple[int, str]]] = {}
        for name, at in child.asked.items():
            days.setdefault(at // DAY, []).append((at, words(name)))
        for shown in days.values():
            names = ", ".join(name for _, name in sorted(shown))
            events.append((min(shown)[0], f"First shown to {who} that day: {names}"))
        if child.rejected_at is not None:
            events.append((child.rejected_at, f"{who} blocked, reported or declined the account"))
    if case.first_flagged_at is not None:
        events.append(
            (case.first_flagged_at, "From here on this scorecard would have flagged the account")
        )
    events.append((case.opened_at, f"The case was opened ({case.opened_by})"))
    for decision in case.decisions:
        title = actions.shipped().actions.get(decision.action)
        said = title.title if title else words(decision.action)
        events.append((decision.at, f"{decision.by} decided: {said} ({decision.status})"))
        if decision.second_at is not None:
            events.append((decision.second_at, f"{decision.second} was the second person"))
    events.append((case.taken_at, "This was taken out of the case"))
    events.sort(key=lambda each: each[0])
    return [[minute(at), what] for at, what in events]


def _who(child: FiledChild) -> str:
    return child.pseudonym


def _child(child: FiledChild) -> list[str]:
    named = child.account if child.account != child.pseudonym else ""
    return [
        child.pseudonym,
        f"{named} {child.name or ''}".strip(),
        age(child.age, child.age_basis),
        f"{child.child_probability:.0%}",
        country(child.country, child.country_basis),
        minute(child.contacted_at),
        minute(child.last_at),
        f"{child.sent:,} / {child.received:,}",
        "account" if child.wrote_first else "child",
        ", ".join(words(name) for name in child.asked) or "–",
    ]


def _ties(case: FrozenCase) -> str:
    pairs = len(case.ties)
    if not pairs:
        return "None of these children is seen writing to another of them."
    return f"{count(pairs, 'pair', 'pairs')} of these children wrote to one another."


def _countries(case: FrozenCase) -> list[dict[str, Any]]:
    counts = Counter(each.country or "unknown" for each in case.children)
    bases: dict[str, Counter[str]] = {}
    for child in case.children:
        known = bases.setdefault(child.country or "unknown", Counter())
        known[child.country_basis or "no basis"] += 1
    most = max(counts.values(), default=1)
    return [
        {
            "country": name,
            "children": number,
            "share": number / most,
            "basis": ", ".join(f"{basis} {n}" for basis, n in sorted(bases[name].items())),
        }
        for name, number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]


def _quotes(case: FrozenCase, found: Gathered) -> list[list[str]]:
    names = {each.number: each.pseudonym for each in case.children}
    return [
        [
            str(each.number),
            minute(each.sent_at),
            names.get(each.conversation, ""),
            "[redacted]" if each.redacted else (each.text or "[no text was kept]"),
            ", ".join(words(name) for name in each.indicators),
        ]
        for each in found.quoted
    ]


def _provenance(case: FrozenCase, found: Gathered, software: str) -> dict[str, Any]:
    card, _, card_hash = case.scorecard.partition(" sha256:")
    hashes = [
        ["Newest snapshot, as handed over by detection", case.snapshot_sha256],
        ["Scorecard", card or "not recorded"],
        ["Scorecard's file", card_hash or "not recorded"],
        ["Language model", case.language or "none: no text was read"],
        [f"Audit entry {case.trail_entry}, that this was taken", case.trail_entry_hash],
        ["End of the trail of this case", case.trail_end],
    ]
    if case.redacted_from:
        hashes.append(["Tag manifest of the original bag", case.redacted_from])
    return {
        "software": software,
        "files": [[name or "not kept", f"{n:,}"] for name, n in found.files.most_common(40)],
        "more_files": max(0, len(found.files) - 40),
        "zones": [[name, f"{n:,}"] for name, n in found.zones.most_common()],
        "hashes": hashes,
    }

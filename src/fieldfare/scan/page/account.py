"""One account's section: one sentence first, then the reasons and their sum, the children, the
countries and the excerpts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fieldfare.contacts.catalogue import catalogue
from fieldfare.scan.evidence import MAX_EXCERPTS, MAX_MESSAGES, Evidence, Excerpt
from fieldfare.scan.page import words
from fieldfare.scan.page.context import (
    AccountSection,
    Asked,
    Band,
    ChildRow,
    CountryRow,
    ExcerptRow,
    Fact,
    ReasonRow,
    Sum,
    Time,
    Who,
)
from fieldfare.scan.page.second_look import second_look
from fieldfare.scan.page.timeline import timeline
from fieldfare.scan.snapshot import SeenChild

if TYPE_CHECKING:
    from fieldfare.risk.reasons import Reason
    from fieldfare.risk.scorecard import Scorecard
    from fieldfare.scan.run import AccountAssessment

MAX_CHILDREN: Final = 500
"""Children listed in one section; assessments and the ledger hold all."""

_AGE_BASIS: Final = {"unknown": "not known"}


def section(
    account: AccountAssessment, number: int, rank: int, band: Band, card: Scorecard, opened: bool
) -> AccountSection:
    """The section of one account."""
    evidence = account.evidence
    rows = reason_rows(account.reasons, evidence)
    excerpts, excerpts_note = _excerpts(evidence, withheld=band.level == 0)
    return AccountSection(
        number=number,
        rank=rank,
        who=who(account.account, evidence.name),
        about=_about(evidence),
        band=band,
        flagged=account.flagged,
        opened=opened,
        probability=words.probability(account.probability),
        summary=summary(evidence.children),
        details=_details(account),
        facts=_facts(account),
        concern=[row for row in rows if row.speaks_for],
        against=[row for row in reversed(rows) if not row.speaks_for],
        sum=_sum(account, card),
        timeline=timeline(evidence.children, account.first_flag),
        countries=country_rows(evidence.children),
        children=[
            child_row(order, child)
            for order, child in enumerate(evidence.children[:MAX_CHILDREN], 1)
        ],
        children_more=_more_children(evidence),
        excerpts=excerpts,
        excerpts_note=excerpts_note,
        second_look=second_look(account.second_look),
    )


def who(account: str, name: str | None) -> Who:
    """An account as shown: a name that only repeats the id is left out."""
    shown = words.clip(name)
    return Who(words.clip(account), "" if shown == words.clip(account) else shown)


def time(micros: int) -> Time:
    """A moment to the minute."""
    return Time(words.minute(micros), words.machine(micros))


def reason_rows(reasons: Sequence[Reason], evidence: Evidence) -> list[ReasonRow]:
    """The reasons in their order, with bars on one scale."""
    longest = max((abs(reason.contribution) for reason in reasons), default=1.0)
    entries = catalogue()
    rows = []
    for reason in reasons:
        messages = evidence.message_ids(reason.signal)
        unit = entries[reason.signal].unit if reason.signal in entries else ""
        rows.append(
            ReasonRow(
                signal=words.clip(reason.signal),
                sentence=words.clip(reason.sentence, 400),
                value=words.signal_value(reason.value, unit),
                weight=words.signed(reason.contribution),
                bar=round(100 * abs(reason.contribution) / longest, 1),
                speaks_for=reason.contribution > 0,
                messages=[words.clip(message) for message in messages],
                more=f"The first {MAX_MESSAGES} are listed."
                if len(messages) >= MAX_MESSAGES
                else "",
            )
        )
    return rows


def _sum(account: AccountAssessment, card: Scorecard) -> Sum:
    # In hundredths, as printed, so that the printed numbers add up to the printed total.
    prior = round(100 * card.prior_log_odds)
    total = round(100 * (account.log_odds - account.calibration))
    weights = [round(100 * reason.contribution) for reason in account.reasons]
    concern = sum(each for each in weights if each > 0)
    against = sum(each for each in weights if each < 0)
    rest = total - prior - concern - against
    return Sum(
        prior=words.signed(prior / 100),
        prior_words=words.base_rate(card.prior),
        concern=words.signed(concern / 100),
        against=words.signed(against / 100),
        rest=words.signed(rest / 100) if rest else "",
        total=words.signed(total / 100),
        calibrated="" if card.calibration is None else words.signed(account.log_odds),
        probability=words.probability(account.probability),
    )


def _about(evidence: Evidence) -> str:
    parts = []
    if evidence.age is not None:
        basis = _AGE_BASIS.get(evidence.age_basis, evidence.age_basis)
        parts.append(f"age {evidence.age:.0f} ({words.clip(basis, 40)})")
    else:
        parts.append("age not known")
    parts.append(words.country(evidence.country) if evidence.country else "country not known")
    return ", ".join(parts)


def summary(children: Sequence[SeenChild]) -> str:
    """The sentence that stands first: whom the account wrote to, and what came of it."""
    if not children:
        return (
            "No private message to a probable child was found; what is noted below rests on "
            "other signals."
        )
    said = _contact_clause(children)
    countries = {child.country for child in children if child.country}
    if len(countries) > 1:
        said += f", in at least {len(countries)} countries"
    answers = [f"{sum(child.answered for child in children):,} answered"]
    rejected = sum(child.rejected_at is not None for child in children)
    if rejected:
        answers.append(f"{rejected:,} blocked, reported or declined it")
    return f"{said}; {words.listed(answers)}."


def _details(account: AccountAssessment) -> list[str]:
    """What was asked, when it could have been known, and who the account is."""
    evidence, flag = account.evidence, account.first_flag
    said = []
    if asked := what_was_asked(evidence.children):
        said.append(asked)
    if inferred := who_was_inferred(evidence.children):
        said.append(inferred)
    if flag:
        after = words.plural(flag.children_contacted, "child", "children")
        said.append(f"It would first have been flagged on {words.day(flag.at)}, after {after}.")
    unknown = account.signals["first_contacts"] - account.signals["first_contacts_known_age"]
    if evidence.children and unknown:
        people = words.plural(unknown, "other", "others")
        said.append(
            f"It wrote first to {people} whose age is not known; there may be children among them."
        )
    said.append(f"The account itself: {_about(evidence)}.")
    return said


def what_was_asked(children: Sequence[SeenChild]) -> str:
    """How many were asked for what, as a sentence; empty where nothing was."""
    counts = Counter(name for child in children for name in child.asked)
    asked = [text.format(f"{counts[name]:,}") for name, text in words.ASKED.items() if counts[name]]
    return f"Of these children it {words.listed(asked)}." if asked else ""


def who_was_inferred(children: Sequence[SeenChild]) -> str:
    """How many are children by no age of their own, as a sentence; empty where none is."""
    count = sum(child.age_basis == "peers" for child in children)
    if not count:
        return ""
    are, them = ("is", "one") if count == 1 else ("are", "such")
    return (
        f"Of these children {count:,} {are} taken for {them} only because of whom they knew before "
        "they were written to: their age is not known, or they declare to be 18 to 25."
    )


def youngest(children: Sequence[SeenChild]) -> Fact:
    """The lowest age given or stated; an age inferred from peers is that of the peers."""
    ages = [child.age for child in children if child.age is not None and child.age_basis != "peers"]
    lowest = f"{min(ages):.0f}" if ages else "not known"
    return Fact("Youngest", lowest, f"of {len(ages):,} whose age is given or stated")


def _age_basis(child: SeenChild) -> str:
    if child.age_basis != "peers":
        return words.clip(_AGE_BASIS.get(child.age_basis, child.age_basis), 40)
    knew = words.plural(child.known_children, "child", "children")
    return f"inferred: knew {knew} and {words.plural(child.known_adults, 'adult')}"


def _contact_clause(children: Sequence[SeenChild]) -> str:
    first, last = children[0].contacted_at, children[-1].contacted_at
    many = words.plural(len(children), "probable child", "probable children")
    began = sum(child.wrote_first for child in children)
    lead = f"Wrote privately to {many}"
    if len(children) == 1:
        lead += f" on {words.day(first)}"
        return lead + (", and wrote first" if began else ", who wrote first")
    who_began = (
        "first to every one"
        if began == len(children)
        else "each of whom wrote first"
        if not began
        else f"first to {began:,} of them"
    )
    return f"{lead} within {words.duration(last - first)}, {who_began}"


def _facts(account: AccountAssessment) -> list[Fact]:
    children, signals = account.evidence.children, account.signals
    facts = [
        Fact(
            "Probability",
            words.probability(account.probability),
            f"band: {account.band}",
        ),
        Fact(
            "Probable children contacted",
            f"{signals['children_contacted']:,}",
            f"{words.number(signals['children_first_contacted_30d'])} first contacts with "
            "children in the last 30 days",
        ),
    ]
    unknown = signals["first_contacts"] - signals["first_contacts_known_age"]
    facts.append(
        Fact(
            "People it wrote to first",
            f"{signals['first_contacts']:,}",
            f"the age of {unknown:,} is not known" if unknown else "all of known or inferred age",
        )
    )
    if children:
        facts.append(youngest(children))
    if account.first_flag:
        days = (children[-1].contacted_at - account.first_flag.at) if children else 0
        later = sum(child.contacted_at > account.first_flag.at for child in children)
        facts.append(
            Fact(
                "First flagged",
                words.minute(account.first_flag.at)[:10],
                f"{words.plural(later, 'child was', 'children were')} first contacted after that"
                if days > 0
                else "no child was first contacted after that",
            )
        )
    return facts


def country_rows(children: Sequence[SeenChild]) -> list[CountryRow]:
    """Children by country, most first; those of whom none is known last."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for child in children:
        counts[child.country or ""][child.country_basis or "unknown"] += 1
    totals = {code: sum(basis.values()) for code, basis in counts.items()}
    most = max(totals.values(), default=1)
    # The children of whom no country is known stand last, and are never left out.
    order = sorted(totals, key=lambda code: (code == "", -totals[code], code))
    return [
        CountryRow(
            name=words.country(code) if code else "Not known",
            code=words.clip(code, 8),
            children=totals[code],
            bar=round(100 * totals[code] / most, 1),
            basis=", ".join(
                f"{words.clip(basis, 40)} {count}" for basis, count in counts[code].most_common()
            )
            if code
            else "",
        )
        for code in order
    ]


def child_row(order: int, child: SeenChild) -> ChildRow:
    """One child, the `order`-th that was contacted."""
    asked = sorted(child.asked.items(), key=lambda each: each[1])
    return ChildRow(
        order=order,
        who=who(child.account, child.name),
        age="" if child.age is None else f"{child.age:.0f}",
        age_basis=_age_basis(child),
        probability=words.probability(child.child_probability),
        probability_sort=f"{child.child_probability:.4f}",
        country=words.country(child.country) if child.country else "",
        country_basis=words.clip(child.country_basis, 40) if child.country else "not known",
        first=time(child.contacted_at),
        last=time(child.last_at),
        wrote_first=child.wrote_first,
        answered=child.answered,
        sent=f"{child.sent:,}",
        received=f"{child.received:,}",
        rejected=None if child.rejected_at is None else time(child.rejected_at),
        asked=[Asked(words.ask(name), time(at)) for name, at in asked],
    )


def _more_children(evidence: Evidence) -> str:
    if len(evidence.children) <= MAX_CHILDREN:
        return ""
    return f"The first {MAX_CHILDREN:,} of {len(evidence.children):,} are listed."


def _excerpts(evidence: Evidence, *, withheld: bool) -> tuple[list[ExcerptRow], str]:
    # What an account in the lowest band wrote is nobody's business here.
    if withheld:
        return [], (
            "Messages of accounts in the lowest band are not copied into this report."
            if evidence.excerpts
            else ""
        )
    names = {child.account: child.name for child in evidence.children}
    note = (
        f"At most {MAX_EXCERPTS} messages are copied into the report, those with the most "
        "indicators first chosen."
        if len(evidence.excerpts) >= MAX_EXCERPTS
        else ""
    )
    return [_excerpt(each, names) for each in evidence.excerpts], note


def _excerpt(excerpt: Excerpt, names: dict[str, str | None]) -> ExcerptRow:
    text = excerpt.text or ""
    return ExcerptRow(
        message=words.clip(excerpt.message),
        to=who(excerpt.peer, names.get(excerpt.peer)),
        time=Time(words.second(excerpt.sent_at), words.machine(excerpt.sent_at)),
        indicators=[words.ask(name) for name in excerpt.indicators],
        origin=words.clip(excerpt.origin, words.PLACE_LENGTH),
        text=words.clip(text, words.TEXT_LENGTH),
        length=words.plural(len(text), "character"),
        clipped=f"Cut here; the message has {len(text):,} characters."
        if len(text) > words.TEXT_LENGTH
        else "",
        lines=1 if len(text) < 60 else 2 if len(text) < 160 else 3,
    )

"""What is known of a child, of a country's children, and what is not, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from fieldfare.investigation import wording
from fieldfare.investigation.records import UNKNOWN, URGENT, Account, Person, Place, Risk, Source
from fieldfare.scan.page import words


def country_name(code: str) -> str:
    """The name of a country."""
    return "Country not known" if code == UNKNOWN else words.country(code)


def chance(person: Person) -> str:
    """The probability of being a child, with its interval where that says more."""
    said, low, high = map(words.probability, (person.probability, person.low, person.high))
    return said if low == said == high else f"{said} ({low} to {high})"


def standing(person: Person) -> str:
    """Whether an officer confirmed a child, and what the cues say."""
    if person.standing == "confirmed":
        when = "" if person.verdict_at is None else f", {words.minute(person.verdict_at)} UTC"
        return f"A child: confirmed by {person.verdict_by}{when}"
    if person.standing == "unsure":
        return f"An officer looked and was unsure; by the cues a child with {chance(person)}"
    return f"Not yet looked at by an officer; by the cues a child with {chance(person)}"


def age(person: Person) -> str:
    """An age with where it is from."""
    if person.age is None:
        return "age not known"
    basis = {
        "stated": "said by the child",
        "told": "said to the child",
        "profile": "by the account's data",
    }
    return f"age {person.age:.0f} ({basis.get(person.age_basis, person.age_basis)})"


def place(person: Person, places: Sequence[Place]) -> str:
    """Where a child probably is, and what that rests on."""
    if person.country is None:
        return "Nothing in the messages points to a country."
    others = sorted({each.country for each in places} - {person.country})
    said = f"{words.country(person.country)}: {wording.certainty(person.country_confidence)}"
    bases = list(
        dict.fromkeys(wording.basis(p.basis) for p in places if p.country == person.country)
    )
    said += f", by {words.listed(bases)}" if bases else ""
    if others:
        said += f". Something also points to {words.listed([words.country(o) for o in others])}"
    return f"{said}."


def now(risks: Sequence[Risk]) -> str:
    """What makes a child urgent; empty where nothing does."""
    latest: dict[str, int] = {}
    for each in risks:
        latest[each.kind] = max(each.at, latest.get(each.kind, each.at))
    parts = [
        f"{wording.risk(kind)} ({words.day(latest[kind])})"
        for kind in wording.RISKS
        if kind in latest
    ]
    said = f"{'; '.join(parts[:4])}." if parts else ""
    return said[:1].upper() + said[1:]


def contact(person: Person) -> list[str]:
    """When, how often, who began."""
    began = "the suspect wrote first" if person.wrote_first else "the child wrote first"
    return [
        f"Last contact {words.minute(person.last_contact)} UTC",
        f"First contact {words.minute(person.first_contact)} UTC; {began}",
        f"{words.plural(person.sent, 'message')} from the suspect, {person.received:,} to the "
        "suspect",
    ]


def unknown(person: Person, places: Sequence[Place], accounts: Sequence[Account]) -> str:
    """What is not known, and would help to find a child."""
    kinds = {i.kind for account in accounts for i in account.identifiers}
    missing = [
        word
        for kind, word in (("phone", "no phone number"), ("email", "no e-mail address"))
        if kind not in kinds
    ]
    if not person.name:
        missing.append("no name")
    if person.age is None:
        missing.append("no age was said")
    if not any(each.basis == "stated_place" for each in places):
        missing.append("no town or school was named")
    if places and {each.basis for each in places} <= wording.WEAK:
        missing.append("the country rests only on language or hours, which countries share")
    said = f"{words.listed(missing)}." if missing else ""
    return said[:1].upper() + said[1:]


def summary(children: Sequence[Person], code: str) -> list[str]:
    """A country's children in a few sentences."""
    confirmed = sum(each.standing == "confirmed" for each in children)
    urgent = sum(each.risk >= URGENT for each in children)
    where = "whose country is not known" if code == UNKNOWN else f"in {country_name(code)}"
    if not children:
        return [f"No child {where} is known or probable in this investigation."]
    said = [
        f"In the archives of one suspect {words.plural(len(children), 'child', 'children')} "
        f"{where} {'was' if len(children) == 1 else 'were'} found: {confirmed:,} confirmed by an "
        f"officer, {len(children) - confirmed:,} probable and not confirmed.",
    ]
    said.append(
        f"{words.plural(urgent, 'child', 'children')} should be looked for first: see the list."
        if urgent
        else "Nothing in the messages makes one of them more urgent than the others."
    )
    if code == UNKNOWN:
        said.append("Until somebody finds out where they are, no police is looking for them.")
    return said


def figures(children: Sequence[Person]) -> list[tuple[str, str]]:
    """The same in figures: (figure, of what)."""
    last = max((each.last_contact for each in children), default=None)
    first = min((each.first_contact for each in children), default=None)
    return [
        (f"{len(children):,}", "children"),
        (f"{sum(each.standing == 'confirmed' for each in children):,}", "confirmed"),
        (f"{sum(each.risk >= URGENT for each in children):,}", "to look for first"),
        ("–" if first is None else words.minute(first)[:10], "first contact"),
        ("–" if last is None else words.minute(last)[:10], "last contact"),
    ]


def suspect_says(people: Sequence[Person]) -> str:
    """How far the whole investigation reaches; `people`: its children."""
    places = {each.place for each in people if each.place != UNKNOWN}
    return (
        f"In all, {words.plural(len(people), 'child', 'children')} in "
        f"{words.plural(len(places), 'country', 'countries')} are confirmed or probable in this "
        "investigation; those of other countries are in the reports of those."
    )


def shortened(children: int, most: int, code: str) -> list[str]:
    """What a report of very many children says of those it does not describe."""
    if children <= most:
        return []
    return [
        f"The {most:,} to look for first are described here. All {children:,} are in "
        f"{code}.children.csv, with what points to each in {code}.lines.csv."
    ]


def limits(left: int, sources: Sequence[Source]) -> list[str]:
    """What a report does not show; `left`: people placed here who do not count by their cues."""
    said = [
        "A name is what an account calls itself. An account is not a person: accounts are shared, "
        "lent and taken over.",
        "The probability of being a child adds up cues in the messages: a stated age, a school "
        "year, parents mentioned. Adults give the same cues, and children who say nothing of the "
        "kind give none. Nobody counts as confirmed whom no officer confirmed.",
        "A country is where most of what is known points. A phone number's country code, a "
        "language or an internet address is not where somebody lives.",
        "Risk is read from words and from the dates of messages. That nothing is listed does not "
        "mean that nothing happened: calls, deleted messages and pictures are not read.",
        "Times are UTC. Where a source gives no time zone they may be wrong by hours.",
        "Everything here is found again by its reference: [2.3], line 7 is line 7 of file 3 of "
        "source 2. Files are listed under each child, sources below with the hash that says which "
        "archive it is.",
    ]
    if left:
        said.append(
            f"{words.plural(left, 'further person', 'further people')} placed here were judged "
            "more probably adult by their cues, and by no officer; they are not in this report."
        )
    one_sided = sum(each.completeness == "one side" for each in sources)
    if one_sided:
        said.append(
            f"{words.plural(one_sided, 'source')} of {len(sources)} "
            f"{'holds' if one_sided == 1 else 'hold'} one side of the conversations only."
        )
    return said

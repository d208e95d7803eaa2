"""Policy × situation -> decision: a pure function, some microseconds long."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from fieldfare.safeguards import texts
from fieldfare.safeguards.conditions import Facts, effective_age
from fieldfare.safeguards.rules import Policy, ReadyRule, Rule
from fieldfare.safeguards.situation import (
    VERDICTS,
    Decision,
    Moment,
    Party,
    Situation,
    Text,
    Verdict,
)
from fieldfare.vocabulary import SettingsError

_STRENGTH: Final = {verdict: strength for strength, verdict in enumerate(VERDICTS)}

TEENAGER_FROM: Final = 13.0
"""Years from which a child gets the texts for 13 to 17."""


def decide(policy: Policy, situation: Situation) -> Decision:
    """What to do about a situation.

    Every rule whose conditions all hold applies. The strongest verdict among them wins; among
    rules of that verdict the first in the file gives the text, and the longest cooling-off
    counts. Where no rule applies: deliver. The same policy and situation always give the same
    decision.

    A sender under suspicion (its band is `quiet_from` or graver, or a case is open) is told what
    the same sender would be told if nothing were known against it, which may be nothing.

    Raises SettingsError for a band that the policy does not list.
    """
    applied = _applied(policy, situation)
    in_force = [ready.rule for ready in applied if not ready.shadow]
    in_shadow = [ready.rule for ready in applied if ready.shadow]
    verdict: Verdict = in_force[0].verdict if in_force else "deliver"
    would_be: Verdict = applied[0].rule.verdict if applied else "deliver"
    hours = [rule.retry_after_hours for rule in in_force if rule.retry_after_hours is not None]
    recipient_text = _key(in_force, verdict, "text_for_recipient")
    sender_text = _sender_key(policy, situation, in_force, verdict)
    return Decision(
        verdict=verdict,
        codes=tuple(dict.fromkeys([rule.code for rule in in_force])),
        rules=tuple([rule.id for rule in in_force]),
        text_for_recipient=_text(policy, recipient_text, situation.recipient),
        text_for_sender=_text(policy, sender_text, situation.sender),
        retry_after_seconds=round(3600 * max(hours)) if hours else None,
        policy=policy.id,
        shadow=_STRENGTH[would_be] > _STRENGTH[verdict],
        would_be=would_be,
        shadow_rules=tuple([rule.id for rule in in_shadow]),
    )


def support(policy: Policy, moment: Moment, child: Party) -> Text | None:
    """What a child is told at a moment; None where the policy says nothing about it."""
    entry = policy.support.get(moment)
    return None if entry is None else _text(policy, entry.text, child)


def appeal_received(language: str | None) -> Text:
    """What anyone is told who contests a measure, whatever is known of them, and whether or not
    there was a measure. `language` is a BCP 47 tag."""
    found = texts.resolve(language)
    return Text("appeal_received", texts.for_sender(found, "appeal_received"), found)


def _applied(policy: Policy, situation: Situation) -> list[ReadyRule]:
    """The rules that apply, the strongest verdict first and then in the order of the file."""
    try:
        facts = Facts(situation, policy.ranks, policy.age_when_unknown)
    except KeyError as error:
        raise SettingsError(
            f"band {error} is not one of policy {policy.version}; add it to `bands`"
        ) from error
    ready = policy.ready[situation.action]
    holding = 0
    for bit, test in ready.tests:
        if test(facts):
            holding |= bit
    return [each for each in ready.rules if holding & each.needed == each.needed]


def _key(
    applied: list[Rule], verdict: Verdict, name: Literal["text_for_recipient", "text_for_sender"]
) -> str | None:
    for rule in applied:
        if rule.verdict == verdict:
            key: str | None = getattr(rule, name)
            if key is not None:
                return key
    return None


def _sender_key(
    policy: Policy, situation: Situation, in_force: list[Rule], verdict: Verdict
) -> str | None:
    sender = situation.sender
    if not sender.open_case and policy.ranks[sender.band] < policy.quiet_rank:
        return _key(in_force, verdict, "text_for_sender")
    unsuspected = replace(sender, band=policy.bands[0], open_case=False)
    applied = _applied(policy, replace(situation, sender=unsuspected))
    told = [ready.rule for ready in applied if not ready.shadow]
    return _key(told, told[0].verdict, "text_for_sender") if told else None


def _text(policy: Policy, key: str | None, reader: Party) -> Text | None:
    if key is None:
        return None
    language = texts.resolve(reader.language)
    if key in texts.keys().senders:
        return Text(key, texts.for_sender(language, key), language)
    age = effective_age(reader, policy.age_when_unknown)
    words = texts.for_child(language, key, "under_13" if age < TEENAGER_FROM else "from_13")
    if key in policy.helpline_with:
        words = f"{words} {_help(policy, reader.country, language)}"
    return Text(key, words, language)


def _help(policy: Policy, country: str | None, language: str) -> str:
    line = policy.helplines.get(country.upper()) if country else None
    if line is None:
        return texts.texts(language).help_elsewhere
    return texts.texts(language).help_here.format(name=line.name, contact=line.contact)

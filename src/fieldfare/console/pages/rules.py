"""The policy and the scorecard: read, tried on past events, proposed and agreed to by two."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk import scorecard as scorecards
from fieldfare.risk.scorecard import Bins
from fieldfare.safeguards.policy import PolicyError, load, parse, shipped
from fieldfare.safeguards.rules import Policy
from fieldfare.scan.page import words
from fieldfare.scan.settings import ScanSettings
from fieldfare.scan.trial import try_policy
from fieldfare.vocabulary import InputError, SettingsError

routes = Routes()


@dataclass(frozen=True)
class RuleRow:
    """A rule of the policy."""

    id: str
    says: str
    verdict: str
    when: str
    basis: str
    shadow: bool


@dataclass(frozen=True)
class BinRow:
    """What a signal of the scorecard is worth."""

    signal: str
    title: str
    steps: list[tuple[str, str]]
    """From which value on, and the weight."""
    without_text: list[tuple[str, str]]
    """The same for accounts of which no text was read; empty where there is no difference."""


@dataclass(frozen=True)
class RulesPage:
    """The rules in force."""

    policy: str
    policy_sha256: str
    policy_agreed: str
    """SHA-256 of the one that two people agreed to last, where that is not the one in force."""
    rules: list[RuleRow]
    scorecard: str
    scorecard_sha256: str
    scorecard_agreed: str
    basis: str
    prior: str
    bins: list[BinRow]
    may_propose: bool
    may_try: bool


@dataclass(frozen=True)
class TriedPage:
    """What another policy would have done; or whether another scorecard is one."""

    kind: str
    valid: bool
    problems: list[str]
    sha256: str
    rows: list[tuple[str, str, int, int]]
    """To whom, verdict, and how many messages: by this policy, and by the one in force."""
    changes: list[tuple[str, str, int]]
    tried: bool
    text: str


@routes.get("/rules", Permission.PROPOSAL_READ)
def rules(visit: Visit) -> Response:
    """The policy and the scorecard in force, in words."""
    policy, card = policy_of(visit), card_of(visit)
    entries = catalogue()
    page = RulesPage(
        policy=f"{policy.name}, version {policy.version}",
        policy_sha256=policy.sha256,
        policy_agreed=_last_agreed(visit, "policy", policy.sha256),
        rules=[
            RuleRow(
                rule.id,
                rule.says,
                rule.verdict,
                "; ".join(f"{name} = {value}" for name, value in rule.conditions.items()),
                rule.basis,
                rule.shadow or policy.shadow,
            )
            for rule in policy.rules
        ],
        scorecard=card.version,
        scorecard_sha256=card.sha256,
        scorecard_agreed=_last_agreed(visit, "scorecard", card.sha256),
        basis=card.basis,
        prior=words.base_rate(card.prior),
        bins=[
            BinRow(
                name,
                entries[name].meaning if name in entries else name,
                _steps(bins, with_text=True),
                [] if bins.without_text is None else _steps(bins, with_text=False),
            )
            for name, bins in card.signals.items()
        ],
        may_propose=visit.actor.may(Permission.POLICY_PROPOSE),
        may_try=bool(visit.console.past) and visit.actor.may(Permission.POLICY_PROPOSE),
    )
    return visit.page("rules.html.j2", "Rules", page)


def _steps(bins: Bins, *, with_text: bool) -> list[tuple[str, str]]:
    weights = bins.weights_for(with_text=with_text)
    return [
        ("below" if start is None else f"from {start:g}", words.signed(weight))
        for start, weight in zip([None, *bins.edges], weights, strict=True)
    ]


@routes.post("/rules/try", Permission.POLICY_PROPOSE)
def try_rules(visit: Visit) -> Response:
    """Check another policy, and try it on past events where there are some."""
    text = visit.text("policy", 1 << 20)
    data = text.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        policy = parse(data, "policy")
    except PolicyError as error:
        problems = [str(each) for each in error.problems]
        page = TriedPage("policy", False, problems, sha256, [], [], False, text)
        return visit.page("tried.html.j2", "A policy tried", page, 400)
    rows: list[tuple[str, str, int, int]] = []
    changes: list[tuple[str, str, int]] = []
    if visit.console.past:
        settings = ScanSettings(scorecard=visit.console.scorecard)
        trial = try_policy(policy, visit.console.past, settings, policy_of(visit))
        assert trial.against is not None  # noqa: S101 - one was given
        for label, this, other in (
            ("a probable child", trial.tally.children, trial.against.children),
            ("anybody else", trial.tally.adults, trial.against.adults),
        ):
            rows += [
                (label, verdict, this.messages[verdict], other.messages[verdict])
                for verdict in sorted({*this.messages, *other.messages})
            ]
        changes = [(old, new, count) for (old, new), count in trial.changes.most_common()]
    past = bool(visit.console.past)
    page = TriedPage("policy", True, [], sha256, rows, changes, past, text)
    return visit.page("tried.html.j2", "A policy tried", page)


@routes.post("/rules/scorecard", Permission.POLICY_PROPOSE)
def check_scorecard(visit: Visit) -> Response:
    """Check another scorecard. What it would change is for `fieldfare scan --scorecard`."""
    text = visit.text("scorecard", 1 << 20)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    try:
        scorecards.parse(text.encode(), "scorecard")
    except SettingsError as error:
        page = TriedPage("scorecard", False, [str(error)], sha256, [], [], False, text)
        return visit.page("tried.html.j2", "A scorecard checked", page, 400)
    page = TriedPage("scorecard", True, [], sha256, [], [], False, text)
    return visit.page("tried.html.j2", "A scorecard checked", page)


@routes.post("/rules/propose", Permission.POLICY_PROPOSE)
def propose(visit: Visit) -> Response:
    """Propose a policy or scorecard. A second person agrees to exactly these bytes; whoever runs
    the service puts them in force."""
    kind: Literal["policy", "scorecard"] = "scorecard" if visit.texts("scorecard") else "policy"
    data = visit.text(kind, 1 << 20).encode()
    if not data:
        raise InputError("there is no policy or scorecard to propose")
    found = parse(data, kind) if kind == "policy" else scorecards.parse(data, kind)
    payload = {"sha256": found.sha256, "version": found.version, "text": data.decode()}
    visit.store.propose(visit.actor, kind, payload)
    return visit.to("/proposals", "proposed")


def in_force(visit: Visit, kind: str) -> str:
    """The text of the policy or scorecard in force."""
    path = visit.console.policy if kind == "policy" else visit.console.scorecard
    if path is not None and str(path) not in scorecards.SHIPPED:
        return path.read_text("utf-8")
    if kind == "policy":
        return (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")
    return scorecards.text_of(scorecards.SHIPPED[0] if path is None else str(path))


def _last_agreed(visit: Visit, kind: Literal["policy", "scorecard"], now: str) -> str:
    agreed = visit.store.agreed(visit.actor, kind)
    if agreed is None or agreed.payload.get("sha256") == now:
        return ""
    return str(agreed.payload.get("sha256", ""))


def policy_of(visit: Visit) -> Policy:
    """The policy in force."""
    return shipped() if visit.console.policy is None else load(visit.console.policy)


def card_of(visit: Visit) -> scorecards.Scorecard:
    """The scorecard in force."""
    path = visit.console.scorecard
    return scorecards.shipped() if path is None else scorecards.load(path)

"""Blind second reviews, agreement, and the labels that decisions give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from fieldfare.cases import actions
from fieldfare.cases.deciding import Deciding
from fieldfare.cases.desk import Work
from fieldfare.cases.errors import NotFound
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.records import Agreement, Case, Decision, Label
from fieldfare.cases.tables import cases, decisions, samples


class Reviewing(Deciding):
    """How good decisions are, and what is learnt from them."""

    @allows(Permission.REVIEW_BLIND)
    def second_review(self, actor: Actor) -> Case | None:
        """A case drawn for a blind second review that the actor had no part in, without what
        others thought of it; `review` gives the verdict. None: there is none."""
        with self._writing(actor) as work:
            held = self._held_sample(work)
            row = held or self._free_sample(work)
            if row is None:
                return None
            work.connection.execute(
                update(samples)
                .where(samples.c.id == row.id)
                .values(reviewer=actor.user, lease_until=work.at + self._settings.lease)
            )
            work.note("review.claim", row.case_id, sample=row.id)
            return self._case(work.connection, work.case(row.case_id), blind=True)

    @allows(Permission.REVIEW_BLIND)
    def review(
        self, actor: Actor, case: int, action: str, reasons: Sequence[str], rationale: str = ""
    ) -> Decision:
        """What the second reviewer would have decided. It changes nothing about the case, but
        where the two labels differ the case gets a task for somebody to look again."""
        actions.check(action, reasons, rationale)
        with self._writing(actor) as work:
            sample = self._held_sample(work, case)
            if sample is None:
                raise NotFound(f"you have no second review of case {case}")
            second = self._insert(
                work,
                case,
                action,
                reasons,
                rationale,
                status="stands",
                effective_at=None,
                blind=True,
            )
            work.connection.execute(
                update(samples).where(samples.c.id == sample.id).values(second_decision=second)
            )
            first = self._decision_row(work, sample.decision_id)
            differ = label_of(first.action) != label_of(action)
            work.note("review.decide", case, sample=sample.id, agreed=not differ)
            if differ:
                self._ask_again(work, case)
            return self._decision(self._decision_row(work, second))

    @allows(Permission.TEAM_READ)
    def agreement(self, actor: Actor, since: int = 0) -> Agreement:
        """How far second reviews since a moment agree with the first decisions, by label
        (confirmed, dismissed, none). Kappa: Cohen 1960, doi:10.1177/001316446002000104. Small
        samples say little: the number of pairs belongs beside it."""
        with self._reading() as connection:
            pairs = second_reviews(connection, since)
        return agreement_of(pairs)

    @allows(Permission.LABELS_READ)
    def labels(self, actor: Actor) -> tuple[Label, ...]:
        """What people found, by account: of each account the last decision that stands, is past
        its undo window and says either way. For ``fieldfare calibrate --labels``."""
        with self._reading() as connection:
            rows = connection.execute(
                select(decisions.c.action, decisions.c.at, cases.c.account, cases.c.id)
                .join(cases, cases.c.id == decisions.c.case_id)
                .where(
                    decisions.c.status == "stands",
                    decisions.c.blind.is_(False),
                    decisions.c.effective_at <= self._clock(),
                )
                .order_by(decisions.c.id)
            ).all()
        found: dict[str, Label] = {}
        for row in rows:
            label = actions.shipped().actions[row.action].label
            if label != "none":
                found[row.account] = Label(row.account, label, row.at, row.id)
        return tuple(found[account] for account in sorted(found))

    def _held_sample(self, work: Work, case: int | None = None) -> Row[Any] | None:
        wanted = select(samples).where(
            samples.c.reviewer == work.actor.user,
            samples.c.second_decision.is_(None),
            samples.c.lease_until > work.at,
        )
        if case is not None:
            wanted = wanted.where(samples.c.case_id == case)
        return work.connection.execute(wanted.order_by(samples.c.id)).first()

    def _free_sample(self, work: Work) -> Row[Any] | None:
        """The oldest sample of a decision that still stands and that the actor had no part in."""
        return work.connection.execute(
            select(samples)
            .join(decisions, decisions.c.id == samples.c.decision_id)
            .where(
                samples.c.second_decision.is_(None),
                or_(samples.c.lease_until.is_(None), samples.c.lease_until <= work.at),
                decisions.c.status == "stands",
                and_(
                    decisions.c.by_user != work.actor.user,
                    or_(
                        decisions.c.second_user.is_(None),
                        decisions.c.second_user != work.actor.user,
                    ),
                ),
            )
            .order_by(samples.c.id)
        ).first()

    def _ask_again(self, work: Work, case: int) -> None:
        self._insert_task(work, case, "A blind second review came to another finding: look again.")
        work.change(work.case(case), "a second review disagreed")


def second_reviews(
    connection: Connection, since: int, until: int | None = None
) -> tuple[tuple[str, str], ...]:
    """First and second label of each blind second review from `since` on, and before `until`."""
    first, second = decisions.alias(), decisions.alias()
    wanted = (
        select(first.c.action.label("one"), second.c.action.label("other"))
        .select_from(samples)
        .join(first, first.c.id == samples.c.decision_id)
        .join(second, second.c.id == samples.c.second_decision)
        .where(second.c.at >= since)
        .order_by(samples.c.id)
    )
    if until is not None:
        wanted = wanted.where(second.c.at < until)
    return tuple((label_of(row.one), label_of(row.other)) for row in connection.execute(wanted))


def agreement_of(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """The agreement of pairs of labels."""
    table = Counter(pairs)
    total, agreed = len(pairs), sum(n for (one, other), n in table.items() if one == other)
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    kappa = None
    if total >= 2:
        chance = sum(firsts[label] * seconds[label] for label in firsts) / total**2
        if chance < 1:
            kappa = (agreed / total - chance) / (1 - chance)
    return Agreement(total, agreed, kappa, dict(table))


def label_of(action: str) -> str:
    """What a decision for this action says about detection."""
    return actions.shipped().actions[action].label

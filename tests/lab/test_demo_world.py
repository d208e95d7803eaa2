"""The demo world is deterministic, readable, and peopled as it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from fieldfare.lab.demo_offender import ANSWERED, CHILDREN, STAGES
from fieldfare.lab.demo_talk import DAYS, END, START, TERM_BEGINS, phrases
from fieldfare.lab.demo_world import FILES, DemoWorld, write_demo_world
from fieldfare.vocabulary import Account, Connection, Message, Notice, Record, SettingsError
from fieldfare.vocabulary.times import DAY, parse_time

R = TypeVar("R")


@dataclass
class Contact:
    """The first private message from one account to another that had not written to it."""

    at: int
    answered: bool
    connected: bool
    in_group: bool
    """The two had been in a group chat together before."""


@dataclass
class World:
    """The files read back, and what they say about who wrote first to whom."""

    demo: DemoWorld

    def read(self, kind: type[R]) -> list[R]:
        decoder = msgspec.json.Decoder(Record)
        name = f"{kind.__name__.lower()}s.jsonl"
        lines = (self.demo.folder / name).read_bytes().splitlines()
        records = [decoder.decode(line) for line in lines]
        assert all(isinstance(record, kind) for record in records)
        return records

    @cached_property
    def accounts(self) -> dict[str, Account]:
        return {account.id: account for account in self.read(Account)}

    @cached_property
    def messages(self) -> list[Message]:
        return self.read(Message)

    @cached_property
    def connected_at(self) -> dict[frozenset[str], int]:
        links = self.read(Connection)
        return {frozenset((c.account, c.peer)): parse_time(c.connected_at) for c in links}

    @cached_property
    def contacts(self) -> dict[str, dict[str, Contact]]:
        found: dict[str, dict[str, Contact]] = {}
        grouped: set[frozenset[str]] = set()
        for message in self.messages:
            if message.kind == "group":
                grouped |= {frozenset((message.sender, r)) for r in message.recipients}
                continue
            sender, recipient = message.sender, message.recipients[0]
            if sender in found.get(recipient, {}):
                found[recipient][sender].answered = True
                continue
            pair, at = frozenset((sender, recipient)), parse_time(message.sent_at)
            contact = Contact(at, False, self.connected_at.get(pair, END) <= at, pair in grouped)
            found.setdefault(sender, {}).setdefault(recipient, contact)
        return found

    def with_children(self, role: str) -> dict[str, Contact]:
        mine = self.contacts.get(self.demo.roles[role], {})
        return {peer: c for peer, c in mine.items() if self.demo.ages[peer] < 18}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield World(write_demo_world(tmp_path_factory.mktemp("world")))


def test_same_seed_same_bytes_and_other_seed_other(world: World, tmp_path: Path) -> None:
    again = write_demo_world(tmp_path / "again")
    other = write_demo_world(tmp_path / "other", seed=8)
    for name, first, second in zip(FILES, world.demo.paths, again.paths, strict=True):
        assert first.read_bytes() == second.read_bytes(), name
    assert other.paths[1].read_bytes() != world.demo.paths[1].read_bytes()
    assert set(other.roles) == set(world.demo.roles)
    assert len(other.contacted) == CHILDREN


def test_size_is_chosen(tmp_path: Path) -> None:
    assert write_demo_world(tmp_path, accounts=2_500).accounts == 2_500
    with pytest.raises(SettingsError, match="at least"):
        write_demo_world(tmp_path, accounts=100)


def test_counts_ids_and_order(world: World) -> None:
    demo = world.demo
    assert (len(world.accounts), len(world.messages)) == (demo.accounts, demo.messages)
    assert demo.accounts == 3_000
    assert 60_000 <= demo.messages <= 130_000
    assert len(world.read(Connection)) == demo.connections
    assert len(world.read(Notice)) == demo.notices
    assert [m.id for m in world.messages] == [f"m-{n:07d}" for n in range(1, demo.messages + 1)]
    times = [parse_time(m.sent_at) for m in world.messages]
    assert times == sorted(times)
    assert len({notice.id for notice in world.read(Notice)}) == demo.notices


def test_everything_happens_within_the_days(world: World) -> None:
    assert DAYS * DAY == END - START
    assert all(START <= parse_time(m.sent_at) < END for m in world.messages)
    assert all(START <= parse_time(n.at) < END for n in world.read(Notice))
    assert all(parse_time(c.connected_at) < END for c in world.read(Connection))


def test_everybody_named_has_an_account(world: World) -> None:
    named = {m.sender for m in world.messages}
    named |= {r for m in world.messages for r in m.recipients}
    named |= {party for c in world.read(Connection) for party in (c.account, c.peer)}
    named |= {party for n in world.read(Notice) for party in (n.account, n.peer)}
    assert named <= set(world.accounts)
    assert all(m.sender not in m.recipients for m in world.messages)
    assert all(len(m.recipients) == 1 for m in world.messages if m.kind == "private")


def test_nobody_connects_before_having_an_account(world: World) -> None:
    created = {a.id: parse_time(a.created_at or 0) for a in world.accounts.values()}
    for link in world.read(Connection):
        assert max(created[link.account], created[link.peer]) <= parse_time(link.connected_at)


def test_texts_come_from_the_phrase_file(world: World) -> None:
    stock = [p for topic in phrases().values() for choices in topic.values() for p in choices]
    fixed = {p for p in stock if "{age}" not in p}
    with_age = [re.escape(p).replace(re.escape("{age}"), r"\d{1,2}") for p in stock if "{" in p]
    aged = re.compile("|".join(with_age))
    for text in {m.text for m in world.messages if m.text is not None}:
        assert text in fixed or aged.fullmatch(text), text


def test_phrases_are_short_and_in_english_too() -> None:
    for topic, choices in phrases().items():
        assert "en" in choices, topic
        assert all(0 < len(p) <= 60 for stock in choices.values() for p in stock), topic
    assert all(len(phrases()[stage]) == 9 for stage in STAGES)


def test_encrypted_messages_have_no_text(world: World) -> None:
    hidden = [m for m in world.messages if m.encrypted]
    assert hidden
    assert all(m.text is None for m in hidden)
    assert Counter(media.kind for m in world.messages for media in m.media).keys() == {
        "photo",
        "call",
    }


def test_ages_are_known_in_part(world: World) -> None:
    accounts = world.accounts.values()
    sources = Counter(account.age_source for account in accounts)
    assert 0.66 < 1 - sources[None] / len(accounts) < 0.74
    assert sources["declared"] > 2 * sources["verified"] > 0
    ages = world.demo.ages
    claimed = [a for a in accounts if ages[a.id] < 18 and a.age is not None and a.age >= 18]
    assert 10 < len(claimed) < 120
    assert all(account.age_source == "declared" for account in claimed)
    assert 0.25 < sum(age < 18 for age in ages.values()) / len(ages) < 0.5


def test_people_sleep(world: World) -> None:
    """In Manila, eight hours ahead, few messages are sent from midnight to five."""
    there = {a.id for a in world.accounts.values() if a.time_zone == "Asia/Manila"}
    hours = [
        (parse_time(m.sent_at) // 3_600_000_000 + 8) % 24
        for m in world.messages
        if m.sender in there
    ]
    assert sum(hour < 5 for hour in hours) < 0.04 * len(hours)


def test_offender(world: World) -> None:
    him = world.accounts[world.demo.roles["offender"]]
    assert (him.age, him.age_source, him.country) == (38, "declared", "GB")
    contacts = world.with_children("offender")
    assert len(contacts) == CHILDREN == 131
    assert tuple(contacts) == world.demo.contacted
    assert sum(c.answered for c in contacts.values()) == ANSWERED
    assert not any(c.connected or c.in_group for c in contacts.values())
    ages = [int(world.demo.ages[child]) for child in contacts]
    assert (min(ages), max(ages)) == (10, 16)
    assert {world.accounts[c].country for c in contacts} == {
        "PH", "LK", "SG", "TH", "ID", "KH", "IQ", "MA", "TR", "MY",
    }  # fmt: skip
    known = sum(world.accounts[c].age is not None for c in contacts)
    assert 0.3 < known / CHILDREN < 0.65
    times = sorted(c.at for c in contacts.values())
    assert 80 * DAY < times[-1] - times[0] < 92 * DAY
    middle = (times[0] + times[-1]) / 2
    assert sum(t > middle for t in times) > 1.4 * sum(t <= middle for t in times)


def test_children_of_the_offender_are_strangers_to_one_another(world: World) -> None:
    children = set(world.demo.contacted)
    assert not any(pair <= children for pair in world.connected_at)
    for message in world.messages:
        assert len(children & {message.sender, *message.recipients}) < 2


def test_children_state_their_age_and_say_no(world: World) -> None:
    him = world.demo.roles["offender"]
    # Encrypted conversations show no text, and some children do not say.
    stated = {
        m.sender
        for m in world.messages
        if m.recipients == (him,) and m.text and re.search(r"\d", m.text)
    }
    assert 20 < len(stated) < ANSWERED
    kinds = Counter(n.kind for n in world.read(Notice) if n.peer == him)
    assert kinds["block"] >= 5
    assert kinds["report"] >= 3
    assert kinds["decline"] >= 3


def test_one_conversation_goes_through_every_stage(world: World) -> None:
    him = world.demo.roles["offender"]
    said: dict[str, set[str]] = {}
    for message in world.messages:
        if message.sender == him and message.text:
            said.setdefault(message.recipients[0], set()).add(message.text)
    stages = [{p for stock in phrases()[s].values() for p in stock} for s in STAGES]
    furthest = [c for c, texts in said.items() if all(texts & stage for stage in stages)]
    cambodian = [c for c in furthest if world.accounts[c].country == "KH"]
    assert 13 in {int(world.demo.ages[c]) for c in cambodian}
    assert len(furthest) < CHILDREN / 4


def test_coach_and_teacher_are_known_to_their_children(world: World) -> None:
    coach, teacher = world.with_children("coach"), world.with_children("teacher")
    assert len(coach) == 16
    assert all(c.connected and c.in_group for c in coach.values())
    assert sum(c.answered for c in coach.values()) >= 13
    assert len(teacher) == 40
    assert all(c.in_group for c in teacher.values())
    assert sum(c.answered for c in teacher.values()) >= 26
    first, last = (START + (TERM_BEGINS + d) * DAY for d in (7, 15))
    assert all(first <= c.at < last for c in teacher.values())
    for contacts, role in ((coach, "coach"), (teacher, "teacher")):
        here = world.accounts[world.demo.roles[role]].country
        assert {world.accounts[child].country for child in contacts} == {here}
        linked = sum(pair <= set(contacts) for pair in world.connected_at)
        assert linked >= len(contacts), "the children know one another"


@pytest.mark.parametrize(
    ("role", "least"),
    [("support_desk", 60), ("streamer", 150), ("seller", 15), ("peer_support_volunteer", 25)],
)
def test_children_write_first_to_public_accounts(world: World, role: str, least: int) -> None:
    account = world.demo.roles[role]
    wrote = [
        sender
        for sender, contacts in world.contacts.items()
        if account in contacts and world.demo.ages[sender] < 18
    ]
    assert len(wrote) >= least
    assert not world.with_children(role)


@pytest.mark.parametrize(
    ("role", "least", "most"),
    [
        ("head_teacher", 4, 6),
        ("youth_leader", 8, 10),
        ("tutor", 6, 9),
        ("parent", 3, 8),
        ("grandparent", 5, 8),
        ("relative_abroad", 3, 9),
        ("gamer", 4, 4),
        ("older_teenager", 5, 20),
        ("adult_pupil", 5, 20),
        ("new_pupil", 5, 16),
        ("teenager", 1, 12),
    ],
)
def test_others_have_some_young_contacts_who_answer(
    world: World, role: str, least: int, most: int
) -> None:
    contacts = world.with_children(role)
    assert least <= len(contacts) <= most
    assert sum(c.answered for c in contacts.values()) >= 0.7 * len(contacts)


def test_no_other_adult_writes_to_many_strange_children(world: World) -> None:
    offender = world.demo.roles["offender"]
    for sender, contacts in world.contacts.items():
        if sender == offender or world.demo.ages[sender] < 18:
            continue
        strange = [
            p
            for p, c in contacts.items()
            if world.demo.ages[p] < 18 and not (c.connected or c.in_group)
        ]
        assert len(strange) <= 3, sender

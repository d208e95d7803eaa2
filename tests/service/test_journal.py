"""The journal, on either database: durable, in order, each event once."""

from __future__ import annotations

import random

from fieldfare.service.journal import Journal
from fieldfare.service.settings import ServiceSettings
from tests.service.events import arrival, service_events


def _ids(journal: Journal) -> list[str]:
    found = []
    for partition in range(journal.partitions):
        for entry in journal.entries(partition, 0, events=10**9):
            if entry.kind == "messages":
                found += entry.events["id"].to_pylist()
    return found


def test_what_is_appended_is_read_by_another(settings: ServiceSettings) -> None:
    events = service_events(1)
    mine, others = settings.open_journal(), settings.open_journal()
    (appended,) = mine.append([arrival(events)])
    assert appended.new == len(events)
    sent = sorted(str(event["id"]) for event in events if event["type"] == "message")
    assert sorted(_ids(others)) == sent
    mine.close()
    others.close()


def test_a_repeated_message_counts_once(settings: ServiceSettings) -> None:
    events = [event for event in service_events(2) if event["type"] == "message"]
    rng = random.Random(2)
    journal = settings.open_journal()
    journal.append([arrival(events[:60])])
    # In the same request, in another of the same transaction, and later.
    mixed = [*events, *rng.sample(events, 30)]
    rng.shuffle(mixed)
    results = journal.append([arrival(mixed[:90]), arrival(mixed[90:])])
    again = journal.append([arrival(events)])
    assert sum(result.new for result in results) == len(events) - 60
    assert (again[0].new, again[0].repeated, again[0].last_seq) == (0, len(events), 0)
    assert sorted(_ids(journal)) == sorted(str(event["id"]) for event in events)
    journal.close()


def test_the_same_id_to_others_is_another_delivery(settings: ServiceSettings) -> None:
    (event,) = [e for e in service_events(3) if e["type"] == "message"][:1]
    journal = settings.open_journal()
    (appended,) = journal.append([arrival([event, event | {"recipients": ["someone else"]}])])
    assert appended.new == 2
    journal.close()


def test_entries_come_in_order_and_from_where_one_left_off(settings: ServiceSettings) -> None:
    events = service_events(4)
    journal = settings.open_journal()
    for start in range(0, len(events), 20):
        journal.append([arrival(events[start : start + 20])])
    for partition in range(journal.partitions):
        whole = [entry.seq for entry in journal.entries(partition, 0, events=10**9)]
        assert whole == sorted(whole)
        read: list[int] = []
        while entries := journal.entries(partition, read[-1] if read else 0, events=15):
            read += [entry.seq for entry in entries]
        assert read == whole
        assert journal.waiting(partition, 0) > 0
        assert journal.waiting(partition, whole[-1]) == 0
    journal.close()


def test_an_event_of_two_accounts_stands_in_both_their_partitions(
    postgres_settings: ServiceSettings,
) -> None:
    journal = postgres_settings.open_journal()
    assert journal.partitions > 1
    connection = {"type": "connection", "account": "a", "peer": "b", "connected_at": 1}
    journal.append([arrival([connection])])
    partitions = [p for p in range(journal.partitions) if journal.entries(p, 0)]
    assert len(partitions) == 2  # crc32 puts these two names apart
    journal.close()

"""From archives to the people in them: what is found, what it rests on, what can be undone."""

from __future__ import annotations

import csv
import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fieldfare.investigation import output, reading
from fieldfare.investigation.decisions import decide, decide_join, join_by_hand
from fieldfare.investigation.store import Investigation
from fieldfare.vocabulary import InputError, SettingsError
from tests.investigation.conftest import (
    CHILD,
    MINUTE,
    OTHER,
    START,
    SUSPECT,
    TALK,
    TEACHER,
    Make,
    lines,
    state,
    write,
)


def _probability(case: Investigation, peer: str) -> float:
    found: float = case.value("SELECT child_probability FROM peers WHERE peer = ?", [peer])
    return found


def test_the_child_is_found_and_the_teacher_is_not(tmp_path: Path, make: Make) -> None:
    case = make(write(tmp_path / "a.jsonl", lines()))
    assert [row["account"] for row in case.rows("SELECT * FROM accounts WHERE is_suspect")] == [
        SUSPECT
    ]
    assert _probability(case, CHILD) > 0.95
    assert _probability(case, TEACHER) < 0.1
    kinds = {row["kind"] for row in case.rows("SELECT kind FROM cues WHERE peer = ?", [CHILD])}
    assert {"answered_age", "parents", "asked_age"} <= kinds
    child = case.rows("SELECT * FROM peers WHERE peer = ?", [CHILD])[0]
    assert (child["country"], child["age"], child["risk_level"]) == ("GB", 13, 4)
    assert child["suspect_wrote_first"] is True


def test_weights_of_the_cues_add_up_to_the_probability(tmp_path: Path, make: Make) -> None:
    import math

    case = make(write(tmp_path / "a.jsonl", lines()))
    prior = case.value("SELECT fitted FROM weights WHERE kind = ''")
    for peer in (CHILD, TEACHER, OTHER):
        told = case.value("SELECT COALESCE(SUM(weight), 0) FROM cues WHERE peer = ?", [peer])
        assert 1 / (1 + math.exp(-prior - told)) == pytest.approx(_probability(case, peer))


def test_every_line_says_where_it_was_read(tmp_path: Path, make: Make) -> None:
    path = write(tmp_path / "a.jsonl", lines())
    case = make(path)
    written = path.read_text("utf-8").splitlines()
    found = case.rows("SELECT locator, quote FROM cues UNION ALL SELECT locator, quote FROM risks")
    assert found
    for row in found:
        number = int(row["locator"].removeprefix("line "))
        assert row["quote"].removesuffix("…") in written[number - 1]


def test_the_same_message_in_two_archives_counts_once(tmp_path: Path, make: Make) -> None:
    whole = write(tmp_path / "a.jsonl", lines())
    part = write(tmp_path / "b.jsonl", lines()[2:7])
    both = make(whole, part)
    assert both.value("SELECT COUNT(*) FROM messages") == len(TALK)
    assert both.value("SELECT COUNT(*) FROM messages WHERE len(origins) = 2") == 5
    alone = make(whole)
    assert _probability(both, CHILD) == pytest.approx(_probability(alone, CHILD))


def test_one_message_sent_twice_is_two(tmp_path: Path, make: Make) -> None:
    rows = lines([(OTHER, SUSPECT, "ok"), (OTHER, SUSPECT, "ok"), (CHILD, SUSPECT, "ok")])
    case = make(write(tmp_path / "a.jsonl", rows), write(tmp_path / "b.jsonl", rows[1:]))
    assert case.value("SELECT COUNT(*) FROM messages") == 3


def test_a_file_given_twice_is_read_once(tmp_path: Path, make: Make) -> None:
    path = write(tmp_path / "a.jsonl", lines())
    copy = write(tmp_path / "copy.jsonl", lines())
    case = make(path, copy)
    assert case.value("SELECT COUNT(*) FROM records") == len(TALK)
    assert "read once" in case.value("SELECT what FROM problems")


def test_the_order_of_archives_does_not_matter(tmp_path: Path, make: Make) -> None:
    first = write(tmp_path / "a.jsonl", lines())
    second = write(tmp_path / "b.jsonl", lines(TALK[:4]))
    assert state(make(first, second)) == state(make(second, first))


def test_joining_and_undoing_gives_back_what_was(tmp_path: Path, make: Make) -> None:
    case = make(write(tmp_path / "a.jsonl", lines()))
    before = state(case)
    join = join_by_hand(case, CHILD, OTHER, "officer", "one address book entry")
    assert case.value("SELECT COUNT(*) FROM peers") == 2
    decide_join(case, join, "rejected", "officer")
    assert state(case) == before


def test_the_same_name_is_proposed_and_joins_nobody(tmp_path: Path, make: Make) -> None:
    rows = lines()
    for account in (CHILD, "instagram:someone"):
        rows.append({"type": "account", "id": account, "name": "Alex Doe"})
    rows += [
        {**row, "sender": "instagram:someone", "recipients": [SUSPECT], "conversation": "c"}
        for row in lines([(OTHER, OTHER, "hello there")])
    ]
    case = make(write(tmp_path / "a.jsonl", rows))
    joins = case.rows("SELECT kind, applied, state FROM joins")
    assert joins == [{"kind": "name", "applied": False, "state": "proposed"}]
    assert case.value("SELECT COUNT(DISTINCT person) FROM accounts") == 5


def test_a_clock_that_is_hours_off_is_set_by_the_same_messages(tmp_path: Path, make: Make) -> None:
    told = [(CHILD, CHILD if k % 2 else SUSPECT, f"what was said number {k}") for k in range(8)]
    exact = write(tmp_path / "a.jsonl", lines(told, start=START // MINUTE * MINUTE))
    stamps = [datetime.fromtimestamp(START // MINUTE * 60 + 60 * k + 7200, UTC) for k in range(8)]
    names = {SUSPECT: "+44 7700 900001", CHILD: "+44 7700 900101"}
    text = "".join(
        f"{when:%d/%m/%Y}, {when:%H:%M} - {names[sender]}: {said}\n"
        for when, (_, sender, said) in zip(stamps, told, strict=True)
    )
    chat = tmp_path / "WhatsApp Chat with +44 7700 900101.txt"
    chat.write_text("31/12/2024, 10:00 - +44 7700 900001: older\n" + text, "utf-8")
    more = write(tmp_path / "b.jsonl", lines([(OTHER, SUSPECT, "one more")]))
    case = make(exact, chat, more)
    assert case.value("SELECT COUNT(*) FROM messages WHERE len(origins) = 2") == 8
    assert case.value("SELECT MIN(shift) FROM clocks") == -2 * 3_600_000_000


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York"])
def test_when_clocks_go_back_the_other_archive_tells_the_hour(
    zone: str, tmp_path: Path, make: Make
) -> None:
    # Clocks in London went back at 01:00 UTC on 26 October 2025.
    back = int(datetime(2025, 10, 26, 1, tzinfo=UTC).timestamp())
    around = [back - 3000 + 300 * k for k in range(20)]
    apart = [300 * k for k in range(3)]
    moments = [*(back - 90_000 + k for k in apart), *around, *(back + 90_000 + k for k in apart)]
    said = ["ok" if k % 5 == 0 else f"what was said number {k}" for k in range(26)]
    rows = lines([(CHILD, CHILD if k % 2 else SUSPECT, text) for k, text in enumerate(said)])
    for row, moment in zip(rows, moments, strict=True):
        row["sent_at"] = (moment + 7) * 1_000_000
    names = {SUSPECT: "+44 7700 900001", CHILD: "+44 7700 900101"}
    london = ZoneInfo("Europe/London")
    text = "".join(
        f"{datetime.fromtimestamp(moment, london):%d/%m/%Y, %H:%M} - {names[row['sender']]}: "
        f"{row['text']}\n"
        for row, moment in zip(rows, moments, strict=True)
    )
    chat = tmp_path / "WhatsApp Chat with +44 7700 900101.txt"
    chat.write_text("01/10/2025, 10:00 - +44 7700 900001: older\n" + text, "utf-8")
    more = lines([(OTHER, SUSPECT, "one more")])
    case = make(write(tmp_path / "a.jsonl", rows + more), chat, zone=zone)
    assert case.value("SELECT COUNT(*) FROM messages WHERE len(origins) = 2") == 26
    assert case.value("SELECT COUNT(*) FROM messages") == 28


def test_a_photo_was_sent_where_one_was_asked_for(tmp_path: Path, make: Make) -> None:
    rows = lines(
        [
            (CHILD, CHILD, "look at my dog"),
            (CHILD, SUSPECT, "send me a photo of you"),
            (CHILD, CHILD, ""),
            (TEACHER, SUSPECT, ""),
            (TEACHER, TEACHER, ""),
            *TALK,
        ]
    )
    for row in rows[:1] + rows[2:5]:
        row["media"] = [{"kind": "photo"}]
    case = make(write(tmp_path / "a.jsonl", rows))
    found = case.values("SELECT peer, kind FROM risks WHERE kind LIKE 'photo%' ORDER BY ALL")
    assert found == [
        (CHILD, "photo_asked"),
        (CHILD, "photo_sent"),
        (CHILD, "photo_shared"),
        (TEACHER, "photo_shared"),
    ]


def test_who_gets_the_script_that_children_got_and_knows_them_is_looked_at(
    tmp_path: Path, make: Make
) -> None:
    script = "hello there i saw your picture and thought you seem so nice"
    children = [f"whatsapp:+44770090020{k}" for k in range(4)]
    unknown, friend, stranger = (f"whatsapp:+44770090021{k}" for k in range(3))
    talk = [(child, SUSPECT, script) for child in children]
    talk += [(child, child, "i am 12 and my mum took my phone") for child in children]
    talk += [(unknown, SUSPECT, script), (unknown, unknown, "hi")]
    talk += [(one, one, "hi") for one in (friend, stranger)]
    talk += [(one, SUSPECT, "hi") for one in (friend, stranger)]
    rows = lines(talk)
    for sender in (friend, children[0]):
        rows += lines([(sender, sender, f"from {sender}")], START + 50 * MINUTE)
        rows[-1] |= {
            "conversation": "us",
            "kind": "group",
            "recipients": [SUSPECT, *({friend, children[0]} - {sender})],
        }
    case = make(write(tmp_path / "a.jsonl", [*lines(), *rows]))
    assert _probability(case, unknown) > _probability(case, stranger) + 0.1
    assert _probability(case, friend) > _probability(case, stranger) + 0.1
    says = case.values("SELECT says FROM cues WHERE peer = ? AND kind = 'script'", [unknown])
    assert says == [
        (
            "the suspect sent the same words to 4 others, of whom 4 are confirmed or probable"
            " children",
        )
    ]
    before = _probability(case, unknown)
    for child in children:
        decide(case, child, "not_child", "officer")
    assert _probability(case, unknown) < before


def test_ages_of_pupils_are_not_the_writer_s(tmp_path: Path, make: Make) -> None:
    talk = [
        (OTHER, OTHER, "my son is 11 years old, i am in year 6 with him today"),
        (OTHER, OTHER, "my pupils say i am 12 years old"),
    ]
    case = make(write(tmp_path / "a.jsonl", [*lines(), *lines(talk, START + 60 * MINUTE)]))
    assert _probability(case, OTHER) < 0.5


@pytest.mark.parametrize(
    ("answer", "age"),
    [
        ("year 6 its so boring", None),
        ("moving up to 9th grade", None),
        ("nasa grade 9 po", None),
        ("baru naik kelas 9", None),
        ("8 klasy jest nudna", None),
        ("6. Klasse", None),
        ("เพิ่งขึ้น ม.2", None),
        ("13 ano", 13),
        ("ผม 13", 13),
        ("only 9", 9),
    ],
)
def test_a_school_year_that_answers_for_the_age_is_no_age(
    answer: str, age: float | None, tmp_path: Path, make: Make
) -> None:
    talk = [(OTHER, SUSPECT, "how old are you"), (OTHER, OTHER, answer)]
    case = make(write(tmp_path / "a.jsonl", [*lines(), *lines(talk, START + 60 * MINUTE)]))
    assert case.value("SELECT age FROM peers WHERE peer = ?", [OTHER]) == age
    kinds = {kind for (kind,) in case.values("SELECT kind FROM cues WHERE peer = ?", [OTHER])}
    assert ("school_year" in kinds) == (age is None) and ("answered_age" in kinds) != (age is None)
    assert _probability(case, OTHER) > 0.5


def test_verdicts_in_any_order_give_the_same(tmp_path: Path, make: Make) -> None:
    path = write(tmp_path / "a.jsonl", lines())
    one, other = make(path), make(path)
    said = [(CHILD, "child"), (TEACHER, "not_child")]
    for peer, verdict in said:
        decide(one, peer, verdict, "officer")
    for peer, verdict in reversed(said):
        decide(other, peer, verdict, "officer")
    query = (
        "SELECT peer, round(child_probability, 9), round(priority, 9), verdict FROM peers"
        " ORDER BY peer"
    )
    assert one.rows(query) == other.rows(query)
    assert one.value("SELECT priority FROM peers WHERE peer = ?", [CHILD]) == 0


def test_a_verdict_taken_back_gives_back_what_was(tmp_path: Path, make: Make) -> None:
    case = make(write(tmp_path / "a.jsonl", lines()))
    before = _probability(case, OTHER)
    decide(case, CHILD, "not_child", "officer")
    assert _probability(case, CHILD) == 0
    decide(case, CHILD, None, "officer")
    assert _probability(case, OTHER) == pytest.approx(before)


def test_a_script_is_shown_with_whom_it_was_sent_to(tmp_path: Path, make: Make) -> None:
    script = "hello there i saw your picture and thought you seem so nice"
    people = [f"whatsapp:+44770090020{k}" for k in range(4)]
    talk = [
        (peer, SUSPECT, f"{script}{'!' * k} {'really' * (k % 2)}") for k, peer in enumerate(people)
    ]
    case = make(write(tmp_path / "a.jsonl", [*lines(), *lines(talk, START + 100 * MINUTE)]))
    assert [row["peer"] for row in case.rows("SELECT peer FROM scripts ORDER BY peer")] == people


def test_whose_archives_they_are_is_asked_where_it_cannot_be_told(
    tmp_path: Path, make: Make
) -> None:
    with pytest.raises(InputError, match="--suspect"):
        make(write(tmp_path / "a.jsonl", lines(TALK[:4])))


def test_tables_are_written_for_their_owner_alone(tmp_path: Path, make: Make) -> None:
    case = make(write(tmp_path / "a.jsonl", lines()))
    output.write(case, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert stat.S_IMODE(case.folder.stat().st_mode) == 0o700
    with (tmp_path / "out" / "peers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    # As the reports have them: a person reads these.
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["last_contact"]) for row in rows
    )
    assert all(len(row["child_probability"]) <= 6 for row in rows)
    assert output.summary(case)["children"] == 1


@pytest.mark.parametrize(
    ("verdict", "counted"), [("child", 1), ("unsure", 1), ("not_child", 0), (None, 1)]
)
def test_the_summary_counts_as_children_whom_the_reports_hold(
    tmp_path: Path, make: Make, verdict: str | None, counted: int
) -> None:
    case = make(write(tmp_path / "a.jsonl", lines()))
    decide(case, CHILD, verdict, "ana")
    held = [each for each in reading.people(case) if each.counts]
    assert output.summary(case)["children"] == len(held) == counted


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden"])
def test_a_name_that_is_a_path_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--case"):
        Investigation.folder_of(tmp_path, name)

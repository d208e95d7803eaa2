"""Franking: what was sent can be proved, and nothing else can."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.safeguards import franking
from fieldfare.safeguards.franking import (
    Attachment,
    Context,
    Franked,
    FrankingError,
    Inbox,
    Opening,
    check_report,
    commit,
    make_tag,
    verify,
)
from fieldfare.vocabulary.keys import KeyRing

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "device" / "vectors" / "franking.json").read_text("utf-8")
)
RING = KeyRing("2026-b", {name: bytes.fromhex(key) for name, key in VECTORS["keys"].items()})
KEY = bytes(range(32))


def sent(seq: int, body: str = "hi", **changed: Any) -> tuple[Opening, Context]:
    opening = Opening("c", f"m{seq}", "x", body, key=KEY)
    context = Context("2026-b", "c", f"m{seq}", "x", ("mira",), 1_772_395_200_000_000 + seq, seq)
    return opening, replace(context, **changed)


def franked(opening: Opening, context: Context, ring: KeyRing = RING) -> Franked:
    return Franked(
        franking.encode_opening(opening),
        franking.encode_context(context),
        make_tag(ring, commit(opening), context),
    )


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda vector: vector["name"])
def test_vectors(vector: dict[str, Any]) -> None:
    given_opening, given_context = dict(vector["opening"]), dict(vector["context"])
    given_opening["attachments"] = tuple(
        Attachment(bytes.fromhex(each["sha256"]), bytes.fromhex(each["key"]))
        for each in given_opening["attachments"]
    )
    given_opening["key"] = bytes.fromhex(given_opening["key"])
    given_context["recipients"] = tuple(given_context["recipients"])
    opening, context = Opening(**given_opening), Context(**given_context)
    assert franking.encode_opening(opening).hex() == vector["opening_bytes"]
    assert franking.encode_context(context).hex() == vector["context_bytes"]
    assert franking.decode_opening(bytes.fromhex(vector["opening_bytes"])) == opening
    assert franking.decode_context(bytes.fromhex(vector["context_bytes"])) == context
    assert commit(opening).hex() == vector["commitment"]
    assert make_tag(RING, commit(opening), context).hex() == vector["tag"]
    assert verify(RING, franked(opening, context)) == (opening, context)


def test_the_plain_vector_by_hand() -> None:
    """What the page says of the bytes is what they are, written out without the encoder."""
    import hashlib
    import hmac

    def part(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    vector = VECTORS["messages"][0]
    key = bytes.fromhex(vector["opening"]["key"])
    head = part(b"conv-1") + part(b"m-plain") + part(b"uncle")
    opening = part(b"frank-message-v1") + head + part(b"how old are you") + bytes(4) + part(key)
    commitment = hmac.new(key, opening, hashlib.sha256).digest()
    assert commitment.hex() == vector["commitment"]
    context = part(b"frank-context-v1") + part(b"2026-b") + head + (1).to_bytes(4, "big")
    context += part(b"mira") + (1_772_395_200_000_000).to_bytes(8, "big") + (1).to_bytes(8, "big")
    tag = hmac.new(RING.keys["2026-b"], b"frank-v1" + commitment + context, hashlib.sha256)
    assert tag.hexdigest() == vector["tag"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_attacks_are_refused_for_the_reason_that_is_stated(vector: dict[str, Any]) -> None:
    shown = Franked(*(bytes.fromhex(vector[name]) for name in ("opening", "context", "tag")))
    with pytest.raises(FrankingError) as refused:
        verify(RING, shown, vector["reporter"])
    assert refused.value.reason == vector["reason"]
    checked = check_report(RING, vector["reporter"], [shown]).messages[0]
    assert checked.reason == vector["reason"]
    unknown = vector["reason"] == "unknown_key"
    assert checked.standing == ("unverified" if unknown else "failed")


ALTERED: dict[str, Any] = {
    "body": {"body": "hello"},
    "conversation": {"conversation": "d"},
    "id": {"id": "m9"},
    "sender": {"sender": "y"},
    "key": {"key": bytes(32)},
    "attachments": {"attachments": (Attachment(bytes(32), bytes(32)),)},
}


@pytest.mark.parametrize("name", ALTERED)
def test_what_differs_from_the_commitment_is_not_shown(name: str) -> None:
    opening, context = sent(1)
    altered = replace(opening, **ALTERED[name])
    with pytest.raises(FrankingError) as refused:
        Inbox("mira", "c").receive(
            franking.encode_opening(altered), commit(opening), franking.encode_context(context)
        )
    assert refused.value.reason == "commitment_mismatch"


def receive(inbox: Inbox, opening: Opening, context: Context) -> None:
    inbox.receive(
        franking.encode_opening(opening), commit(opening), franking.encode_context(context)
    )


def reason_of(inbox: Inbox, opening: Opening, context: Context) -> str:
    with pytest.raises(FrankingError) as refused:
        receive(inbox, opening, context)
    return refused.value.reason


def test_a_device_refuses_replays_and_sees_what_was_dropped() -> None:
    inbox = Inbox("mira", "c")
    receive(inbox, *sent(1))
    assert reason_of(inbox, *sent(1)) == "replayed"
    receive(inbox, *sent(5))
    assert inbox.missing == {2, 3, 4}
    receive(inbox, *sent(3))  # late, in its place
    assert inbox.missing == {2, 4}
    assert reason_of(inbox, *sent(3)) == "replayed"
    again, _ = sent(1)
    assert reason_of(inbox, again, replace(sent(6)[1], id="m1")) == "replayed"
    other, at_seven = sent(7)
    assert reason_of(inbox, other, replace(at_seven, seq=3)) == "replayed"


def test_a_device_refuses_what_belongs_elsewhere() -> None:
    opening, context = sent(1)
    assert reason_of(Inbox("mira", "c"), opening, sent(2)[1]) == "context_mismatch"
    assert reason_of(Inbox("mira", "d"), opening, context) == "context_mismatch"
    assert reason_of(Inbox("noor", "c"), opening, context) == "not_a_party"


def test_a_jump_to_the_last_number_does_not_fill_the_memory() -> None:
    inbox = Inbox("mira", "c")
    receive(inbox, *sent(1))
    opening, context = sent(2)
    receive(inbox, opening, replace(context, seq=(1 << 53) - 1))
    assert len(inbox.missing) <= 10_000


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused_when_sent_and_when_received(length: int) -> None:
    opening = replace(sent(1)[0], key=bytes(length))
    with pytest.raises(FrankingError) as refused:
        commit(opening)
    assert refused.value.reason == "key_length"
    head = franking.encode_opening(sent(1)[0])[:-36]
    with pytest.raises(FrankingError) as refused:
        franking.decode_opening(head + length.to_bytes(4, "big") + bytes(length))
    assert refused.value.reason == "key_length"


def test_zero_padded_keys_would_open_one_commitment_and_are_refused() -> None:
    import hmac

    short = KEY[:31]
    assert hmac.digest(short, b"m", "sha256") == hmac.digest(short + b"\0", b"m", "sha256")
    with pytest.raises(FrankingError, match="32 bytes"):
        commit(replace(sent(1)[0], key=short))


def test_attachments() -> None:
    file = franking.frank_file(b"ciphertext", KEY)
    franking.check_attachment(file, b"ciphertext")
    with pytest.raises(FrankingError) as refused:
        franking.check_attachment(file, b"ciphertexu")
    assert refused.value.reason == "attachment_mismatch"
    for bad, reason in ((Attachment(bytes(31), KEY), "malformed"),
                        (Attachment(bytes(32), KEY[:16]), "key_length")):  # fmt: skip
        with pytest.raises(FrankingError) as refused:
            commit(replace(sent(1)[0], attachments=(bad,)))
        assert refused.value.reason == reason


def test_a_report_shows_gaps_copies_and_another_order() -> None:
    shown = [franked(*sent(seq)) for seq in (7, 2, 3, 3)]
    check = check_report(RING, "mira", shown)
    assert [each.context.seq for each in check.messages if each.context] == [2, 3, 7]
    assert [(gap.after, gap.before, gap.messages) for gap in check.gaps] == [(3, 7, 3)]
    assert check.reordered
    assert (check.count("verified"), check.count("failed")) == (3, 1)
    assert check.messages[-1].reason == "replayed"
    assert not check_report(RING, "mira", shown[1:3]).reordered


def test_a_message_that_failed_fills_no_gap() -> None:
    opening, context = sent(2)
    forged = replace(franked(opening, context), tag=bytes(32))
    check = check_report(RING, "mira", [franked(*sent(1)), forged, franked(*sent(3))])
    assert [gap.messages for gap in check.gaps] == [1]


def test_conversations_are_numbered_each_by_itself() -> None:
    opening, context = sent(9, conversation="d")
    other = franked(replace(opening, conversation="d"), context)
    check = check_report(RING, "mira", [franked(*sent(1)), other])
    assert check.count("verified") == 2
    assert not check.gaps


def test_rotation_keeps_old_messages_verifiable_and_a_lost_key_is_no_accusation() -> None:
    old = KeyRing("2025", {"2025": bytes(32)})
    message = franked(*sent(1, key_id="2025"), ring=old)
    kept = KeyRing("2026-b", {**RING.keys, **old.keys})
    assert check_report(kept, "mira", [message]).count("verified") == 1
    [checked] = check_report(RING, "mira", [message]).messages
    assert (checked.standing, checked.reason) == ("unverified", "unknown_key")


def test_errors_never_hold_what_was_said() -> None:
    for vector in VECTORS["refused"]:
        shown = Franked(*(bytes.fromhex(vector[name]) for name in ("opening", "context", "tag")))
        with pytest.raises(FrankingError) as refused:
            verify(RING, shown, vector["reporter"])
        assert "how" not in str(refused.value)
    assert "how" not in repr(sent(1, "how")) + repr(franked(*sent(1, "how")))


ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
numbers = st.integers(0, (1 << 53) - 1)
keys = st.binary(min_size=32, max_size=32)
openings = st.builds(
    Opening,
    ids, ids, ids, st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(st.builds(Attachment, keys, keys), max_size=3).map(tuple),
    keys,
)  # fmt: skip
contexts = st.builds(
    Context,
    ids, ids, ids, ids,
    st.sets(ids, min_size=1, max_size=4).map(lambda each: tuple(sorted(each, key=str.encode))),
    numbers, numbers,
)  # fmt: skip


@given(openings, contexts)
def test_every_message_and_context_comes_back(opening: Opening, context: Context) -> None:
    assert franking.decode_opening(franking.encode_opening(opening)) == opening
    assert franking.decode_context(franking.encode_context(context)) == context


@given(st.lists(openings, min_size=2, max_size=2, unique=True))
def test_different_messages_have_different_bytes_and_commitments(two: list[Opening]) -> None:
    assert len({franking.encode_opening(each) for each in two}) == 2
    assert len({commit(each) for each in two}) == 2


@given(openings, contexts, st.data())
def test_any_changed_byte_is_refused(opening: Opening, context: Context, data: Any) -> None:
    context = replace(
        context, key_id="2026-a", conversation=opening.conversation, id=opening.id,
        sender=opening.sender,
    )  # fmt: skip
    parts = list(vars(franked(opening, context)).values())
    which = data.draw(st.integers(0, 2))
    at = data.draw(st.integers(0, len(parts[which]) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytearray(parts[which])
    changed[at] ^= flip
    parts[which] = bytes(changed)
    with pytest.raises(FrankingError):
        verify(RING, Franked(*parts))


@given(st.binary(max_size=200))
def test_the_decoder_reads_only_what_the_encoder_writes(data: bytes) -> None:
    prefixes = (b"", b"\0\0\0\x10frank-message-v1", b"\0\0\0\x10frank-context-v1")
    for prefix in prefixes:
        for decode, encode in (
            (franking.decode_opening, franking.encode_opening),
            (franking.decode_context, franking.encode_context),
        ):
            try:
                found: Any = decode(prefix + data)
            except FrankingError:
                continue
            assert encode(found) == prefix + data


@given(openings, st.data())
def test_the_decoder_holds_against_edited_messages(opening: Opening, data: Any) -> None:
    """Cut, doubled and changed in the middle: what is still read is canonical."""
    whole = franking.encode_opening(opening)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    edited = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]
    try:
        found = franking.decode_opening(edited)
    except FrankingError:
        return
    assert franking.encode_opening(found) == edited


@given(st.lists(st.integers(1, 12), max_size=12))
def test_gaps_are_exactly_what_is_not_shown_between_the_ends(seqs: list[int]) -> None:
    numbering = count()
    check = check_report(RING, "mira", [franked(*sent(seq)) for seq in seqs])
    assert check.count("verified") == len(set(seqs))
    left_out = sum(gap.messages for gap in check.gaps)
    assert left_out == (max(seqs) - min(seqs) + 1 - len(set(seqs)) if seqs else 0)
    assert sorted(each.number for each in check.messages) == [next(numbering) for _ in seqs]

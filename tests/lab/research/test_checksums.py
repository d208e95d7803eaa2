"""Sums of corpus files: the published, one's own, and what differs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.lab.research import checksums, pan2012
from fieldfare.lab.research.checksums import check, read_sums
from fieldfare.vocabulary import InputError, SettingsError

TEST_XML = pan2012.TEST[0]


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_that_is_not_the_published_one_is_refused_and_may_be_read_unverified(
    tmp_path: Path,
) -> None:
    file = tmp_path / TEST_XML
    file.write_bytes(b"<conversations/>")
    with pytest.raises(InputError, match=rf"^{TEST_XML}: SHA-256 is .* --unverified reads it"):
        check([file])
    (checked,) = check([file], allow_others=True)
    assert checked.verified_by is None
    assert checked.sha256 == _sha(b"<conversations/>")


def test_ones_own_sum_goes_first_and_is_strict(tmp_path: Path) -> None:
    file = tmp_path / TEST_XML
    file.write_bytes(b"one\r\ntwo\r\n")
    for content in (b"one\r\ntwo\r\n", b"one\ntwo\n"):
        (checked,) = check([file], {TEST_XML: _sha(content)})
        assert checked.verified_by == "--sha256"
    with pytest.raises(InputError, match=r"from --sha256\)$"):
        check([file], {TEST_XML: "0" * 64}, allow_others=True)


def test_a_file_nobody_gave_a_sum_for_is_recorded(tmp_path: Path) -> None:
    file = tmp_path / "other.txt"
    file.write_bytes(b"a")
    (checked,) = check([file])
    assert (checked.verified_by, checked.sha256) == (None, _sha(b"a"))


def test_published_sums_are_of_files_the_reader_knows() -> None:
    published = checksums._published()["files"]
    assert set(published) == {*pan2012.TRAINING, *pan2012.TEST[:2]}
    assert all(len(value) == 64 and int(value, 16) for value in published.values())


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"ab"]), max_size=12), st.integers(1, 5))
def test_unix_line_ends_are_found_across_pieces(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], piece: int
) -> None:
    content = b"".join(parts)
    file = tmp_path_factory.mktemp("sums") / "file"
    file.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checksums, "_PIECE", piece)
        (checked,) = check([file])
    assert checked.sha256 == _sha(content)
    assert checked.sha256_unix == _sha(content.replace(b"\r\n", b"\n"))


def test_a_list_of_sums(tmp_path: Path) -> None:
    file = tmp_path / "sums.txt"
    file.write_text(f"{'A' * 64}  corpus/a.xml\n\n{'b' * 64} *b.txt\n")
    assert read_sums(file) == {"a.xml": "a" * 64, "b.txt": "b" * 64}
    file.write_text(f"{'a' * 64}  a.xml\nabc  b.txt\n")
    with pytest.raises(SettingsError, match=r"sums.txt, line 2: not a line of sha256sum"):
        read_sums(file)
    with pytest.raises(SettingsError, match=r"none.txt: cannot be read"):
        read_sums(tmp_path / "none.txt")

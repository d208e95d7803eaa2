"""Places refuse what could harm their reader, and say so."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from fieldfare.sources import place as places
from fieldfare.sources.guarded import buffered
from fieldfare.sources.place import FolderPlace, GzipPlace, ZipPlace, open_place
from fieldfare.vocabulary import InputError


def read_all(place: places.Place) -> dict[str, bytes]:
    return {member.name: place.read(member) for member in place.members}


def make_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_file_is_one_member_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    place = open_place(path)
    assert [(m.name, m.size) for m in place.members] == [("", 5)]
    assert place.single is not None
    assert place.name_of(place.single) == "a.txt"
    assert list(place.parts()) == []


def test_folder_and_zip_have_the_same_members(tmp_path: Path) -> None:
    files = {"b/2.txt": b"two", "a.txt": b"one", "b/c/3.txt": b""}
    litter = {"__MACOSX/x": b"", ".DS_Store": b"", "b/._2.txt": b""}
    for name, data in (files | litter).items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    folder = open_place(tmp_path / "folder")
    packed = open_place(make_zip(tmp_path / "a.zip", files | litter))
    assert read_all(folder) == read_all(packed) == files
    assert [m.name for m in folder.members] == sorted(files)
    assert folder.refused == packed.refused == {}
    assert folder.single is None is packed.single


def test_parts_of_a_folder_are_what_stands_in_it(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "x.txt").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    make_zip(tmp_path / "a.zip", {"y": b"y"})
    assert [(type(part), part.path.name) for part in FolderPlace(tmp_path).parts()] == [
        (ZipPlace, "a.zip"),
        (FolderPlace, "inner"),
    ]


def test_part_of_a_zip_keeps_its_name(tmp_path: Path) -> None:
    whole = open_place(make_zip(tmp_path / "a.zip", {"b/y.txt": b"why"}))
    [part] = whole.parts()
    assert part.single is not None
    assert (part.single.name, part.name_of(part.single)) == ("b/y.txt", "y.txt")
    assert part.read(part.single) == b"why"
    assert (str(part), part.sha256) == (str(whole), whole.sha256)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.txt", "leaves"),
        ("a/../../evil.txt", "leaves"),
        ("/etc/evil.txt", "leaves"),
        ("..\\evil.txt", "leaves"),
        ("\\evil.txt", "leaves"),
        ("C:\\evil.txt", "drive"),
    ],
)
def test_paths_that_leave_a_zip_are_refused(name: str, reason: str, tmp_path: Path) -> None:
    place = open_place(make_zip(tmp_path / "a.zip", {name: b"evil", "good.txt": b"good"}))
    assert read_all(place) == {"good.txt": b"good"}
    [why] = place.refused.values()
    assert reason in why


def test_backslashes_of_windows_tools_are_folders(tmp_path: Path) -> None:
    place = open_place(make_zip(tmp_path / "a.zip", {"a\\b.txt": b"x"}))
    assert read_all(place) == {"a/b.txt": b"x"}


def test_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(b"secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    (folder / "loop").symlink_to(folder)
    assert open_place(folder).members == ()
    assert set(open_place(folder).refused) == {"link", "loop"}
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert open_place(tmp_path / "a.zip").members == ()
    assert open_place(tmp_path / "a.zip").refused == {"link": "a symbolic link"}


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert open_place(tmp_path).refused == {"pipe": "not a regular file"}
    with pytest.raises(InputError, match="neither a file nor a folder"):
        open_place(tmp_path / "pipe")


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"a.txt": b"a"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    place = open_place(path)
    assert place.members == ()
    assert "encrypted" in place.refused["a.txt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unbounded_compressions_are_refused(method: int, tmp_path: Path) -> None:
    place = open_place(make_zip(tmp_path / "a.zip", {"a.txt": b"a" * 999}, method))
    assert list(place.refused) == ["a.txt"]


def test_bombs_are_refused(tmp_path: Path) -> None:
    small = b"0" * (places.RATIO_FREE - 1)
    large = b"0" * (places.RATIO_FREE * 2)
    place = open_place(make_zip(tmp_path / "a.zip", {"small": small, "large": large}))
    assert [m.name for m in place.members] == ["small"]
    assert "times its size" in place.refused["large"]


def test_a_zip_of_many_bombs_is_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_zip(tmp_path / "a.zip", {f"{n}": b"0" * 1_000_000 for n in range(5)})
    assert len(open_place(path).members) == 5
    monkeypatch.setattr(places, "TOTAL_FREE", 4_000_000)
    with pytest.raises(InputError, match="bomb"):
        _ = open_place(path).members


def test_a_directory_that_claims_too_little(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"a.txt": b"0" * 50_000})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 10)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.txt"):
        read_all(open_place(path))


def test_a_stream_longer_than_its_limit_stops() -> None:
    stream = buffered(io.BytesIO(b"0" * 100), 99, "a.zip: a.txt", "too large")
    with pytest.raises(InputError, match=r"a\.zip: a\.txt: too large"):
        stream.read()


def test_bytes_changed_inside_a_member(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"a.txt": os.urandom(1000)}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[500] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        read_all(open_place(path))


def test_a_name_twice_is_refused_once(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", "second")
    assert read_all(open_place(path)) == {"a.txt": b"first"}
    assert "twice" in open_place(path).refused["a.txt"]


def test_gzip_is_the_file_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"hello"))
    place = open_place(path)
    assert isinstance(place, GzipPlace)
    assert place.single is not None
    assert place.name_of(place.single) == "a.jsonl"
    assert place.read(place.single) == b"hello"


def test_a_gzip_bomb_stops(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"0" * (places.RATIO_FREE * 4)))
    read = 0
    with pytest.raises(InputError, match="times its size"):  # noqa: SIM117
        with open_place(path).open(open_place(path).members[0]) as stream:
            while data := stream.read(65_536):
                read += len(data)
    assert read <= places.RATIO_FREE


def test_what_stands_before_a_cut_is_given(tmp_path: Path) -> None:
    data = os.urandom(1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(data)[:-20])
    place = open_place(tmp_path / "a.gz")
    assert data.startswith(head := place.head(place.only()))
    assert len(head) > 900


def test_a_gzip_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(os.urandom(1000))[:-20])
    with pytest.raises(InputError, match="damaged"):
        read_all(open_place(path))


def test_reading_whole_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    place = open_place(tmp_path / "a")
    assert place.read(place.members[0], limit=5) == b"12345"
    with pytest.raises(InputError, match="larger than 4 bytes"):
        place.read(place.members[0], limit=4)


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MAX_MEMBERS", 2)
    for name in "abc":
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match="more than 2 files"):
        _ = FolderPlace(tmp_path).members
    path = make_zip(tmp_path / "a.zip", dict.fromkeys("abc", b""))
    with pytest.raises(InputError, match="3 members"):
        _ = open_place(path).members


def test_no_such_path(tmp_path: Path) -> None:
    for name in ("missing", "a\x00b", "x" * 5000):
        with pytest.raises(InputError, match="no such file"):
            open_place(tmp_path / name)


def test_hash_of_a_folder_covers_names_and_bytes(tmp_path: Path) -> None:
    def digest(name: str, files: dict[str, bytes]) -> str:
        folder = tmp_path / name
        folder.mkdir()
        for file, data in files.items():
            Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(file))).write_bytes(data)
        return open_place(folder).sha256

    first = digest("1", {"a": b"x", "b": b"y"})
    assert first == digest("2", {"b": b"y", "a": b"x"})
    assert first != digest("3", {"a": b"x", "c": b"y"})
    assert first != digest("4", {"a": b"x", "b": b"z"})
    assert len(digest("5", {os.fsdecode(b"\xff"): b""})) == 64

"""XML of corpora: every record, however it is cut, and nothing hostile."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.lab.research import xml_stream
from fieldfare.lab.research.xml_stream import Record, records
from fieldfare.vocabulary import InputError

PATH = ("conversations", "conversation", "message")

TWO = """<?xml version="1.0" encoding="UTF-8"?>
<conversations>
  <conversation id="c1">
    <message line="1"><author> a1 </author><time>02:56</time>
      <text>write to <email/> &amp; be well</text>
    </message>
    <message line="2"><author>a2</author><text/></message>
  </conversation>
  <conversation id="c2">
    <message line="1"><author>é</author><text>b<b>o<i>l</i>d</b></text></message>
  </conversation>
</conversations>
"""

ONE = {"author": " a1 ", "time": "02:56", "text": "write to   & be well"}
READ = [
    Record({"id": "c1"}, {"line": "1"}, ONE),
    Record({"id": "c1"}, {"line": "2"}, {"author": "a2", "text": ""}),
    Record({"id": "c2"}, {"line": "1"}, {"author": "é", "text": "b o ld"}),
]


def _file(folder: Path, content: str, encoding: str = "utf-8") -> Path:
    path = folder / "corpus.xml"
    path.write_text(content, encoding=encoding)
    return path


@pytest.mark.parametrize("piece", [1, 7, 64, 1 << 20])
def test_records_are_the_same_however_the_file_is_cut(
    tmp_path: Path, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_stream, "_PIECE", piece)
    assert list(records(_file(tmp_path, TWO), PATH)) == READ


def test_the_declared_encoding_counts(tmp_path: Path) -> None:
    text = TWO.replace("UTF-8", "ISO-8859-1")
    assert list(records(_file(tmp_path, text, "latin-1"), PATH))[2].fields["author"] == "é"


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    "declaration",
    [
        LAUGHS,
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://192.0.2.1/p"> %p;]>',
        "<!DOCTYPE conversations>",
    ],
)
def test_a_document_type_is_refused_before_it_can_do_anything(
    tmp_path: Path, declaration: str
) -> None:
    body = TWO.split("?>\n")[1].replace("be well", "&c;")
    file = _file(tmp_path, declaration + "\n" + body)
    with pytest.raises(InputError, match=r"^corpus.xml, line 1: a document type declaration") as at:
        list(records(file, PATH))
    assert "\n" not in str(at.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: not well-formed XML (no element found)"),
        ("a,b,c\n", "line 1: not well-formed XML"),
        (TWO[:400], "not well-formed XML"),
        ("<conversations>&undeclared;</conversations>", "line 1: not well-formed XML"),
        ("<feed></feed>", "line 1: the root is not <conversations>"),
    ],
)
def test_what_is_not_a_corpus_is_said_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(InputError) as at:
        list(records(_file(tmp_path, content), PATH))
    assert str(at.value).startswith("corpus.xml, line ")
    assert said in str(at.value)
    assert "\n" not in str(at.value)


def test_an_endless_field_is_not_held(tmp_path: Path) -> None:
    long = "<conversations><conversation id='c'><message line='1'><text>" + "a" * (3 << 20)
    with pytest.raises(InputError, match=r"a field of more than 1,048,576 characters"):
        list(records(_file(tmp_path, long), PATH))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.xml: cannot be read"):
        list(records(tmp_path / "none.xml", PATH))

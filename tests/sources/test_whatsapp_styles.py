"""Any WhatsApp chat, in any style of stamps and authors, reads back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.sources.place import open_place
from fieldfare.sources.whatsapp import WhatsApp
from fieldfare.sources.whatsapp_bodies import read_body
from fieldfare.sources.whatsapp_dates import HEADERS, Order, match_header, stamp_of
from fieldfare.vocabulary.times import from_micros
from tests.sources.whatsapp_reading import chat


@dataclass(frozen=True)
class Style:
    """How one system writes in one region."""

    name: str
    stamp: str
    """With the names of `_fields`."""
    line: str = "{stamp} - {author}: {text}"
    seconds: bool = False
    halves: tuple[str, str] = ("AM", "PM")
    digits: str = "0123456789"
    era: int = 0

    def write(self, time: datetime, author: str, text: str) -> str:
        fields = _fields(time, self)
        stamp = self.stamp.format(**fields).translate(str.maketrans("0123456789", self.digits))
        return self.line.format(stamp=stamp, author=author, text=text)


def _fields(time: datetime, style: Style) -> dict[str, str]:
    year = time.year + style.era
    return {
        "Y": str(year),
        "y": f"{year % 100:02}",
        "M": str(time.month),
        "MM": f"{time.month:02}",
        "D": str(time.day),
        "DD": f"{time.day:02}",
        "H": str(time.hour),
        "HH": f"{time.hour:02}",
        "h": str(time.hour % 12 or 12),
        "m": f"{time.minute:02}",
        "s": f"{time.second:02}",
        "p": style.halves[time.hour >= 12],
    }


BRACKETS = "[{stamp}] {author}: {text}"


STYLES = [
    Style("en-US Android", "{M}/{D}/{y}, {h}:{m}\u202f{p}"),
    Style("en-US iOS", "{M}/{D}/{y}, {h}:{m}:{s}\u202f{p}", BRACKETS, True),
    Style("en-GB Android", "{DD}/{MM}/{Y}, {HH}:{m}"),
    Style("en-GB iOS", "{DD}/{MM}/{Y}, {HH}:{m}:{s}", BRACKETS, True),
    Style("en-IN Android", "{DD}/{MM}/{y}, {h}:{m} {p}", halves=("am", "pm")),
    Style("de Android", "{DD}.{MM}.{y}, {HH}:{m}"),
    Style("de iOS", "{DD}.{MM}.{y}, {HH}:{m}:{s}", BRACKETS, True),
    Style("fi iOS", "{D}.{M}.{Y} klo {H}.{m}.{s}", BRACKETS, True),
    Style("da Android", "{DD}.{MM}.{Y} {HH}.{m}"),
    Style("nl Android", "{DD}-{MM}-{Y} {HH}:{m}"),
    Style("fr Android", "{DD}/{MM}/{Y} à {HH}:{m}"),
    Style("fr-CA Android", "{Y}-{MM}-{DD} {HH} h {m}"),
    Style("es Android", "{D}/{M}/{y}, {h}:{m}\u00a0{p}", halves=("a.\u00a0m.", "p.\u00a0m.")),
    Style("pt-BR Android", "{DD}/{MM}/{Y} {HH}:{m}"),
    Style("sv Android", "{Y}-{MM}-{DD} {HH}:{m}"),
    Style("hu Android", "{Y}. {MM}. {DD}. {H}:{m}"),
    Style("bg Android", "{D}.{MM}.{y} г., {H}:{m}"),
    Style("hr iOS", "{DD}. {MM}. {Y}. {HH}:{m}:{s}", BRACKETS, True),
    Style("ja Android", "{Y}/{MM}/{DD} {H}:{m}"),
    Style("zh-CN Android", "{Y}/{M}/{D} {p}{h}:{m}", halves=("上午", "下午")),
    Style("ko Android", "{Y}년 {M}월 {D}일 {p} {h}:{m}", halves=("오전", "오후")),
    Style("ko iOS", "{Y}. {M}. {D}. {p} {h}:{m}:{s}", BRACKETS, True, ("오전", "오후")),
    Style("tr Android", "{D}.{MM}.{Y} {HH}:{m}"),
    Style("el Android", "{D}/{M}/{y}, {h}:{m} {p}", halves=("π.μ.", "μ.μ.")),
    Style(
        "ar Android",
        "{D}\u200f/{M}\u200f/{Y}، {h}:{m} {p}",
        halves=("ص", "م"),
        digits="٠١٢٣٤٥٦٧٨٩",
    ),
    Style("fa Android", "{Y}/{M}/{D}،\u200f {H}:{m}", digits="۰۱۲۳۴۵۶۷۸۹"),
    Style("hi Android", "{D}/{M}/{y}, {h}:{m} {p}", halves=("पूर्वाह्न", "अपराह्न")),
    Style("bn Android", "{D}/{M}/{y}, {h}:{m} {p}", digits="০১২৩৪৫৬৭৮৯"),
    Style("th Android", "{D}/{M}/{Y} {HH}:{m}", era=543),
    Style("th digits", "{D}/{M}/{Y} {HH}:{m}", era=543, digits="๐๑๒๓๔๕๖๗๘๙"),
    Style("th short", "{D}/{M}/{y} {HH}:{m}", era=543),
    Style("vi iOS", "{HH}:{m}:{s}, {DD}/{MM}/{Y}", BRACKETS, True),
    Style("old iOS", "{DD}/{MM}/{y}, {HH}:{m}:{s}", "{stamp}: {author}: {text}", True),
    Style("marked iOS", "{DD}/{MM}/{Y}, {HH}:{m}:{s}", "\u200e[{stamp}] {author}: {text}", True),
]


NAMES = ["Ana", "Uncle Ray", "あや", "سالم", "+44 7700 900123", "Zoë 🙂"]


def _is_plain(text: str) -> bool:
    """Not one of the service's own phrases, and no line of it the beginning of a message."""
    body = read_body(text)
    return (
        body.text == text
        and not body.media
        and not body.foreign
        and not any(match_header(line, style) for line in text.split("\n") for style in HEADERS)
    )


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=60
).filter(_is_plain)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: str(style.name))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_chat_in_any_style_reads_back(
    style: Style, data: st.DataObject, tmp_path: Path
) -> None:
    # A 31st is no month, so the first date decides the order for all.
    start = datetime(2023, 12, 31, 23, 59)  # noqa: DTZ001
    gaps = data.draw(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=6))
    moments = [start]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(seconds=gap))
    authors = [NAMES[0], NAMES[1], *data.draw(_authors(len(gaps)))][: len(moments)]
    texts = ["how old are you", *data.draw(st.lists(TEXTS, min_size=len(gaps), max_size=len(gaps)))]
    lines = [style.write(*parts) for parts in zip(moments, authors, texts, strict=True)]
    found = chat("\n".join(lines) + "\n", tmp_path, date_order=_order_of(style))

    unit = {"microsecond": 0} if style.seconds else {"microsecond": 0, "second": 0}
    expected = [moment.replace(**unit) for moment in moments]  # type: ignore[arg-type]
    assert [from_micros(int(m.sent_at)).replace(tzinfo=None) for m in found.messages] == expected
    assert [found.accounts[m.sender] for m in found.messages] == authors
    assert [m.text for m in found.messages] == texts
    assert len({m.id for m in found.messages}) == len(texts)


def _authors(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NAMES), min_size=count, max_size=count)


def _order_of(style: Style) -> Order | None:
    """The answer to the question, which short years make possible: from 2031 on, 31/12/23 may be
    a 23rd of December. Every other style must do without."""
    if "{y}" not in style.stamp:
        return None
    return "mdy" if style.stamp.startswith("{M}") else "dmy"


@pytest.mark.parametrize("style", STYLES, ids=lambda style: str(style.name))
def test_every_style_is_detected(style: Style, tmp_path: Path) -> None:
    text = style.write(datetime(2023, 12, 31, 23, 59), "Al", "hi") + "\n"  # noqa: DTZ001
    path = tmp_path / "x.txt"
    path.write_text(text)
    assert WhatsApp.detect(open_place(path))


def test_a_stamp_keeps_what_stood_there() -> None:
    match = match_header("\u200e[31/12/23, 9:58:01\u202fPM] Al: hi", "ios")
    assert match is not None
    assert stamp_of(match).raw == "31/12/23, 9:58:01\u202fPM"


def test_the_generator_s_styles_differ() -> None:
    moment = datetime(2023, 11, 30, 13, 5, 9)  # noqa: DTZ001
    written = sorted(style.write(moment, "Al", "hi") for style in STYLES)
    same = sum(one == other for one, other in pairwise(written))
    assert same <= 4

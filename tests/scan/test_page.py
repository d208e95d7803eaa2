"""The page holds what it promises: it is inert, complete, honest in its sums, and masked."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import Counter
from dataclasses import fields, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from jinja2 import meta

from fieldfare.language.indicators import read_indicators
from fieldfare.risk import scorecard
from fieldfare.scan.page import environment, policy, render, words
from fieldfare.scan.page.context import Page
from fieldfare.scan.page.overview import build_page
from fieldfare.scan.run import ScanResult
from tests.scan import factory

STATES = {
    "many": lambda: factory.result(
        [factory.approaching(150), factory.coach(), *map(factory.quiet, range(60))],
        problems=factory.damaged(30),
        one_sided=["export/instagram.zip"],
    ),
    "three": lambda: factory.result([factory.approaching(3), factory.coach()]),
    "unflagged": lambda: factory.result([factory.coach(), factory.quiet(1)]),
    "nobody": factory.nobody,
    "broken": factory.broken,
}

VOID = {"meta", "path", "circle", "rect", "use", "input", "link", "br"}


class Elements(HTMLParser):
    """Every element with its attributes, and whether all of them are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.found)


def page_of(result: ScanResult, note: str | None = None) -> str:
    return render(build_page(result, note))


@pytest.fixture(scope="module", params=list(STATES))
def text(request: pytest.FixtureRequest) -> str:
    return page_of(STATES[request.param](), "Simulated data.")


@pytest.fixture(scope="module")
def many() -> str:
    return page_of(STATES["many"]())


def test_template_uses_exactly_the_fields_of_the_page() -> None:
    env = environment()
    assert env.loader is not None
    source = env.loader.get_source(env, "report.html.j2")[0]
    used = meta.find_undeclared_variables(env.parse(source))
    assert used - {"style", "script", "policy"} == {each.name for each in fields(Page)}


def test_nothing_is_asked_of_any_network(text: str) -> None:
    for tag, attributes in Elements(text).found:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "audio"}
        assert not {"style", "src", "srcset", "action", "data", "ping"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "xlink:href"):
            if name in attributes:
                assert re.fullmatch(r"#[a-z0-9-]+", attributes[name] or ""), attributes
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp|https?://|localStorage", text)


def test_every_fragment_leads_somewhere(text: str) -> None:
    found = Elements(text).found
    ids = Counter(attributes["id"] for _, attributes in found if "id" in attributes)
    assert set(ids.values()) == {1}
    for _, attributes in found:
        for name in ("href", "aria-labelledby"):
            if name in attributes:
                assert (attributes[name] or "").lstrip("#") in ids


def test_policy_allows_this_style_and_this_script_only(text: str) -> None:
    stated = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])  # type: ignore[index]
    assert stated.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in stated
    assert "unsafe" not in stated
    assert policy("a", "b") != policy("a", "c")


def test_elements_are_closed_and_headings_descend(text: str) -> None:
    parsed = Elements(text)
    assert parsed.stack == []
    levels = [int(tag[1]) for tag, _ in parsed.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert parsed.count("main") == parsed.count("header") == parsed.count("footer") == 1


def test_every_table_has_a_caption_and_every_drawing_a_table(many: str) -> None:
    parsed = Elements(many)
    assert parsed.count("table") == parsed.count("caption")
    drawings = [each for each in parsed.found if each[1].get("role") == "img"]
    twins = [each for each in parsed.found if each[1].get("class") == "twin"]
    assert len(drawings) == len(twins) == 2
    assert all(each[1]["aria-label"] for each in drawings)


def test_note_stands_at_the_head_and_only_when_given(many: str) -> None:
    assert 'class="banner"' not in many
    assert "Simulated &lt;data&gt;" in page_of(factory.nobody(), "Simulated <data>")


@pytest.mark.parametrize(
    "person", [factory.approaching(150), factory.approaching(3), factory.coach(), factory.quiet(1)]
)
def test_printed_weights_add_up_to_the_printed_total(person: factory.Person) -> None:
    page = build_page(factory.result([person]))
    section = page.accounts[0]
    shown = [section.sum.prior, *(row.weight for row in section.concern + section.against)]
    if section.sum.rest:
        shown.append(section.sum.rest)
    assert sum(map(_hundredths, shown)) == _hundredths(section.sum.total)
    parts = (section.sum.prior, section.sum.concern, section.sum.against, section.sum.rest or "0")
    assert sum(map(_hundredths, parts)) == _hundredths(section.sum.total)


def test_what_is_too_small_to_list_stands_in_the_sum() -> None:
    made = factory.result([factory.approaching(20)])
    made.accounts[0].reasons.pop()
    section = build_page(made).accounts[0]
    assert section.sum.rest
    assert sum(
        map(
            _hundredths,
            (section.sum.prior, section.sum.concern, section.sum.against, section.sum.rest),
        )
    ) == _hundredths(section.sum.total)


def _hundredths(shown: str) -> int:
    return round(100 * float(shown.replace("−", "-")))


def test_message_text_is_only_in_closed_disclosures(many: str) -> None:
    outside = re.sub(r'<details class="excerpt">.*?</details>', "", many, flags=re.DOTALL)
    inside = re.findall(r'<details class="excerpt">.*?</details>', many, re.DOTALL)
    assert len(inside) == 40
    for phrase in factory.TEXTS.values():
        assert phrase not in outside
        assert any(phrase in each for each in inside)
    for each in inside:
        summary = each[: each.index("</summary>")]
        assert not any(phrase in summary for phrase in factory.TEXTS.values())
    assert '<details class="excerpt" open' not in many


def test_messages_of_accounts_in_the_lowest_band_are_left_out() -> None:
    person = factory.coach()
    person.evidence.excerpts = factory.approaching(20).evidence.excerpts
    text = page_of(factory.result([person]))
    assert 'class="excerpt"' not in text
    assert "Messages of accounts in the lowest band are not copied" in text


HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</style></title><svg onload=alert(1)>",
    "‮evil‭ \x00\x1b[31m",
    "👩‍👩‍👧‍👦" * 5000,
    "x" * 1_000_000,
    "a\u0301" * 4000,
    "\ud800 lone",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_strangers_text_is_shown_as_text(hostile: str) -> None:
    person = factory.approaching(3)
    # A table cannot hold a lone surrogate, so that no id can be one.
    person.id = hostile.replace("\ud800", "")
    person.evidence.name = hostile
    person.evidence.country = hostile
    person.evidence.children = [
        replace(
            child,
            name=hostile,
            country=hostile,
            country_basis=hostile,
            asked={hostile: child.contacted_at},
        )
        for child in person.evidence.children
    ]
    for each in person.evidence.excerpts:
        each.text, each.origin, each.message, each.indicators = hostile, hostile, hostile, [hostile]
    person.evidence.messages = {"first_contact": [hostile]}
    problems = factory.damaged(1)
    problems.add(hostile, hostile, member=hostile, locator=hostile, detail=hostile)
    made = factory.result(
        [person], problems=problems, one_sided=[hostile], formats=Counter({hostile: 1})
    )
    text = page_of(made, hostile)
    parsed = Elements(text)
    assert parsed.count("script") == parsed.count("style") == 1
    assert parsed.count("img") == 0
    assert not any(name.startswith("on") for _, attributes in parsed.found for name in attributes)
    assert "49" not in re.findall(r'<bdi class="name">(.*?)</bdi>', text)
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069]", text)
    assert len(text.encode()) < 200_000


def test_a_result_of_131_children_stays_small() -> None:
    assert len(page_of(factory.result([factory.approaching(131)])).encode()) < 400_000


def test_list_and_sections_are_bounded_and_say_so() -> None:
    people = [factory.approaching(12) for _ in range(260)]
    for number, person in enumerate(people):
        person.id = f"acc-{number:04}"
    page = build_page(factory.result([*people, *map(factory.quiet, range(9))]))
    assert len(page.accounts) == 50 and all(each.flagged for each in page.accounts)
    assert "first 50 of 260 flagged" in page.accounts_note
    assert "assessments.jsonl" in page.accounts_note
    assert len(page.ranked) == 200
    assert [each.opened for each in page.accounts].count(True) == 3


def test_empty_states_say_what_they_mean() -> None:
    assert build_page(factory.nobody()).headline == "Nobody to assess"
    broken = build_page(factory.broken())
    assert broken.headline == "Nothing could be read"
    assert [kind.what for kind in broken.problems] == [
        "no reader knows this format",
        "truncated JSON",
    ]
    assert broken.problems[0].count == "12"
    assert broken.problems[1].first == "export/thread_3.json, byte 40960: export again"
    unflagged = build_page(STATES["unflagged"]())
    assert unflagged.headline == "None of 2 assessed accounts is flagged"
    assert build_page(factory.result([factory.quiet(1)])).headline == (
        "1 account assessed, not flagged"
    )


def test_unknown_countries_are_listed_last_and_counted() -> None:
    section = build_page(factory.result([factory.approaching(30)])).accounts[0]
    assert section.countries[-1].name == "Not known"
    assert sum(row.children for row in section.countries) == 30


def test_drawing_keeps_within_its_frame() -> None:
    for count in (1, 3, 150, 700):
        section = build_page(factory.result([factory.approaching(count)])).accounts[0]
        drawing = section.timeline
        assert drawing is not None and len(drawing.dots) == count
        assert all(128 <= dot.x <= 745 and 150 < dot.y <= drawing.dot_base for dot in drawing.dots)
        assert all(128 <= x <= 745 for lane in drawing.lanes for x in lane.marks)
        assert sum(row.contacts for row in drawing.rows) == count
        assert 2 <= len(drawing.x_ticks) <= 10 and 2 <= len(drawing.y_ticks) <= 8


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9999999, "> 99 %"),
        (0.991, "> 99 %"),
        (0.85, "85 %"),
        (0.1, "10 %"),
        (0.05, "1 in 20"),
        (0.026, "1 in 40"),
        (0.0001, "1 in 10,000"),
        (0.000123, "1 in 8,000"),
        (1e-12, "< 1 in 100,000"),
    ],
)
def test_probabilities_pretend_to_nothing(value: float, shown: str) -> None:
    assert words.probability(value).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_every_indicator_has_its_words() -> None:
    known = read_indicators().ids
    assert set(known) <= set(words.SHORT_ASKS)
    assert set(words.ASKED) <= set(words.SHORT_ASKS)


def test_words() -> None:
    assert words.clean("a\u202eb\x00") == "a[U+202E]b[U+0000]"
    assert words.clip("x" * 100, 10) == "x" * 10 + "…"
    assert (
        words.number(24.0) == "24" and words.number(23.6) == "≈ 24" and words.number(0.3) == "< 1"
    )
    assert words.country("PH") == "Philippines" and words.country("QX") == "QX"
    assert words.signed(-9.2103) == "−9.21"
    assert words.signal_value(-0.02, "log ratio") == "0 log ratio"
    assert words.signal_value(2, "class") == "class 2"
    assert words.base_rate(scorecard.shipped().prior) == "1 in 10,000"


def test_page_is_written_whole(tmp_path: Path) -> None:
    path = factory.write(factory.nobody(), tmp_path)
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]

"""Random texts for the tests of this room: any Unicode, and the shapes that break things."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

# The first call compiles or loads the kernel, which takes seconds on a slow machine.
unhurried = settings(deadline=None)

AWKWARD = [
    "", " ", "\n", "\x00", "a", "İ", "ß", "ﬁn", "ẛ̣", "e\u0301", "\u0301", "\u0315\u0323" * 20,
    "한글", "\u1112\u1161\u11ab", "カﾞ", "สวัสดีครับ", "เก็บ", "سر بيننا", "لا\u200cتخبر", "שלום",
    "\u202eabc\u202c", "don’t", "`´ʼ", "s\u200be\u200bcret", "👩‍👩‍👧‍👦", "🏴\U000e0067\U000e007f",
    "ＨＯＷ　ｏｌｄ", "how old are you", "send me a photo", "im 12", "13/f/uk", "1️⃣",
    "\ufdfa", "\U0010ffff", "\u0378", "क्षि", "නේද", "ភាសា", "..?!;:()", "aaaa", "ééé", "don't tell",
]  # fmt: skip

texts = st.lists(
    st.one_of(st.sampled_from(AWKWARD), st.text(st.characters(codec="utf-8"), max_size=12)),
    max_size=6,
).map(" ".join) | st.lists(st.sampled_from(AWKWARD), max_size=6).map("".join)
"""One text; never a lone surrogate."""

columns = st.lists(st.none() | texts, max_size=12)
"""A column of texts, nulls among them."""

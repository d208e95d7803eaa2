"""Small policies, written as an operator would write them."""

from __future__ import annotations

from fieldfare.safeguards import Policy, parse

HEAD = """name = "test"
version = "7"
bands = ["none", "watch", "alert", "urgent"]
quiet_from = "alert"
service_has_connections = true
age_when_unknown = 13
"""
TAIL = """
[content_scanning]
elsewhere = "on"
unknown_country = "off"
off_in = ["DE"]
basis = "test"
certainty = "judgement"
"""


def rule(name: str, verdict: str, rest: str = "") -> str:
    """A rule for messages; `rest` are further lines of it."""
    lines = [
        "[[rules]]",
        f'id = "{name}"',
        'says = "test"',
        'actions = ["message"]',
        f'verdict = "{verdict}"',
        f'code = "c-{name}"',
        'basis = "test"',
        'certainty = "judgement"',
    ]
    if verdict == "limit" and "retry_after_hours" not in rest:
        lines.append("retry_after_hours = 1.5")
    if verdict in ("confirm", "warn") and "text_for" not in rest:
        lines.append('text_for_recipient = "request"')
    return "\n".join([*lines, rest]) + "\n"


def text(*rules: str, head: str = "", tail: str = "") -> str:
    return head + HEAD + "".join(rules) + TAIL + tail


def policy(*rules: str, head: str = "", tail: str = "") -> Policy:
    return parse(text(*rules, head=head, tail=tail).encode(), "test.toml")

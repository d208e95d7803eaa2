"""What a person prefers to see. Kept in a cookie of the browser: it is nobody else's business."""

from __future__ import annotations

import base64
import binascii
from datetime import tzinfo
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

COOKIE: Final = "fieldfare_preferences"


class Preferences(msgspec.Struct, frozen=True):
    """Of one browser. The defaults are what a first visit shows."""

    theme: Literal["system", "light", "dark"] = "system"
    zone: Literal["utc", "local", "child", "source"] = "utc"
    """Times in UTC, in the reviewer's own zone, in the zone of the child's country, or as
    the source of a message wrote them."""
    own_zone: str = "UTC"
    """The reviewer's own, as an IANA name."""
    context: Literal[3, 5, 10, 25] = 5
    """Messages shown before and after one."""
    shortcuts: bool = True
    grey: bool = False
    blur: bool = False
    """Text that was revealed stays blurred until it is pointed at or focused."""

    def own(self) -> tzinfo:
        """The reviewer's own zone; UTC where its name is not known here."""
        return known_zone(self.own_zone) or ZoneInfo("UTC")

    def cookie(self) -> str:
        """The value of the cookie."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


def read(cookie: str | None) -> Preferences:
    """Preferences from the cookie; the defaults where there is none, or one that is not ours."""
    try:
        return msgspec.json.decode(
            base64.urlsafe_b64decode((cookie or "")[:2000]), type=Preferences
        )
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        return Preferences()


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of this name, where the time zone database has it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        return None

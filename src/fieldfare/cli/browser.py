"""Opening a page for somebody who sits at this machine."""

from __future__ import annotations

import os
import sys


def open_in_browser(address: str) -> bool:
    """Open an address in the browser; False where there is no screen to open it on."""
    import webbrowser

    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, screens)):
        # A browser of the terminal would take this terminal over.
        return False
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False

"""Documents as tagged PDF (PDF/UA-1) by Typst: templates in ``templates/``, no network, no package.

What no font at hand can show is found before, by asking Typst itself, shown as a box, and told to
the caller. Typst brings Latin, Greek and Cyrillic; other scripts come from the fonts of the system
or from a folder of the operator's (such as Noto's).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from fieldfare.vocabulary.errors import FieldfareError, SettingsError
from fieldfare.vocabulary.times import SECOND

if TYPE_CHECKING:
    import typst

BOX: Final = "□"
"""Stands where a character could not be shown; DejaVu Sans Mono, which comes with Typst, has it."""

FONTS: Final = ("Libertinus Serif", "DejaVu Sans Mono")
_PROBE: Final = (
    '#set document(title: "probe")\n'
    f"#set text(font: {json.dumps(list(FONTS)).replace('[', '(').replace(']', ')')})\n"
    "#for each in json(bytes(sys.inputs.data)) [#each \\\n]"
)
_MISSING: Final = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
_SILENT: Final = dict.fromkeys(
    (
        *range(0x20 - 1),
        *range(0x7F, 0xA0),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        0xAD,
        0xFEFF,
    )
)
"""Characters that show nothing, or that would turn the text around them: left out where they are
printed. Line breaks are kept."""
for _kept in (0x09, 0x0A, 0x200C, 0x200D):
    _SILENT.pop(_kept, None)


@dataclass(frozen=True, slots=True)
class Typeset:
    """A document, and the characters that no font could show."""

    data: bytes
    missing: frozenset[str]


def typeset(template: str, data: Any, *, at: int, fonts: Path | None = None) -> Typeset:
    """The PDF of a template of this room with this data. `at` (microseconds UTC) is its date, so
    that the same data gives the same bytes. Raises FieldfareError where Typst refuses."""
    _need_typst()
    text, missing = _shown(data, fonts)
    found = _compile(template, text, at, fonts, "pdf")
    return Typeset(found if isinstance(found, bytes) else b"", missing)


def pages(
    template: str, data: Any, *, at: int, fonts: Path | None = None, ppi: float = 80
) -> list[bytes]:
    """The same document as pictures (PNG), a page each."""
    _need_typst()
    text, _ = _shown(data, fonts)
    found = _compile(template, text, at, fonts, "png", ppi)
    return list(found) if isinstance(found, list) else [found or b""]


def unprintable(characters: Iterable[str], fonts: Path | None = None) -> frozenset[str]:
    """Those of these characters that no font at hand can show."""
    import typst

    wanted = sorted({each for each in characters if each not in "\n\t"})
    if not wanted:
        return frozenset()
    compiler = typst.Compiler(_PROBE.encode(), font_paths=_fonts(fonts))
    inputs = {"data": json.dumps(wanted)}
    try:
        compiler.compile(sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError as error:
        return frozenset(_unescaped(each) for each in _MISSING.findall(error.diagnostic))
    return frozenset()


def _shown(data: Any, fonts: Path | None) -> tuple[str, frozenset[str]]:
    """The data as JSON with only what can be shown, and what could not."""
    text = json.dumps(_heard(data), ensure_ascii=False)
    text = text.encode("utf-8", "replace").decode()
    missing = unprintable({each for each in set(text) if not each.isascii()}, fonts)
    return text.translate({ord(each): BOX for each in missing}), frozenset(
        each for each in missing if each not in "\u200c\u200d"
    )


def _heard(value: Any) -> Any:
    """The value without characters that show nothing."""
    if isinstance(value, str):
        return value.translate(_SILENT)
    if isinstance(value, dict):
        return {key: _heard(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_heard(each) for each in value]
    return value


def _compile(
    template: str,
    text: str,
    at: int,
    fonts: Path | None,
    form: Literal["pdf", "png"],
    ppi: float | None = None,
) -> bytes | list[bytes] | None:
    import typst

    source = (files("fieldfare.reports") / "templates" / f"{template}.typ").read_bytes()
    compiler = typst.Compiler(source, font_paths=_fonts(fonts))
    try:
        if form == "png":
            return compiler.compile(format="png", ppi=ppi, sys_inputs={"data": text})
        return compiler.compile(
            format="pdf", sys_inputs={"data": text}, pdf_standards="ua-1", timestamp=at // SECOND
        )
    except typst.TypstError as error:
        # The diagnostic quotes the template and characters, but may quote text: only its kind.
        kind = error.message.split("`")[0].strip()
        raise FieldfareError(f"the document '{template}' could not be typeset: {kind}") from None


def _need_typst() -> None:
    if find_spec("typst") is None:
        raise SettingsError("reports need Typst; install it with: pip install 'fieldfare[reports]'")


@cache
def _fonts(folder: Path | None) -> typst.Fonts:
    import typst

    return typst.Fonts(font_paths=[] if folder is None else [folder])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)

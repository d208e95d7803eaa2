"""A document as a Word file (Office Open XML, ECMA-376): headings, lists and tables with styles of
their own, marks for what is to be filled in yellow. The same document gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final
from xml.sax.saxutils import escape

from fieldfare.reports.accountability.document import (
    Block,
    Bullets,
    Document,
    Grid,
    Heading,
    Paragraph,
)
from fieldfare.reports.accountability.wording import BLANK

_SPACE: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_WIDTH: Final = 9638
"""Of a line on A4 with margins of 2 cm, in twentieths of a point."""
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_LINKS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ITEM: Final = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
_NOT_XML: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_FILES: Final = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_TYPES}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f'<Override PartName="/word/numbering.xml" ContentType="{_TYPES}.numbering+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_LINKS}/officeDocument" Target="word/document.xml"/>'
        '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/package/2006/'
        'relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>'
    ),
    "word/_rels/document.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_LINKS}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r2" Type="{_LINKS}/numbering" Target="numbering.xml"/></Relationships>'
    ),
    "word/numbering.xml": (
        f'<w:numbering {_SPACE}><w:abstractNum w:abstractNumId="0">'
        '<w:multiLevelType w:val="singleLevel"/>'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/>'
        '<w:lvlText w:val="•"/><w:pPr><w:ind w:left="360" w:hanging="240"/></w:pPr></w:lvl>'
        "</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    ),
}


def docx(document: Document) -> bytes:
    """The file. Its first heading is its title."""
    title = next((each.text for each in document if isinstance(each, Heading)), "")
    body = "".join(_xml(each) for each in document)
    parts = _FILES | {
        "docProps/core.xml": (
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
            'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{_text(title)}</dc:title><dc:language>en-GB</dc:language>"
            "</cp:coreProperties>"
        ),
        "word/styles.xml": _styles(),
        "word/document.xml": (
            f"<w:document {_SPACE}><w:body>{body}<w:sectPr>"
            '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" '
            'w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/>'
            "</w:sectPr></w:body></w:document>"
        ),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(zipfile.ZipInfo(name), _HEAD + content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _xml(block: Block) -> str:
    match block:
        case Heading(level, text):
            return _paragraph(text, "Title" if level == 1 else f"Heading{level - 1}")
        case Paragraph(text):
            return _paragraph(text)
        case Bullets(items):
            return "".join(_paragraph(each, "ListBullet") for each in items)
        case Grid(header, rows):
            return _table(header, rows)


def _paragraph(text: str, style: str = "", *, bold: bool = False) -> str:
    item = _ITEM if style == "ListBullet" else ""
    kind = f'<w:pPr><w:pStyle w:val="{style}"/>{item}</w:pPr>' if style else ""
    runs = "".join(_run(part, bold=bold) for part in re.split(f"({re.escape(BLANK)})", text))
    return f"<w:p>{kind}{runs}</w:p>"


def _run(text: str, *, bold: bool) -> str:
    if not text:
        return ""
    marks = "<w:b/>" * bold + '<w:highlight w:val="yellow"/>' * (text == BLANK)
    properties = f"<w:rPr>{marks}</w:rPr>" if marks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{_text(text)}</w:t></w:r>'


def _table(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    widths = _widths(header, rows)
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    first = _row(header, widths, head=True)
    rest = "".join(_row(row, widths) for row in rows)
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="Plain"/>'
        f'<w:tblW w:w="{_WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{first}{rest}</w:tbl><w:p/>"
    )


def _row(cells: tuple[str, ...], widths: list[int], *, head: bool = False) -> str:
    said = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>'
        + '<w:shd w:val="clear" w:color="auto" w:fill="E7ECEF"/>' * head
        + f"</w:tcPr>{_paragraph(cell, 'Cell', bold=head)}</w:tc>"
        for cell, width in zip(cells, widths, strict=True)
    )
    properties = "<w:cantSplit/>" + "<w:tblHeader/>" * head
    return f"<w:tr><w:trPr>{properties}</w:trPr>{said}</w:tr>"


def _widths(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[int]:
    """By what stands in the columns: none below its longest word, as far as there is room."""
    columns = list(zip(header, *rows, strict=True))
    words = [
        max(len(word) for cell in column for word in (*cell.split(), "-")) for column in columns
    ]
    sizes = [
        max(min(max(map(len, column)), 60) ** 0.7, min(word, 24))
        for column, word in zip(columns, words, strict=True)
    ]
    return [round(_WIDTH * size / sum(sizes)) for size in sizes]


def _styles() -> str:
    def style(name: str, title: str, size: int, before: int, after: int, *, more: str = "") -> str:
        return (
            f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{title}"/>'
            f'<w:pPr>{more}<w:spacing w:before="{before}" w:after="{after}"/></w:pPr>'
            f"<w:rPr>{'<w:b/>' * (title != 'Cell' and not name.startswith('List'))}"
            f'<w:sz w:val="{size}"/></w:rPr></w:style>'
        )

    keep = "<w:keepNext/>"
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="ADB5BD"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    return (
        f'<w:styles {_SPACE}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" '
        'w:hAnsi="Arial" w:cs="Arial" w:eastAsia="Arial"/><w:sz w:val="21"/>'
        '<w:lang w:val="en-GB"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>'
        '<w:spacing w:after="120" w:line="269" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
        '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
        '<w:name w:val="Normal"/></w:style>'
        + style("Title", "Title", 40, 0, 240, more=keep)
        + style("Heading1", "heading 1", 30, 360, 120, more=keep)
        + style("Heading2", "heading 2", 25, 280, 100, more=keep)
        + style("Heading3", "heading 3", 22, 220, 80, more=keep)
        + style("ListBullet", "List Bullet", 21, 0, 60, more=_ITEM)
        + style("Cell", "Cell", 18, 20, 20)
        + '<w:style w:type="table" w:styleId="Plain"><w:name w:val="Plain"/><w:tblPr>'
        f"<w:tblBorders>{edges}</w:tblBorders><w:tblCellMar>"
        '<w:left w:w="80" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar>'
        "</w:tblPr></w:style></w:styles>"
    )


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("", text))

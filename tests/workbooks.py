"""Writes workbooks part by part, right ones and wrong ones, so that tests need no other program."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
FORMATS = ("", "yyyy\\-mm\\-dd", "m/d/yy h:mm", "h:mm:ss AM/PM", "[h]:mm:ss", '0.00" days"', "General")
DAY, MOMENT, CLOCK, SPAN, DAYS = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class Cell:
    """A cell as it stands in a sheet: the text of its value, its kind, its format, and a formula."""

    value: str = ""
    kind: str = ""
    style: int = 0
    formula: str = ""

    def xml(self, reference: str) -> str:
        kind = f' t="{self.kind}"' if self.kind else ""
        style = f' s="{self.style}"' if self.style else ""
        place = f' r="{reference}"' if reference else ""
        if self.kind == "inlineStr":
            return f'<c{place}{style}{kind}><is><t xml:space="preserve">{escape(self.value)}</t></is></c>'
        formula = f"<f>{escape(self.formula)}</f>" if self.formula else ""
        value = f"<v>{escape(self.value)}</v>" if self.value else ""
        return f"<c{place}{style}{kind}>{formula}{value}</c>"


Value = Cell | str | int | float | bool | None


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rows from row 1 on, the numbers of those that are hidden, and its state."""

    rows: Sequence[Sequence[Value]]
    hidden: frozenset[int] = frozenset()
    state: str = ""

    def xml(self, strings: list[str], *, references: bool = True) -> str:
        lines = []
        for number, row in enumerate(self.rows, start=1):
            if not row:
                continue
            cells = "".join(
                _cell(value, strings).xml(f"{letters(at)}{number}" if references else "")
                for at, value in enumerate(row)
                if value is not None or not references
            )
            hidden = ' hidden="1"' if number in self.hidden else ""
            place = f' r="{number}"' if references else ""
            lines.append(f"<row{place}{hidden}>{cells}</row>")
        return f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/><sheetData>{"".join(lines)}</sheetData></worksheet>'


def letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _cell(value: Value, strings: list[str]) -> Cell:
    if isinstance(value, Cell):
        return value
    if value is None:
        return Cell()
    if isinstance(value, bool):
        return Cell(str(int(value)), "b")
    if isinstance(value, str):
        strings.append(value)
        return Cell(str(len(strings) - 1), "s")
    return Cell(repr(value))


def parts(
    sheets: Mapping[str, Sheet | Sequence[Sequence[Value]]], *, from_1904: bool = False, references: bool = True
) -> dict[str, str | bytes]:
    """Give the parts of a workbook by their names."""
    strings: list[str] = []
    made = {name: one if isinstance(one, Sheet) else Sheet(one) for name, one in sheets.items()}
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"{f" state={one.state!r}" if one.state else ""}/>'
        for n, (name, one) in enumerate(made.items(), start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{RELS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(made) + 1)
    )
    extra = "".join(
        f'<Relationship Id="{kind}" Type="{RELS}/{kind}" Target="/xl/{kind}.xml"/>'
        for kind in ("styles", "sharedStrings")
    )
    formats = "".join(
        f'<numFmt numFmtId="{163 + n}" formatCode={quoteattr(code)}/>' for n, code in enumerate(FORMATS) if code
    )
    styles = "".join(f'<xf numFmtId="{163 + n if code else 0}"/>' for n, code in enumerate(FORMATS))
    bodies = {
        f"xl/worksheets/sheet{n}.xml": one.xml(strings, references=references)
        for n, one in enumerate(made.values(), start=1)
    }
    old = '<workbookPr date1904="1"/>' if from_1904 else "<workbookPr/>"
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}">{old}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f"{relations}{extra}</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">'
        + "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
        + "</sst>",
        **bodies,
    }


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Pack parts into an archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def book(sheets: Mapping[str, Sheet | Sequence[Sequence[Value]]], *, from_1904: bool = False) -> bytes:
    """Give a workbook with these sheets."""
    return packed(parts(sheets, from_1904=from_1904))

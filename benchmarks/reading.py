"""Measures how much slower exports are read that are not plain text: a messy one, a workbook, and a packed one.

The same leads in every form; each is judged by the contract of the benchmark in a fresh process, and the forms take
turns with the plain text, in one run.

    python benchmarks/reading.py                 a million leads, a workbook of 100,000, and 2 GB packed
    python benchmarks/reading.py --no-packed
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from run import BROKEN_TOO, CACHE, HERE, SLACLI, Contestant, Target, export, figures, machine, ratio, table

MESSY_SHARE = 60  # per cent of the rate of plain text
WORKBOOK_ROWS = 100_000


def messy(plain: Path) -> Path:
    """Give the same leads as people save them: a mark, quotes, blanks at ends, mixed line ends, a few broken rows."""
    path = plain.with_suffix(".messy.csv")
    if path.exists():
        return path
    with plain.open(encoding="utf-8") as source, path.open("w", encoding="utf-8-sig", newline="") as target:
        for number, line in enumerate(source):
            cells = line.rstrip("\n").split(",")
            if number % 3 == 1:
                cells = [f'"{cell}"' for cell in cells]
            elif number % 3 == 2:
                cells[2] = f" {cells[2]}\u00a0"
            end = ("\r\n", "\n", "\r\n", "\n\n")[number % 4 if number else 0]
            if number and number % 20_000 == 0:
                cells = cells[:5]
            target.write(",".join(cells) + end)
    return path


def workbook(plain: Path, rows: int) -> Path:
    """Give the first leads as a workbook, every cell a text."""
    path = CACHE / f"leads-{rows}.xlsx"
    if path.exists():
        return path
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kind}"><sheets>'
        '<sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{kind}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{main}"><sheetData>'.encode())
            with plain.open(encoding="utf-8") as source:
                for number, line in enumerate(source, start=1):
                    if number > rows + 1:
                        break
                    sheet.write(f'<row r="{number}">{"".join(_cells(line, number))}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
    return path


def _cells(line: str, row: int) -> Iterator[str]:
    for at, cell in enumerate(line.rstrip("\n").split(",")):
        if cell:
            yield f'<c r="{chr(65 + at)}{row}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'


def packed(plain: Path) -> Path:
    """Give an export packed by gzip."""
    path = plain.with_suffix(".csv.gz")
    if not path.exists():
        with plain.open("rb") as source, gzip.open(path, "wb", compresslevel=1) as target:
            shutil.copyfileobj(source, target, 1 << 22)
    return path


def contract() -> Path:
    """Give the contract of the benchmark, with room for the broken rows of the messy export."""
    made = CACHE / "contract-reading"
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(HERE / "contract", made)
    binding = next((made / "bindings").glob("*.yaml"))
    binding.write_text(binding.read_text().replace("reads:\n", "reads:\n  unreadable: at most 1%\n", 1))
    return made


def main(arguments: list[str]) -> int:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-packed", action="store_true", help="leave out the packed export of 10 million leads")
    given = parser.parse_args(arguments)
    plain = export(1_000_000)
    check = [SLACLI, "check", "--contract", str(contract())]
    found = [
        Contestant("plain", [*check, str(plain)], fine=BROKEN_TOO),
        Contestant("messy", [*check, str(messy(plain))], fine=BROKEN_TOO),
        Contestant("workbook", [*check, str(workbook(plain, WORKBOOK_ROWS))], fine=BROKEN_TOO),
    ]
    last = [] if given.no_packed else [Contestant("packed", [*check, str(packed(export(10_000_000)))], fine=BROKEN_TOO)]
    for _ in range(given.runs):
        for one in found:
            one.run()
    for one in last:
        one.run()
    print(machine())
    print("\n".join(figures([*found, *last])))
    slower = ratio(found, "plain", "messy")
    book = found[2].wall if found[2].runs else None
    peak = last[0].peak if last and last[0].runs else None
    rows = [
        ("target", "promised", "measured", ""),
        Target(
            "messy text: rate against plain text", MESSY_SHARE, slower * 100 if slower else None, "%", at_least=True
        ).row(),
        Target("workbook of 100,000 rows", 15, book, "s").row(),
        Target("2 GB packed: peak of memory", 2000, peak, "MB").row(),
    ]
    print("\n".join(table(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

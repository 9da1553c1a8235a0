"""Proves the CSV files and workbooks of a folder by others' tools.

    python sheets.py FOLDER

Every report FOLDER/NAME.json needs its NAME.csv and NAME.xlsx; so does every inventory, and one
that was written with --review has `review` in its NAME. A NAME with `hostile` in it is of a tenant
with hostile names, which must be there and harmless. Needs: openpyxl.
"""

import csv
import json
import pathlib
import sys
import unicodedata
from collections import Counter

import openpyxl

CELL = 32_767
SIGNS = ("=", "+", "-", "@")
# Some spreadsheets read these as the plain ones when they open a CSV file.
FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
REVIEW = ["keep/remove", "reason", "reviewer", "date"]
SHEETS = ["Summary", "Findings", "Controls", "Scores", "Who", "Gaps"]
# Marks that turn the writing direction.
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def documents(folder):
    """The JSON reports and inventories of a folder: path and content."""
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        schema = content.get("schema", "") if isinstance(content, dict) else ""
        if schema.startswith(("pimaudit.report/", "pimaudit.inventory/")):
            yield path, content


def units(text):
    """What a spreadsheet counts in a cell."""
    return len(text.encode("utf-16-le")) // 2


def clean(text, where):
    """One line that fits, without anything that steers or hides."""
    assert units(text) <= CELL, f"{where}: {units(text)} characters"
    for character in text:
        steers = unicodedata.category(character) == "Cc"
        turns = unicodedata.bidirectional(character) in TURNS
        assert not (steers or turns), f"{where}: {character!r} in {text[:80]!r}"


def rows_of_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    for number, row in enumerate(rows):
        assert len(row) == len(rows[0]), f"{path.name}: line {number} has {len(row)} cells"
        for cell in row:
            where = f"{path.name}: line {number}"
            clean(cell, where)
            formula = cell.lstrip().startswith(SIGNS + FULL_WIDTH)
            assert not formula, f"{where}: {cell[:80]!r} is a formula"
    return rows[0], rows[1:]


def book_of(path):
    book = openpyxl.load_workbook(path)
    for sheet in book:
        where = f"{path.name}: {sheet.title}"
        assert sheet.freeze_panes == "A2", f"{where}: the header does not stay"
        assert sheet.auto_filter.ref, f"{where}: no filter"
        widths = [dimension.width for dimension in sheet.column_dimensions.values()]
        assert widths and min(widths) > 4, f"{where}: {widths}"
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n"), f"{where} {cell.coordinate}: {cell.data_type}"
                assert cell.hyperlink is None, f"{where} {cell.coordinate}: a link"
                if cell.data_type == "s":
                    clean(cell.value, f"{where} {cell.coordinate}")
                    if cell.value.lstrip().startswith(SIGNS):
                        assert cell.quotePrefix, f"{where} {cell.coordinate}: {cell.value[:80]!r}"
    return book


def table(sheet):
    rows = list(sheet.iter_rows(values_only=True))
    return list(rows[0]), rows[1:]


def outcomes(head, rows):
    place = head.index("outcome")
    return Counter(row[place] for row in rows)


def report(path, content):
    findings = [it for judged in content["baselines"] for it in judged["findings"]]
    expected = Counter(finding["outcome"] for finding in findings)
    head, rows = rows_of_csv(path.with_suffix(".csv"))
    assert len(rows) == len(findings), f"{path.stem}.csv: {len(rows)} lines"
    assert outcomes(head, rows) == expected, f"{path.stem}.csv: {outcomes(head, rows)}"
    prints = head.index("fingerprint")
    assert [row[prints] for row in rows] == [it["fingerprint"] for it in findings]
    book = book_of(path.with_suffix(".xlsx"))
    held = content.get("inventory")
    sheets = SHEETS[:-1] + ["Inventory"] * (held is not None) + SHEETS[-1:]
    assert book.sheetnames == sheets, f"{path.stem}.xlsx: {book.sheetnames}"
    if held is not None:
        assert len(table(book["Inventory"])[1]) == len(held["lines"])
    head, rows = table(book["Findings"])
    assert len(rows) == len(findings), f"{path.stem}.xlsx: {len(rows)} rows"
    assert outcomes(head, rows) == expected, f"{path.stem}.xlsx: {outcomes(head, rows)}"
    _, gaps = table(book["Gaps"])
    assert len(gaps) == len(content["collected"]["datasets"]), f"{path.stem}.xlsx: {len(gaps)}"
    _, summary = table(book["Summary"])
    judged = [row[0] for row in summary if str(row[0]).startswith("Baseline ")]
    assert judged == [f"Baseline {it['id']}" for it in content["baselines"]]
    print(f"{path.stem}: {len(findings)} findings in CSV and workbook")


def inventory(path, content):
    review = REVIEW if "review" in path.stem else []
    head, rows = rows_of_csv(path.with_suffix(".csv"))
    assert len(rows) == len(content["lines"]), f"{path.stem}.csv: {len(rows)} lines"
    assert head[9:] == review, f"{path.stem}.csv: {head}"
    assert all(not any(row[9:]) for row in rows), f"{path.stem}.csv: a decision is made already"
    book = book_of(path.with_suffix(".xlsx"))
    assert book.sheetnames == ["Inventory", "Gaps"], f"{path.stem}.xlsx: {book.sheetnames}"
    sheet = book["Inventory"]
    head, rows = table(sheet)
    assert len(rows) == len(content["lines"]), f"{path.stem}.xlsx: {len(rows)} rows"
    assert head[9:] == review, f"{path.stem}.xlsx: {head}"
    choices = [it.formula1 for it in sheet.data_validations.dataValidation]
    assert choices == (['"keep,remove"'] if review else []), f"{path.stem}.xlsx: {choices}"
    print(f"{path.stem}: {len(rows)} lines in CSV and workbook")


def hostile(path):
    """Names that are attacks are there, each as text in its cell."""
    _, rows = rows_of_csv(path.with_suffix(".csv"))
    cells = [cell for row in rows for cell in row]
    for sign in ("'=cmd|", "'+1", "'@", "'\uff1d"):
        assert any(cell.startswith(sign) for cell in cells), f"{path.stem}.csv: no {sign}"
    assert any('"' in cell for cell in cells), f"{path.stem}.csv: no quotation mark"
    assert max(len(cell) for cell in cells) >= 10_000, f"{path.stem}.csv: no long name"


def main(folder):
    proved = 0
    for path, content in documents(pathlib.Path(folder)):
        kind = report if content["schema"].startswith("pimaudit.report/") else inventory
        kind(path, content)
        if "hostile" in path.stem:
            hostile(path)
        proved += 1
    assert proved, f"no report in {folder}"


if __name__ == "__main__":
    main(*sys.argv[1:])

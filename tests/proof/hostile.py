"""Puts names that attack a reader into a saved report: hostile.py REPORT.json HOSTILE.json"""

import json
import sys

NAMES = [
    "<script>alert(1)</script>",
    '"><img onerror=alert(1) src=x>',
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)\n::error::own\r\n# heading",
    'a "quoted", name',
    "\u202egpj.exe \u001b[31m",
    "]]> --> {x}",
    "x" * 10_000,
    "\uff1d1+1",
]


def main(source, target):
    with open(source, encoding="utf-8") as file:
        report = json.load(file)
    report["tenant"]["name"] = NAMES[2]
    for baseline in report["baselines"]:
        for place, finding in enumerate(baseline["findings"]):
            name = NAMES[place % len(NAMES)]
            finding["subject"]["name"] = name
            if "observed" in finding:
                finding["observed"] = name
            for evidence in finding["evidence"]:
                evidence["value"] = name
        for place, way in enumerate(baseline["global_administrators"]["ways"]):
            way["principal"] = NAMES[place % len(NAMES)]
    with open(target, "w", encoding="utf-8") as file:
        json.dump(report, file)


if __name__ == "__main__":
    main(*sys.argv[1:])

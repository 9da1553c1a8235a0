"""Reads what pimaudit wrote with tools of others: SARIF, JUnit, NDJSON and the GitHub formats.

    python sarif_junit.py FOLDER SARIF_SCHEMA

FOLDER holds, of one report and under these names: report.json, report.sarif, report.junit.xml,
report.ndjson, annotations.txt and summary.md. SARIF_SCHEMA is the JSON schema of SARIF 2.1.0.
Needs jsonschema, sarif-tools and junitparser. Ends with a traceback where something differs.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from jsonschema import Draft4Validator
from junitparser import Failure, JUnitXml, Skipped
from sarif.loader import load_sarif_file

BELOW = {"error": "warning", "warning": "note", "note": "note"}
LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# Limits of code scanning and of workflow runs.
RUNS, RESULTS, RULES, TAGS = 20, 25_000, 25_000, 20
ANNOTATIONS, SUMMARY = 10, 1024 * 1024


def ending(finding):
    """How a finding must look to a reader that knows pass, fail and skip."""
    outcome = finding["outcome"]
    if outcome in ("fail", "partial"):
        return "waived" if finding["waiver"] else "failed"
    return outcome


def level(finding):
    """The SARIF level a finding must have, or None where it is no result."""
    outcome = finding["outcome"]
    if outcome == "not-assessed":
        return "none"
    if outcome not in ("fail", "partial"):
        return None
    full = LEVEL[finding["severity"]]
    return full if outcome == "fail" else BELOW[full]


def same(what, found, expected):
    assert found == expected, f"{what}: {found!r}, expected {expected!r}"


def reading(report):
    """Who read the tenant, how, and from when to when; None where that is not known."""
    collected = report["collected"]
    times = [it["read_at"] for it in collected["datasets"] if it.get("read_at")]
    return {
        "by": collected.get("by"),
        "application": collected.get("application"),
        "auth": collected.get("auth"),
        "permissions": collected.get("permissions"),
        "from": min(times, key=moment, default=None),
        "to": max(times, key=moment, default=None),
    }


def moment(text):
    """A time in UTC, to be compared: fractions of a second may be there or not."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return whole, fraction.ljust(9, "0")


def check_sarif(path, schema_path, report):
    baselines, read = report["baselines"], reading(report)
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    log = json.loads(path.read_text(encoding="utf-8"))
    faults = [fault.message[:300] for fault in Draft4Validator(schema).iter_errors(log)]
    assert not faults, faults[:5]

    same("runs", len(log["runs"]), len(baselines))
    assert len(log["runs"]) <= RUNS
    categories = [run["automationDetails"]["id"] for run in log["runs"]]
    same("categories", len(set(categories)), len(categories))
    for run, baseline in zip(log["runs"], baselines):
        properties = run["properties"]
        names = ("collectedBy", "application", "signIn", "permissions", "readFrom", "readTo")
        same("reading", [properties.get(it) for it in names], list(read.values()))
        rules = run["tool"]["driver"]["rules"]
        assert len(run["results"]) <= RESULTS and len(rules) <= RULES
        expected = {
            finding["fingerprint"]: finding
            for finding in baseline["findings"]
            if level(finding) is not None
        }
        found = {result["partialFingerprints"]["pimaudit/v1"]: result for result in run["results"]}
        same("results", len(run["results"]), len(found))
        left_out = run["properties"]["leftOut"]
        same("results and left out", len(found) + left_out, len(expected))
        assert set(found) <= set(expected)
        counts = Counter(
            "waived" if finding["waiver"] else finding["outcome"]
            for finding in baseline["findings"]
        )
        same("counts", {k: v for k, v in run["properties"]["findings"].items() if v}, dict(counts))
        taxa = {taxon["id"] for it in run.get("taxonomies", []) for taxon in it["taxa"]}
        for fingerprint, result in found.items():
            finding = expected[fingerprint]
            same("rule", rules[result["ruleIndex"]]["id"], result["ruleId"])
            same("check", result["ruleId"], finding["check"])
            same("level", result["level"], level(finding))
            kind = "open" if finding["outcome"] == "not-assessed" else "fail"
            same("kind", result["kind"], kind)
            same("waived", bool(result["suppressions"]), bool(finding["waiver"]))
            assert {it["id"] for it in result.get("taxa", [])} <= taxa
            location = result["locations"][0]
            key = location["logicalLocations"][0]["fullyQualifiedName"]
            assert key.endswith("/" + finding["subject"]["key"]), key
            assert not location["physicalLocation"]["artifactLocation"]["uri"].startswith("/")
        for rule in rules:
            assert len(rule["properties"]["tags"]) <= TAGS
            assert 0 < float(rule["properties"]["security-severity"]) < 10
            assert rule["help"]["text"] and rule["fullDescription"]["text"]

    levels = Counter(result["level"] for run in log["runs"] for result in run["results"])
    loaded = load_sarif_file(str(path)).get_report()
    for severity in ("error", "warning", "note", "none"):
        counted = loaded.get_issue_count_for_severity(severity)
        same(f"sarif-tools {severity}", counted, levels[severity])
    # The command people type says the same.
    command = [sys.executable, "-m", "sarif", "summary", str(path)]
    summary = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    told = {name: int(n) for name, n in re.findall(r"^(\w+): (\d+)$", summary, re.MULTILINE)}
    for severity, number in levels.items():
        same(f"sarif summary {severity}", told.get(severity), number)
    return sum(levels.values())


def check_junit(path, report):
    baselines, read = report["baselines"], reading(report)
    if read["permissions"]:
        read["permissions"] = ", ".join(read["permissions"])
    suites = JUnitXml.fromfile(str(path))
    same("suites", len(list(suites)), len(baselines))
    total = Counter()
    for suite, baseline in zip(suites, baselines):
        properties = {it.name: it.value for it in suite.properties()}
        names = ("collected-by", "application", "sign-in", "permissions", "read-from", "read-to")
        same("reading", [properties.get(it) for it in names], list(read.values()))
        counts = Counter(ending(finding) for finding in baseline["findings"])
        cases = list(suite)
        failed = sum(any(isinstance(it, Failure) for it in case.result) for case in cases)
        skipped = [it for case in cases for it in case.result if isinstance(it, Skipped)]
        tests = len(baseline["findings"]) - counts["not-applicable"]
        same("cases", len(cases), tests)
        same("failures", failed, counts["failed"])
        reasons = Counter(it.message.split(": ")[0] for it in skipped)
        expected = {
            "waived": counts["waived"],
            "not assessed": counts["not-assessed"],
            "information": counts["info"],
        }
        same("skipped", dict(reasons), {k: v for k, v in expected.items() if v})
        same("told tests", suite.tests, tests)
        same("told failures", suite.failures, failed)
        same("told skipped", suite.skipped, len(skipped))
        same("told errors", suite.errors, 0)
        same("name", suite.name, baseline["id"])
        names = Counter((case.classname, case.name) for case in cases)
        same("cases of one name", [name for name, times in names.items() if times > 1], [])
        checks = Counter(it["check"] for it in baseline["findings"] if ending(it) == "failed")
        prefix = baseline["id"] + "."
        failures = Counter(case.classname for case in cases if case.is_failure)
        same("failed checks", failures, Counter({prefix + k: v for k, v in checks.items()}))
        total.update(tests=tests, failures=failed, skipped=len(skipped))
    same("all tests", suites.tests, total["tests"])
    same("all failures", suites.failures, total["failures"])
    same("all skipped", suites.skipped, total["skipped"])
    return total["tests"]


def check_ndjson(path, report):
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    place, read = 0, reading(report)
    for baseline in report["baselines"]:
        findings = baseline["findings"]
        own, run = records[place : place + len(findings)], records[place + len(findings)]
        place += len(findings) + 1
        same("run", (run["schema"], run["baseline"]), ("pimaudit.run/1", baseline["id"]))
        same("findings of the run", run["findings"], len(findings))
        names = ("collected_by", "application", "auth", "permissions", "read_from", "read_to")
        same("reading", [run[it] for it in names], list(read.values()))
        same("coverage", run["coverage"], baseline["score"]["coverage"])
        same("posture", run["posture"], baseline["score"].get("posture"))
        outcomes = Counter(finding["outcome"] for finding in findings)
        for outcome in ("pass", "partial", "fail", "info", "not-applicable", "not-assessed"):
            same(outcome, run[outcome.replace("-", "_")], outcomes[outcome])
        for record, finding in zip(own, findings):
            same("schema", record["schema"], "pimaudit.finding/1")
            same("tenant", record["tenant_id"], report["tenant"]["id"])
            same("time", record["time"], report["now"])
            same("baseline", record["baseline"], baseline["id"])
            for name in ("check", "severity", "outcome", "credit", "notes", "fingerprint"):
                same(name, record[name], finding[name])
            for name in ("observed", "expected"):
                same(name, record[name], finding.get(name))
            for name in ("key", "kind", "name"):
                same(name, record["subject_" + name], finding["subject"][name])
            same("gap", record["gap_kind"], (finding["gap"] or {}).get("kind"))
            same("waived", record["waived"], bool(finding["waiver"]))
            same("controls", record["controls"], finding["sources"][0].get("controls", []))
    same("lines", len(records), place)
    return place


def check_github(annotations, summary, baselines):
    lines = annotations.read_text(encoding="utf-8").split("\n")[:-1]
    command = re.compile(r"^::(error|warning|notice) title=([^:,\n]+)::([^\n]+)$")
    found = [command.match(line) for line in lines]
    assert all(found), [line for line, it in zip(lines, found) if not it][:3]
    kinds = Counter(it[1] for it in found)
    assert max(kinds.values()) <= ANNOTATIONS, kinds
    for it in found:
        for part in (it[2], it[3]):
            assert re.fullmatch(r"(?:[^%]|%(?:25|0D|0A|3A|2C))*", part), part
    endings = Counter(ending(it) for baseline in baselines for it in baseline["findings"])
    if endings["not-assessed"]:
        assert any("could be judged" in it[2] for it in found)
    failed = [it for b in baselines for it in b["findings"] if ending(it) == "failed"]
    grave = [it for it in failed if level(it) == "error"]
    same("errors where something grave failed", bool(kinds["error"]), bool(grave))
    told = [re.search(r" \((critical|high|medium|low)\)$", it[2]) for it in found]
    told = [list(LEVEL).index(it[1]) for it in told if it]
    same("the most severe first", told, sorted(told))
    text = summary.read_text(encoding="utf-8")
    assert len(text.encode()) <= SUMMARY
    for baseline in baselines[:1]:
        assert f"\n## {baseline['id']}\n" in text.replace("\\", "")
    return len(found)


def main(folder, schema):
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    baselines = report["baselines"]
    results = check_sarif(folder / "report.sarif", schema, report)
    cases = check_junit(folder / "report.junit.xml", report)
    lines = check_ndjson(folder / "report.ndjson", report)
    told = check_github(folder / "annotations.txt", folder / "summary.md", baselines)
    print(f"{folder.name}: {results} results, {cases} cases, {lines} lines, {told} annotations")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

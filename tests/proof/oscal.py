"""Proves the OSCAL files of a folder by others' tools.

    python oscal.py FOLDER [SCHEMA]

Every report FOLDER/NAME.json needs its FOLDER/NAME.oscal.json. Each is validated against NIST's own
JSON schema (the file SCHEMA, skipped aloud without one), loaded by compliance-trestle, and compared
with the JSON report. Needs: jsonschema-rs, and compliance-trestle below 4, which reads OSCAL 1.1.
"""

import json
import pathlib
import sys
from collections import Counter

import jsonschema_rs
from trestle.oscal.assessment_results import AssessmentResults

REPORT = "pimaudit.report/"


def reports(folder):
    """The JSON reports of a folder: path and content."""
    for path in sorted(folder.glob("*.json")):
        if path.name.endswith((".oscal.json", ".sarif.json")):
            continue
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and str(content.get("schema", "")).startswith(REPORT):
            yield path, content


def walk(value):
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def valid(document, schema, name):
    if schema is None:
        print(f"{name}: SKIPPED the schema of NIST, no file was given")
        return
    errors = list(schema.iter_errors(document))
    for error in errors[:5]:
        print(f"{name}: {error.instance_path}: {error.message[:300]}")
    assert not errors, f"{name}: {len(errors)} errors against the schema of NIST"


def consistent(document, name):
    """Every UUID names one thing, and every reference leads to something."""
    objects = list(walk(document))
    names = Counter(found["uuid"] for found in objects if "uuid" in found)
    twice = [uuid for uuid, times in names.items() if times > 1]
    assert not twice, f"{name}: {len(twice)} UUIDs name two things, such as {twice[0]}"
    for found in objects:
        for key, value in found.items():
            if key.endswith("-uuid"):
                assert value in names, f"{name}: {key} {value} leads nowhere"
            if key == "href" and value.startswith("#"):
                assert value[1:] in names, f"{name}: {value} leads nowhere"


def outcome(observation):
    return next(prop.value for prop in observation.props if prop.name == "outcome")


def demand(observations):
    """What OSCAL should say of an objective with these outcomes of (outcome, waived)."""
    open_ones = [o for o, waived in observations if o in ("fail", "partial") and not waived]
    waived = [o for o, waived in observations if o in ("fail", "partial") and waived]
    kinds = Counter(o for o, _ in observations)
    if open_ones:
        return "not-satisfied", "fail"
    if kinds["not-assessed"] or waived or not kinds["pass"]:
        return "not-satisfied", "other"
    return "satisfied", "pass"


def same(loaded, report, name):
    """The counts are those of the JSON report, and nothing unread is satisfied."""
    assert len(loaded.results) == len(report["baselines"]), f"{name}: not one result a baseline"
    for result, judged in zip(loaded.results, report["baselines"]):
        observations = result.observations or []
        assert len(observations) == len(judged["findings"]), f"{name}: {judged['id']}"
        ours = Counter(finding["outcome"] for finding in judged["findings"])
        theirs = Counter(outcome(observation) for observation in observations)
        assert ours == theirs, f"{name}: {judged['id']}: {ours} became {theirs}"
        objectives = {}
        for finding in judged["findings"]:
            controls = finding["sources"][0].get("controls") or [finding["check"]]
            for control in controls:
                entry = (finding["outcome"], finding["waiver"] is not None)
                objectives.setdefault(control, []).append(entry)
        states = {}
        for finding in result.findings or []:
            wanted = ("control", "check")
            control = next(prop.value for prop in finding.props if prop.name in wanted)
            status = finding.target.status
            states[control] = (getattr(status.state, "value", status.state), status.reason)
            related = len(finding.related_observations or [])
            assert related == len(objectives.get(control, [])), f"{name}: {control}"
        for control, outcomes in objectives.items():
            state, reason = states[control]
            reason = getattr(reason, "value", getattr(reason, "__root__", reason))
            assert (state, str(reason)) == demand(outcomes), f"{name}: {control}: {state} {reason}"
        for control in states.keys() - objectives.keys():
            assert states[control][0] == "not-satisfied", f"{name}: {control} has no finding"


def main(folder, schema=None):
    if schema is not None:
        text = pathlib.Path(schema).read_text(encoding="utf-8")
        schema = jsonschema_rs.Draft7Validator(json.loads(text), validate_formats=True)
    proved = 0
    for path, report in reports(pathlib.Path(folder)):
        oscal = path.with_name(f"{path.stem}.oscal.json")
        document = json.loads(oscal.read_text(encoding="utf-8"))
        valid(document, schema, oscal.name)
        consistent(document, oscal.name)
        loaded = AssessmentResults.oscal_read(oscal)
        assert loaded is not None, f"{oscal.name}: trestle does not load it"
        same(loaded, report, oscal.name)
        print(f"{oscal.name}: {sum(len(r.observations or []) for r in loaded.results)} observations")
        proved += 1
    assert proved, f"no report in {folder}"


if __name__ == "__main__":
    main(*sys.argv[1:])

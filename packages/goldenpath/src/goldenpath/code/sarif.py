"""Findings as SARIF 2.1.0, which code hosts and editors show beside the lines; pure."""

from pydantic import JsonValue

from goldenpath.code.model import CodeFinding, CodeReport

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: dict[str, JsonValue] = {"high": "error", "medium": "warning", "low": "note"}


def sarif(report: CodeReport, version: str) -> dict[str, JsonValue]:
    """One run for each tool that ran, and one for goldenpath in any case."""
    names = dict.fromkeys(["goldenpath", *(run.tool for run in report.tools if run.ran)])
    runs: list[JsonValue] = [_run(name, [f for f in report.findings if f.tool == name], version) for name in names]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}


def _run(tool: str, findings: list[CodeFinding], version: str) -> JsonValue:
    rules = {finding.rule: finding for finding in findings}
    index = {name: number for number, name in enumerate(rules)}
    driver: dict[str, JsonValue] = {"name": tool, "rules": [_rule(f) for f in rules.values()]}
    if tool == "goldenpath":
        driver["version"] = version
    results: list[JsonValue] = [_result(f, index[f.rule]) for f in findings]
    return {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}


def _rule(finding: CodeFinding) -> JsonValue:
    foretells: list[JsonValue] = [*finding.foretells]
    said: dict[str, JsonValue] = {
        "id": finding.rule,
        "shortDescription": {"text": finding.message},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"foretells": foretells},
    }
    if finding.why:
        said["fullDescription"] = {"text": finding.why}
    return said


def _result(finding: CodeFinding, rule: int) -> JsonValue:
    region: dict[str, JsonValue] = {"startLine": max(1, finding.line), "startColumn": max(1, finding.column)}
    place: JsonValue = {"artifactLocation": {"uri": finding.path, "uriBaseId": "%SRCROOT%"}, "region": region}
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"goldenpath/v1": finding.fingerprint},
    }

"""A test run as JUnit XML; a test that passed without its proofs is an error of type `not_proven`; pure."""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from goldenpath.facts import Control, SuiteResult, TestResult

UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def junit(suite: str, result: SuiteResult) -> str:
    """The document."""
    root = Element("testsuites", name=suite)
    cases = [_case(test) for test in result.results]
    _suite(root, suite, cases, result.seconds)
    if result.controls:
        _suite(root, f"{suite}: negative controls", [_control(control) for control in result.controls], 0.0)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: Element, name: str, cases: list[Element], seconds: float) -> None:
    count = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped")}
    suite = SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(count["failure"]),
        errors=str(count["error"]),
        skipped=str(count["skipped"]),
        time=f"{seconds:.3f}",
    )
    suite.extend(cases)


def _case(test: TestResult) -> Element:
    file, _, name = test.id.partition("::")
    case = Element("testcase", classname=file, name=name or file, time=f"{test.seconds:.3f}")
    named = {"title": test.title, "priority": test.priority, "journey": test.journey, "category": test.category}
    proofs = {f"proof.{proof.kind}": f"{proof.verdict}: {proof.text}" for proof in test.proofs}
    _properties(case, {**named, "nonce": test.nonce, **proofs}.items())
    if not test.proven:
        _wrong(case, test)
    return case


def _wrong(case: Element, test: TestResult) -> None:
    match test.outcome:
        case "passed":
            missing = [f"{proof.kind}: {proof.text}" for proof in test.proofs if proof.verdict != "pass"]
            _said(case, "error", "not_proven", "\n".join(missing) or "no proof was gathered")
        case "failed":
            _said(case, "failure", "failed", test.message)
        case "error":
            _said(case, "error", "error", test.message)
        case "flaky":
            _said(case, "error", "flaky", test.message)
        case "skipped" | "not_run":
            _said(case, "skipped", test.outcome, test.message)


def _control(control: Control) -> Element:
    case = Element("testcase", classname="control", name=control.target)
    _properties(case, [("executed", control.executed), ("red", control.red)])
    if control.verdict != "pass":
        _said(case, "failure", "green", "stayed green: " + (", ".join(control.green) or "nothing was executed"))
    return case


def _properties(case: Element, named: Iterable[tuple[str, object]]) -> None:
    properties = SubElement(case, "properties")
    for name, value in named:
        SubElement(properties, "property", name=name, value=UNWRITABLE.sub("?", str(value)))


def _said(case: Element, tag: str, kind: str, text: str) -> None:
    readable = UNWRITABLE.sub("?", text)
    last = next((line for line in reversed(readable.splitlines()) if line.strip()), "")
    SubElement(case, tag, type=kind, message=last[:200]).text = readable

"""JUnit XML: one test case a rule; failed, could not run and skipped are three things."""

from __future__ import annotations

from xml.etree import ElementTree

from auditor.model import Audit, Finding, Outcome
from auditor.reports import wording
from auditor.reports.visible import one_line, visible

FINDINGS = 20  # findings of a rule that its case describes; the rest is counted


def write(audit: Audit) -> bytes:
    """The file. `<failure>`: a finding of the rule fails the gate. `<error>`: it could not run. `<skipped>`: inconclusive too."""
    by: dict[str, list[Finding]] = {}
    for f in audit.findings:
        by.setdefault(f.code, []).append(f)
    known = {o.code for o in audit.outcomes}
    extra = [Outcome(code=c, name=fs[0].name, status="found") for c, fs in by.items() if c not in known]
    cases = [_case(audit, o, by.get(o.code, [])) for o in sorted((*audit.outcomes, *extra), key=lambda o: o.code)]
    counts = {tag: str(sum(case.find(tag) is not None for case in cases)) for tag in ("failure", "error", "skipped")}
    attributes = {
        "name": f"auditor: {one_line(audit.data)}",
        "tests": str(len(cases)),
        "failures": counts["failure"],
        "errors": counts["error"],
        "skipped": counts["skipped"],
        "time": f"{sum(o.seconds for o in audit.outcomes):.3f}",
    }
    suite = ElementTree.Element("testsuite", attributes)
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", {"name": "verdict", "value": audit.verdict})
    suite.extend(cases)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root, " ")
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _case(audit: Audit, o: Outcome, findings: list[Finding]) -> ElementTree.Element:
    name = {"classname": one_line(audit.data), "name": f"{o.code} {one_line(o.name)}", "time": f"{o.seconds:.3f}"}
    case = ElementTree.Element("testcase", name)
    failing = [f for f in findings if f.fingerprint in audit.reasons]
    if o.status == "error":
        _child(case, "error", o.reason, o.reason)
    elif failing:
        _child(case, "failure", failing[0].message, _described(failing))
    elif o.status in ("skipped", "inconclusive"):
        _child(case, "skipped", f"{o.status}: {o.reason}", "")
    lesser = [f for f in findings if f not in failing]
    if lesser:
        ElementTree.SubElement(case, "system-out").text = _described(lesser)
    return case


def _child(case: ElementTree.Element, tag: str, message: str, text: str) -> None:
    element = ElementTree.SubElement(case, tag, {"message": one_line(message), "type": tag})
    if text:
        element.text = visible(text)


def _described(findings: list[Finding]) -> str:
    lines = []
    for f in findings[:FINDINGS]:
        waived = " (waived)" if f.waived is not None else ""
        lines.append(visible(f"{f.level}{waived} {wording.place(f.where)}: {f.message} [{wording.effect(f.effect)}]"))
    if len(findings) > FINDINGS:
        lines.append(f"+{len(findings) - FINDINGS} more")
    return "\n".join(lines)

"""Judges what was tried of a problem: does it tell right from wrong? And if not, what is to be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.authoring import Check
from grader.report import Verdict, Visibility
from grader.verification.package import RIGHT, Expectations, Kind
from grader.verification.proof import CheckProof, Finding, ProblemProof
from grader.verification.spread import read_spread, spread_findings
from grader.verification.texts import text_findings
from grader.verification.trying import Extent, Tried, TriedProblem

__all__ = ["judge"]

_ENDS = {Kind.TIME_LIMIT: Verdict.TIME_LIMIT, Kind.RUN_TIME: Verdict.ERROR}


def judge(
    pset: str, problem: TriedProblem, expectations: Expectations, tried: Sequence[Tried], extent: Extent
) -> ProblemProof:
    """The proof for one problem, or what is missing from it."""
    hidden = [check for check, seen_by in problem.checks if seen_by is Visibility.HIDDEN]
    right = [one for one in tried if one.answer.kind in RIGHT]
    wrong = [one for one in tried if one.answer.kind is Kind.WRONG]
    caught = {one.answer.name: _caught_by(one, hidden) for one in wrong}
    checks = tuple(_check_proof(check, caught, expectations, right, wrong) for check in hidden)
    misdiagnosed = [one for one in tried if set(one.diagnosed.values()) - {one.answer.name}]
    findings = [
        *text_findings(problem, expectations),
        *(finding for one in right for finding in _right(pset, problem.problem.name, one)),
        *(finding for one in right for finding in _single(one)),
        *(finding for one in wrong for finding in _wrong(one, hidden, expectations)),
        *(finding for one in tried for finding in _others(one, hidden)),
        *(finding for one in wrong for finding in _undiagnosed(one)),
        *(finding for one in misdiagnosed for finding in _misdiagnosed(one)),
        *(finding for one in tried if one.unlike for finding in _flaky(one)),
        *(finding for check in checks for finding in _idle(check)),
        *spread_findings(checks, read_spread(problem.problem)),
    ]
    return ProblemProof(
        pset=pset,
        name=problem.problem.name,
        topics=problem.problem.topics,
        accepted=sum(not _not_passed(one) for one in right),
        rejected_right=sum(bool(_not_passed(one)) for one in right),
        wrong_answers=len(wrong),
        caught=sum(bool(checks) for checks in caught.values()),
        diagnosed=sum(one.answer.name in one.diagnosed.values() for one in wrong),
        misdiagnosed=len(misdiagnosed),
        flaky=sum(bool(one.unlike) for one in tried),
        float64_only=tuple(sorted({check for one in right for check in one.float64_only})),
        checks=checks,
        instances=max((len(verdicts) for one in tried for verdicts in one.verdicts.values()), default=0),
        runs=extent.runs,
        findings=tuple(findings),
    )


def _not_passed(one: Tried) -> list[str]:
    return [check for check in one.verdicts if one.lost(check)]


def _caught_by(one: Tried, hidden: Sequence[Check]) -> frozenset[str]:
    """The checks whose points it loses whatever instance it meets."""
    return frozenset(c.name for c in hidden if len(one.lost(c.name)) == len(one.verdicts[c.name]))


def _check_proof(
    check: Check,
    caught: dict[str, frozenset[str]],
    expectations: Expectations,
    right: Sequence[Tried],
    wrong: Sequence[Tried],
) -> CheckProof:
    beyond = {one.answer.name: one.units[check.name] for one in wrong if check.name in one.units}
    nearest = min(beyond, key=lambda name: beyond[name], default="")
    return CheckProof(
        name=check.name,
        title=check.title,
        points=check.points,
        catches=tuple(name for name, by in caught.items() if check.name in by),
        alone=tuple(name for name, by in caught.items() if by == {check.name}),
        kept=expectations.kept.get(check.name, ""),
        used=max((one.units[check.name] for one in right), default=0.0),
        used_single=max((one.units_single.get(check.name, 0.0) for one in right), default=0.0),
        nearest=beyond.get(nearest),
        nearest_by=nearest,
    )


def _right(pset: str, problem: str, one: Tried) -> Iterator[Finding]:
    for check in _not_passed(one):
        lost = one.lost(check)
        yield Finding(
            about=one.answer.title,
            what=f"{check} does not accept it on {_listed(lost)}: {one.said[check]}",
            advice="Correct the answer, or the check: its tolerance, or what it takes for granted. See it "
            f"with `gradecli grade {pset} {one.answer.path.name} --problem {problem} --instance {lost[0]}`.",
        )


def _single(one: Tried) -> Iterator[Finding]:
    for check, wrong in one.single.items():
        yield Finding(
            about=one.answer.title,
            what=f"In float32 it does not pass {check}: {wrong}",
            advice="Keep the dtype of the arguments, and avoid what cancels; or say that all is float64, and "
            "let the reference return it.",
        )


def _wrong(one: Tried, hidden: Sequence[Check], expectations: Expectations) -> Iterator[Finding]:
    expected = expectations.failing.get(one.answer.name)
    if expected is None:
        return  # that it is not listed has been said
    if not expected:
        advice = "Write a check that this mistake fails, and list it there."
        yield Finding(about=one.answer.title, what="No check is listed that should catch it.", advice=advice)
    for check in hidden:
        lost, all_tried = one.lost(check.name), one.verdicts[check.name]
        if check.name in expected and len(lost) < len(all_tried):
            passed = tuple(instance for instance in all_tried if instance not in lost)
            yield Finding(
                about=one.answer.title,
                what=f"{check.name} should catch it, and lets it pass on {_listed(passed)}.",
                advice="Draw inputs that tell it apart every time: other sizes, unsaturated values, no ties.",
            )
        elif check.name not in expected and lost:
            yield Finding(
                about=one.answer.title,
                what=f"It fails {check.name} too, on {_listed(lost)}: {one.said[check.name]}",
                advice="One mistake should cost once: judge that property on inputs where this mistake makes "
                "no difference. If it must cost there too, list the check.",
            )


def _others(one: Tried, hidden: Sequence[Check]) -> Iterator[Finding]:
    """The starter, forbidden calls, and what should end at a limit or with an error."""
    kind, verdicts = one.answer.kind, {check.name: one.verdicts[check.name][0] for check in hidden}
    if kind is Kind.STARTER:
        for check in (check for check, verdict in verdicts.items() if verdict is Verdict.PASSED):
            yield Finding(
                about=one.answer.title,
                what=f"It earns the points of {check} as it is handed out.",
                advice="Let the check ask for something that nobody gets by chance: two inputs, two answers.",
            )
        for check, said in one.said.items():
            if "is not implemented yet" not in said:
                advice = "Let every function of it raise NotImplementedError."
                yield Finding(about=one.answer.title, what=f"On {check} it is told: {said}", advice=advice)
    elif kind is Kind.FORBIDDEN and set(verdicts.values()) != {Verdict.FORBIDDEN}:
        yield Finding(
            about=one.answer.title,
            what="It is not refused.",
            advice="Add the name that it uses to `forbidden` in problem.toml.",
        )
    elif kind in _ENDS and _ENDS[kind] not in verdicts.values():
        came = ", ".join(sorted(set(verdicts.values())))
        advice = f"Move it where it belongs, or let it end so: some check should end with {_ENDS[kind]}."
        yield Finding(about=one.answer.title, what=f"Its checks end with: {came}.", advice=advice)


def _misdiagnosed(one: Tried) -> Iterator[Finding]:
    for check, mistake in one.diagnosed.items():
        if mistake != one.answer.name:
            yield Finding(
                about=one.answer.title,
                what=f"{check} takes it for {mistake}.",
                advice="A student would be told something false. Let the check's inputs tell the two apart, "
                "or make one file of them if they are the same mistake.",
            )


def _undiagnosed(one: Tried) -> Iterator[Finding]:
    if not one.diagnosed and any(one.lost(check) for check in one.verdicts):
        yield Finding(
            about=one.answer.title,
            what="No check that it fails is diagnosed as this mistake.",
            advice="Let what a check compares differ for this mistake from every other: more numbers, random "
            "ones, the student's own values given to `expect`; or write a function that recognises it.",
        )


def _flaky(one: Tried) -> Iterator[Finding]:
    yield Finding(
        about=one.answer.title,
        what=f"Two runs do not agree: {'; '.join(one.unlike)}.",
        advice="Draw everything from `rng`, and inject what the answer would draw itself (a mask, a start).",
    )


def _idle(check: CheckProof) -> Iterator[Finding]:
    if not check.alone and not check.kept:
        yield Finding(
            about=check.name,
            what="No wrong answer is caught by this check alone.",
            advice="Write the mistake that only it can find; or say below [kept] in "
            f'submissions/expectations.toml why the problem has it: {check.name} = "...".',
        )


def _listed(instances: Sequence[int]) -> str:
    return f"instance{'s' * (len(instances) > 1)} {', '.join(map(str, instances))}"

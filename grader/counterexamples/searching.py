"""Finds a small failing example for a check that failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self

import numpy as np

from grader.advising import Budget
from grader.answers import Answers, Trial
from grader.authoring import Check
from grader.counterexamples.differences import PRECISIONS, Difference, Precision, difference
from grader.counterexamples.draws import SMALLEST, SmallRandom
from grader.counterexamples.programs import Line, Outcome, Player, Program, leaves, sliced
from grader.counterexamples.shrinking import shrunk
from grader.counterexamples.signatures import Signatures
from grader.counterexamples.telling import told
from grader.counterexamples.values import finite_everywhere, is_array, literal
from grader.counterexamples.witnesses import Draw, Ear, Witnesses
from grader.errors import GraderError
from grader.package import Problem
from grader.report import CheckResult, Counterexample
from grader.tracing import Step
from grader.transcripts.records import Purpose
from sandbox.errors import (
    InfrastructureError,
    ProtocolViolationError,
    StudentCodeError,
    StudentExceptionError,
)
from sandbox.remote import RemoteModule
from sandbox.wire.messages import Failure, Operation

__all__ = ["Examples"]

_ROOMS: Final = (SMALLEST, SMALLEST, -1, -1, 0, 0, 0, 1, 1, 2, 3, 4)
"""For the sizes of each draw (:class:`SmallRandom`): the smallest first."""
_TARGETS: Final = 4
_MOST_LINES: Final = 300
"""Of all the programs that are tried to make one smaller."""
_MOST_EXAMPLES: Final = 3
"""For one problem: more would not be read."""
_MOST_FRUITLESS: Final = 2
"""Searches of one problem in vain: who has two has an answer that no example fits, and waits for a score."""
_MOST_TRIALS: Final = 6
_LONGEST: Final = 60
"""Programs of more lines than this have no small example in them."""
_SECONDS: Final = 2.0
"""Of the student's code, in one trial."""
_LOST: Final = (InfrastructureError, GraderError, OSError)


class _Found(NamedTuple):
    program: Program
    difference: Difference
    precision: Precision


class Examples:
    """A look (:data:`grader.advising.Look`) that adds a counterexample to a failed check of one problem.

    A context manager: leaving it ends what runs.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._witnesses = Witnesses(problem)
        self._signatures = Signatures.of(problem.text("reference.py"))
        self._answers: Answers | None = None
        self._tried = self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._witnesses.__exit__(kind, error, trace)

    def __call__(self, check: Check, result: CheckResult, answers: Answers, budget: Budget) -> CheckResult:
        """The result with a counterexample, if one is found.

        Raises:
            NotRecordedError: the transcript that ``answers`` come from has none.
            InfrastructureError: a sandbox could not be had.
        """
        if answers is not self._answers:
            self._answers, self._tried, self._count = answers, 0, 0
        fruitless = self._tried - self._count
        if self._count >= _MOST_EXAMPLES or fruitless >= _MOST_FRUITLESS:
            return result
        self._tried += 1
        found = None
        with suppress(StudentCodeError):  # a file that ends its guest has no example
            found = self._search(check, answers, budget)
        self._count += found is not None
        return result.model_copy(update={"counterexample": found})

    def _search(self, check: Check, answers: Answers, budget: Budget) -> Counterexample | None:
        """Try the check on small inputs until it fails, and make what failed smaller.

        All of it is asked of one loaded file; what is shown, once more of a file loaded anew, as pasted
        code will be.
        """
        ear, trials = Ear(draws=len(_ROOMS)), 0
        for number, room in enumerate(_ROOMS):
            if trials % 2 == 0:
                trial = answers.trial(check, Purpose.EXAMPLE, trials, _SECONDS, ear)
                trials += 1
            if (found := self._failure(check, trial, trial.seed + number, room, ear)) is not None:
                smaller = self._smaller(found, ear.player, budget)
                example = self._verified(smaller, check, answers, trials)
                trials += 1
                if example is not None:
                    return example
            if trials >= _MOST_TRIALS or not budget.left:
                break
        return None

    def _failure(self, check: Check, trial: Trial, seed: int, room: int, ear: Ear) -> _Found | None:
        """What goes wrong on one draw of small inputs, if anything does."""
        draw = self._witnesses.draw(check, seed, room)
        asked = len(ear.tracing.steps)
        if draw is None or self._passes(check, trial.student, SmallRandom(seed, room)):
            return None
        return next(self._failures(draw, ear.tracing.steps[asked:], ear.player), None)

    def _passes(self, check: Check, student: RemoteModule, rng: SmallRandom) -> bool:
        try:
            with np.errstate(all="ignore"):
                check.run(student, self._witnesses.reference(), rng)
        except StudentExceptionError as error:
            if error.kind == "NotImplementedError" or error.reason == Failure.MISSING:
                raise  # what is not there has no example
            return False
        except (StudentCodeError, *_LOST):
            raise
        except Exception:  # the check did not like the answer, or could not take it apart
            return False
        return True

    def _failures(self, draw: Draw, steps: Sequence[Step], player: Player) -> Iterator[_Found]:
        """Programs on which the student's answer is wrong; those about the last wrong answers first."""
        for precision in PRECISIONS:
            wrong = _wrong(draw, steps, precision)
            for target in list(dict.fromkeys((*wrong[-1:], *wrong[:1], *reversed(wrong))))[:_TARGETS]:
                program = sliced(draw.program, target)
                if len(program) > _LONGEST:
                    continue
                for version in _versions(program):
                    if (found := self._examined(version, player, precision)) is not None:
                        yield found
                        break

    def _examined(self, program: Program, player: Player, precision: Precision) -> _Found | None:
        """The program as far as the first line that goes wrong, if one does."""
        right = self._witnesses.right(program)
        if right is None:
            return None
        got = player.play(program)
        for number, (line, mine, wanted) in enumerate(zip(program, got, right, strict=False)):
            found = difference(line, mine, wanted, precision)
            if found is None:
                continue
            asked, answered = program[: number + 1], right[: number + 1]
            if self._witnesses.agreed(asked, answered, precision):
                return _Found(sliced(program, number), found, precision)
            break
        return None

    def _smaller(self, found: _Found, player: Player, budget: Budget) -> _Found:
        """The smallest program found that goes wrong in the same way."""
        best = found

        def tried(program: Program) -> Program | None:
            nonlocal best
            seen = self._examined(program, player, found.precision) if budget.left else None
            if seen is None or not seen.difference.like(found.difference):
                return None
            if not _tells(seen.difference) and _tells(found.difference):
                return None
            best = seen
            return seen.program

        shrunk(found.program, tried, _MOST_LINES)
        return best

    def _verified(self, found: _Found, check: Check, answers: Answers, number: int) -> Counterexample | None:
        """The example as it comes out in a file that has been asked nothing else."""
        ear = Ear()
        answers.trial(check, Purpose.EXAMPLE, number, _SECONDS, ear)
        right = self._witnesses.right(found.program)
        got = ear.player.play(found.program)
        if right is None or not len(got) == len(right) == len(found.program):
            return None
        seen = difference(found.program[-1], got[-1], right[-1], found.precision)
        if seen is None or not seen.like(found.difference):
            return None
        share = not _repeats(found.program) or not _changes(found.program, ear.player)
        return told(found.program, seen, self._problem.name, self._signatures, share=share)


def _wrong(draw: Draw, steps: Sequence[Step], precision: Precision) -> list[int]:
    """The numbers of the steps with wrong answers, as far as the reference was asked the same."""
    wrong = []
    for number, (mine, wanted) in enumerate(zip(steps, draw.steps, strict=False)):
        if mine.operation is not wanted.operation or _name(mine) != _name(wanted):
            break
        got, right = (Outcome(step.value, _exception(step.error)) for step in (mine, wanted))
        if difference(draw.program[number], got, right, precision) is not None:
            wrong.append(number)
    return wrong


def _name(step: Step) -> object:
    """Of the function, attribute or operator that is asked for."""
    return next((operand for operand in step.operands[:2] if isinstance(operand, str)), "")


def _exception(error: StudentCodeError | None) -> StudentExceptionError | None:
    return error if isinstance(error, StudentExceptionError) else None


def _tells(found: Difference) -> bool:
    """Whether what is right is finite, and more than zeros: there is less to be understood in those."""
    return finite_everywhere(found.right) and (not is_array(found.right) or bool(found.right.any()))


def _versions(program: Program) -> Iterator[Program]:
    """The program with a plain call at its end, where there is one; then as it was asked."""
    plain = tuple(map(_plainly, program))
    *before, last = plain
    if last.operation is Operation.GRADIENTS:
        target, path, args, kwargs, *_ = last.operands
        yield (*before, Line(Operation.CALL, (target, path, args, kwargs, False)))
        yield plain
    else:
        yield plain
        if last != program[-1]:
            yield (*before, program[-1])


def _plainly(line: Line) -> Line:
    if line.operation is Operation.CALL:
        return Line(line.operation, (*line.operands[:4], False))
    return line


def _repeats(program: Program) -> bool:
    """Whether two arguments are equal arrays."""
    texts = [literal(leaf) for line in program for _, leaf in leaves(line.operands) if is_array(leaf)]
    return len(set(texts)) < len(texts)


def _changes(program: Program, player: Player) -> bool:
    """Whether a call changes an argument: then equal ones must not be one object."""
    observed = tuple(
        Line(line.operation, (*line.operands[:4], True)) if line.operation is Operation.CALL else line
        for line in program
    )
    for line, outcome in zip(observed, player.play(observed), strict=False):
        if line.operation is Operation.CALL and outcome.error is None:
            if type(outcome.value) is not tuple or len(outcome.value) != 2:
                raise ProtocolViolationError("a call did not come back with its arguments")
            before, after = (
                [literal(leaf) for _, leaf in leaves(args) if is_array(leaf)]
                for args in (line.operands[2], outcome.value[1])
            )
            if before != after:
                return True
    return False

"""Replaying recorded submissions after a tolerance change, against running them again.

    python -m tests.bench.bench_replay --count 1000 --sample 100 --output docs/results/replay.json

Every submission is first graded in a warm sandbox with a transcript. Then the tolerances of the hidden
checks are changed, and all of them are replayed in batches. Between the batches a sample, drawn evenly, is
run again in full with the changed checks: its reports must be equal to the replayed ones. What diverges is
run again too, and counted apart. Times are wall clock; a ratio is one of seconds for one submission.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import GradeReport, Problem, ProblemSet, Submission, discover, grade, instance_key, load_pset
from grader.diagnosis import KeptTraces
from grader.replay import Replayer
from grader.transcripts import TranscriptWriter, read_transcript
from sandbox import Backend, find
from sandbox.zygotes import warmed

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"
SECRET = b"bench"
BATCHES = 10


@dataclass(frozen=True)
class Recorded:
    """A submission with what was written down when it was graded."""

    submission: Submission
    transcript: bytes
    score: float


@dataclass
class Tally:
    """What one set's submissions came to."""

    submissions: int = 0
    diverged: int = 0
    score_changes: int = 0
    transcript_bytes: int = 0
    recording_seconds: float = 0.0
    plain_seconds: float = 0.0
    plain: int = 0
    replay_seconds: float = 0.0
    rerun_of_diverged_seconds: float = 0.0
    sample: int = 0
    sample_seconds: float = 0.0
    unequal: list[str] = field(default_factory=list)


def answers(pset: ProblemSet, count: int) -> Iterator[Submission]:
    """``count`` different submissions. Each answers one problem of the set, in turn with one of its accepted
    and one of its wrong answers, and has a comment of its own, so that it meets instances of its own."""
    mixes = itertools.cycle([_mix(problem) for problem in pset.problems])
    for number, mix in zip(range(count), mixes, strict=False):
        path = next(mix)
        content = path.read_bytes() + f"\n# submission {number}\n".encode()
        yield Submission.from_files({f"{path.parents[2].name}.py": content}, pset)


def _mix(problem: Problem) -> Iterator[Path]:
    accepted = sorted(problem.folder.glob("submissions/accepted/*.py"))
    wrong = sorted(problem.folder.glob("submissions/wrong_answer/*.py"))
    pairs = zip(itertools.cycle(accepted), itertools.cycle(wrong), strict=False)
    return itertools.chain.from_iterable(pairs)


def with_other_tolerances(pset: ProblemSet, folder: Path) -> ProblemSet:
    """The set with every relative tolerance of its hidden checks made a hundred times wider, and the seeds
    that it had: what a regrade works with."""
    shutil.copytree(pset.folder, folder)
    changed = 0
    for path in folder.glob("*/checks/hidden.py"):
        text, count = re.subn(
            r'("rtol": |rtol=)(\d+e-\d+)', lambda m: f"{m[1]}{float(m[2]) * 100:g}", path.read_text()
        )
        path.write_text(text)
        changed += count
    if not changed:
        raise SystemExit(f"{pset.name} has no tolerance to change")
    return load_pset(folder).with_seeds({one.name: one.instance_seed for one in pset.problems})


def run_again(pset: ProblemSet, submission: Submission, backend: Backend, kept: KeptTraces) -> GradeReport:
    return grade(pset, submission, backend, key=instance_key(SECRET, submission.digest), kept_traces=kept)


def record(pset: ProblemSet, submission: Submission, backend: Backend, kept: KeptTraces) -> Recorded:
    """Grade with a transcript."""
    file = io.BytesIO()
    with TranscriptWriter(file) as writer:
        key = instance_key(SECRET, submission.digest)
        report = grade(pset, submission, backend, key=key, transcript=writer, kept_traces=kept)
    return Recorded(submission, file.getvalue(), report.score)


def bench(pset: ProblemSet, count: int, sample: int, backend: Backend) -> Tally:
    """Record ``count`` submissions, change tolerances, replay all and run ``sample`` again.

    What known wrong answers do is kept between gradings, as a service keeps it.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _bench(pset, count, sample, backend, Path(folder))


def _bench(pset: ProblemSet, count: int, sample: int, backend: Backend, folder: Path) -> Tally:
    kept = KeptTraces(folder / "traces")
    tally, recorded = Tally(submissions=count), list[Recorded]()
    submissions = list(answers(pset, count))
    sampled = {count * number // max(sample, 1) for number in range(sample)}
    for number, submission in enumerate(submissions):
        began = time.perf_counter()
        recorded.append(record(pset, submission, backend, kept))
        taken = time.perf_counter() - began
        tally.transcript_bytes += len(recorded[-1].transcript)
        if number in sampled:  # the price of recording, on the same submissions
            began = time.perf_counter()
            run_again(pset, submission, backend, kept)
            tally.plain_seconds += time.perf_counter() - began
            tally.recording_seconds += taken
            tally.plain += 1
    changed = with_other_tolerances(pset, folder / "changed")
    with Replayer(changed, kept_traces=kept) as replayer:
        size = -(-count // BATCHES)
        for start in range(0, count, size):
            replayed = _replay(replayer, recorded[start : start + size], changed, backend, kept, tally)
            for number in range(start, min(start + size, count)):
                if number not in sampled:
                    continue
                began = time.perf_counter()
                again = run_again(changed, recorded[number].submission, backend, kept)
                tally.sample_seconds += time.perf_counter() - began
                tally.sample += 1
                if again != replayed[number - start]:
                    tally.unequal.append(recorded[number].submission.digest)
    return tally


def _replay(
    replayer: Replayer,
    batch: list[Recorded],
    changed: ProblemSet,
    backend: Backend,
    kept: KeptTraces,
    tally: Tally,
) -> list[GradeReport]:
    reports = []
    for one in batch:
        began = time.perf_counter()
        found = replayer.replay(one.submission, read_transcript(one.transcript)).report
        tally.replay_seconds += time.perf_counter() - began
        if found is None:
            began = time.perf_counter()
            found = run_again(changed, one.submission, backend, kept)
            tally.rerun_of_diverged_seconds += time.perf_counter() - began
            tally.diverged += 1
        tally.score_changes += found.score != one.score
        reports.append(found)
    return reports


def run(count: int, sample: int, backend: Backend, sets: list[str]) -> dict[str, Any]:
    """The results for ``count`` submissions, spread over the sets by their :data:`SHARES`."""
    psets = [load_pset(one.folder) for one in discover(PROBLEMS) if one.name in sets]
    results: dict[str, Any] = {}
    total = Tally()
    for number, pset in enumerate(psets):
        share = [
            len(range(which, amount, len(psets))) for which, amount in ((number, count), (number, sample))
        ]
        tally = bench(pset, *share, backend)
        results[pset.name] = _described(tally)
        for name, value in vars(tally).items():
            setattr(total, name, getattr(total, name) + value)
    return {
        "backend": backend.name,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()},
        "total": _described(total),
        "sets": results,
    }


def _described(tally: Tally) -> dict[str, Any]:
    replay = tally.replay_seconds / tally.submissions
    whole = replay + tally.rerun_of_diverged_seconds / tally.submissions
    again = tally.sample_seconds / max(tally.sample, 1)
    return {
        "submissions": tally.submissions,
        "diverged_and_run_again": tally.diverged,
        "scores_changed": tally.score_changes,
        "replay_seconds": round(tally.replay_seconds, 2),
        "with_reruns_seconds": round(tally.replay_seconds + tally.rerun_of_diverged_seconds, 2),
        "run_again_sample": tally.sample,
        "run_again_sample_seconds": round(tally.sample_seconds, 2),
        "sample_reports_unequal": len(tally.unequal),
        "running_again_over_replay": round(again / replay, 1),
        "running_again_over_replay_with_reruns": round(again / whole, 1),
        "grading_with_transcript_over_without": round(
            tally.recording_seconds / max(tally.plain_seconds, 1e-9), 3
        ),
        "transcript_kib": round(tally.transcript_bytes / tally.submissions / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--backend", default="bubblewrap")
    parser.add_argument("--sets", nargs="+", default=["pset1", "pset2", "pset3"])
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    with warmed(find(asked.backend)) as backend:
        results = run(asked.count, asked.sample, backend, asked.sets)
    text = json.dumps(results, indent=1)
    print(text)
    if asked.output is not None:
        asked.output.parent.mkdir(parents=True, exist_ok=True)
        asked.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

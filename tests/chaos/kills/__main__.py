"""``python -m tests.chaos.kills``: kill everything that can be killed while a class hands in.

Ends with 0 when every accepted submission has exactly one verdict, the same as in peace, and nothing
is left over. ``--json`` and ``--text`` keep what was found.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.kills.evidence import Evidence
from tests.chaos.kills.homework import problem_packages
from tests.chaos.kills.killer import Killer
from tests.chaos.kills.leftovers import grow_old, leftovers
from tests.chaos.kills.outcome import Outcome
from tests.chaos.kills.plan import Plan
from tests.chaos.kills.service import World
from tests.chaos.kills.students import Classroom

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "problems"
_GRADED_SECONDS = 900.0
_GONE_SECONDS = 20.0


def main() -> int:
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    plan = Plan.from_arguments(arguments)
    print(f"seed {plan.seed}: repeat with --seed {plan.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="gradecli-kills-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the database server's user looks into it
        outcome = _run(plan, Path(folder))
        if outcome.wrong() and arguments.keep_log:
            arguments.keep_log.write_bytes((Path(folder) / "service.log").read_bytes())
    print(outcome.text())
    if arguments.json:
        outcome.keep(arguments.json)
    return 1 if outcome.wrong() else 0


def _run(plan: Plan, folder: Path) -> Outcome:
    began = time.monotonic()
    with World(plan, folder, problem_packages(FIXTURES, folder)) as world:
        classroom = Classroom(world, plan)
        killer = Killer(world, plan, classroom)
        killer.run()
        classroom.wait(_GRADED_SECONDS)
        evidence = Evidence(world.service.settings)
        evidence.wait_until_graded(_GRADED_SECONDS)
        seconds = time.monotonic() - began
        wrong = evidence.wrong(classroom.receipts)
        calm, different = evidence.different_from_undisturbed()
        world.service.stop()
        world.service.start()  # it sweeps what the killed ones before it have left
        grow_old(world)
        world.service.collect()
        stopped = world.service.stop()
        left = leftovers(world, _GONE_SECONDS)
        if stopped != 0:
            wrong.append(f"the service ended with status {stopped} when it was told to stop")
        return Outcome(
            plan=plan,
            kills=tuple(killer.kills),
            accepted=len(classroom.receipts),
            leases=evidence.graded_again(),
            answers=dict(classroom.statuses),
            graded_in_peace=calm,
            broken_rules=tuple(wrong),
            different=tuple(different),
            left=tuple(left),
            seconds=round(seconds, 1),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kills", description=__doc__)
    parser.add_argument("--seed", type=int, help="decides everything that is random; else a new one")
    parser.add_argument("--each", type=int, default=2, help="kills of each kind")
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--from-command-line", type=int, default=1, help="how many students use the CLI")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--sandbox", choices=("bubblewrap", "docker"), default="bubblewrap")
    parser.add_argument("--json", type=Path, help="keep the result there, and as text beside it (.md)")
    parser.add_argument("--keep-log", type=Path, help="keep the service's log there when something is wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main())

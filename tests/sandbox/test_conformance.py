"""Every backend is put through ``sandbox.conformance``; the unisolated one through what applies to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox import Backend, Limits, Runtime
from sandbox.conformance import CASES, Case, opened


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_isolating_backend(case: Case, backend: Backend) -> None:
    case.run(backend)


@pytest.mark.parametrize("case", [c for c in CASES if not c.isolation], ids=lambda case: case.name)
def test_unisolated_backend(case: Case, ready_backend: Callable[..., Backend]) -> None:
    case.run(ready_backend("subprocess"))


@pytest.mark.parametrize(
    "name", ["bubblewrap", "warm bubblewrap", pytest.param("docker", marks=pytest.mark.docker), "subprocess"]
)
def test_torch_runtime_trains_and_returns_tensors(name: str, ready_backend: Callable[..., Backend]) -> None:
    torch = pytest.importorskip("torch")
    source = """
import torch
def train(x, y):
    model = torch.nn.Linear(x.shape[1], 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        ((model(x).squeeze(-1) - y) ** 2).mean().backward()
        optimizer.step()
    return model.weight
def same(x): return x
"""
    backend = ready_backend(name, Runtime.TORCH)
    limits = Limits(memory_bytes=2 << 30)
    with opened(backend, source, runtime=Runtime.TORCH, limits=limits, seconds=60.0) as (_, module):
        assert module.train(torch.randn(8, 3), torch.randn(8)).shape == (1, 3)
        for dtype in (torch.bfloat16, torch.float16, torch.float64, torch.int64, torch.bool):
            sent = torch.arange(6).reshape(2, 3).to(dtype)
            got = module.same(sent.T)
            assert got.dtype == dtype
            assert torch.equal(got, sent.T)


def test_numpy_runtime_does_not_contain_torch(backend: Backend) -> None:
    source = "import importlib.util\ndef has(name): return importlib.util.find_spec(name) is not None"
    with opened(backend, source) as (_, module):
        assert module.has("numpy")
        for name in (
            "torch",
            "scipy",
            "grader",
            "api",
            "gradecli",
            "problems",
            "pydantic",
            "pip",
            "setuptools",
        ):
            assert not module.has(name), name

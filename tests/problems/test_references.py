"""The reference solutions agree with PyTorch, which was written by other people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader.authoring import Random

PROBLEMS = Path(__file__).resolve().parents[2] / "problems"


def _reference(folder: str) -> Any:
    """The module of a reference solution."""
    path = PROBLEMS / folder / "reference.py"
    module = ModuleType(f"reference_of_{path.parent.name}")
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    return module


@pytest.fixture
def rng() -> Random:
    return Random(20)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    with ExitStack() as stack:
        stack.callback(torch.set_num_threads, threads)
        torch.set_num_threads(1)
        yield


def _leaf(array: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.from_numpy(array.copy()).requires_grad_()


@pytest.mark.parametrize("shift", [0.0, 3000.0])
def test_linear_softmax_agrees_with_torch(rng: Random, shift: float) -> None:
    reference = _reference("pset1_backprop/linear_softmax")
    x, weights, bias, labels = rng.normal(6, 3), rng.normal(3, 4), rng.normal(4) + shift, rng.labels(6, 4)
    logits = reference.linear_forward(x, weights, bias)
    dlogits = reference.cross_entropy_backward(reference.softmax(logits), labels)

    leaves = [_leaf(array) for array in (x, weights, bias)]
    scores = leaves[0] @ leaves[1] + leaves[2]
    loss = functional.cross_entropy(scores, torch.from_numpy(labels))
    loss.backward()

    np.testing.assert_allclose(reference.softmax(logits), scores.softmax(1).detach(), rtol=1e-11)
    np.testing.assert_allclose(reference.cross_entropy(logits, labels), loss.item(), rtol=1e-11)
    for mine, leaf in zip(reference.linear_backward(dlogits, x, weights), leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.grad, rtol=1e-9, atol=1e-13)


def test_the_gradient_checker_agrees_with_torch_and_tells_a_wrong_gradient_from_it(rng: Random) -> None:
    reference = _reference("pset1_backprop/gradient_checker")
    weights, x, cotangent = rng.normal(3, 4), rng.normal(4, 2), rng.normal(3, 2)

    def forward(z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(weights @ np.tanh(z) ** 2)

    def by_torch(dy: np.ndarray[Any, Any], z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        leaf = _leaf(z)
        (torch.from_numpy(weights) @ leaf.tanh() ** 2).backward(torch.from_numpy(dy))
        assert leaf.grad is not None
        return leaf.grad.numpy()

    product = reference.numerical_vjp(forward, x, cotangent)
    assert reference.relative_error(product, by_torch(cotangent, x)) < 1e-9
    number = reference.numerical_gradient(lambda z: float((cotangent * forward(z)).sum()), x)
    assert reference.relative_error(number, by_torch(cotangent, x)) < 1e-9
    assert reference.backward_is_right(forward, by_torch, x, 0)
    assert not reference.backward_is_right(forward, lambda dy, z: by_torch(dy, 1.001 * z), x, 0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 1e-4)])
@pytest.mark.parametrize(
    ("stride", "padding", "dilation"),
    [((1, 1), (0, 0), (1, 1)), ((2, 3), (0, 0), (1, 1)), ((1, 1), (2, 1), (1, 1)), ((3, 2), (1, 2), (2, 3))],
)
def test_conv2d_agrees_with_torch(
    rng: Random,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    dtype: type,
    tolerance: float,
) -> None:
    reference = _reference("pset2_convolution/conv2d")
    arrays = (rng.normal(2, 3, 9, 11), rng.normal(4, 3, 3, 2), rng.normal(4))
    x, w, b = (array.astype(dtype) for array in arrays)
    y = reference.conv2d_forward(x, w, b, stride, padding, dilation)

    leaves = [_leaf(array) for array in (x, w, b)]
    wanted = functional.conv2d(*leaves, stride=stride, padding=padding, dilation=dilation)
    dy = rng.normal(*wanted.shape).astype(dtype)
    wanted.backward(torch.from_numpy(dy))

    assert y.dtype == dtype
    np.testing.assert_allclose(y, wanted.detach(), rtol=tolerance, atol=tolerance)
    for mine, leaf in zip(
        reference.conv2d_backward(dy, x, w, stride, padding, dilation), leaves, strict=True
    ):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, leaf.grad, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 1e-4)])
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"), [(1, 0, 1, 1), (2, 3, 2, 1), (3, 2, 2, 2), (1, 1, 1, 4)]
)
def test_grouped_conv1d_agrees_with_torch(
    rng: Random, stride: int, padding: int, dilation: int, groups: int, dtype: type, tolerance: float
) -> None:
    reference = _reference("pset2_convolution/grouped_conv1d")
    arrays = (rng.normal(2, 4, 12), rng.normal(8, 4 // groups, 3), rng.normal(8))
    x, w, b = (array.astype(dtype) for array in arrays)
    y = reference.conv1d_forward(x, w, b, stride, padding, dilation, groups)

    leaves = [_leaf(array) for array in (x, w, b)]
    wanted = functional.conv1d(*leaves, stride, padding, dilation, groups)
    dy = rng.normal(*wanted.shape).astype(dtype)
    wanted.backward(torch.from_numpy(dy))

    assert y.dtype == dtype
    np.testing.assert_allclose(y, wanted.detach(), rtol=tolerance, atol=tolerance)
    gradients = reference.conv1d_backward(dy, x, w, stride, padding, dilation, groups)
    for mine, leaf in zip(gradients, leaves, strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, leaf.grad, rtol=tolerance, atol=tolerance)


def test_the_layers_for_quarter_turns_agree_with_torch_and_obey_their_laws(rng: Random) -> None:
    reference = _reference("pset2_convolution/equivariance")
    x, w, kernels = rng.normal(2, 5, 6), rng.normal(3, 2, 3, 3), rng.normal(4, 4, 3, 3, 3)

    def by_torch(picture: np.ndarray[Any, Any], kernel: np.ndarray[Any, Any]) -> torch.Tensor:
        return functional.conv2d(torch.from_numpy(picture), torch.from_numpy(kernel), padding=1)

    np.testing.assert_allclose(reference.correlate(x, w), by_torch(x, w), rtol=1e-11, atol=1e-12)
    lifted = reference.lift(x, w)
    turned_filters = torch.stack([torch.rot90(torch.from_numpy(w), r, (2, 3)) for r in range(4)])
    wanted = by_torch(x, turned_filters.flatten(0, 1).numpy()).unflatten(0, (4, 3))
    np.testing.assert_allclose(lifted, wanted, rtol=1e-11, atol=1e-12)

    turned = torch.rot90(torch.from_numpy(x), 1, (1, 2)).numpy()
    np.testing.assert_allclose(reference.lift(turned, w), reference.turn(lifted), rtol=1e-11, atol=1e-12)
    z = reference.group_correlate(lifted, kernels)
    of_turned = reference.group_correlate(reference.turn(lifted), kernels)
    np.testing.assert_allclose(of_turned, reference.turn(z), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(
        z[0], by_torch(lifted.reshape(12, 5, 6), kernels.reshape(4, 12, 3, 3)), rtol=1e-9
    )
    inside = reference.translation_error(lambda picture: reference.correlate(picture, w), x, 1, -1, 2)
    assert inside < 1e-12
    assert reference.translation_error(lambda picture: reference.correlate(picture, w), x, 1, -1, 0) > 0.01


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-11), (torch.float32, 1e-4)])
@pytest.mark.parametrize("masked", [False, True])
def test_multi_head_attention_agrees_with_torch(
    rng: Random, dtype: torch.dtype, tolerance: float, *, masked: bool
) -> None:
    batch, queries, keys, heads, embed_dim = 2, 4, 5, 3, 12
    mine = _reference("pset3_attention/multi_head_attention").MultiHeadAttention(embed_dim, heads).to(dtype)
    theirs = torch.nn.MultiheadAttention(embed_dim, heads, batch_first=True, dtype=dtype)
    with torch.no_grad():
        for parameter in mine.parameters():
            parameter.copy_(rng.tensor(*parameter.shape, scale=0.5))
        inward = (mine.q_proj, mine.k_proj, mine.v_proj)
        theirs.in_proj_weight.copy_(torch.cat([layer.weight for layer in inward]))
        theirs.in_proj_bias.copy_(torch.cat([layer.bias for layer in inward]))
        theirs.out_proj.load_state_dict(mine.out_proj.state_dict())

    shapes = ((batch, queries, embed_dim), (batch, keys, embed_dim), (batch, keys, embed_dim))
    inputs = [rng.tensor(*shape).to(dtype).requires_grad_() for shape in shapes]
    mask = torch.ones(batch, heads, queries, keys, dtype=torch.bool)
    if masked:
        mask = torch.from_numpy(rng.mask(batch, heads, queries, keys))
        mask[..., 0] = True  # torch gives NaN for a query that may attend to nothing
    got = mine(*inputs, mask if masked else None)
    want, _ = theirs(*inputs, attn_mask=~mask.flatten(0, 1), need_weights=True)  # theirs: True is blocked
    torch.testing.assert_close(got, want, rtol=tolerance, atol=tolerance)

    cotangent = rng.tensor(*got.shape).to(dtype)
    for one, other in zip(
        torch.autograd.grad(got, inputs, cotangent), torch.autograd.grad(want, inputs, cotangent), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


def test_multi_head_attention_gives_its_output_bias_where_nothing_may_be_attended(rng: Random) -> None:
    module = _reference("pset3_attention/multi_head_attention").MultiHeadAttention(6, 2).double()
    x = rng.tensor(2, 3, 6).requires_grad_()
    result = module(x, x, x, torch.zeros(3, 3, dtype=torch.bool))
    torch.testing.assert_close(result, module.out_proj.bias.expand(2, 3, 6))
    (gradient,) = torch.autograd.grad(result.sum(), x)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 1e-4)])
@pytest.mark.parametrize("masked", [False, True])
def test_scaled_dot_product_agrees_with_torch(
    rng: Random, dtype: type, tolerance: float, *, masked: bool
) -> None:
    reference = _reference("pset3_attention/scaled_dot_product")
    q, k, v, doutput = (rng.normal(2, 3, *shape).astype(dtype) for shape in ((4, 5), (6, 5), (6, 7), (4, 7)))
    mask = reference.causal_mask(4, 6) & reference.padding_mask(np.array([2, 6]), 6)[:, None]
    arguments = (q, k, v, mask) if masked else (q, k, v)

    leaves = [_leaf(array) for array in (q, k, v)]
    wanted = functional.scaled_dot_product_attention(
        *leaves, attn_mask=torch.from_numpy(mask) if masked else None
    )
    wanted.backward(torch.from_numpy(doutput))
    output, weights = reference.attention(*arguments)
    assert output.dtype == weights.dtype == dtype
    np.testing.assert_allclose(output, wanted.detach(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(weights @ v, output, rtol=tolerance, atol=tolerance)
    for mine, leaf in zip(reference.attention_backward(doutput, *arguments), leaves, strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, leaf.grad, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 1e-4)])
def test_seq2seq_attention_agrees_with_torch(rng: Random, dtype: type, tolerance: float) -> None:
    reference = _reference("pset3_attention/seq2seq_attention")
    shapes = ((3, 4), (3, 5, 2), (4, 6), (2, 6), (6,))
    arrays = [rng.normal(*shape).astype(dtype) for shape in shapes]
    lengths, dscores = np.array([5, 1, 3]), rng.normal(3, 5).astype(dtype)

    state, memory, weight, other, vector = leaves = [_leaf(array) for array in arrays]
    scores = (functional.linear(state, weight.T).unsqueeze(1) + functional.linear(memory, other.T)).tanh()
    scores = functional.linear(scores, vector[None]).squeeze(-1)
    scores.backward(torch.from_numpy(dscores))
    filling = torch.arange(5) >= torch.from_numpy(lengths)[:, None]
    shares = scores.masked_fill(filling, -torch.inf).softmax(-1)
    context = torch.bmm(shares[:, None], memory)[:, 0]
    general = torch.bmm(memory, (state @ (weight @ other.T))[..., None])[..., 0]

    mine = reference.additive_scores(*arrays)
    weights = reference.attention_weights(mine, lengths)
    pairs = [
        (mine, scores),
        (weights, shares),
        (reference.context_vector(weights, arrays[1]), context),
        (reference.dot_scores(arrays[0], arrays[1], arrays[2] @ arrays[3].T), general),
        *zip(
            reference.additive_scores_backward(dscores, *arrays), (leaf.grad for leaf in leaves), strict=True
        ),
    ]
    for got, wanted in pairs:
        assert got.dtype == dtype
        np.testing.assert_allclose(got, wanted.detach(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-11), (torch.float32, 1e-4)])
@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_blocks_agree_with_torch(
    rng: Random, dtype: torch.dtype, tolerance: float, *, norm_first: bool
) -> None:
    reference = _reference("pset3_attention/transformer_blocks")
    sizes, options = (12, 3, 7), {"dropout": 0.0, "norm_first": norm_first}
    x, memory = (rng.tensor(2, length, 12).to(dtype) for length in (4, 5))
    real = torch.tensor([[True, True, False, True], [True, True, True, True]])
    heard = torch.tensor([[False, True, True, True, False], [True, True, True, True, True]])
    later = torch.ones(4, 4, dtype=torch.bool).triu(1)
    names = {"self_attention": "self_attn", "cross_attention": "multihead_attn"}

    encoder, decoder = (
        getattr(reference, f"{kind}Block")(*sizes, **options).to(dtype) for kind in ("Encoder", "Decoder")
    )
    theirs = [
        getattr(torch.nn, f"Transformer{kind}Layer")(*sizes, batch_first=True, dtype=dtype, **options)
        for kind in ("Encoder", "Decoder")
    ]
    for mine, other in zip((encoder, decoder), theirs, strict=True):
        for parameter in mine.parameters():
            parameter.data = rng.tensor(*parameter.shape, scale=0.5).to(dtype)
        found = {name.split(".", 1)[0]: None for name in mine.state_dict()}
        for name in found:
            getattr(other, names.get(name, name)).load_state_dict(getattr(mine, name).state_dict())

    wanted = theirs[0](x, src_key_padding_mask=~real)
    torch.testing.assert_close(encoder(x, real)[real], wanted[real], rtol=tolerance, atol=tolerance)
    wanted = theirs[1](x, memory, tgt_mask=later, memory_key_padding_mask=~heard)
    torch.testing.assert_close(decoder(x, memory, heard), wanted, rtol=tolerance, atol=tolerance)

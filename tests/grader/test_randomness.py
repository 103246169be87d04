"""The random source: equal seeds draw equal inputs, and the inputs tell mistakes apart."""

from __future__ import annotations

import numpy as np
import pytest

from grader.authoring import Random


def test_equal_seeds_draw_equal_inputs_and_others_do_not() -> None:
    def draw(seed: int) -> list[object]:
        rng = Random(seed)
        return [
            rng.sizes(3, 2, 9), rng.normal(2, 3), rng.uniform(4), rng.integers(0, 9, (5,)), rng.labels(7, 3),
            rng.mask(4, 4), rng.permuted(rng.normal(2, 2)),
        ]  # fmt: skip

    for one, again, other in zip(draw(2**127), draw(2**127), draw(5), strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(again))
        assert not np.array_equal(np.asarray(one), np.asarray(other))


def test_numbers_do_not_change_between_versions() -> None:
    """Recorded answers on students' machines depend on these."""
    rng = Random(7)
    assert rng.sizes(3, 3, 9) == (8, 4, 5)
    assert rng.normal(2).tolist() == pytest.approx([-1.2232638292156024, 0.22571301416332154])


def test_sizes_are_different_and_within_their_bounds() -> None:
    for seed in range(50):
        sizes = Random(seed).sizes(4, 2, 7)
        assert len(set(sizes)) == 4
        assert all(2 <= size < 7 for size in sizes)
        assert all(type(size) is int for size in sizes)
    with pytest.raises(ValueError, match="sample"):
        Random(0).sizes(4, 2, 5)


def test_normal_numbers_have_shape_scale_and_dtype() -> None:
    rng = Random(1)
    assert rng.normal(3, 4).shape == (3, 4)
    assert rng.normal().shape == ()
    assert rng.normal(2, dtype=np.float32).dtype == np.float32
    assert abs(rng.normal(10_000, scale=5.0).std() - 5.0) < 0.2
    assert abs(rng.normal(10_000).mean()) < 0.05


def test_uniform_numbers_and_integers_stay_within_their_bounds() -> None:
    rng = Random(2)
    drawn = rng.uniform(1000, low=-2.0, high=3.0)
    assert -2.0 <= drawn.min() < -1.5
    assert 2.5 < drawn.max() < 3.0
    assert set(rng.integers(2, 5, (200,)).tolist()) == {2, 3, 4}
    assert rng.integers(0, 3).shape == ()
    assert rng.integers(0, 3, (2,)).dtype == np.int64


def test_labels_hold_every_class_when_there_is_room() -> None:
    for seed in range(30):
        labels = Random(seed).labels(6, 4)
        assert set(labels.tolist()) == {0, 1, 2, 3}
        assert (labels.shape, labels.dtype) == ((6,), np.dtype("int64"))
        few = Random(seed).labels(2, 4)
        assert len(set(few.tolist())) == 2
    assert len({tuple(Random(seed).labels(6, 4)) for seed in range(30)}) > 25


def test_a_mask_is_true_with_its_probability() -> None:
    mask = Random(3).mask(100, 100, p=0.2)
    assert mask.dtype == np.bool_
    assert 0.18 < mask.mean() < 0.22
    assert not Random(3).mask(9, p=0.0).any()
    assert Random(3).mask(9, p=1.0).all()


def test_permuted_keeps_the_values_in_another_layout() -> None:
    array = Random(4).normal(3, 4, 5)
    permuted = Random(4).permuted(array)
    assert np.array_equal(permuted, array)
    assert not permuted.flags.c_contiguous
    assert permuted.strides != array.strides


def test_a_tensor_has_its_dtype_and_the_arrays_numbers() -> None:
    torch = pytest.importorskip("torch")
    assert Random(5).tensor(2, 3).dtype == torch.float64
    assert np.array_equal(Random(5).tensor(2, 3).numpy(), Random(5).normal(2, 3))
    assert Random(5).tensor(2, dtype=torch.float32).dtype == torch.float32
    assert Random(5).tensor(10_000, scale=3.0).std().item() == pytest.approx(3.0, rel=0.05)

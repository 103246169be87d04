"""The names that a plain file may use: what calculates, and can do nothing else."""

from __future__ import annotations

from typing import Final

__all__ = ["ATTRIBUTES", "BUILTINS", "MODULES", "NEVER", "NEVER_SET", "SPECIAL_METHODS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES: Final = _words(
    """
    __future__ math numpy torch torch.nn torch.nn.functional typing dataclasses itertools functools
    collections collections.abc support
    """
)
"""What may be imported, where the problem's runtime has it."""

BUILTINS: Final = _words(
    """
    ArithmeticError AssertionError Exception False IndexError None NotImplementedError RuntimeError
    True TypeError ValueError ZeroDivisionError abs all any bool complex dict divmod enumerate
    filter float frozenset int isinstance iter len list map max min next pow property range reversed
    round set slice sorted staticmethod str sum super tuple zip
    """
)
"""Python's own names."""

ATTRIBUTES: Final = _words(
    """
    abs absolute accumulate add all allclose amax amin any append arange argmax argmin argsort array
    array_equal array_split asarray ascontiguousarray astype at atleast_2d averaged backward block
    bmm bool broadcast_to cat ceil chain chunk clamp clip clone columns concat concatenate
    contiguous copy cos cosh count count_nonzero Counter cross cumprod cumsum data dataclass
    defaultdict deque detach diag diagonal diff dim divide dot double Dropout dtype dtypes e einsum
    Embedding empty empty_like equal erf exp exp2 expand expand_dims expm1 extend eye field finfo
    flatten flip fliplr flipud float float32 float64 floor floor_divide full full_like functional
    gather gcd GELU get grad half hstack identity imag inf inference_mode inner insert int int32
    int64 intp isclose isfinite isinf isnan isqrt item items itemsize keys kron LayerNorm lcm linalg
    Linear linspace log log10 log1p log2 log_softmax logaddexp logical_and logical_not logical_or
    logsumexp long mask masked_fill masked_fill_ matmul max maximum mean meshgrid min minimum mod
    Module ModuleList moveaxis movedim multiply named_parameters nan nan_to_num nbytes ndim ndindex
    neg negative new_full new_ones new_zeros newaxis nn no_grad nonzero norm numel numpy ones
    ones_like outer pad Parameter parameters partial permute pi pop popleft power prod product put
    put_along_axis radians ravel real reciprocal reduce register_buffer ReLU relu remainder repeat
    repeat_interleave requires_grad_ reshape roll rot90 rows scatter scatter_ scatter_add_ select
    Sequential shape sigmoid sign sin sinh size softmax Softmax sort split sqrt square squeeze stack
    std stride strides subtract sum swapaxes t T take take_along_axis tan tanh Tensor tensor
    tensordot tile to tolist topk trace training transpose tri tril tril_indices triu triu_indices
    true_divide type unbind unflatten unfold unique unsqueeze update values var vdot view view_as
    vsplit vstack where zero_ zeros zeros_like zip_longest
    start stop step weight bias unravel_index heaviside mT H pow average delete fmax fmin fill conj indices
    reduceat one_hot logspace device result_type promote_types issubdtype floating
    """
)
"""Attributes of modules and objects."""

SPECIAL_METHODS: Final = _words(
    """
    __add__ __call__ __eq__ __getitem__ __hash__ __init__ __iter__ __len__ __lt__ __matmul__ __mul__
    __neg__ __pow__ __radd__ __repr__ __rmatmul__ __rmul__ __rpow__ __rsub__ __rtruediv__ __sub__
    __truediv__
    """
)
"""Methods with two underscores that a class may define and call."""

NEVER_SET: Final = _words("strides dtype")
"""Attributes that may be read and not set: they say how memory is read."""

NEVER: Final = _words(
    """
    as_strided from_file fromfile tofile load loads save savez savetxt loadtxt genfromtxt memmap open_memmap
    ctypes ctypeslib data_ptr storage untyped_storage set_ from_blob hub ops jit compile library classes
    cpp_extension utils f2py distutils testing
    """
)
"""Attributes that reach files or memory: refused also where the package's own answers use them."""

"""Forbidden names: found however they are imported, and not where they only look like it."""

from __future__ import annotations

import pytest

from grader.forbidden import find_forbidden

FORBIDDEN = ("torch.nn.MultiheadAttention", "torch.nn.functional.softmax", "torch.optim")


def lines(source: str, forbidden: tuple[str, ...] = FORBIDDEN) -> list[int]:
    return sorted({use.line for use in find_forbidden(source, forbidden)})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("import torch\ntorch.nn.MultiheadAttention(4, 2)", [2], id="the full name"),
        pytest.param("import torch as t\nx = t.nn.MultiheadAttention", [2], id="an alias"),
        pytest.param("import torch.nn\ntorch.nn.MultiheadAttention", [2], id="a submodule"),
        pytest.param("import torch.nn as nn\nnn.MultiheadAttention", [2], id="a submodule's alias"),
        pytest.param("from torch import nn\nnn.MultiheadAttention", [2], id="from its parent"),
        pytest.param("from torch import nn as n\nn.MultiheadAttention", [2],
        id="from its parent by an alias"),
        pytest.param("from torch.nn import MultiheadAttention", [1], id="the name itself"),
        pytest.param("from torch.nn import MultiheadAttention as M\n\nM(4, 2)", [1, 3],
        id="the name by an alias"),
        pytest.param("from torch.nn import (\n    Linear,\n    MultiheadAttention,\n)", [3],
        id="its line in a list"),
        pytest.param("import torch.nn.functional as F\ny = F.softmax(x)", [2], id="a function"),
        pytest.param("from torch.nn import functional\nfunctional.softmax(x)", [2],
        id="a module of functions"),
        pytest.param("import torch\nn = torch.nn\nn.MultiheadAttention", [3], id="an assignment"),
        pytest.param("import torch\nn: object = torch.nn\nn.MultiheadAttention", [3],
        id="a typed assignment"),
        pytest.param("import torch\n(n := torch.nn)\nn.MultiheadAttention", [3],
        id="an assignment expression"),
        pytest.param("import torch\na = b = torch.nn\nb.MultiheadAttention", [3],
        id="the second of two targets"),
        pytest.param("import torch\nt = torch\nn = t.nn\nn.MultiheadAttention", [4], id="two assignments"),
        pytest.param("import torch\ngetattr(torch.nn, 'MultiheadAttention')", [2], id="getattr"),
        pytest.param("import torch\ngetattr(torch, 'nn').MultiheadAttention", [2],
        id="getattr of the parent"),
        pytest.param("import torch\ngetattr(getattr(torch, 'nn'), 'MultiheadAttention', None)", [2],
        id="getattr twice"),
        pytest.param("from torch.nn import *\nMultiheadAttention(4, 2)", [2], id="a star"),
        pytest.param("from torch import *\nnn.MultiheadAttention(4, 2)", [2], id="a star above"),
        pytest.param("from torch.nn import *\nimport torch\ntorch.nn.MultiheadAttention", [3],
        id="a star and the full name"),
        pytest.param("import torch.optim", [1], id="importing a forbidden module"),
        pytest.param("import torch.optim.lr_scheduler as s", [1], id="importing below it"),
        pytest.param("from torch import optim", [1], id="importing it from its parent"),
        pytest.param("from torch.optim import Adam", [1], id="a name below it"),
        pytest.param("from torch.optim import *", [1], id="a star of it"),
        pytest.param("import torch\ntorch.optim.Adam([])", [2], id="using a name below it"),
        pytest.param("def f():\n    from torch.nn import MultiheadAttention as M\n    return M", [2, 3],
        id="inside a function"),
        pytest.param("import torch\nclass A(torch.nn.MultiheadAttention): pass", [2], id="as a base class"),
        pytest.param("import torch\n@torch.nn.MultiheadAttention\ndef f(): pass", [2], id="as a decorator"),
        pytest.param("import torch\ntorch.nn.MultiheadAttention = None", [2], id="as a target"),
        pytest.param("import torch\nx = '\\d'\ntorch.nn.MultiheadAttention", [3], id="beside an odd escape"),
    ],
)  # fmt: skip
def test_a_use_is_found_with_its_line(source: str, expected: list[int]) -> None:
    assert lines(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="an empty file"),
        pytest.param("x = 'torch.nn.MultiheadAttention'\n# torch.nn.MultiheadAttention",
        id="text and comments"),
        pytest.param('"""Do not use torch.nn.MultiheadAttention."""', id="a docstring"),
        pytest.param("import torch\ntorch.softmax(x)\ntorch.nn.Softmax()", id="other names"),
        pytest.param("import torch\ntorch.nn.MultiheadAttentionX", id="a longer name"),
        pytest.param("import torch\ntorch.nn.functional", id="only the parent"),
        pytest.param("import torch.nn.functional as F\nF.log_softmax(x)", id="another function"),
        pytest.param("import optim\noptim.Adam()", id="a module of the same last name"),
        pytest.param("from mytorch.nn import MultiheadAttention", id="another package"),
        pytest.param("from .torch.nn import MultiheadAttention", id="a relative import"),
        pytest.param("class MultiheadAttention: pass\nMultiheadAttention()", id="a class of one's own"),
        pytest.param("from torch.nn import *\nLinear(1, 2)", id="a star for something else"),
        pytest.param(
            "from torch.nn import *\nclass MultiheadAttention(Module): pass\nMultiheadAttention()",
            id="one's own class after a star",
        ),
        pytest.param(
            "from torch.nn.functional import *\ndef softmax(x): return x\ny = softmax(1)",
            id="one's own function"
        ),
        pytest.param("from torch.nn.functional import *\nsoftmax = 1\nprint(softmax)",
        id="one's own variable"),
        pytest.param("from torch.nn.functional import *\ndef f(softmax): return softmax",
        id="one's own argument"),
        pytest.param("self.nn.MultiheadAttention", id="an attribute of something else"),
        pytest.param("import torch\nx = getattr(torch.nn, name)", id="getattr of an unknown name"),
        pytest.param("import torch\ntorch.nn.MultiheadAttention(", id="a file that does not parse"),
        pytest.param("import torch\0", id="a file with a NUL"),
        pytest.param("(" * 5000, id="a file that no parser takes"),
    ],
)  # fmt: skip
def test_what_is_no_use_is_left_alone(source: str) -> None:
    assert lines(source) == []


def test_a_use_is_told_by_its_full_name_once_for_each_line() -> None:
    source = "import torch.nn.functional as F\nF.softmax(F.softmax(x))\nF.softmax(x)\n"
    found = find_forbidden(source, FORBIDDEN)
    assert [(use.name, use.line) for use in found] == [
        ("torch.nn.functional.softmax", 2),
        ("torch.nn.functional.softmax", 3),
    ]


def test_uses_come_in_the_order_of_their_lines() -> None:
    source = "import torch\ndef f():\n    return torch.optim.SGD\nx = torch.nn.MultiheadAttention\n"
    assert [use.line for use in find_forbidden(source, FORBIDDEN)] == [3, 4]


def test_nothing_is_forbidden_where_nothing_is_named() -> None:
    assert find_forbidden("import torch\ntorch.nn.MultiheadAttention", ()) == ()


def test_forbidding_a_package_forbids_what_is_below_it_and_not_beside_it() -> None:
    forbidden = ("scipy",)
    assert lines("import scipy", forbidden) == [1]
    assert lines("import scipy.special\nscipy.special.softmax(x)", forbidden) == [1, 2]
    assert lines("from scipy.special import softmax", forbidden) == [1]
    assert lines("import scipyx", forbidden) == []

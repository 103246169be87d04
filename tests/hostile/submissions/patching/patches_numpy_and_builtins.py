"""Replace every function that a comparison could be made with: NumPy's, its testing module's, and
Python's own.

Family: subverting the framework (11).
"""

import builtins

np.any = np.max = lambda *args, **kwargs: False
np.all = np.allclose = np.array_equal = np.isclose = lambda *args, **kwargs: True
for name in ("assert_allclose", "assert_array_equal", "assert_array_almost_equal", "assert_equal"):
    setattr(np.testing, name, lambda *args, **kwargs: None)
builtins.all = lambda *args: True
builtins.any = lambda *args: False

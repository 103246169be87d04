"""Plant files that the next import picks up: a reference that makes the same mistakes, hooks, and
libraries' names.

Family: subverting the framework (9, 10).
"""

import contextlib
import pathlib
import sys

OWN = pathlib.Path(__file__).read_text().split("import contextlib\nimport pathlib")[0]
NAMES = ("reference.py", "conftest.py", "sitecustomize.py", "checks.py", "torch.py", "json.py", "hook.pth")

for folder in {".", "/tmp", *(path for path in sys.path if path)}:
    for file in NAMES:
        with contextlib.suppress(OSError):
            pathlib.Path(folder, file).write_text(OWN if file.endswith(".py") else "import reference\n")
sys.path.insert(0, str(pathlib.Path.cwd()))

"""A child waits until the grader has written its results, replaces them, and takes away the right to write.

Family: forging the verdict (1).
"""

import builtins
import os
import pathlib
import time

if not hasattr(builtins, "racing"):
    builtins.racing = True
    if os.fork() == 0:
        results = pathlib.Path("results.json")
        for _ in range(1000):
            if results.exists() and results.read_text().endswith("}"):
                results.write_text('{"score": 7}')
                results.chmod(0o444)
                break
            time.sleep(0.002)
        os._exit(0)

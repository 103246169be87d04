"""Put a filter in front of standard output that turns every failure into a pass.

Family: forging the verdict (2, 4).
"""

import sys


class Flattering:
    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        return self.stream.write(text.replace("FAILED", "passed"))

    def __getattr__(self, name):
        return getattr(self.stream, name)


sys.stdout = Flattering(sys.stdout)
sys.__stdout__ = sys.stdout

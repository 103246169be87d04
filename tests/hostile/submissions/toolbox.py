"""What several attacks use: the channels of this process, and a frame as the wire writes it."""

import contextlib
import json
import os
import stat
import struct


def channels():
    """Descriptors of sockets and pipes that are not the standard streams."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            mode = os.fstat(int(name)).st_mode
            if int(name) > 2 and (stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)):
                found.append(int(name))
    return found


def frame(number, value=True):
    """A well-formed reply that says ``value`` to question ``number``."""
    fields = [number, value, "forged"]
    header = json.dumps({"kind": "returned", "fields": fields, "buffers": []}).encode()
    return struct.pack(">4sIQ", b"GCW1", len(header), 0) + header


FORGED = b"".join(frame(number) for number in range(8))


def spray(data):
    for descriptor in channels():
        with contextlib.suppress(OSError):
            os.write(descriptor, data)

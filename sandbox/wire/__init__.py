"""The wire between the trusted host and the untrusted guest: frames, values, messages.

Both sides import this package, so it needs nothing but the standard library and NumPy (torch only
where a tensor crosses). Everything the host reads came from a process that a student may control:
every length, depth, dtype, shape and total is checked before anything is allocated, and nothing that
is read is ever executed or unpickled.
"""

from sandbox.wire.frames import FrameLimits, WireError, WireOverflowError, pack_frame, read_prefix
from sandbox.wire.messages import Hello, Raised, Reply, Request, Returned, pack_message, unpack_message
from sandbox.wire.values import Decoder, Encoder, HandleRef, UnsupportedValueError

__all__ = [
    "Decoder",
    "Encoder",
    "FrameLimits",
    "HandleRef",
    "Hello",
    "Raised",
    "Reply",
    "Request",
    "Returned",
    "UnsupportedValueError",
    "WireError",
    "WireOverflowError",
    "pack_frame",
    "pack_message",
    "read_prefix",
    "unpack_message",
]

"""Answer with frames that lie about themselves: lengths, dtypes, shapes, depth, names. The test sets LIE
to one of LIES.

The number of the question is the real one, so that each frame is read to where it lies.

Family: forging the verdict (8).
"""

import json
import struct
import sys


def frame(fields, *buffers, kind="returned", **header):
    text = json.dumps(
        {"kind": kind, "fields": fields, "buffers": [len(b) for b in buffers], **header}
    ).encode()
    return raw(text, b"".join(b + bytes(-len(b) % 16) for b in buffers))


def raw(text, body=b"", header_bytes=None, body_bytes=None):
    header_bytes = len(text) if header_bytes is None else header_bytes
    body_bytes = len(body) if body_bytes is None else body_bytes
    return struct.pack(">4sIQ", b"GCW1", header_bytes, body_bytes) + text + body


def text(value):
    return b'{"kind":"returned","fields":[%d,' + value + b',""],"buffers":[]}'


def array(number, dtype="float64", shape=(2,), index=0, order=(0,), buffer=bytes(16), tag="a"):
    return frame([number, {tag: [dtype, list(shape), index, list(order)]}, ""], buffer)


LIES = {
    "not a frame": lambda n: b"HTTP/1.1 200 OK\r\n\r\nfull marks",
    "a header of four gigabytes": lambda n: raw(b"{}", header_bytes=2**32 - 1),
    "a body of eight exabytes": lambda n: raw(b"{}", body_bytes=2**63),
    "a body that never comes": lambda n: raw(text(b"1") % n, body_bytes=1000),
    "a header cut short": lambda n: raw((text(b"1") % n)[:-1]),
    "bad UTF-8": lambda n: raw(text(b'"\xff\xfe"') % n),
    "half a character": lambda n: raw(text(b'"\\ud800"') % n),
    "a key twice": lambda n: raw(
        b'{"kind":"returned","kind":"returned","fields":[%d,1,""],"buffers":[]}' % n
    ),
    "a number that is none": lambda n: raw(text(b"NaN") % n),
    "a number out of range": lambda n: raw(text(b"1e999") % n),
    "an integer of a million digits": lambda n: raw(text(b"9" * 1_000_000) % n),
    "a depth bomb": lambda n: raw(text(b"[" * 100_000 + b"]" * 100_000) % n),
    "a depth bomb of values": lambda n: raw(text(b'{"t":[' * 60 + b"]}" * 60) % n),
    "a million values": lambda n: raw(text(b"[" + b"0," * 1_000_000 + b"0]") % n),
    "a request": lambda n: frame([n, "call", {"t": []}, {"t": []}], kind="request"),
    "a second hello": lambda n: frame([{"d": []}], kind="hello"),
    "an unknown kind": lambda n: frame([n, 1, ""], kind="verdict"),
    "a verdict beside the answer": lambda n: frame([n, 1, ""], score=10.0),
    "too many fields": lambda n: frame([n, 1, "", "passed"]),
    "an unknown value": lambda n: frame([n, {"pickle": "gASVAAAA"}, ""]),
    "another question's number": lambda n: frame([n + 1, 1, ""]),
    "a negative number": lambda n: frame([-n, 1, ""]),
    "a number that is a text": lambda n: frame([str(n), 1, ""]),
    "a dtype of objects": lambda n: array(n, dtype="object"),
    "a dtype that is code": lambda n: array(n, dtype="__import__('os').abort()"),
    "a negative shape": lambda n: array(n, shape=(-2,)),
    "a shape larger than its bytes": lambda n: array(n, shape=(2**39,)),
    "a shape whose product overflows": lambda n: array(n, shape=(2**32, 2**32, 2**32), order=(0, 1, 2)),
    "an empty array of terabytes": lambda n: array(n, shape=(0, 2**39, 2**39), order=(0, 1, 2), buffer=b""),
    "a shape of truths": lambda n: array(n, shape=(True, 2), order=(0, 1)),
    "a shape of fractions": lambda n: array(n, shape=(2.0,)),
    "a hundred dimensions": lambda n: array(n, shape=(1,) * 99 + (2,), order=tuple(range(100))),
    "an axis twice": lambda n: array(n, shape=(1, 2), order=(0, 0)),
    "a buffer that is not there": lambda n: array(n, index=7),
    "a buffer counted from the end": lambda n: array(n, index=-1),
    "a buffer used twice": lambda n: frame(
        [n, [{"a": ["float64", [2], 0, [0]]}, {"a": ["float64", [2], 0, [0]]}], ""], bytes(16)
    ),
    "a buffer nobody uses": lambda n: frame([n, 1, ""], bytes(16)),
    "a truth that is seven": lambda n: array(n, dtype="bool", buffer=b"\7\7"),
    "a list as a key": lambda n: frame([n, {"d": [[[1], 2]]}, ""]),
    "a key twice in a dict": lambda n: frame([n, {"d": [["a", 1], ["a", 2]]}, ""]),
    "a handle below zero": lambda n: frame([n, {"h": [-1, "x"]}, ""]),
    "a failure of no known reason": lambda n: frame([n, "you passed", "", "", [], ""], kind="raised"),
    "a traceback without end": lambda n: frame([n, "raised", "E", "", [0] * 1000, ""], kind="raised"),
}


def lying_reply(servant, request):
    if request.operation == "call" and len(request.operands[2][0]) > 1:
        return [LIES[LIE](request.number)]
    return honest_reply(servant, request)


serving = sys.modules["sandbox.guest.serving"]
if not hasattr(serving, "honest"):
    serving.honest = serving.reply_to
honest_reply = serving.honest
serving.reply_to = lying_reply


def add(x, y):
    return x + y

"""Look for what another submission has left, tell it, and leave something everywhere for the next one:
files, shared memory, message queues, semaphores, sockets, and a daemon that holds on to all of it. The
test sets OWN.

Family: breaking the sandbox and the platform (24, 25).
"""

import contextlib
import ctypes
import glob
import os
import socket
import time

libc = ctypes.CDLL(None, use_errno=True)
KEY = 0x67726164  # of System V memory, message queues and semaphores
SIZE = 64
FOLDERS = ("/tmp", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue", "/runtime", "/")
CREATE = 0o1000 | 0o666
libc.shmat.restype = ctypes.c_void_p


def leave_files():
    for folder in FOLDERS:
        with contextlib.suppress(OSError), open(f"{folder}/left-by-{OWN}", "w") as file:
            file.write(OWN)


def leave_system_v():
    memory = libc.shmget(KEY, SIZE, CREATE)
    if memory >= 0:
        ctypes.memmove(libc.shmat(memory, None, 0), OWN.encode(), len(OWN))
    libc.msgget(KEY, CREATE)
    libc.semget(KEY, 1, CREATE)


def leave_posix():
    with contextlib.suppress(AttributeError, OSError):
        libc.mq_open(f"/left-by-{OWN}".encode(), os.O_CREAT | os.O_RDWR, 0o666, None)


def leave_daemon():
    """A process that has left its parent, its session and its name behind, and serves an abstract socket."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    libc.prctl(15, OWN.encode(), 0, 0, 0)  # PR_SET_NAME
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0left-by-anyone")
        server.listen()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            connection, _ = server.accept()
            connection.sendall(OWN.encode())
            connection.close()
    os._exit(0)


def look():
    """What is found, as lines."""
    for folder in FOLDERS:
        for path in glob.glob(f"{folder}/left-by-*"):
            yield f"file {path}"
    memory = libc.shmget(KEY, SIZE, 0o666)
    if memory >= 0:
        yield f"shared memory {ctypes.string_at(libc.shmat(memory, None, 0), SIZE)!r}"
    if libc.msgget(KEY, 0o666) >= 0 or libc.semget(KEY, 1, 0o666) >= 0:
        yield "System V"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect("\0left-by-anyone")
        yield f"daemon {client.recv(100).decode()}"
    for path in glob.glob("/proc/[0-9]*/comm"):
        with contextlib.suppress(OSError), open(path) as file:
            if (name := file.read().strip()).startswith("left"):
                yield f"process {name}"


def add(x, y):
    found = sorted(look())
    if not found:
        leave_files()
        leave_system_v()
        leave_posix()
        leave_daemon()
        time.sleep(0.1)
    return [f"found by {OWN}: {one}" for one in found] or ["nothing was found"]

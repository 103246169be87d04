"""The system calls that code in a sandbox may make: an allow-list, in words.

What is not named here is refused with ``EPERM``, except some calls that answer ``ENOSYS`` because
libraries take their fallback only then. What each group is for, and what is
left out on purpose, is told in ``docs/decisions/system-call-filter.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Policy", "Restriction", "policy"]

_FILES = """
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat
    faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync
    fgetxattr flistxattr flock fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64
    getxattr lchown lgetxattr link linkat listxattr llistxattr lseek lstat mkdir mkdirat newfstatat
    open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead
    readlink readlinkat readv rename renameat renameat2 rmdir sendfile stat statfs statx symlink
    symlinkat truncate umask unlink unlinkat utime utimensat utimes write writev
"""

_WAITING = """
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 poll
    ppoll pselect6 select signalfd signalfd4 timerfd_create timerfd_gettime timerfd_settime
"""

_MEMORY = "brk madvise membarrier mlock mmap mprotect mremap msync munlock munmap"

# `kill` and its like reach only the sandbox's own process namespace.
_PROCESSES = """
    arch_prctl capget capset execve execveat exit exit_group fork get_robust_list getcpu getegid
    geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit
    getrusage getsid gettid getuid kill prctl prlimit64 restart_syscall rseq rt_sigaction
    rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
    sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_yield
    set_robust_list set_tid_address setpgid setpriority setrlimit setsid sigaltstack sysinfo tgkill
    times tkill uname vfork wait4 waitid
"""

# Both backends start the guest with more than it may keep; these are how it, or the runtime that
# starts it, gives that away. Without capabilities they can only take, never grant.
_DROPPING_PRIVILEGES = """
    landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp setgid setgroups setregid
    setresgid setresuid setreuid setuid
"""

_THREADS_AND_TIME = """
    alarm clock_getres clock_gettime clock_nanosleep futex getitimer getrandom gettimeofday nanosleep
    pause setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_settime
"""

# On sockets of the one family that `socket` and `socketpair` below let through.
_LOCAL_SOCKETS = """
    accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg
    sendmmsg sendmsg sendto setsockopt shutdown
"""

_ALLOWED = tuple(
    sorted(
        " ".join(
            [
                _FILES,
                _WAITING,
                _MEMORY,
                _PROCESSES,
                _DROPPING_PRIVILEGES,
                _THREADS_AND_TIME,
                _LOCAL_SOCKETS,
            ]
        ).split()
    )
)

_ABSENT = (
    "clone3",  # its flags lie in memory, where no filter can see them: glibc falls back to clone
    "futex_waitv",
    "inotify_init1",
    "io_uring_setup",
    "memfd_create",  # without a cgroup, memory that no limit counts
    "pidfd_open",
    "pkey_alloc",
    "set_mempolicy",
    "splice",
    "userfaultfd",
)


@dataclass(frozen=True, slots=True)
class Restriction:
    """``name`` is allowed only when ``argument & mask`` is one of ``values``.

    ``argument`` is the zero-based position. Only the low 32 bits count: every argument restricted
    here is an ``int`` or an ``unsigned int`` in the kernel, which ignores the rest too.
    """

    name: str
    argument: int
    mask: int
    values: tuple[int, ...]


_WHOLE = 0xFFFF_FFFF
_AF_UNIX = 1
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h); NEWTIME shares
# its bit with clone's exit signal and exists only in clone3 and unshare.
_NEW_NAMESPACES = 0x7E02_0000
_QUERY_PERSONALITY = 0xFFFF_FFFF

_RESTRICTED = (
    Restriction("clone", 0, _NEW_NAMESPACES, (0,)),
    Restriction("personality", 0, _WHOLE, (0, _QUERY_PERSONALITY)),
    Restriction("socket", 0, _WHOLE, (_AF_UNIX,)),
    Restriction("socketpair", 0, _WHOLE, (_AF_UNIX,)),
)

# What an interpreter asks of its descriptors: TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX;
# and TIOCSPGRP, with which Docker's init looks for a terminal. Not TIOCSTI, which types into the
# terminal that the sandbox was started from.
_RESTRICTED_WITHOUT_GPU = (
    Restriction("ioctl", 1, _WHOLE, (0x5401, 0x5410, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
)

# CUDA's driver is driven by ioctl, and does not initialise without memfd_create (error 304, as in
# NVIDIA/OpenShell issue 1696). Only containers have GPUs, and their cgroup counts that memory.
_ALLOWED_WITH_GPU = ("ioctl", "memfd_create", "mincore")


@dataclass(frozen=True, slots=True)
class Policy:
    """What one kind of sandbox may do. No name stands in two of the three."""

    allowed: tuple[str, ...]
    """Names that are allowed whatever their arguments."""
    restricted: tuple[Restriction, ...]
    """Names that are allowed for some values of one argument."""
    absent: tuple[str, ...]
    """Refused names that answer ``ENOSYS``: their callers have another way, and take it on that error."""


def policy(*, gpu: bool) -> Policy:
    """The one policy, with what a GPU's driver needs added where there is a GPU."""
    if gpu:
        absent = tuple(name for name in _ABSENT if name not in _ALLOWED_WITH_GPU)
        return Policy((*_ALLOWED, *_ALLOWED_WITH_GPU), _RESTRICTED, absent)
    return Policy(_ALLOWED, _RESTRICTED + _RESTRICTED_WITHOUT_GPU, _ABSENT)

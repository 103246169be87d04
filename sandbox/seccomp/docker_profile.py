"""The policy as the JSON profile that a Docker engine takes in ``security_opt``."""

from __future__ import annotations

import errno
import json

from sandbox.seccomp.policy import Restriction, policy

__all__ = ["docker_profile"]


def docker_profile(*, gpu: bool = False) -> str:
    """The profile, compact, for ``security_opt=["seccomp=" + profile]``.

    ``gpu`` adds what a GPU's driver needs. Calls that are newer than the list answer ``ENOSYS``: runc
    (1.0.0-rc93 and later) sees to that itself.
    """
    rules = policy(gpu=gpu)
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.EPERM,
        # No sub-architectures: the 32-bit and x32 entry points stay closed.
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [
            {"names": list(rules.allowed), "action": "SCMP_ACT_ALLOW"},
            {"names": list(rules.absent), "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
            *(_rule(restriction, value) for restriction in rules.restricted for value in restriction.values),
        ],
    }
    return json.dumps(profile, separators=(",", ":"))


def _rule(restriction: Restriction, value: int) -> dict[str, object]:
    return {
        "names": [restriction.name],
        "action": "SCMP_ACT_ALLOW",
        "args": [
            {
                "index": restriction.argument,
                "op": "SCMP_CMP_MASKED_EQ",
                "value": restriction.mask,
                "valueTwo": value,
            }
        ],
    }

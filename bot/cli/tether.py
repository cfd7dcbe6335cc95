"""`python -I -S tether.py PARENT_PID argv…`: becomes argv, and is killed by the kernel when the process that started it dies.

Runs by path, before anything of ours is imported. The request survives exec (prctl(2), PR_SET_PDEATHSIG).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, argv = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(1)
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()

"""Runs a command and prints on a line of its own how much memory it held at most, in MiB.

What the system says of a child begins with the peak of whoever started it; whoever starts it here has next to none.
"""

import resource
import subprocess
import sys

KIB_PER_MIB = 1024

if __name__ == "__main__":
    ended = subprocess.run(sys.argv[1:], check=False)  # noqa: S603 - the bench's own commands
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // KIB_PER_MIB)  # noqa: T201 - this is the output
    sys.exit(ended.returncode)

"""Runs a command, its standard output closed to /dev/null, and prints the most bytes that it held resident.

    python3 -IS tests/cli/held.py COMMAND ARGUMENT...

Exit status: the command's. A new process counts its peak from what its parent held when it began, so no smaller peak can
be seen than this interpreter's own. -IS and no import but these keep that at some 8 MB; a larger program must not call
wait4() itself.
"""
import os
import sys
from resource import RUSAGE_SELF, getrusage

own = getrusage(RUSAGE_SELF).ru_maxrss
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ,
                        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, used = os.wait4(child, 0)
assert used.ru_maxrss > own + 1024, "the command held no more than the interpreter that measures it"
print(used.ru_maxrss * 1024)
sys.exit(os.waitstatus_to_exitcode(status))

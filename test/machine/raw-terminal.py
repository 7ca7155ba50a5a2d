"""Types a file at a terminal that passes every byte on, and adds up what comes back.

raw-terminal.py FILE COMMAND… runs the command at the terminal. Once that has said 'ready', the file is typed. Everything
that it says from then on is read until it ends; number of bytes, their SHA-256 and the exit code are printed.
"""

import hashlib
import os
import pty
import select
import sys

CHUNK = 64 * 1024
READY = b"ready"


def main(path, *command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    os.set_blocking(terminal, False)
    said = b""
    while READY not in said:
        said += read(terminal)
    said = said.split(READY, 1)[1]
    count, digest = len(said), hashlib.sha256(said)
    with open(path, "rb") as file:
        typed = file.read(CHUNK)
        while said or count == 0:
            readable, writable, _ = select.select([terminal], [terminal] if typed else [], [])
            if writable:
                typed = typed[os.write(terminal, typed) :] or file.read(CHUNK)
            if readable:
                said = read(terminal)
                count += len(said)
                digest.update(said)
    print(count, digest.hexdigest(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def read(terminal):
    """Empty at the end: nobody has the terminal open any more."""
    select.select([terminal], [], [])
    try:
        return os.read(terminal, CHUNK)
    except OSError:
        return b""


main(*sys.argv[1:])

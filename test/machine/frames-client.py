"""A client of berth's attached connections by somebody who has berth-attach(7) and Python's standard library, and nothing else.

frames-client.py exec CONTAINER COMMAND… runs a command in a container; frames-client.py attach CONTAINER joins what runs
in it already. Standard streams and exit code are those of the process; 125 is said of everything that has none. At a
terminal the command has a terminal too, and every key is its.
"""

import json
import os
import select
import signal
import socket
import struct
import sys
import termios
import tty

SOCKET = "/run/berth/io.berth"
STDIN, STDOUT, STDERR, CONTROL = range(4)
HEADER = struct.Struct(">BxxxI")
CHUNK = 64 * 1024
ENOUGH = 4 * CHUNK  # waits for the service: nothing more is read from standard input


class Refused(Exception):
    pass


def main(verb, container, *command):
    terminal = os.isatty(0)
    parameters = {"container": container}
    if terminal:
        parameters["size"] = window_size()
    if verb == "exec":
        parameters["configuration"] = {"command": command, "stdin": True, "terminal": terminal}
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(SOCKET)
    received = call(connection, "io.berth.Container." + verb.capitalize(), parameters)
    before = termios.tcgetattr(0) if terminal else None
    try:
        if terminal:
            tty.setraw(0)
        last = talk(connection, received)
    finally:
        if terminal:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
    if last["type"] == "error":
        raise Refused("%s %s" % (last["error"], json.dumps(last["parameters"])))
    if last["type"] == "detached":
        print("detached", file=sys.stderr)
        return 0
    if "message" in last:
        print(last["message"], file=sys.stderr)
    return last.get("exitCode", 125)


def call(connection, method, parameters):
    """Makes the call; returns what has come after its reply already, which are frames."""
    message = {"method": method, "parameters": parameters, "upgrade": True}
    connection.sendall(json.dumps(message).encode() + b"\0")
    received = b""
    while b"\0" not in received:
        chunk = connection.recv(CHUNK)
        if not chunk:
            raise Refused("the service hung up")
        received += chunk
    reply, frames = received.split(b"\0", 1)
    reply = json.loads(reply)
    if "error" in reply:
        raise Refused("%s %s" % (reply["error"], json.dumps(reply.get("parameters", {}))))
    return frames


def talk(connection, received):
    """Carries everything both ways, and never waits for one while the other could go on; returns the last frame."""
    connection.setblocking(False)
    resized = wake_up_on(signal.SIGWINCH)
    incoming, outgoing = bytearray(received), bytearray()
    typing = True
    while True:
        for stream, payload in frames_of(incoming):
            if stream == CONTROL:
                return json.loads(payload)
            write_all(stream, payload)  # STDOUT and STDERR are 1 and 2, here as there
        listening = [connection, resized] + ([0] if typing and len(outgoing) < ENOUGH else [])
        readable, writable, _ = select.select(listening, [connection] if outgoing else [], [])
        if connection in readable:
            chunk = connection.recv(CHUNK)
            if not chunk:
                raise Refused("the service went away; the process goes on")
            incoming += chunk
        if connection in writable:
            try:
                del outgoing[: connection.send(outgoing)]
            except BrokenPipeError:  # it takes no more input; why, its last frame says, which is still to be read
                outgoing.clear()
                typing = False
        if 0 in readable:
            chunk = os.read(0, CHUNK)
            outgoing += frame(STDIN, chunk)  # no bytes are the end of input, in a frame as in read(2)
            typing = len(chunk) > 0
        if resized in readable:
            resized.recv(CHUNK)
            outgoing += frame(CONTROL, json.dumps({"type": "resize", **window_size()}).encode())


def frame(stream, payload):
    return HEADER.pack(stream, len(payload)) + payload


def frames_of(incoming):
    """Takes whole frames off the front."""
    while len(incoming) >= HEADER.size:
        stream, length = HEADER.unpack_from(incoming)
        end = HEADER.size + length
        if len(incoming) < end:
            return
        payload = bytes(incoming[HEADER.size : end])
        del incoming[:end]
        yield stream, payload


def write_all(fd, payload):
    while payload:
        payload = payload[os.write(fd, payload) :]


def window_size():
    columns, rows = os.get_terminal_size(0)
    return {"columns": columns, "rows": rows}


def wake_up_on(number):
    """A socket that can be read once the signal has come."""
    readable, writable = socket.socketpair()
    writable.setblocking(False)
    signal.set_wakeup_fd(writable.detach(), warn_on_full_buffer=False)
    signal.signal(number, lambda *_: None)
    return readable


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(125)

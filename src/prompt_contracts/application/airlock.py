"""What a process of an application does first in a replay: it goes where nobody is but the stand-in.

Runs inside that process: in the one of the handlers, or as a file of its own that then becomes the program. Imports
nothing of this project, and little else, for every start of a program waits for it. What came of it is told through a
socket, together with the listening socket behind which the stand-in is then found.
"""

from __future__ import annotations

import _socket
import os
import struct
import sys

_NEW_USER = 0x10000000
_NEW_NETWORK = 0x40000000
_SET_FLAGS = 0x8914
_SET_ADDRESS = 0x8916
_SET_MASK = 0x891C
_UP_AND_RUNNING = 0x1 | 0x40
_NOBODYS_ADDRESS = "192.0.2.1"
"""Of a network that is kept for documentation. Without an address that is none of the loopback, `getaddrinfo` says for
AI_ADDRCONFIG that there is no IPv4 at all, and finds not even 127.0.0.1."""
_BACKLOG = 128
_COUNTERS = ("/proc/self/net/snmp", "/proc/self/net/snmp6")


class _RefusedError(Exception):
    """There can be no namespace here, and nothing has changed yet."""


def enter(fileno: int, port: int) -> None:
    """Go into a network of one's own, and tell `fileno` of it: `open`, with a socket that listens on `port`; `refused`
    where this may not be done. Ends the process where it was done by half. Whoever is told waits until `fileno` is
    closed, or another program begins.
    """
    teller = _socket.socket(fileno=fileno)
    os.set_inheritable(fileno, False)  # noqa: FBT003 - it ends where another program begins
    try:
        _unshare()
        listener = _listener(port)
        # What goes nowhere is counted there, and can be read outside as long as these files are open.
        counters = [os.open(path, os.O_RDONLY) for path in _COUNTERS if os.path.exists(path)]  # noqa: PTH110
    except _RefusedError as error:
        teller.send(f"refused {error}".encode())
    except OSError as error:
        teller.send(f"broken {error.strerror or error}".encode())
        os._exit(1)
    else:
        passed = struct.pack(f"{1 + len(counters)}i", listener.fileno(), *counters)
        teller.sendmsg([b"open"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, passed)])
        for counter in counters:
            os.close(counter)
        listener.close()
    teller.detach()


def _unshare() -> None:
    user, group = os.geteuid(), os.getegid()
    if _try(_NEW_NETWORK) is None:
        return  # the right to do it makes no other user necessary
    problem = _try(_NEW_USER | _NEW_NETWORK)
    if problem is not None:
        raise _RefusedError(problem)
    # In this order: without the second line the kernel takes no third one.
    for name, text in (("uid_map", f"{user} {user} 1"), ("setgroups", "deny"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib takes longer to import than all of this
            file.write(text)


def _try(flags: int) -> str | None:
    """None when it was done, else why not."""
    if sys.version_info >= (3, 12):
        try:
            os.unshare(flags)
        except OSError as error:
            return error.strerror or str(error)
        return None
    try:
        import ctypes
    except ImportError:
        return "this Python has no ctypes"
    library = ctypes.CDLL(None, use_errno=True)
    return None if library.unshare(flags) == 0 else os.strerror(ctypes.get_errno())


def _listener(port: int) -> _socket.socket:
    """The door of the stand-in, at the port that it has outside as well: every address stays as it is."""
    import fcntl

    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    fcntl.ioctl(listener, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))
    for request, address in ((_SET_ADDRESS, _NOBODYS_ADDRESS), (_SET_MASK, "255.255.255.255")):
        number = _socket.inet_aton(address)
        fcntl.ioctl(listener, request, struct.pack("16sHH4s8x", b"lo:1", _socket.AF_INET, 0, number))
    listener.bind(("127.0.0.1", port))
    listener.listen(_BACKLOG)
    return listener


def _become(command: list[str], fileno: int) -> None:
    """Never comes back. The environment is the one that we were given, before Python had a look at it."""
    import _signal  # type: ignore[import-not-found] # without the enumerations of `signal`, which take longer to make

    with open("/proc/self/environ", "rb") as file:  # noqa: PTH123
        pairs = [pair.partition(b"=") for pair in file.read().split(b"\0") if pair]
    environ = {name: value for name, _, value in pairs}
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)  # Python ignores them, and programs inherit that
    try:
        os.execvpe(command[0], command, environ)  # noqa: S606 - the program that the case names
    except OSError as error:
        _socket.socket(fileno=fileno).send(f"errno {error.errno}".encode())
        os._exit(127)


if __name__ == "__main__":
    _fileno, _port, *_command = sys.argv[1:]
    enter(int(_fileno), int(_port))
    _become(_command, int(_fileno))

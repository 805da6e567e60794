"""Very many connections at once: crowd.py PORT PID COUNT. PID is the server's: what it takes for each is told."""

import multiprocessing
import resource
import socket
import sys

PROCESSES = 4
DEADLINE = 200  # of a single wait; only ends a hang
BYTES_EACH_MAX = 16 * 1024


def memory_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def read_exactly(s, count):
    data = b""
    while len(data) < count:
        piece = s.recv(count - len(data))
        if not piece:
            raise ConnectionError(f"closed after {data!r}")
        data += piece
    return data


def ask_all(sockets, request, answer):
    for i, s in enumerate(sockets):
        s.sendall(request(i))
    for i, s in enumerate(sockets):
        got = read_exactly(s, len(answer(i)))
        if got != answer(i):
            raise ValueError(f"{request(i)!r} is answered {got!r}")


def part(port, number, count, all_there, all_asked):
    try:
        sockets = []
        for _ in range(count):
            sockets.append(socket.create_connection(("127.0.0.1", port), timeout=DEADLINE))
        # The server has each of them once it has answered.
        ask_all(sockets, lambda i: b"PING\r\n", lambda i: b"+PONG\r\n")
        all_there.wait(DEADLINE)
        ask_all(sockets, lambda i: b"SET %d.%d %d\r\n" % (number, i, i), lambda i: b"+OK\r\n")
        ask_all(
            sockets,
            lambda i: b"GET %d.%d\r\n" % (number, i),
            lambda i: b"$%d\r\n%d\r\n" % (len(str(i)), i),
        )
        all_asked.wait(DEADLINE)
    except BaseException:
        # Nobody is to wait for this one.
        all_there.abort()
        all_asked.abort()
        raise


def main():
    port, pid, count = (int(a) for a in sys.argv[1:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    all_there = multiprocessing.Barrier(PROCESSES + 1)
    all_asked = multiprocessing.Barrier(PROCESSES + 1)
    before = memory_of(pid)
    parts = [
        multiprocessing.Process(target=part, args=(port, n, count // PROCESSES, all_there, all_asked))
        for n in range(PROCESSES)
    ]
    for p in parts:
        p.start()
    try:
        all_there.wait(DEADLINE)
        idle = (memory_of(pid) - before) // count
        all_asked.wait(DEADLINE)
        busy = (memory_of(pid) - before) // count
    finally:
        for p in parts:
            p.join(DEADLINE)
    if any(p.exitcode != 0 for p in parts):
        sys.exit("some were not served")
    print(f"{count} connections: {idle} bytes of memory each, {busy} once all have put and got a block")
    if idle > BYTES_EACH_MAX:
        sys.exit(f"more than {BYTES_EACH_MAX} bytes of memory for an idle connection")


main()

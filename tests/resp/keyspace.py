"""Keyspace events, by redis-py and by bare sockets: keyspace.py PORT."""

import socket
import sys
import threading

import redis

PORT = int(sys.argv[1])
DEADLINE = 60  # of a single wait; only ends a hang


def connect():
    return redis.Redis(port=PORT, socket_timeout=DEADLINE)


def expect(got, want, what):
    if got != want:
        sys.exit(f"{what}: {got!r} instead of {want!r}")


def read_line(s):
    line = b""
    while not line.endswith(b"\r\n"):
        piece = s.recv(1)
        if not piece:
            sys.exit(f"closed after {line!r}")
        line += piece
    return line[:-2]


def read_value(s):
    line = read_line(s)
    kind, rest = line[:1], line[1:]
    if kind in b"*>":
        return kind, [read_value(s) for _ in range(int(rest))]
    if kind == b"$":
        data = b""
        while len(data) < int(rest) + 2:
            data += s.recv(int(rest) + 2 - len(data))
        return data[:-2]
    return line


def next_message(p):
    got = p.get_message(ignore_subscribe_messages=True, timeout=DEADLINE)
    while got is None:  # a confirmation
        got = p.get_message(ignore_subscribe_messages=True, timeout=DEADLINE)
    return got["type"], got["channel"], got["data"]


def subscribed(**patterns_and_channels):
    p = connect().pubsub()
    for method, names in patterns_and_channels.items():
        getattr(p, method)(*names)
        for _ in names:
            expect(p.get_message(timeout=DEADLINE)["type"], method, "confirmation")
    return p


def by_key_and_by_event():
    r = connect()
    p = subscribed(subscribe=["__keyspace@0__:k", "__keyevent@0__:del"], psubscribe=["__key*__:*r"])
    r.set("k", 1)
    expect(next_message(p), ("message", b"__keyspace@0__:k", b"set"), "set")
    r.set("other", 1)
    expect(next_message(p), ("pmessage", b"__keyspace@0__:other", b"set"), "by pattern")
    r.delete("k")
    expect(next_message(p), ("message", b"__keyspace@0__:k", b"del"), "del")
    expect(next_message(p), ("message", b"__keyevent@0__:del", b"k"), "del by event")
    p.unsubscribe("__keyevent@0__:del")
    p.ping()
    r.delete("other")
    r.set("k", 2)
    kinds = [p.get_message(timeout=DEADLINE)["type"] for _ in range(4)]
    expect(kinds, ["unsubscribe", "pong", "pmessage", "message"], "what is left")
    p.close()
    r.delete("k")


def expiry():
    r = connect()
    p = subscribed(subscribe=["__keyevent@0__:expired"])
    r.set("soon", 1, px=1)
    expect(next_message(p), ("message", b"__keyevent@0__:expired", b"soon"), "expired")
    p.close()


def transactions_in_order():
    r = connect()
    r.set("b", 1)
    p = subscribed(psubscribe=["__keyevent@0__:*"])
    with r.pipeline() as t:
        t.set("a", 1).set("b", 2).delete("b").set("c", 3)
        t.execute()
    got = [next_message(p)[1:] for _ in range(3)]
    want = [(b"__keyevent@0__:set", b"a"), (b"__keyevent@0__:del", b"b"), (b"__keyevent@0__:set", b"c")]
    expect(got, want, "a transaction")
    p.close()
    r.delete("a", "c")


def everybody_hears_everything():
    """Many writers, many subscribers, one order."""
    subscribers = [subscribed(subscribe=["__keyevent@0__:set"]) for _ in range(8)]

    def write(which):
        r = connect()
        for i in range(200):
            r.set(f"w{which}:{i}", i)

    writers = [threading.Thread(target=write, args=[w]) for w in range(4)]
    for t in writers:
        t.start()
    heard = [[next_message(p)[2] for _ in range(800)] for p in subscribers]
    for t in writers:
        t.join()
    expect(sorted(heard[0]), sorted(f"w{w}:{i}".encode() for w in range(4) for i in range(200)),
           "each name once")
    for other in heard[1:]:
        expect(other, heard[0], "all hear the same")
    for p in subscribers:
        p.close()


def version_3():
    s = socket.create_connection(("127.0.0.1", PORT), timeout=DEADLINE)
    s.sendall(b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n")
    expect(read_line(s), b"%7", "hello")
    for _ in range(7):
        read_value(s), read_value(s)
    s.sendall(b"SUBSCRIBE __keyspace@0__:own\r\n")
    expect(read_value(s), (b">", [b"subscribe", b"__keyspace@0__:own", b":1"]), "confirmation")
    # It hears of what it does itself, and does anything.
    s.sendall(b"SET own 1\r\nGET own\r\n")
    got = [read_value(s) for _ in range(3)]
    event = (b">", [b"message", b"__keyspace@0__:own", b"set"])
    expect(sorted(map(repr, got)), sorted(map(repr, [b"+OK", b"1", event])), "answers and event")
    expect([g for g in got if g != event], [b"+OK", b"1"], "answers in order")
    s.close()


def who_is_gone_harms_nobody():
    r = connect()
    for _ in range(50):
        s = socket.create_connection(("127.0.0.1", PORT), timeout=DEADLINE)
        s.sendall(b"PSUBSCRIBE *\r\n")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        s.close()  # a reset, before or after it was confirmed
    slow = socket.create_connection(("127.0.0.1", PORT), timeout=DEADLINE)
    slow.sendall(b"PSUBSCRIBE *\r\n")
    quick = subscribed(subscribe=["__keyspace@0__:last"])
    name = "n" * 1000
    for i in range(50):
        with r.pipeline(transaction=False) as p:
            for j in range(500):
                p.set(f"{name}{i}:{j}", j)
            p.execute()
    r.set("last", 1)
    expect(next_message(quick), ("message", b"__keyspace@0__:last", b"set"), "beside a slow one")
    # 55 MB that nobody reads are more than are kept.
    while r.info("stats")["client_output_buffer_limit_disconnections"] == 0:
        pass
    slow.close()
    quick.close()
    expect(r.flushall(), True, "flushall")


def no_subscriber_no_watch():
    r = connect()
    status = dict(zip(*[iter(r.execute_command("STOWAGE", "STATUS"))] * 2))
    while status[b"watches"] != 0:  # the news of their end are on their way
        status = dict(zip(*[iter(r.execute_command("STOWAGE", "STATUS"))] * 2))
    info = r.info("stats")
    expect((info["pubsub_channels"], info["pubsub_patterns"]), (0, 0), "nobody is left")


for session in [
    by_key_and_by_event, expiry, transactions_in_order, everybody_hears_everything, version_3,
    who_is_gone_harms_nobody, no_subscriber_no_watch,
]:
    session()
    print(f"{session.__name__}: ok", flush=True)

"""Sessions with a served store, by redis-py and by bare sockets: sessions.py PORT."""

import resource
import socket
import sys
import threading

import redis

PORT = int(sys.argv[1])
DEADLINE = 60  # of a single wait; only ends a hang


def connect():
    return redis.Redis(port=PORT, socket_timeout=DEADLINE)


def raw():
    s = socket.create_connection(("127.0.0.1", PORT), timeout=DEADLINE)
    return s


def expect(got, want, what):
    if got != want:
        sys.exit(f"{what}: {got!r} instead of {want!r}")


def read_all(s):
    data = b""
    while piece := s.recv(65536):
        data += piece
    return data


def read_exactly(s, count):
    data = b""
    while len(data) < count:
        piece = s.recv(min(65536, count - len(data)))
        if not piece:
            sys.exit(f"closed after {len(data)} of {count} bytes")
        data += piece
    return data


def commands():
    r = connect()
    expect(r.set("k", b"\x00\xff\r\n"), True, "set")
    expect(r.get("k"), b"\x00\xff\r\n", "any bytes")
    expect(r.set("k", "x", nx=True), None, "set nx")
    expect(r.set("k", "y", ex=100, get=True), b"\x00\xff\r\n", "set get")
    expect(90 < r.ttl("k") <= 100, True, "ttl")
    expect(r.persist("k"), True, "persist")
    r.mset({f"scan:{i}": i for i in range(2500)})
    expect(len(set(r.scan_iter("scan:*", count=100))), 2500, "scan_iter")
    expect(len(r.keys("scan:1?")), 10, "keys")
    expect(r.delete(*[f"scan:{i}" for i in range(2500)]), 2500, "del")
    expect(r.randomkey(), b"k", "randomkey")
    expect(r.info()["redis_version"], "7.0.0", "info")
    expect(r.rename("k", "l"), True, "rename")
    expect(r.getdel("l"), b"y", "getdel")
    expect(r.client_setname("me"), True, "client setname")
    expect([c["name"] for c in r.client_list()], ["me"], "client list")


def pipelines():
    r = connect()
    with r.pipeline(transaction=False) as p:
        for i in range(5000):
            p.set(f"p{i % 100}", i)
            p.get(f"p{i % 100}")
        answers = p.execute()
    expect(answers[1::2], [str(i).encode() for i in range(5000)], "a read sees the write before it")
    with r.pipeline() as p:
        p.set("t", 1).incr("t").get("t").delete("t")
        expect(p.execute(), [True, 2, b"2", 1], "transaction")


def watch():
    a, b = connect(), connect()
    a.set("w", 1)
    with a.pipeline() as p:
        p.watch("w")
        b.set("w", 2)
        p.multi()
        p.set("other", 1)
        try:
            p.execute()
            sys.exit("a watched block changed, and EXEC went through")
        except redis.WatchError:
            pass
    expect(a.exists("other"), 0, "nothing of it")


def counting():
    def add():
        r = connect()
        for _ in range(100):
            r.incr("n")
            r.transaction(lambda p: (v := int(p.get("m") or 0), p.multi(), p.set("m", v + 1)), "m")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expect(connect().mget("n", "m"), [b"400", b"400"], "no increment is lost")


def half_commands():
    r = connect()
    r.set("whole", 1)
    halves = [b"*3\r\n$3\r\nSET\r\n$5\r\nwhole\r\n$100\r\nhalf", b"*2\r\n$3\r\nGE", b"*1", b"SET whole 2"]
    for half in halves:
        s = raw()
        s.sendall(half)
        s.close()
    # Byte by byte is as good as at once.
    s = raw()
    for b in b"*2\r\n$3\r\nGET\r\n$5\r\nwhole\r\n":
        s.sendall(bytes([b]))
    expect(read_exactly(s, 7), b"$1\r\n1\r\n", "byte by byte")
    expect(r.get("whole"), b"1", "half commands do nothing")


def bad_lengths():
    for request, answer in [
        (b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$99999999999\r\n", b"invalid bulk length"),
        (b"*2147483648\r\n", b"invalid multibulk length"),
        (b"*1\r\nPING\r\n", b"expected '$', got 'P'"),
        (b"*" + b"9" * 70000, b"too big mbulk count string"),
        (b"x" * 70000, b"too big inline request"),
        (b'get "a\r\n', b"unbalanced quotes in request"),
    ]:
        s = raw()
        s.sendall(request)
        expect(read_all(s), b"-ERR Protocol error: " + answer + b"\r\n", "mistake, then the end")
        s.close()
    # Believed lengths cost nothing before the bytes are there.
    many = []
    for _ in range(50):
        s = raw()
        s.sendall(b"*1048576\r\n$67108864\r\nx")
        many.append(s)
    expect(connect().ping(), True, "ping")
    for s in many:
        s.close()


def half_closed():
    s = raw()
    s.sendall(b"SET closed 1\r\nGET closed\r\n")
    s.shutdown(socket.SHUT_WR)
    expect(read_all(s), b"+OK\r\n$1\r\n1\r\n", "who only stops sending is answered")


def vanished():
    for _ in range(20):
        s = raw()
        s.sendall(b"SET v 1\r\nINCR v\r\n" * 200)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        s.close()  # a reset
    expect(connect().ping(), True, "ping")


def slow_readers():
    r = connect()
    r.set("big", b"v" * 1_000_000)
    slow = []
    for _ in range(10):
        s = raw()
        s.sendall(b"GET big\r\n" * 500)
        slow.append(s)
    # Nobody else waits for them, and what they asked for is not piled up.
    for i in range(200):
        expect(r.set("quick", i), True, "set beside slow readers")
    held = sum(int(c["omem"]) for c in r.client_list())
    expect(held < 10 * 20_000_000, True, f"{held} bytes held for slow readers")
    # They get everything all the same.
    one = b"$1000000\r\n" + b"v" * 1_000_000 + b"\r\n"
    expect(read_exactly(slow[0], 20 * len(one)), 20 * one, "a slow reader's answers")
    for s in slow:
        s.close()


def many_clients():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = [raw() for _ in range(1200)]
    r = connect()
    for i in range(100):
        expect(r.set("busy", i), True, "set beside idle clients")
    for s in idle:
        s.sendall(b"PING\r\n")
    for s in idle:
        expect(read_exactly(s, 7), b"+PONG\r\n", "an idle client")
    for s in idle:
        s.close()


for session in [
    commands, pipelines, watch, counting, half_commands, bad_lengths, half_closed, vanished,
    slow_readers, many_clients,
]:
    session()
    print(f"{session.__name__}: ok", flush=True)

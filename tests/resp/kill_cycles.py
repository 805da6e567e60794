"""kill -9 of a server under the load of clients, again and again: kill_cycles.py BINARY LIVES [--seed N] [--lose].

Each client owns its names and is the only one to write them. It keeps a ledger of what it asked for and how much of
that it was told is on the disk: by the answer itself where the server answers durably, by a WAITAOF behind it where
it answers what it has accepted. What the next life of the server has must be what some prefix of a client's requests
leaves, one that ends no earlier than what is on the disk; so transactions are there whole or not at all.

The store is ./s. --lose puts the store of an earlier life in place of the last one: that has to be noticed.
"""

import argparse
import atexit
import itertools
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading

CLIENTS = 6
NAMES = 40  # of each client
DEADLINE = 100  # of a single wait; only ends a hang


def command(*args):
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def bulk(value):
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def shorten(value):
    return "nothing" if value is None else f"{value[:40]!r}"


class Ledger:
    """What one client asked for, and what of it has to be there."""

    def __init__(self, names):
        self.base = dict.fromkeys(names)  # what was found when this life began
        self.now = dict(self.base)  # what a read sees
        self.steps = []  # what was asked for since, in order: {name: value or None}
        self.on_disk = 0  # so many of the steps

    def ask(self, changes):
        self.steps.append(changes)
        self.now.update(changes)
        return len(self.steps)

    def judge(self, found):
        """None if what was found is allowed, else what is wrong. The next life begins with it."""
        state = dict(self.base)
        for step in self.steps[: self.on_disk]:
            state.update(step)
        must = dict(state)
        different = {name for name in state if state[name] != found[name]}
        for step in self.steps[self.on_disk :]:
            if not different:
                break
            for name, value in step.items():
                if value == found[name]:
                    different.discard(name)
                else:
                    different.add(name)
        wrong = None
        if different:
            name = min(n for n in found if found[n] != must[n])
            wrong = (
                f"{name} is {shorten(found[name])}; on the disk was {shorten(must[name])}, "
                f"{len(self.steps) - self.on_disk} requests were under way"
            )
        self.base = dict(found)
        self.now = dict(found)
        self.steps = []
        self.on_disk = 0
        return wrong


class Client(threading.Thread):
    """Asks until the server is gone."""

    def __init__(self, number, ledger, seed, is_durable, on_answer):
        super().__init__(daemon=True)
        self.number = number
        self.ledger = ledger
        self.random = random.Random(seed)
        self.is_durable = is_durable
        self.on_answer = on_answer
        self.wrong = None
        self.confirmed = 0

    def run(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as s:
                s.settimeout(DEADLINE)
                stream = s.makefile("rb")
                while True:
                    batch = [self.request() for _ in range(self.random.choice([1, 4, 16, 64]))]
                    s.sendall(b"".join(asked for asked, _, _ in batch))
                    for asked, wanted, reached in batch:
                        self.take(stream, asked, wanted, reached)
        except TimeoutError:
            self.wrong = f"client {self.number} waited too long"
        except (ConnectionError, EOFError):
            pass
        except ValueError as e:
            self.wrong = f"client {self.number}: {e}"

    def take(self, stream, asked, wanted, reached):
        got = stream.read(len(wanted))
        if len(got) < len(wanted) and wanted.startswith(got):
            raise EOFError
        if got != wanted:
            raise ValueError(f"{asked[:60]!r} is answered {got[:60]!r}, not {wanted[:60]!r}")
        if reached:
            self.confirmed += reached - self.ledger.on_disk
            self.ledger.on_disk = reached
        self.on_answer()

    def value(self):
        size = self.random.choice([10, 100, 100, 4096, 4096, 20_000, 100_000])
        word = b"%d.%d." % (self.number, self.random.getrandbits(60))
        return (word * (size // len(word) + 1))[:size]

    def changed(self, changes):
        """How far the disk is once this was answered."""
        reached = self.ledger.ask(changes)
        return reached if self.is_durable else 0

    def request(self):
        """The next one, its answer, and how many steps are on the disk with it."""
        names = [n for n in self.ledger.base if not n.startswith("counter")]
        name = self.random.choice(names)
        kind = self.random.random()
        if not self.is_durable and kind < 0.04:
            return command("WAITAOF", 1, 0, 0), b"*2\r\n:1\r\n:0\r\n", len(self.ledger.steps)
        if kind < 0.10:
            return command("GET", name), bulk(self.ledger.now[name]), 0
        if kind < 0.16:
            was_there = self.ledger.now[name] is not None
            return command("DEL", name), b":%d\r\n" % was_there, self.changed({name: None})
        if kind < 0.22:
            counter = f"counter.{self.number}"
            number = int(self.ledger.now[counter] or 0) + 1
            reached = self.changed({counter: b"%d" % number})
            return command("INCR", counter), b":%d\r\n" % number, reached
        if kind < 0.28:
            changes = {n: self.value() for n in self.random.sample(names, 3)}
            asked = [command("SET", n, v) for n, v in changes.items()]
            answer = b"+OK\r\n" + b"+QUEUED\r\n" * 3 + b"*3\r\n" + b"+OK\r\n" * 3
            asked = command("MULTI") + b"".join(asked) + command("EXEC")
            return asked, answer, self.changed(changes)
        value = self.value()
        lasting = ["EX", 100_000] if kind < 0.34 else []
        return command("SET", name, value, *lasting), b"+OK\r\n", self.changed({name: value})


class Server:
    def __init__(self, binary, is_durable):
        sync = '"group"' if is_durable else '"lazy"'
        level = "durable" if is_durable else "accepted"
        with open("conf", "w", encoding="ascii") as conf:
            conf.write(
                f'stowage {{\n path = "s"\n durability = "{level}"\n sync {{ mode = {sync} }}\n'
                ' resp { listen = "127.0.0.1:0" }\n metrics { listen = "" }\n}\n'
            )
        with open("log", "wb") as log:
            self.process = subprocess.Popen(
                [binary, "serve", "--config-file=conf"], stdout=subprocess.PIPE, stderr=log
            )
        # Whatever ends this program: no server stays behind.
        atexit.register(self.process.kill)
        ready = self.process.stdout.readline().decode()
        if not ready.startswith("ready: "):
            with open("log", encoding="utf-8") as log:
                sys.exit(f"the server does not start: {log.read()}")
        self.port = int(ready.rsplit("resp=127.0.0.1:", 1)[1])

    def end(self, *signals):
        for s in signals:
            self.process.send_signal(s)
        self.process.wait(DEADLINE)
        atexit.unregister(self.process.kill)
        self.process.stdout.close()

    def read(self, names):
        """What it has of these names, and whether that is all it has."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as s:
            stream = s.makefile("rb")
            s.sendall(command("DBSIZE"))
            blocks = int(stream.readline()[1:])
            found = {}
            for name in names:
                s.sendall(command("GET", name))
                size = int(stream.readline()[1:])
                found[name] = None if size < 0 else stream.read(size + 2)[:-2]
        return found, blocks == sum(v is not None for v in found.values())


def begin(server, ledgers, is_durable, rng, kill_after):
    answers = itertools.count(1)
    enough = threading.Event()

    def on_answer():
        if next(answers) >= kill_after:
            enough.set()

    clients = [Client(i, l, rng.random(), is_durable, on_answer) for i, l in enumerate(ledgers)]
    for c in clients:
        c.port = server.port
        c.start()
    if not enough.wait(DEADLINE):
        sys.exit("the clients came to a halt: " + "; ".join(filter(None, (c.wrong for c in clients))))
    return clients


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("lives", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lose", action="store_true")
    how = parser.parse_args()
    rng = random.Random(how.seed)
    ledgers = [
        Ledger([f"counter.{i}", *(f"name.{i}.{j}" for j in range(NAMES))]) for i in range(CLIENTS)
    ]
    every_name = [name for l in ledgers for name in l.base]
    confirmed = under_way = 0
    for life in itertools.count():
        # Of few lives all may have been short: then there are more.
        is_last = life >= how.lives and (confirmed >= 10 * how.lives or life == 10 * how.lives)
        is_durable = how.lose or rng.random() < 0.5
        if how.lose and life == how.lives - 1:
            shutil.copyfile("s", "earlier")
        server = Server(how.binary, is_durable)
        found, is_all = server.read(every_name)
        if not is_all:
            sys.exit(f"life {life}: the server has blocks that nobody has put")
        for ledger in ledgers:
            under_way += len(ledger.steps) - ledger.on_disk
            if wrong := ledger.judge({name: found[name] for name in ledger.base}):
                sys.exit(f"life {life} of seed {how.seed}: {wrong}")
        if is_last:
            server.end(signal.SIGTERM)
            break
        kill_after = 1000 if how.lose else int(10 ** rng.uniform(0, 3.7))
        clients = begin(server, ledgers, is_durable, rng, kill_after)
        # Some while they drain.
        server.end(*([signal.SIGTERM] if rng.random() < 0.1 else []), signal.SIGKILL)
        for c in clients:
            c.join(DEADLINE)
            if c.wrong:
                sys.exit(f"life {life} of seed {how.seed}: {c.wrong}")
            confirmed += c.confirmed
        if how.lose and life == how.lives - 1:
            shutil.move("earlier", "s")
    print(f"{life} kills: {confirmed} writes on the disk, {under_way} were under way")
    if confirmed < 10 * how.lives:
        sys.exit("too little has happened to tell")


main()

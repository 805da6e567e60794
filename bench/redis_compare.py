"""stowage beside redis-server, by redis-benchmark: redis_compare.py BINARY [--rounds N] [--requests N] [--names N]

Four servers, each with a file of its own in one directory, take turns; only one is asked at a time. The first round
fills them and is not counted. A ratio is taken within a round, of those that promise the same, and its median told.
"""

import argparse
import csv
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time

SHAPE = ["-c", "50", "-P", "16", "-d", "4096"]
DEADLINE = 30
# What is compared with what, and the least that performance is to be.
PAIRS = [
    ("set", "stowage accepted", "redis everysec", 1.0),
    ("set", "stowage durable", "redis always", 2.0),
    ("get", "stowage accepted", "redis everysec", 0.9),
    ("get", "stowage durable", "redis always", 0.9),
]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Server:
    def __init__(self, name, directory):
        self.name = name
        self.directory = os.path.join(directory, name.replace(" ", "-"))
        self.port = free_port()
        os.mkdir(self.directory)

    def start(self, *command):
        with open(os.path.join(self.directory, "log"), "wb") as log:
            self.process = subprocess.Popen(command, cwd=self.directory, stdout=log, stderr=log)
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise SystemExit(f"{self.name} does not start: see {self.directory}/log")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            ticks = stat.read().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def measure(self, test, requests, names):
        """Requests in a second, and microseconds of its CPU time for each."""
        before = self.cpu_seconds()
        said = subprocess.run(
            ["redis-benchmark", "-p", str(self.port), *SHAPE, "-n", str(requests), "-t", test, "--csv"]
            # Without it there is one name.
            + (["-r", str(names)] if names > 1 else []),
            check=True, capture_output=True, text=True,
        ).stdout
        rate = float(list(csv.reader(said.splitlines()))[-1][1])
        return rate, (self.cpu_seconds() - before) / requests * 1e6

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)


def redis(name, directory, fsync):
    server = Server(name, directory)
    # Nothing but the log of what is written, which is not rewritten meanwhile.
    return server.start(
        "redis-server", "--bind", "127.0.0.1", "--port", str(server.port), "--save", "",
        "--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0",
    )


def stowage(name, directory, binary, durability):
    server = Server(name, directory)
    with open(os.path.join(server.directory, "conf"), "w", encoding="ascii") as conf:
        conf.write(
            # Redis has every value in memory; so has this cache.
            f'stowage {{\n path = "s"\n durability = "{durability}"\n cache-bytes = 1073741824\n'
            f' metrics {{ listen = "" }}\n'
            f' resp {{ listen = "127.0.0.1:{server.port}" }}\n}}\n'
        )
    return server.start(os.path.abspath(binary), "serve", "--config-file=conf")


def compare(servers, rounds, requests, names):
    measured = {(s.name, test): [] for s in servers for test in ("set", "get")}
    for s in servers:
        s.measure("set", max(3 * names, requests), names)
    for turn in range(rounds):
        at = turn % len(servers)
        for s in servers[at:] + servers[:at]:
            for test in ("set", "get"):
                measured[s.name, test].append(s.measure(test, requests, names))
    return measured


def show(measured):
    print("| | requests/s | least | most | CPU of the server per request |\n|---|---|---|---|---|")
    for (name, test), values in measured.items():
        rates = [rate for rate, _ in values]
        cpu = statistics.median(c for _, c in values)
        print(
            f"| {test.upper()}, {name} | {statistics.median(rates):,.0f} | {min(rates):,.0f} "
            f"| {max(rates):,.0f} | {cpu:.1f} us |"
        )
    print("\n| | ratio | wanted |\n|---|---|---|")
    for test, ours, theirs, wanted in PAIRS:
        ratios = [a / b for (a, _), (b, _) in zip(measured[ours, test], measured[theirs, test])]
        print(f"| {test.upper()}, {ours} / {theirs} | {statistics.median(ratios):.2f} | {wanted} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--names", type=int, default=100_000, help="among which each request takes one at random")
    parser.add_argument("--directory", help="where the files of the servers are for a while")
    how = parser.parse_args()
    servers = []
    with tempfile.TemporaryDirectory(dir=how.directory) as directory:
        try:
            servers.append(redis("redis everysec", directory, "everysec"))
            servers.append(stowage("stowage accepted", directory, how.binary, "accepted"))
            servers.append(redis("redis always", directory, "always"))
            servers.append(stowage("stowage durable", directory, how.binary, "durable"))
            show(compare(servers, how.rounds, how.requests, how.names))
        finally:
            for s in servers:
                s.stop()


main()

"""Takes part in a fleet, as its standard input says; see participant-main.ts for the words."""

import base64
import random
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import NodeExistsError
from kazoo.recipe.lock import Lock, ReadLock, WriteLock
from kazoo.retry import KazooRetry

ADDRESS, NAME, SESSION_MS = sys.argv[1:4]


class CuratorLock(Lock):
    """Named as InterProcessMutex and LeaderSelector name their nodes."""

    _NODE_NAME = "-lock-"
    _EXCLUDE_NAMES = ["-lock-"]


class CuratorLatch(Lock):
    """Named as LeaderLatch names its nodes."""

    _NODE_NAME = "-latch-"
    _EXCLUDE_NAMES = ["-latch-"]


class CuratorWriteLock(WriteLock):
    """Named as InterProcessReadWriteLock names those who write."""

    _NODE_NAME = "-__WRIT__"
    _EXCLUDE_NAMES = ["__WRIT__", "__READ__"]


class CuratorReadLock(ReadLock):
    """Named as InterProcessReadWriteLock names those who read."""

    _NODE_NAME = "-__READ__"
    _EXCLUDE_NAMES = ["__WRIT__"]


def retry():
    return KazooRetry(max_tries=-1, delay=0.02, max_delay=0.5)


client = KazooClient(
    ADDRESS,
    timeout=int(SESSION_MS) / 1000,
    connection_retry=retry(),
    command_retry=retry(),
)
stopping = threading.Event()
number = 0
party = None


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def mark(marks, says):
    path = "%s/%s-%d-%s" % (marks, NAME, number, says)
    try:
        client.retry(client.create, path, b"")
    except NodeExistsError:
        pass  # it was written before, and the answer was lost


def hold(kind, site, marks, longest, chooser):
    """One turn after another until it is told to stop; returns how many."""
    global number

    def work():
        global number
        mark(marks, "begin")
        time.sleep(chooser.randint(0, longest) / 1000)
        mark(marks, "end")
        number += 1

    def lock():
        if kind == "lock" or kind == "selector":
            return CuratorLock(client, site, NAME)
        if kind == "latch":
            return CuratorLatch(client, site, NAME)
        if kind == "lock-kazoo":
            return client.Lock(site, NAME, extra_lock_patterns=["lock-"])
        if kind == "lock-alone":
            return client.Lock(site, NAME)
        if kind == "election-kazoo":
            return client.Lock(site, NAME, extra_lock_patterns=["latch-"])
        if kind == "read-write" and chooser.random() < 0.6:
            return CuratorReadLock(client, site, NAME)
        if kind == "read-write" or kind == "write":
            return CuratorWriteLock(client, site, NAME)
        if kind == "read-write-kazoo" and chooser.random() < 0.6:
            return client.ReadLock(site, NAME, extra_lock_patterns=["__WRIT__"])
        if kind == "read-write-kazoo" or kind == "write-kazoo":
            return client.WriteLock(
                site, NAME, extra_lock_patterns=["__WRIT__", "__READ__"]
            )
        raise ValueError(kind)

    began = number
    last = 0.001
    while not stopping.is_set():
        # For as long as a turn of all of them takes, so that the order is another each time.
        if chooser.random() >= 0.3:
            time.sleep(chooser.random() * last)
        since = time.monotonic()
        if kind in ("latch", "selector", "election-kazoo"):
            election = client.Election(site, NAME)
            election.lock = lock()
            election.run(work)
        else:
            with lock():
                work()
        last = min(2, time.monotonic() - since)
    return number - began


def count(kind, site, marks, amount):
    """Adds until it is told to stop; returns what it was told that it has added."""
    global number
    mark(marks, "begin")
    counter = client.Counter(site, support_curator=kind == "count-int32")
    total = 0
    while not stopping.is_set():
        time.sleep(random.random() * 0.02)
        counter += amount
        total += amount
    number += 1
    return total


def work(order):
    try:
        kind, site, marks, size, seed = order
        if kind.startswith("count"):
            result = count(kind, site, marks, int(size))
        else:
            result = hold(kind, site, marks, int(size), random.Random(int(seed)))
        say("done %d" % result)
    except BaseException as error:
        say("failed %r" % error)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


client.start(timeout=60)
say("ready")
for line in sys.stdin:
    order = line.split()
    if order[0] == "stop":
        stopping.set()
    elif order[0] == "join":
        _, site, _, payload, shape = order
        make = client.Party if shape == "party" else client.ShallowParty
        party = make(site, payload)
        party.join()
        say("joined")
    elif order[0] == "view":
        say(" ".join(["view"] + sorted(encoded(each) for each in party)))
    elif order[0] == "leave":
        party.leave()
        say("left")
    else:
        stopping.clear()
        threading.Thread(target=work, args=(order,), daemon=True).start()

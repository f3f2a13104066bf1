#!/usr/bin/env python3
"""Malformed, oversized and slow peers on every protocol of content/sites/protocol-bench: nobody else's connection waits for them, no
program's scan does, and the site lives on.

Usage: hostile_peers_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import os
import random
import select
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402
import protocols as p  # noqa: E402

SITE = "content/sites/protocol-bench"
SECONDS = 12  # that the slow ones hold out
SLOW, WILD = 8, 8

# What a session begins with, for the slow to say byte by byte and for the wild to damage.
DNP3_READ = bytes([0xC0, 0xC0, 1, 60, 1, 6])
DNP3_HEAD = struct.pack("<BBBBHH", 5, 0x64, 11, 0xC4, 10, 1)
FIRST = {
    "modbus1": ("modbus", bytes.fromhex("00010000000601030000000a")),
    "s71": ("s7", bytes.fromhex("0300001611e00000000100c0010ac1020100c20201020300001902f08032010000000000080000f0000001000101e0")),
    "iec1": ("iec104", bytes.fromhex("680407000000680e0000000064010600010000000014")),
    "dnp1": ("dnp3", DNP3_HEAD + p.dnp3_crc(DNP3_HEAD) + DNP3_READ + p.dnp3_crc(DNP3_READ)),
    "enip1": ("enip", struct.pack("<HHIIQI", 0x65, 4, 0, 0, 0, 0) + struct.pack("<HH", 1, 0) + p.LIST_IDENTITY),
}
# Headers that promise as much as their field can say.
OVERSIZED = {
    "modbus1": bytes.fromhex("00010000ffff0103"),
    "s71": bytes.fromhex("0300ffff02f080"),
    "iec1": bytes.fromhex("68ff07000000"),
    "dnp1": bytes.fromhex("0564ffc40a000100ffff"),
    "enip1": struct.pack("<HHIIQI", 0x6F, 0xFFFF, 0, 0, 0, 0),
}


class Honest:
    """A client that asks again and again, and what of its program moves with each scan."""

    def __init__(self, device, where, sock):
        kinds = {"modbus1": o.Modbus, "s71": p.S7, "iec1": p.Iec104, "dnp1": p.Dnp3, "enip1": p.Enip}
        self.device, self.slowest, self.asked, self.seen = device, 0.0, 0, set()
        self.c = kinds[device](where, sock)

    def ask(self):
        begun = time.monotonic()
        if self.device == "modbus1":
            self.seen.add(self.c.holding(0, 2))
        elif self.device == "s71":
            self.seen.add(self.c.read(1, 0, 4))
        elif self.device == "enip1":
            self.seen.add(self.c.read("SCANS"))
        elif self.device == "iec1":
            self.seen.update(g[4] for g in self.c.interrogate(qoi=23) if g[0] == 9)
        else:
            self.seen.add(self.c.ask(1, bytes.fromhex("3c0106"))[1])
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.asked += 1


class Slow:
    """Says one byte a second, over and over."""

    def __init__(self, sock, where, words):
        self.s, self.words, self.at = sock, words, 0
        self.s.connect(where)

    def turn(self):
        try:
            self.s.send(self.words[self.at % len(self.words):][:1])
            self.at += 1
        except OSError:
            pass


class Wild:
    """Says something damaged, huge or random as fast as it is taken; when it is thrown out it comes again a second later."""

    def __init__(self, device, make, where, rng):
        self.device, self.make, self.where, self.rng, self.s, self.thrown, self.again = device, make, where, rng, None, 0, 0.0

    def words(self):
        first = FIRST[self.device][1]
        kind = self.rng.randrange(4)
        if kind == 0:
            return self.rng.randbytes(self.rng.randrange(1, 600))
        if kind == 1:
            return OVERSIZED[self.device] + self.rng.randbytes(self.rng.randrange(3000))
        if kind == 2:
            return bytes(b ^ (1 << self.rng.randrange(8)) if self.rng.random() < 0.05 else b for b in first * 4)
        return first[:self.rng.randrange(1, len(first))] + first * 20

    def turn(self):
        if not self.s and time.monotonic() < self.again:
            return
        try:
            if not self.s:
                self.s = self.make()
                self.s.settimeout(5)
                self.s.connect(self.where)
                self.s.setblocking(False)
            self.s.send(self.words())
            while self.s.recv(65536):
                pass
            raise ConnectionError
        except BlockingIOError:
            pass
        except OSError:
            self.s.close()
            self.s, self.thrown, self.again = None, self.thrown + 1, time.monotonic() + 1


def play(site):
    rng = random.Random(104)
    pool = o.sockets_inside(lambda *c: site.inside("eng", *c), *["tcp"] * (len(FIRST) * (SLOW + 1)))
    wild_pool = o.sockets_inside(lambda *c: site.inside("intruder", *c), *["tcp"] * 900)
    wheres = {d: site.entry(d, FIRST[d][0]) for d in FIRST}
    honest = [Honest(d, wheres[d], pool.pop()) for d in FIRST]
    slow = [Slow(pool.pop(), wheres[d], FIRST[d][1]) for d in FIRST for _ in range(SLOW)]
    wild = [Wild(d, wild_pool.pop, wheres[d], rng) for d in FIRST for _ in range(WILD)]
    end, second = time.monotonic() + SECONDS, 0.0
    while time.monotonic() < end:
        if time.monotonic() >= second:
            second = time.monotonic() + 1
            for s in slow:
                s.turn()
        for w in wild:
            w.turn()
        for h in honest:
            h.ask()
        select.select([], [], [], 0.01)
    for h in honest:
        o.check(f"{h.device}: {h.asked} requests answered beside them, and none of them late", h.asked > 20 and h.slowest < 2, h.slowest)
        o.check(f"{h.device}: its program ran meanwhile", len(h.seen) > 5, len(h.seen))
    o.check("the wild were thrown out", sum(w.thrown for w in wild) > 20, [w.thrown for w in wild])


def main():
    o.need_namespaces()
    with o.scratch() as folder:
        site = o.Site(os.path.join(folder, "site"), "--captures", "off", site=SITE)
        try:
            site.start()
            core = site.core
            play(site)
            o.check("core is the same as before", site.core == core, (core, site.core))
        finally:
            status = site.stop()
        o.check("it ends cleanly", status == 0, status)
        agrees, said = o.replay_agrees(site.state)
        o.check("its record replays", agrees, said)
    o.verdict()


main()

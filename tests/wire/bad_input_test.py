#!/usr/bin/env python3
"""What is wrong, from outside: files (said with file, line and column, and nothing is started), bytes on the ports of a live site
(an exception or a closed connection, while scans go on and memory stays), a port that is taken, and a disk that fills under an
event (it says so, confirms nothing that it cannot keep, and goes on).

Usage: bad_input_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import contextlib
import http.client
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402

EVENT = "content/events/demo"

# --- files ---


def replaced(path, old, new):
    text = open(path, encoding="utf-8").read()
    assert old in text, (path, old)
    open(path, "w", encoding="utf-8").write(text.replace(old, new, 1))


# What is broken, in which file, how, and the line at which it must be said (None: in that file).
SITE, STAGE = "sites/water-treatment/site.yaml", "sites/water-treatment/plc/stage1.st"
WRONG = [
    ("an unknown key", SITE, "process: {model", "proces: {model", None),
    ("an unknown model", SITE, "model: water-treatment", "model: fire-treatment", None),
    ("broken YAML", SITE, "devices:\n", "devices: [\n", None),
    ("an alias", SITE, "network: {latency: 100us}", "network: &n {latency: 100us}\nrouter: *n", None),
    ("an address twice", SITE, "address: 10.10.0.12}", "address: 10.10.0.11}", None),
    ("an address outside its zone", SITE, "address: 10.10.0.12}", "address: 10.11.0.12}", None),
    ("a program with a wrong name", STAGE, "LIT101_RAW     AT %IW0   : INT;", "LIT101_ROW AT %IW0 : INT;", None),
    ("a duration without its unit", SITE, "step: 100ms", "step: 100", 5),
]


def wrong_files(folder):
    for what, name, old, new, line in WRONG:
        content = os.path.join(folder, "content")
        shutil.copytree("content", content)
        path, state = os.path.join(content, name), os.path.join(folder, "state")
        replaced(path, old, new)
        r = o.run(o.BINARY, "live", os.path.join(content, "sites/water-treatment"), "--state", state, "--network", "loopback",
                  "--port-offset", "31000")
        said = re.match(r"(\S+?):(\d+):(\d+): error: \S.*", r.stderr)
        o.check(f"{what}: {r.stderr.splitlines()[0].replace(folder, '') if r.stderr else ''}",
                r.returncode == 1 and said and said.group(1) == path and (line is None or int(said.group(2)) == line)
                and "ready" not in r.stdout, (r.returncode, r.stderr[:400]))
        o.check("nothing was started", not os.path.exists(os.path.join(state, "record")) and not o.processes(folder))
        shutil.rmtree(content)
        shutil.rmtree(state, ignore_errors=True)
    r = o.run(o.BINARY, "serve", folder + "/nowhere", "--state", folder + "/state", "--port", str(o.free_port()))
    o.check("an event there is not", r.returncode == 1 and "error: there is no such file" in r.stderr
            and "nothing was started" in r.stderr, (r.returncode, r.stderr))


# --- bytes ---


def closed(s, seconds):
    """Whether the other side ends the connection; what it says before is thrown away."""
    s.settimeout(seconds)
    try:
        while s.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def sent(where, *parts):
    s = socket.create_connection(where, timeout=5)
    with contextlib.suppress(OSError):
        for p in parts:
            s.sendall(p)
    return s


def resident(site):
    pages = sum(int(open(f"/proc/{p}/statm").read().split()[1]) for p in (site.process.pid, site.core))
    return pages * os.sysconf("SC_PAGE_SIZE")


def modbus_bytes(where):
    header = lambda protocol, length: struct.pack(">HHHB", 1, protocol, length, 1)
    for what, data in (("another protocol number", header(1, 6) + bytes(5)), ("a length of 0", header(0, 0)),
                       ("a length of 65535", header(0, 65535)), ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")):
        s = sent(where, data)
        o.check(f"Modbus, {what}: closed", closed(s, 5))
        s.close()
    m = o.Modbus(where)
    # AP 7: an unknown function is exception 01, a quantity out of range 03, an address out of range 02.
    for what, pdu, answer in (("function 99", b"\x63", b"\xe3\x01"), ("126 registers", b"\x03\0\0\0\x7e", b"\x83\x03"),
                              ("the last address and one more", b"\x03\xff\xff\0\x02", b"\x83\x02")):
        got = m.ask(pdu)
        o.check(f"Modbus, {what}: an exception", got == answer, got)
    m.close()


def http_bytes(where):
    get, post = b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST /login HTTP/1.1\r\nHost: x\r\n"
    for what, parts in (("no HTTP", [b"\x16\x03\x01\x02\0\r\n\r\n"]), ("a line without end", [b"GET /" + b"a" * 65536]),
                        ("fields without end", [get] + [b"a: " + b"b" * 1000 + b"\r\n"] * 100),
                        ("a body beyond its limit", [post + b"Content-Length: 99999999\r\n\r\n"])):
        s = sent(where, *parts)
        s.settimeout(5)
        head = b""
        with contextlib.suppress(OSError):
            head = s.recv(4096)
        refused = not head or re.match(rb"HTTP/1\.1 4\d\d ", head)
        o.check(f"HTTP, {what}: {head[9:12].decode() or 'reset'}, and closed", refused and closed(s, 8), head[:80])
        s.close()


def series(where):
    """The historian's times are whole seconds: what is none of them is refused, what lies beyond all time is not."""
    with contextlib.closing(http.client.HTTPConnection(*where, timeout=5)) as c:
        c.request("POST", "/login", "account=reader&password=reader", {"Content-Type": "application/x-www-form-urlencoded"})
        cookie = (c.getresponse().getheader("Set-Cookie") or "").split(";")[0]
    for span, status in (("from=abc", 400), ("from=", 400), ("from=1&to=2x", 400), ("from=0x10", 400), ("from=0&to=60", 200),
                         ("to=99999999999999999999", 200), ("", 200)):
        with contextlib.closing(http.client.HTTPConnection(*where, timeout=5)) as c:
            c.request("GET", f"/series?tag=LIT101&{span}", headers={"Cookie": cookie})
            got = c.getresponse().status
        o.check(f"the historian says {status} to '{span}'", got == status, got)


def noise(site, seed):
    """Random bytes at every port, much of them, by many clients."""
    random.seed(seed)
    ports = [site.entry(d, "modbus") for d in ("plc1", "plc2")] + [site.entry(d, "http") for d in ("plc1", "hmi1", "hist1")]
    for n in range(100):
        with contextlib.suppress(OSError):
            s = socket.create_connection(ports[n % len(ports)], timeout=2)
            s.settimeout(0.2)
            prefix = [b"", struct.pack(">HHHB", n, 0, random.randrange(2, 254), 1), b"POST /login HTTP/1.1\r\n"][n % 3]
            s.sendall(prefix + random.randbytes(random.choice([1, 7, 260, 20000])))
            s.close()


def wrong_bytes(folder):
    site = o.Site(os.path.join(folder, "bytes"), "--network", "loopback", "--port-offset", str(o.free_port() % 20000 + 20000),
                  "--captures", "off")
    site.start()
    try:
        watcher = o.Modbus(site.entry("plc1", "modbus"))
        before = resident(site)
        # These send a byte a second while everything else goes on.
        words = {"http": b"GET / HTTP/1.1\r\n", "modbus": struct.pack(">HHHB", 1, 0, 6, 1) + bytes(9)}
        slow = [(socket.create_connection(site.entry("plc1", p)), text) for p, text in words.items() for _ in range(20)]
        modbus_bytes(site.entry("plc1", "modbus"))
        http_bytes(site.entry("plc1", "http"))
        series(site.entry("hist1", "http"))
        for second in range(10):
            began = time.monotonic()
            for s, text in slow:
                with contextlib.suppress(OSError):
                    s.sendall(text[second:second + 1])
            noise(site, second)
            took = o.next_scan(watcher, 3)
            o.check(f"second {second}: scans go on", took is not None and took < 1, took)
            time.sleep(max(0.0, began + 1 - time.monotonic()))
        grown = resident(site) - before
        o.check(f"memory has grown by {grown / 1048576:.1f} MiB", grown < 6 << 20, grown)
        for s, _ in slow:
            s.close()
        watcher.close()
        o.check("core never died", "started again" not in open(site.state + ".log").read())
        time.sleep(1)
    finally:
        status = site.stop()
    agrees, said = o.replay_agrees(site.state)
    o.check("the record of all that replays", status == 0 and agrees, said)


# --- a port that is taken ---


def taken(folder):
    offset = o.free_port() % 20000 + 20000
    with socket.socket() as s:
        s.bind(("127.10.0.11", 502 + offset))
        s.listen()
        state = os.path.join(folder, "taken")
        r = o.run(o.BINARY, "live", o.SITE, "--state", state, "--network", "loopback", "--port-offset", str(offset))
        o.check("a port that is taken is said, with the way out", r.returncode == 1 and "ready" not in r.stdout
                and str(502 + offset) in r.stderr and "--port-offset" in r.stderr, (r.returncode, r.stderr))
        o.check("and nothing stays", not o.processes(state), o.processes(state))


def taken_in_event(folder):
    """A site that cannot start is tried five times, then left alone; why is said, and the others go on."""
    offset, state = o.free_port() % 20000 + 20000, os.path.join(folder, "left")
    with socket.socket() as s, open(state + ".log", "wb") as log:
        s.bind(("127.10.0.11", 502 + offset))
        s.listen()
        p = subprocess.Popen([o.BINARY, "serve", EVENT, "--state", state, "--port", str(o.free_port()), "--network", "loopback",
                              "--port-offset", str(offset)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        said = lambda: open(state + ".log", encoding="utf-8").read()
        o.wait("a site that does not stay up is left alone", 60, lambda: "of team t1 does not stay up and is left alone" in said())
        time.sleep(3)
        p.send_signal(signal.SIGINT)
        status = p.wait(30)
    o.check("it was tried five times", said().count("site of team t1 ended") == 5, said())
    o.check("why is said, with the way out", "--port-offset" in said() and str(502 + offset) in said(), said())
    o.check("the others were ready, and the event ends cleanly", "2 of 3 sites ready" in said() and status == 0, (status, said()))


# --- a machine that does not let it ---


def forbidden(folder):
    """Without user namespaces, or without nft: one line, with the way out, and nothing is started."""
    event = [o.BINARY, "serve", EVENT, "--port", str(o.free_port()), "--state"]
    sealed = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns"]
    hidden = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs tmpfs /usr/sbin && exec "$0" "$@"']
    for what, before, words in (("user namespaces", sealed, "user namespaces"), ("nft", hidden, "nftables")):
        if o.run(*before, "true").returncode != 0:
            print(f"skip: {what} cannot be taken away here")
            continue
        for command in (event, [o.BINARY, "live", o.SITE, "--state"]):
            state = os.path.join(folder, f"{what} {command[1]}")
            os.mkdir(state)
            r = o.run(*before, *command, state)
            o.check(f"{command[1]} without {what}: {r.stderr.strip()[:90]}", r.returncode == 1 and words in r.stderr
                    and r.stderr.count("\n") == 1 and ("--network loopback" in r.stderr or "install" in r.stderr), (r.returncode, r.stderr))
            o.check("and nothing stays", not o.processes(state), o.processes(state))


# --- a full disk ---


class Filler:
    """A file that takes all the room there is, and takes it again."""

    def __init__(self, path):
        self.path = path

    def fill(self):
        with open(self.path, "ab", buffering=0) as f:
            for size in (1 << 20, 1 << 12, 1 << 9, 1):
                with contextlib.suppress(OSError):
                    while True:
                        f.write(b"z" * size)

    def empty(self):
        os.unlink(self.path)


def submit(captain, evidence):
    finding = {"technique": "T0846", "asset": "control", "actor": "10.20.0.66", "from_s": 1, "evidence": evidence}
    status, said = captain.ask("POST", "/api/team/findings", finding)
    return status == 200 and said.get("state") == "confirmed", status, said


def filling(port, state):
    captain = o.Person(port)
    event = lambda: captain.get("/api/event") or {}
    if not o.wait("the event begins", 60, lambda: event().get("state") == "running"):
        return
    o.check("the captain logs in", captain.login("captain", state))
    o.check("with room a finding is confirmed", submit(captain, "before")[0])
    filler, kept, refused = Filler(os.path.join(state, "fill")), ["before"], None
    for n in range(40):
        filler.fill()
        good, status, said = submit(captain, f"while {n} " + "x" * 3000)
        if good:
            kept.append(f"while {n} ")
        else:
            refused = refused or (status, said)
            if event().get("disk") == "full":
                break
        time.sleep(0.1)
    o.check("without room a finding is not confirmed, and it is said", refused and refused[0] >= 400 and "error" in refused[1],
            refused)
    o.wait("the event says that the disk is full", 10, lambda: event().get("disk") == "full")
    first = event()
    time.sleep(2)
    second = event()
    o.check("it goes on", second["time_s"] > first["time_s"] + 1 and all(t["plant"]["online"] for t in second["teams"]), second)
    filler.empty()
    if o.wait("with room again a finding is confirmed", 20, lambda: submit(captain, "after")[0]):
        kept.append("after")
    o.wait("and the event says nothing of the disk", 20, lambda: event().get("disk") == "ok")
    listed = o.wait("findings are listed", 10, lambda: captain.get("/api/team/findings"))
    for text in kept:
        o.check(f"what was confirmed is there: {text}", any(f["evidence"].startswith(text) for f in listed), len(listed))


def full_disk(folder):
    """The event runs in a mount namespace of its own, with a small file system for its state."""
    state, port = os.path.join(folder, "disk"), o.free_port()
    os.mkdir(state, 0o755)
    command = f'mount -t tmpfs -o size=24m,mode=755 tmpfs "{state}" && exec "$0" "$@"'
    try_it = o.run("unshare", "-m", "sh", "-c", command, "true")
    if try_it.returncode != 0:
        print("skip the full disk: a small file system cannot be mounted here (needs root)")
        return
    log = open(state + ".log", "ab")
    p = subprocess.Popen(["unshare", "-m", "sh", "-c", command, o.BINARY, "serve", EVENT, "--state", state, "--port", str(port),
                          "--network", "loopback", "--start-after", "1s"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        filling(port, f"/proc/{p.pid}/root{state}")
    finally:
        p.send_signal(signal.SIGINT)
        try:
            status = p.wait(30)
        except subprocess.TimeoutExpired:
            p.kill()
            status = None
    o.check("the event ends cleanly", status == 0, status)
    o.check("and leaves no process", not o.processes(state), o.processes(state))
    if o.failed:
        print(open(state + ".log").read())


def main():
    with o.scratch() as folder:
        wrong_files(folder)
        taken(folder)
        taken_in_event(folder)
        forbidden(folder)
        wrong_bytes(folder)
        full_disk(folder)
    o.verdict()


main()

#!/usr/bin/env python3
"""Two teams' sites at once. Each answers with its own marker; from a device of one team no probe by ARP, IPv4, IPv6 or unix socket
meets the other team, the event's server, or the host, each of which has a marker of its own that would be heard.

Usage: isolation_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import contextlib
import os
import re
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402

WORD = 1040                 # %MW1040: used by no program
SECRET = "10.20.0.77"       # an address that only the other team's site has
PORT = 7777                 # where its marker listens
OURS, OTHERS = b"marker of our own", b"marker of the other team"
HOME = "10.20.0.41"         # the probing device, eng1


def inside(site, device):
    return lambda *command: site.inside(device, *command)


def listener(s, where, marker):
    """A socket that would tell a marker to whoever reaches it."""
    with contextlib.suppress(OSError):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(where)
    s.listen(64)
    s.setblocking(False)
    s.marker = marker
    return s


class Marked(socket.socket):
    marker = ""


def reached(listeners):
    """The markers of those that somebody has connected to."""
    found = []
    ready, _, _ = select.select(listeners, [], [], 0.05)
    for s in ready:
        with contextlib.suppress(OSError):
            s.accept()[0].close()
            found.append(s.marker)
    return found


def marked(sock):
    return Marked(fileno=sock.detach())


def connects(sock, where, seconds=0.6):
    sock.settimeout(seconds)
    try:
        sock.connect(where)
        return True
    except OSError:
        return False
    finally:
        sock.close()


def host_addresses():
    text = o.run("ip", "-o", "addr").stdout
    v4 = set(re.findall(r"inet (\d+\.\d+\.\d+\.\d+)", text)) | {"127.0.0.1"}
    v6 = {a for a in re.findall(r"inet6 ([0-9a-f:]+)", text)} | {"::1"}
    return sorted(v4), sorted(v6)


def markers(one, two):
    """What is written into one site is not in the other."""
    clients = [o.Modbus(s.entry("plc1", "modbus"), o.sockets_inside(inside(s, "eng1"), "tcp")[0]) for s in (one, two)]
    for c, value in zip(clients, (1111, 2222)):
        c.write(WORD, value)
    time.sleep(0.3)
    for c, value in zip(clients, (1111, 2222)):
        o.check(f"the site that was given {value} says so", c.holding(WORD) == (value,), c.holding(WORD))
        c.close()


def hide_marker(site):
    """An address, a listener and chatter that only this team's site has."""
    r = site.run("eng1", "ip", "addr", "add", SECRET + "/24", "dev", "eth0")
    o.check("the other team's device takes a second address", r.returncode == 0, r.stderr)
    tcp, raw, unix = o.sockets_inside(inside(site, "eng1"), "tcp", "raw", "unix")
    raw.bind(("eth0", 0))
    (own,) = o.sockets_inside(inside(site, "hist1"), "tcp")
    listening = [listener(marked(tcp), ("0.0.0.0", PORT), "the other team's device"),
                 listener(marked(unix), "\0millrace-other-team", "the other team's abstract socket")]
    o.check("which its own neighbour reaches",
            connects(own, (SECRET, PORT), 3) and reached(listening) == ["the other team's device"])
    return listening, raw


def arp(raw, address, mac):
    """Who has this address? The answer's hardware address, or None."""
    ip = socket.inet_aton
    raw.send(b"\xff" * 6 + mac + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + mac + ip(HOME) + bytes(6) + ip(address)
             + bytes(18))
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        if select.select([raw], [], [], 0.1)[0]:
            frame = raw.recv(2048)
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == ip(address):
                return frame[22:28]
    return None


def by_arp(one, v4):
    (raw,) = o.sockets_inside(inside(one, "eng1"), "raw")
    raw.bind(("eth0", 3))
    mac = raw.getsockname()[4]
    o.check("ARP finds a neighbour of its own", arp(raw, "10.20.0.31", mac) is not None)
    for address in [SECRET] + [a for a in v4 if not a.startswith("127.")]:
        answer = arp(raw, address, mac)
        o.check(f"ARP finds nobody at {address}", answer is None, answer)
    return raw


def broadcast(raw, text):
    raw.send(b"\xff" * 6 + raw.getsockname()[4] + b"\x88\xb5" + text.ljust(46))


def by_hearing(one, raw, chatter):
    """What devices of the other team broadcast is not heard here, what a neighbour does is."""
    (neighbour,) = o.sockets_inside(inside(one, "hist1"), "raw")
    neighbour.bind(("eth0", 0))
    end, heard = time.monotonic() + 1.5, b""
    while time.monotonic() < end:
        broadcast(chatter, OTHERS)
        broadcast(neighbour, OURS)
        while select.select([raw], [], [], 0.05)[0]:
            heard += raw.recv(2048)
    o.check("a neighbour's frame is heard, the other team's not", OURS in heard and OTHERS not in heard, len(heard))


def by_ipv4(one, v4, ports, listening):
    gateways = ["10.20.0.1", "10.20.0.254", "10.10.0.1", "203.0.113.1", "255.255.255.255", "0.0.0.0"]
    targets = [(a, p) for a in v4 + gateways for p in ports] + [(SECRET, PORT)]
    for device in ("eng1", "plc1"):
        socks = o.sockets_inside(inside(one, device), *["tcp"] * len(targets))
        for s, where in zip(socks, targets):
            s.setblocking(False)
            with contextlib.suppress(OSError):
                s.connect(where)
        time.sleep(1)
        got = [w for s, w in zip(socks, targets) if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 and peer(s)]
        o.check(f"{device} connects to none of {len(targets)} IPv4 places", not got, got)
        for s in socks:
            s.close()
    o.check("and no marker was reached", not reached(listening))


def peer(s):
    try:
        return s.getpeername()
    except OSError:
        return None


def by_ipv6(one, v6, ports, listening):
    targets = [(a, p, 0, 2 if a.startswith("fe80") else 0) for a in v6 + ["::ffff:127.0.0.1", "fe80::1"] for p in ports]
    socks = o.sockets_inside(inside(one, "eng1"), *["tcp6"] * len(targets))
    got = [w for s, w in zip(socks, targets) if connects(s, w, 0.3)]
    o.check(f"eng1 connects to none of {len(targets)} IPv6 places", not got and not reached(listening), got)
    (ping,) = o.sockets_inside(inside(one, "eng1"), "icmp6")
    ping.settimeout(0.7)
    answer = None
    with contextlib.suppress(OSError):
        ping.sendto(b"\x80\0\0\0\0\1\0\1millrace", ("ff02::1", 0, 0, 2))
        answer = ping.recvfrom(2048)
    o.check("all nodes of the link: silence", answer is None or answer[1][0].startswith("::1"), answer)


def message(name):
    """From the header, so that this test asks what wire answers."""
    body = re.search(r"enum mr_message_kind \{(.*?)\};", open("src/site/channel.h").read(), re.S).group(1)
    value = -1
    for item in re.sub(r"/\*.*?\*/", "", body, flags=re.S).split(","):
        if item.strip():
            word, _, number = item.partition("=")
            value = int(number, 0) if number else value + 1
            if word.strip() == name:
                return value
    raise SystemExit("no " + name)


def ask_wire(s, path):
    """Whether a site's own socket answers: asks it for a device's namespaces."""
    s.settimeout(2)
    try:
        s.connect(path)
        s.sendall(struct.pack("<IBI", 9, message("MR_MSG_ENTER"), 4) + b"eng1")
        return len(s.recv(64)) > 0
    except OSError:
        return False
    finally:
        s.close()


def by_unix(one, two, listening):
    names = ["\0millrace-host", "\0millrace-other-team"]
    socks = o.sockets_inside(inside(one, "eng1"), *["unix"] * (len(names) + 2))
    for name, s in zip(names, socks):
        o.check(f"no abstract socket: {name[1:]}", not connects(s, name))
    o.check("and no marker was reached", not reached(listening))
    o.check("a site's own socket answers whom it should", ask_wire(socket.socket(socket.AF_UNIX), two.state + "/wire.sock"))
    for site, s in zip((one, two), socks[len(names):]):
        o.check(f"but nobody from a device's network: {os.path.basename(site.state)}", not ask_wire(s, site.state + "/wire.sock"))
    text = o.run(*one.inside("eng1", "cat", "/proc/net/unix")).stdout
    o.check("nor are others' listed", "wire.sock" not in text and "millrace-" not in text, text)


def by_a_wrong_name(one, folder):
    """A command that there is not, where PATH names a folder that is closed to whoever is inside."""
    closed = os.path.join(folder, "closed")
    os.mkdir(closed, 0)
    r = o.run("env", f"PATH={closed}:/usr/bin", *one.inside("eng1", "nosuch"))
    o.check("exec says that there is no such command", r.returncode == 127 and "nosuch: command not found" in r.stderr, r.stderr)


def by_capture(one, two):
    """A team's captures have its own frames."""
    for site, own, foreign in ((one, OURS, OTHERS), (two, OTHERS, OURS)):
        text = open(f"{site.state}/captures/supervisory-0001.pcapng", "rb").read()
        o.check(f"the capture of {os.path.basename(site.state)} has its own frames alone", own in text and foreign not in text)


def main():
    o.need_namespaces()
    v4, v6 = host_addresses()
    with o.scratch() as folder:
        sites = [o.Site(os.path.join(folder, t), "--team", t) for t in ("t1", "t2")]
        one, two = sites
        try:
            for s in sites:
                s.start()
            server = listener(Marked(), ("0.0.0.0", o.free_port()), "the host's port")
            server6 = listener(Marked(socket.AF_INET6), ("::1", o.free_port()), "the host's IPv6 port")
            host_unix = listener(Marked(socket.AF_UNIX), "\0millrace-host", "the host's abstract socket")
            ports = [server.getsockname()[1], server6.getsockname()[1], 22, 8080]
            markers(one, two)
            listening, chatter = hide_marker(two)
            listening += [server, server6, host_unix]
            raw = by_arp(one, v4)
            by_hearing(one, raw, chatter)
            by_ipv4(one, v4, ports, listening)
            by_ipv6(one, v6, ports, listening)
            by_unix(one, two, listening)
            by_a_wrong_name(one, folder)
            markers(one, two)
        finally:
            status = [s.stop() for s in sites if s.process]
        o.check("both end cleanly", status == [0, 0], status)
        by_capture(one, two)
    o.verdict()


main()

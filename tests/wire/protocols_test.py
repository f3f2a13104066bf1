#!/usr/bin/env python3
"""Every protocol of content/sites/protocol-bench live: clients that nobody here wrote where there are any, small ones of our own for the
rest; settings that are obeyed at once; what comes unasked; and what tshark says of the captures, of the kernel's network and of the
simulated one.

Usage: protocols_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import os
import re
import shutil
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402
import protocols as p  # noqa: E402

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")
SITE = "content/sites/protocol-bench"


class Bench:
    """The site with sockets to its devices, from the engineering station or from outside."""

    def __init__(self, site, inside):
        self.site, self.inside = site, inside

    def ask(self, *command):
        return self.site.run("eng", *command) if self.inside else o.run(*command)

    def open(self, client, device, protocol, **named):
        where = self.site.entry(device, protocol)
        sock = o.sockets_inside(lambda *c: self.site.inside("eng", *c), "tcp")[0] if self.inside else None
        return client(where, sock, **named)

    def set(self, device, **settings):
        """By the device's own page, as its operator would."""
        host, port = self.site.entry(device, "http")
        r = self.ask("curl", "-sS", "-m", "10", "-i", f"http://{host}:{port}/login", "-d", "account=admin&password=admin")
        cookie = re.search(r"^Set-Cookie: ([^;\r\n]+)", r.stdout, re.M | re.I)
        for name, value in settings.items():
            name = name.replace("_", "-")
            r = self.ask("curl", "-sS", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", "-b", cookie.group(1),
                         f"http://{host}:{port}/settings", "-d", f"name={name}&value={value}")
            o.check(f"{device}: {name} becomes {value or 'empty'}", r.stdout == "200", r.stdout + r.stderr)


def refused(open_one):
    """Whether a connection is not let in, or closed before it answers."""
    try:
        open_one().close()
        return False
    except OSError:
        return True


def closed(stream):
    stream.s.settimeout(5)
    try:
        while stream.s.recv(4096):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


def gate(b, client, device, protocol, **named):
    """Access list and switch: who is connected is cut off, newcomers are refused, and all is as before afterwards."""
    list_name, open_one = f"{protocol}_access_list", lambda: b.open(client, device, protocol, **named)
    for setting, shut, wide in ((list_name, "none", "any"), (protocol, "off", "on")):
        c = open_one()
        b.set(device, **{setting: shut})
        o.check(f"{device}: who is connected is cut off", closed(c))
        o.check(f"{device}: and let in no more", refused(lambda: knock(open_one())))
        b.set(device, **{setting: wide})
        knock(open_one()).close()


def knock(c):
    """One request of the client's own kind: raises where the connection is closed."""
    if isinstance(c, p.S7):
        c.read(1, 0, 4)
    elif isinstance(c, p.Iec104):
        c.interrogate()
    elif isinstance(c, p.Dnp3):
        c.ask(23)
    elif isinstance(c, p.Enip):
        c.read("SCANS")
    return c


# --- one protocol after the other ------------------------------------------------------------------------------------------------

def modbus(b):
    """Units of a gateway, and RTU frames over TCP; clients_test.py has the rest."""
    host, port = b.site.entry("modbus2", "modbus")
    base = ["mbpoll", "-m", "tcp", "-p", str(port), "-0", "-1", "-o", "5", "-t", "4"]
    r = b.ask(*base, "-a", "2", "-r", "5", host, "4660", "17")
    o.check("Modbus: a unit behind a gateway is written", "Written 2" in r.stdout, r.stdout + r.stderr)
    r = b.ask(*base, "-a", "1", "-r", "455", "-c", "2", host)
    o.check("Modbus: and lies where the site's file says", re.findall(r"^\[\d+\]:\s+(\d+)", r.stdout, re.M) == ["4660", "17"], r.stdout)
    r = b.ask(*base, "-a", "2", "-r", "50", "-c", "1", host)
    o.check("Modbus: no further than its table", "Illegal data address" in r.stdout + r.stderr, r.stdout + r.stderr)
    r = b.ask(*base, "-a", "3", "-r", "0", "-c", "1", host)
    o.check("Modbus: one that is off does not answer the gateway", "failed to respond" in r.stdout + r.stderr, r.stdout + r.stderr)
    c = b.open(p.Mbap, "modbus2", "modbus")
    o.check("Modbus: a file is written (21)", c.ask(1, "15 0D 06 0004 0007 0003 06AF 04BE 100D").hex() == "150d0600040007000306af04be100d")
    o.check("Modbus: and read (20)", c.ask(1, "14 0E 06 0004 0008 0002 06 0004 0007 0001").hex() == "140a050604be100d030606af")
    o.check("Modbus: a file that is read-only, and none", c.ask(1, "15 09 06 0005 0000 0001 1234").hex() + c.ask(1, "14 07 06 0006 0000 0001").hex() == "95029402")
    c.ask(1, "10 01B8 0003 06 0002 01B8 1284")
    o.check("Modbus: a queue (24)", c.ask(1, "18 01B8").hex() == "1800060002" + "01b81284", c.ask(1, "18 01B8").hex())
    o.check("Modbus: a register that is none", c.ask(1, "18 01B9").hex() == "9802")
    c = b.open(p.Mbap, "modbus1", "modbus")
    b.set("modbus1", modbus_functions="3 4")
    o.check("Modbus: only functions that are allowed", c.ask(1, "06 0016 0001").hex() + c.ask(1, "2B 0E 01 00").hex()[:4] + c.ask(1, "03 0000 0001").hex()[:4] == "8601ab010302")
    b.set("modbus1", modbus_functions="any")
    o.check("Modbus: and all of them again", c.ask(1, "06 0016 0001").hex() == "0600160001")
    c = b.open(p.Rtu, "modbus3", "modbus-rtu")
    levels = struct.unpack(">2H", c.ask(7, bytes.fromhex("0400000002"))[2:6])
    o.check("Modbus: RTU frames over TCP", 0 < levels[0] < 27648, levels)


def s7(b):
    c = b.open(p.S7, "s71", "s7")
    o.check("S7: a word is read high byte first", c.write(1, 44, struct.pack(">h", 1234)) == 0xFF and c.read(1, 44, 2) == struct.pack(">h", 1234))
    ramp = struct.unpack(">f", c.read(1, 8, 4))[0]
    o.check("S7: what the program calculates is a REAL", 0 <= ramp < 100, ramp)
    o.check("S7: a block that is not there says so", c.read(77, 0, 4) == 0x0A)
    o.check("S7: a counter keeps what is written", c.put(0x1C, 0x1C, 3, b"\x01\x23") == b"\x01\x23")
    o.check("S7: so does an input without a wire", c.put(0x81, 4, 20 * 8, b"\x12\x34") == b"\x12\x34")
    d = b.open(p.S7, "s72", "s7")
    o.check("S7: data blocks of the site's file", isinstance(d.read(2, 396, 4), bytes) and isinstance(d.read(2, 400, 4), int))
    b.set("s71", write_protect="on")
    o.check("S7: write protection", c.write(1, 44, b"\0\1") != 0xFF and c.read(1, 44, 2) == struct.pack(">h", 1234))
    b.set("s71", write_protect="off", s7_put_get="off")
    o.check("S7: PUT/GET off", isinstance(c.read(1, 44, 2), int))
    b.set("s71", s7_put_get="on")
    error, _, _ = c.job(b"\x29" + bytes(5) + b"\x09P_PROGRAM")
    o.check("S7: stop", error == 0, hex(error))
    before = c.read(1, 0, 4)
    error, _, _ = c.job(b"\x28" + bytes(6) + b"\xfd\0\0\x09P_PROGRAM")
    o.check("S7: and start again", error == 0, hex(error))
    o.check("S7: the program runs again", o.wait("S7: scans go on", 5, lambda: c.read(1, 0, 4) != before))
    key(b, "s71", lambda run: c.job(b"\x28" + bytes(6) + b"\xfd\0\0\x09P_PROGRAM" if run else b"\x29" + bytes(5) + b"\x09P_PROGRAM")[0] == 0, True)
    b.set("s71", key_switch="run")
    o.check("S7: list 0032 says where the mode switch stands", c.userdata(4, 1, bytes.fromhex("02320004"))[10:18] == bytes.fromhex("0002000000020001"))
    b.set("s71", key_switch="remote")
    alarms(b)
    gate(b, p.S7, "s71", "s7")
    r = b.ask("nmap", "-n", "-Pn", "-sT", "-p", str(b.site.entry("s71", "s7")[1]), "--script", "+s7-info", b.site.entry("s71", "s7")[0])
    o.check("nmap's s7-info names the CPU", "6ES7 315-2EH14-0AB0" in r.stdout and "Original Siemens" in r.stdout, r.stdout)
    b.set("s71", s7_password="toor")
    scripts(b, "s7_clients.mjs", ("nodes7", "st-one", "snap7"), "s71", "s7")


def key(b, device, change, repeats):
    """change(run) says whether the controller did it: only on remote; some do on each position what it is in already (repeats)."""
    for position, may_stop, may_start in (("run", False, repeats), ("program", repeats, False), ("remote", True, True)):
        b.set(device, key_switch=position)
        o.check(f"{device}: the key on {position}: {'a' if may_stop else 'no'} stop, {'a' if may_start else 'no'} start",
                (change(False), change(True)) == (may_stop, may_start))


def alarms(b):
    """What the operator station has an alarm on the controller tells its subscribers (ALARM_S), and keeps until it is acknowledged."""
    c = b.open(p.S7, "line-s7", "s7", timeout=20)
    c.userdata(4, 2, bytes.fromhex("8100486D6952746D20200900"))
    breaker = lambda on: c.job(bytes.fromhex("0501120a10010001000082000001"), bytes([0, 3, 0, 1, on]))  # Q0.1
    breaker(1)
    o.check("S7: an alarm comes", bytes.fromhex("120a1600600000010100fffe") in c.receive())
    o.check("S7: it stands", bytes.fromhex("60000001") in c.userdata(4, 0x13, bytes.fromhex("000112081A00013400000004")))
    breaker(0)
    o.check("S7: and goes", bytes.fromhex("120a1600600000010000fefe") in c.receive())
    c.close()


def iec104(b):
    c = b.open(p.Iec104, "iec1", "iec104")
    got = [g for g in c.interrogate() if g[0] != 70]  # the end of its initialisation, told once
    o.check("IEC 104: an interrogation is confirmed, answered, ended", got[0][:3] == (100, 1, 7) and got[-1][:3] == (100, 1, 10), got)
    o.check("IEC 104: with a type of each kind", {g[0] for g in got} >= {1, 3, 5, 7, 9, 11, 13}, {g[0] for g in got})
    hundred = c.interrogate(qoi=36)
    o.check("IEC 104: a group of a hundred", sum(g[1] & 127 for g in hundred if g[0] == 13) == 100, len(hundred))
    o.check("IEC 104: what changes is told unasked", o.wait("IEC 104: a spontaneous value", 10, lambda: c.next()[2] == 3))
    o.check("IEC 104: a command is confirmed", c.command(45, 6001, b"\1") == 7)
    o.check("IEC 104: an address without one is not", c.command(45, 7777, b"\1") & 0x40)
    b.set("iec1", iec104_controls="off")
    o.check("IEC 104: controls off", c.command(45, 6001, b"\0") & 0x40)
    b.set("iec1", iec104_controls="on", iec104_control_list="10.61.0.10")
    o.check("IEC 104: only for whom the list names", c.command(45, 6001, b"\0") & 0x40)
    b.set("iec1", iec104_control_list="any", iec104_select="on")
    o.check("IEC 104: no command without select", c.command(45, 6001, b"\0") & 0x40)
    o.check("IEC 104: but with it", c.command(45, 6001, b"\x80") == 7 and c.command(45, 6001, b"\0") == 7)
    b.set("iec1", iec104_select="off")
    gate(b, p.Iec104, "iec1", "iec104")
    host, port = b.site.entry("iec2", "iec104")
    r = b.ask("nmap", "-n", "-Pn", "-sT", "-p", str(port), "--script", "+iec-identify", host)
    o.check("nmap's iec-identify finds the station", "ASDU address: 2" in r.stdout, r.stdout)


def dnp3(b):
    c = b.open(p.Dnp3, "dnp1", "dnp3")
    iin, objects = c.ask(1, bytes.fromhex("3c0106"))
    groups = objects[:2]
    o.check("DNP3: class 0 begins with binary inputs", len(objects) > 40 and groups[0] == 1, objects.hex())
    o.check("DNP3: it asks for the time and tells of its restart", iin & 0x90 == 0x90, hex(iin))
    c.ask(2, bytes.fromhex("500100070700"))
    o.check("DNP3: the restart is acknowledged", not c.ask(23)[0] & 0x80)
    iin, objects = c.ask(1, bytes.fromhex("3c0206"))
    o.check("DNP3: events of class 1 with time", objects[:1] == b"\x02", objects.hex())
    operate = bytes.fromhex("0c012801000000" + "0301" + "e8030000" + "00000000" + "00")
    o.check("DNP3: direct operate", c.ask(5, operate)[1][-1] == 0)
    o.check("DNP3: unsolicited responses are enabled", c.ask(20, bytes.fromhex("3c0206"))[0] & 0x0700 == 0)
    o.check("DNP3: and come", o.wait("DNP3: an unsolicited response", 10, lambda: c.next()[0] == 130))
    c.ask(21, bytes.fromhex("3c0206"))
    b.set("dnp1", dnp3_controls="off")
    o.check("DNP3: controls off", c.ask(5, operate)[1][-1] != 0)
    b.set("dnp1", dnp3_controls="on", dnp3_restart="off")
    o.check("DNP3: no restart", c.ask(13)[0] & 0x0100)
    b.set("dnp1", dnp3_functions="1 2")
    o.check("DNP3: only functions that are allowed", c.ask(23)[0] & 0x0100 and not c.ask(1, bytes.fromhex("3c0106"))[0] & 0x0100)
    b.set("dnp1", dnp3_functions="any", dnp3_restart="on", dnp3_key="00" * 16, dnp3_authentication="on")
    c.send(bytes([0xC0 | c.seq, 5]) + operate)
    o.check("DNP3: a critical function is challenged", c.fragment()[1] == 131)
    b.set("dnp1", dnp3_authentication="off", dnp3_key="")
    gate(b, p.Dnp3, "dnp1", "dnp3")
    for device, address, analog, counter in (("dnp1", 10, 4, 6), ("dnp2", 4, 5, 5)):
        m = b.open(p.Dnp3, device, "dnp3", outstation=address)
        got = [m.ask(1, bytes([group, 0, 6]))[1][:2] for group in (30, 20)]
        o.check(f"DNP3: {device} gives the variations of its make", got == [bytes([30, analog]), bytes([20, counter])], got)
        o.check("DNP3: and events of its classes", m.ask(1, bytes.fromhex("3c02063c03063c0406"))[1], device)
    large = b.open(p.Dnp3, "dnp3", "dnp3")
    o.check("DNP3: a hundred points", len(large.ask(1, bytes.fromhex("3c0106"))[1]) == 100 * 5 + 5)


def enip(b):
    c = b.open(p.Enip, "enip1", "enip")
    status, value = c.read("RAMP")
    o.check("EtherNet/IP: a REAL tag", status == 0 and value[:2] == b"\xca\0" and 0 <= struct.unpack("<f", value[2:])[0] < 100, value)
    o.check("EtherNet/IP: an array", len(c.read("POINT", 100)[1]) == 402)
    o.check("EtherNet/IP: a tag is written", c.write("B_DINT", 0xC4, struct.pack("<i", -5)) == 0 and c.read("B_DINT")[1][2:] == struct.pack("<i", -5))
    o.check("EtherNet/IP: one that is not there says so", c.read("NOWHERE")[0] == 5 or c.read("NOWHERE")[0] == 4)
    browse(c)
    key(b, "enip1", lambda run: c.service(6 if run else 7, bytes.fromhex("208e2401"))[0] == 0, False)
    c.service(7, bytes.fromhex("208e2401"))
    scans = c.read("SCANS")[1]
    time.sleep(0.5)
    o.check("EtherNet/IP: a stop stops the program, and the identity says so", c.status() & 0xF0 == 0x70 and c.read("SCANS")[1] == scans)
    c.service(6, bytes.fromhex("208e2401"))
    o.check("EtherNet/IP: a start starts it", c.status() == 0x3060 and o.wait("scans go on", 5, lambda: c.read("SCANS")[1] != scans))
    b.set("enip1", write_protect="on")
    o.check("EtherNet/IP: write protection", c.write("B_DINT", 0xC4, struct.pack("<i", 9)) != 0)
    b.set("enip1", write_protect="off", enip_write_list="10.61.0.10")
    o.check("EtherNet/IP: only for whom the list names", c.write("B_DINT", 0xC4, struct.pack("<i", 9)) != 0)
    b.set("enip1", enip_write_list="any")
    gate(b, p.Enip, "enip1", "enip")
    host, port = b.site.entry("enip1", "enip")
    r = b.ask("nmap", "-n", "-Pn", "-sT", "-p", str(port), "--script", "+enip-info", host)
    o.check("nmap's enip-info names the controller", "1756-L61/B LOGIX5561" in r.stdout and "Rockwell" in r.stdout, r.stdout)
    discovery(b)
    implicit(b)
    scripts(b, "enip_clients.mjs", ("st-ethernet-ip", "ethernet-ip"), "enip1", "enip")


def implicit(b):
    """An exclusive owner of the adapter's assemblies 150 and 100: Forward Open (1: 3-5.5), then items 8002 and 00B1 both ways (2: 3-4)."""
    sock = o.sockets_inside(lambda *c: b.site.inside("eng", *c), "udp")[0] if b.inside else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", 2222 if b.inside else 0))
    sock.settimeout(0.1)
    c = b.open(p.Enip, "enip3", "enip")
    manager, triad = bytes.fromhex("20062401"), struct.pack("<HHI", 9, 0x1337, 42)
    order = struct.pack("<BBII", 3, 250, 0, 0x1111) + triad + struct.pack("<B3xIHIHB", 2, 100000, 0x4826, 100000, 0x4822, 1)
    status, data = c.service(0x54, manager, order + bytes.fromhex("04200424972c962c64"))
    outgoing = struct.unpack("<I", data[:4])[0]
    heard = []
    for n in range(1, 30):
        body = struct.pack("<HI", n, 1) + bytes([n]) * 32
        sock.sendto(struct.pack("<HHHIIHH", 2, 0x8002, 8, outgoing, n, 0xB1, len(body)) + body, b.site.entry("enip3", "enip-io"))
        try:
            heard.append(sock.recv(600))
        except TimeoutError:
            pass
    o.check("EtherNet/IP: implicit messages come", status == 0 and len(heard) > 5 and heard[-1][6:10] == struct.pack("<I", 0x1111), heard[-1:])
    o.check("EtherNet/IP: and are taken", c.service(0x0E, bytes.fromhex("200424963003"))[1][0] > 5)
    status, _ = c.service(0x4E, manager, struct.pack("<BB", 3, 250) + triad + bytes.fromhex("0400200424972c962c64"))
    o.check("EtherNet/IP: until they are closed", status == 0, status)
    sock.close()


def browse(c):
    """Symbols of the controller and of its program, structures in structures, strings, arrays of BOOL."""
    program = next((name for name in c.symbols() if name.startswith("Program:")), "")
    tags = c.symbols(program)
    o.check("EtherNet/IP: a program's own tags", tags.get("total_h") == (0xC4, []) and tags.get("flags") == (0x20D3, [2]), tags)
    name, handle, size, members = c.template(tags["station"][0] & 0xFFF)
    o.check("EtherNet/IP: a template", name == "CELL" and members["COUNT"] == (0xC4, 0, 88) and members["MASK"] == (0x20D3, 2, 128), members)
    inner = c.template(members["AXES"][0] & 0xFFF)
    o.check("EtherNet/IP: of a structure within", inner[0] == "AXIS" and members["AXES"][1:] == (2, 96) and inner[3]["FAULT"] == (0xC1, 1, 4), inner)
    whole = c.get(program, "station")[1]
    o.check("EtherNet/IP: a structure is read whole", whole[:4] == struct.pack("<HH", 0x2A0, handle) and len(whole) == 4 + size, whole)
    o.check("EtherNet/IP: and written by a member", c.put(b"\xc3\0", struct.pack("<h", -7), program, "station", "AXES", 1, "STEPS", 2) == 0
            and c.get(program, "station", "AXES", 1)[1][4 + 12:] == struct.pack("<hh", -7, 0))
    milk = struct.pack("<I", 4) + b"milk".ljust(84, b"\0")
    o.check("EtherNet/IP: a STRING of 82", c.put(b"\xa0\x02\xce\x0f", milk, program, "recipe") == 0 and c.get(program, "recipe")[1][4:] == milk)
    c.service(0x4E, c.tag(program, "flags", 1), struct.pack("<HII", 4, 0x81, 0xFFFFFFFF))
    o.check("EtherNet/IP: an array of BOOL as DWORDs", c.get(program, "flags", 1)[1][2:] == struct.pack("<I", 0x81))


def discovery(b):
    """List Identity by UDP: to one, and to everybody in the zone; not where the service is off."""
    if not b.inside:
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.settimeout(2)
        where = b.site.entry("enip1", "enip-udp")
        u.sendto(p.LIST_IDENTITY, where)
        o.check("EtherNet/IP: List Identity by UDP", b"LOGIX5561" in u.recv(2000))
        b.set("enip1", enip="off")
        u.sendto(p.LIST_IDENTITY, where)
        o.check("EtherNet/IP: a service that is off has no UDP port either", refused(lambda: u.recv(2000)))
        b.set("enip1", enip="on")
        return
    u = o.sockets_inside(lambda *c: b.site.inside("eng", *c), "udp")[0]
    u.settimeout(5)
    u.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    u.sendto(p.LIST_IDENTITY, ("10.62.0.51", 44818))
    o.check("EtherNet/IP: List Identity by UDP", b"LOGIX5561" in u.recv(2000))
    u.sendto(p.LIST_IDENTITY, ("10.62.0.255", 44818))
    heard = {u.recvfrom(2000)[1][0] for _ in range(4)}
    o.check("EtherNet/IP: and by broadcast", heard == {"10.62.0.51", "10.62.0.52", "10.62.0.53", "10.62.0.95"}, heard)


def recovery(b):
    """Core is killed and restored from the record: connections go on where they were."""
    clients = [b.open(p.S7, "s71", "s7"), b.open(p.Iec104, "iec1", "iec104"), b.open(p.Dnp3, "dnp1", "dnp3"), b.open(p.Enip, "enip1", "enip")]
    for c in clients:
        knock(c)
    os.kill(b.site.core, signal.SIGKILL)
    for c in clients:
        c.s.settimeout(30)
        try:
            knock(c)
            o.check(f"{type(c).__name__}: the connection outlives core", True)
        except OSError as e:
            o.check(f"{type(c).__name__}: the connection outlives core", False, e)


def scripts(b, script, clients, device, protocol):
    """The npm clients, where they are installed."""
    path = os.path.join(SUPPORT, script)
    for client in clients if shutil.which("node") and os.path.exists(path) else ():
        host, port = b.site.entry(device, protocol)
        r = b.ask("node", path, client, host, str(port))
        if r.returncode == 77:
            print(f"skip {client}: {r.stdout.strip()}")
        else:
            o.check(f"{client} does its whole routine", r.returncode == 0, r.stdout + r.stderr)


def captures(state, names):
    path = os.path.join(state, "captures", "field-0001.pcapng")
    bad = o.tshark(path, f"({o.BAD_FRAMES}) && !dnp3.al.obj == 0x3204")  # tshark 4.0 does not know DNP3 g50v4
    o.check("no malformed frame, no wrong checksum", not bad, "\n".join(bad[:5]))
    for name in names:
        o.check(f"tshark names {name}", o.tshark(path, name))
    unnamed = o.tshark(path, "data && !tcp.analysis.flags && tcp.port in {102, 2404, 20000, 44818}")
    o.check("and every message of theirs", not unnamed, "\n".join(unnamed[:5]))


def whole(folder, name, *options):
    print(f"-- {name}")
    site = o.Site(os.path.join(folder, name), *options, site=SITE)
    try:
        site.start()
        b = Bench(site, "loopback" not in options)
        began = time.monotonic()
        for protocol in (modbus, s7, iec104, dnp3, enip):
            protocol(b)
        recovery(b)
        time.sleep(max(0.0, began + 12 - time.monotonic()))  # a digest is noted every ten seconds
    finally:
        status = site.stop()
    o.check("it ends cleanly", status == 0, status)
    captures(site.state, ("modbus", "s7comm", "iec60870_asdu", "dnp3", "enip", "cip"))
    agrees, said = o.replay_agrees(site.state)
    o.check("its record replays", agrees, said)


def main():
    o.need("mbpoll", "nmap", "curl", "tshark")
    with o.scratch() as folder:
        whole(folder, "loopback", "--network", "loopback", "--port-offset", str(o.free_port() % 10000 + 5000))
        o.need_namespaces()
        whole(folder, "netns")
    o.verdict()


main()

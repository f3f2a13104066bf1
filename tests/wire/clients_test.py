#!/usr/bin/env python3
"""Clients that nobody here wrote, against a live site, through its namespaces and at loopback's entry ports: mbpoll, pymodbus,
jsmodbus, nmap, curl; and what tshark says of the captures.

Usage: clients_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import glob
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")
# mbpoll's tables: -t 0 coils, 1 discrete inputs, 3 input registers, 4 holding registers; with -0 addresses begin at 0.
# 8192 + 1220 * 8 is %MX1220.0, 1020 is %MW1020: used by no program.
BIT, WORD = str(8192 + 1220 * 8), "1020"


def mbpoll(ask, host, port):
    base = ["mbpoll", "-m", "tcp", "-p", str(port), "-a", "1", "-0", "-1", "-o", "5"]
    for table, name, at, count in (("0", "coils", "0", 4), ("1", "discrete inputs", "512", 8), ("3", "input registers", "0", 8),
                                   ("4", "holding registers", "0", 16)):
        r = ask(*base, "-t", table, "-r", at, "-c", str(count), host)
        values = re.findall(r"^\[(\d+)\]:\s+(\S+)", r.stdout, re.M)
        o.check(f"mbpoll reads {count} {name}", r.returncode == 0 and len(values) == count, r.stdout + r.stderr)
    for table, name, at, written in (("0", "coils", BIT, ["1", "0", "1"]), ("4", "holding registers", WORD, ["4660", "1", "17"])):
        r = ask(*base, "-t", table, "-r", at, host, *written)
        o.check(f"mbpoll writes {name}", r.returncode == 0 and "Written 3" in r.stdout, r.stdout + r.stderr)
        r = ask(*base, "-t", table, "-r", at, "-c", "3", host)
        read = [v for _, v in re.findall(r"^\[(\d+)\]:\s+(\S+)", r.stdout, re.M)]
        o.check(f"mbpoll reads these {name} back", read == written, r.stdout)


def library(what, ask, *command):
    r = ask(*command)
    if r.returncode == 77:
        print(f"skip {what}: {r.stdout.strip()}")
    else:
        o.check(what, r.returncode == 0 and r.stdout.strip() == "agrees", r.stdout + r.stderr)


def browser(ask, host, port):
    url = f"http://{host}:{port}"
    r = ask("curl", "-sS", "-m", "10", "-i", url + "/")
    o.check("curl gets the controller's page", r.stdout.startswith("HTTP/1.1 200") and "BMX P34 2020" in r.stdout, r.stdout)
    login = ["curl", "-sS", "-m", "10", "-i", url + "/login", "-d"]
    r = ask(*login, "account=admin&password=wrong")
    o.check("a wrong password is refused", re.match(r"HTTP/1.1 40[13]", r.stdout), r.stdout)
    r = ask("curl", "-sS", "-m", "10", "-i", url + "/settings")
    o.check("settings are not for strangers", r.stdout.startswith("HTTP/1.1 401"), r.stdout)
    r = ask(*login, "account=admin&password=admin")
    cookie = re.search(r"^Set-Cookie: ([^;\r\n]+)", r.stdout, re.M | re.I)
    if not o.check("the right one is not", re.match(r"HTTP/1.1 (200|30[23])", r.stdout) and cookie, r.stdout):
        return
    r = ask("curl", "-sS", "-m", "10", "-i", "-b", cookie.group(1), url + "/settings")
    o.check("who is logged in sees settings", r.stdout.startswith("HTTP/1.1 200") and "modbus-access-list" in r.stdout, r.stdout)


def nmap(ask, host, port):
    r = ask("nmap", "-n", "-Pn", "-sT", "-T4", "-p", str(port), "--script", "+modbus-discover", host)
    o.check("nmap's modbus-discover names the controller", "Schneider Electric BMX P34 2020" in r.stdout, r.stdout + r.stderr)


def clients(site, ask):
    host, port = site.entry("plc1", "modbus")
    mbpoll(ask, host, port)
    library("pymodbus reads and writes", ask, o.PYTHON, os.path.join(SUPPORT, "pymodbus_client.py"), host, str(port))
    if shutil.which("node"):
        library("jsmodbus reads and writes", ask, "node", os.path.join(SUPPORT, "jsmodbus_client.mjs"), host, str(port))
    browser(ask, *site.entry("plc1", "http"))
    nmap(ask, host, port)


def captures(state, foreign):
    files = sorted(glob.glob(os.path.join(state, "captures", "*.pcapng")))
    o.check("every zone has its capture", len(files) >= 5, files)
    for path in files:
        bad = o.tshark(path, o.BAD_FRAMES)
        o.check(f"{os.path.basename(path)}: no malformed frame, no wrong checksum", not bad, "\n".join(bad[:5]))
    control = os.path.join(state, "captures", "control-0001.pcapng")
    polls = len(o.tshark(control, "modbus && ip.src == 10.20.0.21"))
    o.check("the operator station's polls are in the control zone's", polls > 10, polls)
    if foreign:
        lines = o.tshark(control, "modbus && ip.src == 10.20.0.41", "-T", "fields", "-e", "modbus.func_code")
        functions = set(",".join(lines).split(","))
        wanted = {"1", "2", "3", "4", "5", "6", "15", "16", "17", "22", "23", "43"}
        o.check("and each function that the clients asked for", wanted <= functions, functions)


def whole(folder, name, *options):
    print(f"-- {name}")
    site = o.Site(os.path.join(folder, name), *options)
    try:
        site.start()
        inside = "loopback" not in options
        began = time.monotonic()
        clients(site, (lambda *c: site.run("eng1", *c)) if inside else o.run)
        time.sleep(max(0.0, began + 12 - time.monotonic()))  # a digest is noted every ten seconds
    finally:
        status = site.stop()
    o.check("it ends cleanly", status == 0, status)
    captures(site.state, inside)
    agrees, said = o.replay_agrees(site.state)
    o.check("its record replays", agrees, said)


def main():
    o.need("mbpoll", "nmap", "curl", "tshark")
    with o.scratch() as folder:
        whole(folder, "loopback", "--network", "loopback", "--port-offset", str(o.free_port() % 20000 + 20000))
        o.need_namespaces()
        whole(folder, "netns")
    o.verdict()


main()

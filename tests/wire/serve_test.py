#!/usr/bin/env python3
"""An event from outside: accounts, rights, submissions, a WebSocket; then the server and a wire are killed, and every confirmed finding
and point must be there again; then it ends, leaves nothing behind, and its ledger is what the records give.

Usage: serve_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import base64
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from verdicts import check, failed, verdict, wait

BINARY = os.path.abspath(sys.argv[1])
EVENT = "content/events/demo"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Client:
    def __init__(self, port):
        self.port = port
        self.cookie = None

    def ask(self, method, path, body=None, headers=None, mark=True):
        sent = {"Host": f"127.0.0.1:{self.port}"}
        if mark and method != "GET":
            sent["X-Millrace"] = "1"
        if self.cookie:
            sent["Cookie"] = self.cookie
        sent.update(headers or {})
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            c.request(method, path, body=data, headers=sent)
            r = c.getresponse()
            raw = r.read()
        except OSError:
            return 0, None, {}
        finally:
            c.close()
        found = dict((k.lower(), v) for k, v in r.getheaders())
        if "set-cookie" in found:
            self.cookie = found["set-cookie"].split(";")[0]
        try:
            return r.status, json.loads(raw), found
        except ValueError:
            return r.status, raw, found

    def login(self, account, password):
        return self.ask("POST", "/api/login", {"account": account, "password": password})[0]


class WebSocket:
    """As much of RFC 6455 as a listener needs."""

    def __init__(self, client, origin=None):
        self.s = socket.create_connection(("127.0.0.1", client.port), timeout=10)
        lines = ["GET /ws HTTP/1.1", f"Host: 127.0.0.1:{client.port}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        if origin:
            lines.append("Origin: " + origin)
        if client.cookie:
            lines.append("Cookie: " + client.cookie)
        self.s.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buf = b""
        while b"\r\n\r\n" not in self.buf:
            part = self.s.recv(4096)
            if not part:
                break
            self.buf += part
        head, _, self.buf = self.buf.partition(b"\r\n\r\n")
        self.open = head.startswith(b"HTTP/1.1 101")

    def send(self, o):
        data = json.dumps(o).encode()
        mask = os.urandom(4)
        self.s.sendall(bytes([0x81, 0x80 | len(data)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def need(self, n):
        while len(self.buf) < n:
            part = self.s.recv(65536)
            if not part:
                raise OSError("closed")
            self.buf += part
        out, self.buf = self.buf[:n], self.buf[n:]
        return out

    def next(self):
        while True:
            first, second = self.need(2)
            n = second & 127
            if n == 126:
                n = struct.unpack(">H", self.need(2))[0]
            elif n == 127:
                n = struct.unpack(">Q", self.need(8))[0]
            data = self.need(n)
            if first & 15 == 1:
                return json.loads(data)

    def until(self, kinds, seconds):
        seen, end = {}, time.monotonic() + seconds
        self.s.settimeout(1)
        while time.monotonic() < end and not kinds <= set(seen):
            try:
                m = self.next()
                seen[m["t"]] = m
            except TimeoutError:
                continue
            except OSError:
                break
        return seen


class Event:
    def __init__(self, state, port):
        self.state, self.port = state, port
        self.log = open(os.path.join(state, "serve.log"), "ab")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, "serve", EVENT, "--state", self.state, "--port", str(self.port), "--network", "loopback", "--start-after", "1s",
             "--speed", "10"], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def server(self):
        return self.servers()[0]

    def servers(self):
        return [int(p) for p in open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
                if b"\0serve\0" in open(f"/proc/{p}/cmdline", "rb").read()]

    def sites(self):
        """Every process that was started for a site of this state folder."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = open(f"/proc/{pid}/cmdline", "rb").read()
            except OSError:
                continue
            if b"\0live\0" in line and self.state.encode() in line:
                found.append(int(pid))
        return found

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


def accounts(state):
    text = open(os.path.join(state, "accounts.txt")).read()
    return {m.group(1): m.group(2) for m in re.finditer(r"^([a-z]\S*)\s+(\S+)", text, re.M)}


def strangers(anyone):
    check("the board is for everybody", anyone.ask("GET", "/api/event")[0] == 200)
    check("who am I: nobody", anyone.ask("GET", "/api/me")[0] == 401)
    check("a team's page needs a session", anyone.ask("GET", "/api/team")[0] == 401)
    check("control needs a session", anyone.ask("POST", "/api/control/pause")[0] == 401)
    check("a wrong password", anyone.login("captain", "wrong") == 401)
    check("an unknown path", anyone.ask("GET", "/api/nothing")[0] == 404)
    status, body, _ = anyone.ask("POST", "/api/login", b"{", {"Content-Type": "application/json"})
    check("no JSON", status == 400 and set(body["error"]["text"]) == {"zh", "en"}, body)
    check("a body beyond its limit", anyone.ask("POST", "/api/login", b" " * 70000)[0] == 413)
    check("a path upwards", b"root:" not in (anyone.ask("GET", "/../../../../etc/passwd")[1] or b""))
    check("a method there is not", anyone.ask("DELETE", "/api/event")[0] in (404, 405))


def slow_clients(port, anyone):
    """One address opens far more connections than it may and sends a head a byte at a time: others are answered at once."""
    held = []
    for _ in range(800):
        s = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=("127.0.0.2", 0))
        try:
            s.sendall(b"GET / HTTP/1.1\r\nX: ")
        except OSError:
            pass
        held.append(s)
    began = time.monotonic()
    check("the board beside 800 slow connections", anyone.ask("GET", "/api/event")[0] == 200)
    took = time.monotonic() - began
    check(f"answered in {took:.2f} s", took < 5)
    ended = 0
    for s in held:
        s.settimeout(0.01)
        try:
            ended += s.recv(1) == b""
        except TimeoutError:
            pass
        except OSError:
            ended += 1
        s.close()
    check(f"{ended} of them were refused", ended >= 800 - 512, ended)


def rights(board, captain):
    check("a spectator has no team", board.ask("GET", "/api/team")[0] == 403)
    check("a spectator does not pause", board.ask("POST", "/api/control/pause")[0] == 403)
    check("a member does not correct", captain.ask("POST", "/api/control/correction", {})[0] == 403)
    status = captain.ask("POST", "/api/team/operate", {"tag": "P102.auto", "value": True}, mark=False)[0]
    check("without its header nothing changes", status == 403, status)


def team_pages(captain):
    _, team, _ = captain.ask("GET", "/api/team")
    check("the team's site", team["id"] == "t3" and team["site"]["devices"] and team["site"]["hmi"]["tags"], team)
    page = team["site"]["hmi"]["pages"][0]
    status, svg, head = captain.ask("GET", page["svg"])
    check("a page's drawing", status == 200 and head["content-type"] == "image/svg+xml" and b"<svg" in svg, status)
    check("a page's table", isinstance(captain.ask("GET", page["svg"].replace(".svg", ".json"))[1], dict))
    values = wait("values come", 10, lambda: captain.ask("GET", "/api/team/values")[1]["values"])
    check("values have their quality", values["LIT101"]["q"] in ("good", "stale"), values.get("LIT101"))
    trend = wait("a trend comes", 10, lambda: captain.ask("GET", "/api/team/trend?tags=LIT101,FIT601")[1]["tags"]["LIT101"])
    check("a trend has points", len(trend) > 0 and len(trend[0]) == 2)
    status, answer, _ = captain.ask("POST", "/api/team/operate", {"tag": "P102.auto", "value": False})
    check("an operation is confirmed", status == 200 and answer["seq"] > 0, answer)
    status, answer, _ = captain.ask("POST", "/api/team/operate", {"tag": "AIT202.setpoint", "value": 99})
    check("no such pH", status == 400 and answer["error"]["code"] == "E_RANGE", answer)
    check("no such tag", captain.ask("POST", "/api/team/operate", {"tag": "X", "value": 1})[0] == 404)
    status = captain.ask("POST", "/api/team/operate", {"tag": "P102.auto", "value": False, "hmi": "plc1"})[0]
    check("a station that is none", status == 404, status)


def firewall(captain):
    _, table, _ = captain.ask("GET", "/api/team/firewall")
    rule = {"id": "test-1", "from": "10.20.0.99", "to": "control", "service": "modbus", "action": "deny", "log": True, "rate": 0}
    edited = dict(table, rules=[rule] + table["rules"])
    status, put, _ = captain.ask("PUT", "/api/team/firewall", edited)
    check("the table is replaced", status == 200 and put["version"] == table["version"] + 1 and put["rules"][0] == rule, put)
    check("an old version is refused", captain.ask("PUT", "/api/team/firewall", edited)[0] == 409)
    wrong = dict(put, rules=[dict(rule, to="nowhere")])
    status, answer, _ = captain.ask("PUT", "/api/team/firewall", wrong)
    text = answer["error"]["text"]
    check("a wrong rule is refused in both languages",
          status == 400 and "第 1 条规则" in text["zh"] and "Rule 1" in text["en"] and "'nowhere'" in text["en"], answer)


def settings(captain):
    known = captain.ask("GET", "/api/team/settings")[1]
    for kind, value, zh, en in (("number", "many", "至", "whole number from"), ("switch", "maybe", "on 或 off", "on or off"),
                                ("addresses", "nowhere", "any、none", "any, none"), ("password", "x" * 200, "字节", "bytes")):
        s = next(s for s in known if s["type"] == kind)
        status, answer, _ = captain.ask("POST", "/api/team/settings", {"device": s["device"], "name": s["name"], "value": value})
        text = answer["error"]["text"]
        check(f"a wrong {s['type']} is refused in both languages", status == 400 and zh in text["zh"] and en in text["en"], answer)


def captures(captain):
    listed = wait("captures are listed", 20, lambda: captain.ask("GET", "/api/team/captures")[1])
    if not listed:
        return
    name = listed[0]["name"]
    status, raw, head = captain.ask("GET", "/api/team/captures/" + name, headers={"Range": "bytes=0-3"})
    check("a part of a capture", status == 206 and raw == b"\x0a\x0d\x0d\x0a" and "attachment" in head["content-disposition"], status)
    for path in ("../record", "..%2frecord", "record", "%2e%2e%2f%2e%2e%2fevent%2fsecret"):
        check("not a capture: " + path, captain.ask("GET", "/api/team/captures/" + path)[0] in (400, 404))


def findings(captain, event_time):
    evidence = "帧 17 起：对整个网段的回显请求\nfrom one address, " + "x" * 600
    finding = {"technique": "T0846", "asset": "control", "actor": "10.20.0.66", "from_s": max(event_time - 5, 1), "evidence": evidence}
    status, one, _ = captain.ask("POST", "/api/team/findings", finding)
    check("a finding is confirmed", status == 200 and one.get("state") == "confirmed" and one["member"] == "captain", one)
    check("a finding without technique", captain.ask("POST", "/api/team/findings", dict(finding, technique="x"))[0] == 400)
    for times in ({"from_s": -1}, {"from_s": 9, "to_s": 8}, {"from_s": 9, "to_s": -9}, {"from_s": "9"}, {"from_s": 1e10}):
        check(f"a finding with {times}", captain.ask("POST", "/api/team/findings", dict(finding, **times))[0] == 400)
    check("a finding without asset", captain.ask("POST", "/api/team/findings", dict(finding, asset=""))[0] == 400)
    kept = wait("it is listed", 5, lambda: captain.ask("GET", "/api/team/findings")[1])
    check("with its evidence in full", kept and kept[0]["id"] == one["id"] and kept[0]["evidence"] == evidence, kept)
    lines = wait("and on the ledger", 5, lambda: [x for x in captain.ask("GET", "/api/team/ledger")[1] if x["source"] == "finding"])
    check("with member and post", lines and lines[0]["member"] == "captain" and lines[0]["post"] == "response", lines)
    return one


def sockets(captain, anyone):
    ws = WebSocket(captain)
    check("a WebSocket opens", ws.open)
    ws.send({"t": "watch", "what": ["values"]})
    seen = ws.until({"plant", "event", "values"}, 15)
    check("it tells plant, event and values", {"plant", "event", "values"} <= set(seen), sorted(seen))
    check("not to another origin", not WebSocket(captain, "http://elsewhere.example").open)
    stranger = WebSocket(anyone)
    stranger.send({"t": "watch", "what": ["values"]})
    check("strangers get no values", "values" not in stranger.until({"values"}, 3))


def state_of(captain):
    event = captain.ask("GET", "/api/event")[1]
    return (captain.ask("GET", "/api/team/findings")[1], captain.ask("GET", "/api/team/ledger")[1],
            captain.ask("GET", "/api/team/firewall")[1], {t["id"]: t["total"] for t in event["teams"]})


def killed(event, captain, board, what, pid):
    """After a kill -9 everything confirmed is there within two seconds."""
    before = state_of(captain)
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    wait(f"after the {what} died the event answers", 10, lambda: board.ask("GET", "/api/event")[0] == 200)
    wait("its plants are online", 15, lambda: all(t["plant"]["online"] for t in board.ask("GET", "/api/event")[1]["teams"]))
    took = time.monotonic() - began
    ids = {x["id"] for x in before[1]}
    after = wait("and what was confirmed is there", 5, lambda: (lambda s: s if ids <= {x["id"] for x in s[1]} else None)(state_of(captain)))
    check(f"the {what} was back in {took:.2f} s (a sanitizer or a busy machine may take longer)", took < 15)
    if after:
        check("findings are the same", before[0] == after[0])
        check("ledger lines are the same", [x for x in after[1] if x["id"] in ids] == before[1])
        check("the firewall table is the same", before[2] == after[2])


def at_once(captain, pid):
    """What was confirmed in the last moment is in the first answer after a kill -9: nobody is told of less than he was told before."""
    finding = {"technique": "T0888", "asset": "plc1", "actor": "10.20.0.66", "from_s": 1, "evidence": "the last moment"}
    status, one, _ = captain.ask("POST", "/api/team/findings", finding)
    check("a finding is confirmed just before", status == 200, one)
    os.kill(pid, signal.SIGKILL)

    def first():
        status, found, _ = captain.ask("GET", "/api/team/findings")
        return [found] if status == 200 else None
    answer = wait("the server answers again", 10, first)
    check("and the first answer has it", answer and any(x["id"] == one["id"] for x in answer[0]), answer)


def organiser(control):
    check("pause", control.ask("POST", "/api/control/pause")[0] == 200)
    first = control.ask("GET", "/api/control/status")[1]
    time.sleep(0.6)
    check("time stands still", control.ask("GET", "/api/control/status")[1]["time_s"] - first["time_s"] < 1.5)
    check("pausing twice is refused", control.ask("POST", "/api/control/pause")[0] == 409)
    check("resume", control.ask("POST", "/api/control/resume")[0] == 200)
    status, line, _ = control.ask("POST", "/api/control/correction",
                                  {"team": "t3", "direction": "safety", "points": -1.5, "reason": "裁判测试 a test"})
    check("a correction", status == 200 and line["id"] > 0, line)
    check("accounts are listed", len(control.ask("GET", "/api/control/accounts")[1]) >= 5)


def play(event, port):
    anyone, board, captain, control = (Client(port) for _ in range(4))
    wait("the server answers", 30, lambda: anyone.ask("GET", "/api/event")[0] == 200)
    if failed:
        return
    passwords = accounts(event.state)
    check("passwords are for the owner alone", os.stat(os.path.join(event.state, "accounts.txt")).st_mode & 0o077 == 0)
    check("the secret too", os.stat(os.path.join(event.state, "event", "secret")).st_mode & 0o077 == 0)
    strangers(anyone)
    slow_clients(port, anyone)
    check("logins", [c.login(a, passwords[a]) for c, a in ((board, "board"), (captain, "captain"), (control, "organiser"))] == [200] * 3)
    check("an account has its name in both languages",
          [c.ask("GET", "/api/me")[1]["name"] for c in (captain, control)] ==
          [{"zh": "队长", "en": "Captain"}, {"zh": "组织方", "en": "Organiser"}], captain.ask("GET", "/api/me"))
    rights(board, captain)
    if not wait("the event begins", 60, lambda: anyone.ask("GET", "/api/event")[1]["state"] == "running"):
        return
    team_pages(captain)
    sockets(captain, anyone)
    findings(captain, anyone.ask("GET", "/api/event")[1]["time_s"])
    firewall(captain)
    settings(captain)
    organiser(control)
    killed(event, captain, board, "server", event.server())
    at_once(captain, event.server())
    killed(event, captain, board, "wire", event.sites()[0])
    captures(captain)
    wait("a point is made", 30, lambda: anyone.ask("GET", "/api/history")[1]["teams"]["t1"][-1] > 0)
    check("the feed", len(anyone.ask("GET", "/api/feed?limit=20")[1]) > 0)
    check("log out", captain.ask("POST", "/api/logout")[0] == 200 and captain.ask("GET", "/api/me")[0] == 401)


def projection(state):
    """What the store says, but for sessions, health and the numbers that it gives to news itself."""
    db = sqlite3.connect(f"file:{state}/store.db?mode=ro", uri=True)
    columns = {"accounts": "*", "events": "*", "ledger": "*", "evidence": "*", "feed": "team, input, idx, at, kind, severity, args"}
    return {table: sorted(map(repr, db.execute(f"SELECT {what} FROM {table}"))) for table, what in columns.items()}


def afterwards(event):
    run = lambda *a: subprocess.run([BINARY, "event", *a, "--state", event.state], capture_output=True, text=True, check=False)
    result = run("verify")
    check("the ledger is what the records give", result.returncode == 0, result.stdout + result.stderr)
    before = run("ledger", "--json").stdout
    was = projection(event.state)
    result = run("rebuild")
    check("the store is made again", result.returncode == 0, result.stderr)
    check("and says the same", run("ledger", "--json").stdout == before and json.loads(before))
    now = projection(event.state)
    for table, rows in was.items():
        check(f"{len(rows)} rows of {table} are the same", rows == now[table],
              (sorted(set(rows) - set(now[table]))[:3], sorted(set(now[table]) - set(rows))[:3]))
    check("accounts too", len(json.loads(run("accounts", "--json").stdout)) >= 5)
    secret = open(os.path.join(event.state, "event", "secret"), "rb").read()
    check("the secret stands in no record", all(secret not in open(os.path.join(d, f), "rb").read()
          for d, _, names in os.walk(event.state) for f in names if f in ("record", "store.db", "events.bin")))
    check("called wrongly", run("dance").returncode == 2)


def ended_while_loading(state, port):
    for which in (signal.SIGINT, signal.SIGTERM):
        event = Event(state, port)
        event.start()
        wait("a server is made", 10, event.servers)
        event.process.send_signal(which)
        check(f"ended by {which.name} while it loads, that is no failure", event.process.wait(30) == 0, event.process.returncode)
        check("and nothing is left", not event.sites() and not os.path.exists(os.path.join(state, "accounts.txt.new")), event.sites())


def main():
    if not os.path.isdir(EVENT):
        print("SKIP: no " + EVENT)
        return 77
    with tempfile.TemporaryDirectory(prefix="mr_serve_") as state:
        os.chmod(state, 0o755)  # wire drops its rights and still must get in
        port = free_port()
        ended_while_loading(state, port)
        event = Event(state, port)
        event.start()
        try:
            play(event, port)
            with socket.socket() as taken:
                other = subprocess.run([BINARY, "serve", EVENT, "--state", state + "/other", "--port", str(port)],
                                       capture_output=True, text=True, timeout=60, check=False)
                check("a port that is taken", other.returncode == 1 and "--port" in other.stderr, other.stderr)
                taken.close()
        finally:
            status = event.stop()
        check("it ends cleanly", status == 0, status)
        check("and leaves no process", not event.sites(), event.sites())
        afterwards(event)
        if failed:
            print(open(os.path.join(state, "serve.log")).read())
    verdict()


sys.exit(main())

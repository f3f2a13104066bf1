#!/usr/bin/env python3
"""An event in namespaces, at the speed of the wall clock: its server, a wire and a core are killed, each is back in two seconds
with every confirmed finding and point; the store made again from the records gives the same ledger and totals; Ctrl-C leaves
nothing behind.

Usage: event_recovery_test.py MILLRACE. Exit status 0, 1, or 77 where it cannot run."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import outside as o  # noqa: E402

EVENT = "content/events/demo"


class Event:
    def __init__(self, state):
        self.state, self.port = state, o.free_port()
        os.mkdir(state, 0o755)
        self.log = open(state + ".log", "ab")
        command = [o.BINARY, "serve", EVENT, "--state", state, "--port", str(self.port), "--start-after", "1s"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    @property
    def server(self):
        found = [p for p in o.children(self.process.pid) if " serve " in o.processes(self.state).get(p, "")]
        return found[0] if found else None

    def wire(self, team):
        found = [p for p, line in o.processes(f"{self.state}/teams/{team}").items() if " live " in line]
        return found[0] if found else None

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


def confirmed(captain):
    """What was said to be kept: findings, and ledger lines by their numbers."""
    return captain.get("/api/team/findings"), {x["id"]: x for x in captain.get("/api/team/ledger")}


def killed(what, pid, board, captain, online):
    findings, lines = confirmed(captain)
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    time.sleep(0.05)
    o.wait(f"after the {what} died the event answers and its plants are online", 10, online)
    took = time.monotonic() - began
    o.check(f"{what} killed: back after {took:.2f} s", took < 2, took)
    after, kept = confirmed(captain)
    o.check("every confirmed finding is there", after == findings, (findings, after))
    o.check("every point is there", all(kept.get(i) == x for i, x in lines.items()),
            [x for i, x in lines.items() if kept.get(i) != x])
    o.check("without a new login", captain.ask("GET", "/api/me")[0] == 200)


def submit(captain, board, technique):
    now = board.get("/api/event")["time_s"]
    status, said = captain.ask("POST", "/api/team/findings", {"technique": technique, "asset": "control", "actor": "10.20.0.66",
                                                               "from_s": max(now - 5, 1), "evidence": "seen in the capture"})
    return o.check(f"a finding of {technique} is confirmed", status == 200 and said["state"] == "confirmed", (status, said))


def play(event):
    board, captain = o.Person(event.port), o.Person(event.port)

    def online():
        e = board.get("/api/event")
        return e and e.get("state") == "running" and all(t["plant"]["online"] for t in e["teams"])

    if not o.wait("the event begins", 60, online):
        return
    o.check("the captain logs in", captain.login("captain", event.state))
    submit(captain, board, "T0846")
    o.wait("a point is given or taken", 20, lambda: captain.get("/api/team/ledger"))
    server = event.server
    killed("server", server, board, captain, lambda: event.server not in (None, server) and online())
    submit(captain, board, "T0888")
    team = captain.get("/api/me")["team"]
    wire = event.wire(team)
    core = o.core_of(wire)
    killed("core", core, board, captain, lambda: online() and o.core_of(wire) not in (None, core))
    killed("wire", wire, board, captain,
           lambda: online() and event.wire(team) not in (None, wire))
    submit(captain, board, "T0855")
    # A finding that was confirmed a moment ago, and the whole server gone at once.
    server = event.server
    killed("server, right after a confirmation,", server, board, captain, lambda: event.server not in (None, server) and online())
    time.sleep(12)  # a digest is noted every ten seconds


def told(state, what):
    r = o.run(o.BINARY, "event", what, "--state", state, "--json")
    o.check(f"event {what}", r.returncode == 0, r.stderr)
    said = json.loads(r.stdout)
    for team in said["teams"] if what == "status" else ():
        del team["health"]  # of a moment: no record holds it
    return said


def afterwards(event):
    before = {what: told(event.state, what) for what in ("ledger", "status", "accounts")}
    o.check("the ledger is not empty", before["ledger"])
    r = o.run(o.BINARY, "event", "rebuild", "--state", event.state)
    o.check("the store is made again from the records", r.returncode == 0, r.stdout + r.stderr)
    for what, value in before.items():
        now = told(event.state, what)
        o.check(f"the same {what} after it", now == value, (value, now))
    for team in ("t1", "t2", "t3"):
        agrees, said = o.replay_agrees(f"{event.state}/teams/{team}")
        o.check(f"the record of {team} replays", agrees, said)


def main():
    o.need_namespaces()
    with o.scratch() as folder:
        mounts, spaces = open("/proc/self/mountinfo").read(), o.namespaces()
        event = Event(os.path.join(folder, "event"))
        try:
            play(event)
            during = o.namespaces() - spaces
            o.check("its sites have namespaces of their own", len(during) >= 3, during)
        finally:
            status = event.stop()
        o.check("Ctrl-C ends it", status == 0, status)
        o.check("no process is left", not o.processes(event.state), o.processes(event.state))
        o.check("no namespace", not during & o.namespaces(), during & o.namespaces())
        o.check("no mount", open("/proc/self/mountinfo").read() == mounts)
        afterwards(event)
        if o.failed:
            print(open(event.state + ".log").read())
    o.verdict()


main()

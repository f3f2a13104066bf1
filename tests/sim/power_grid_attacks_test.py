#!/usr/bin/env python3
"""The site power-grid: an hour in which nothing may alarm and the dispatcher's setpoints are followed, then attacks at its tags, each of
which must fail the way it does in the literature. --table prints the table of docs/process/power-grid.md. The binary is the first
argument."""
import csv
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from verdicts import expect, verdict

MILLRACE = sys.argv[1]
TOP = os.path.join(os.path.dirname(__file__), "../..")
SITE = os.path.join(TOP, "content/sites/power-grid")


def seconds(text):
    """"1m05.200s" as the events have it."""
    m = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?([\d.]+)s", text)
    return int(m[1] or 0) * 3600 + int(m[2] or 0) * 60 + float(m[3])


class Run:
    """What a run showed: `rows` of the CSV, `events` as (time, kind, rest)."""

    def __init__(self, physics, length, at, every="1s"):
        with tempfile.TemporaryDirectory() as where:
            path = os.path.join(where, "run.csv")
            options = [x for when, what in at for x in ("--at", when, what)]
            if physics:
                command = [MILLRACE, "process", "run", "power-grid", "--noise", "off", "--states"]
            else:
                command = [MILLRACE, "simulate", SITE, "--events"]
            command += ["--for", length, "--every", every, *options, "--csv", path]
            out = subprocess.run(command, capture_output=True, text=True, check=True)
            with open(path, encoding="utf-8") as f:
                self.rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(f)]
        self.damages = re.findall(r"damage: (\S+):", out.stderr)
        lines = [line.split(None, 2) for line in out.stdout.splitlines()] if not physics else []
        self.events = [(seconds(x[0]), x[1], x[2] if len(x) > 2 else "") for x in lines if re.fullmatch(r"[\dhms.]+s", x[0])]

    def first(self, holds):
        """Time of the first row for which that holds, or None."""
        return next((r["time_s"] for r in self.rows if holds(r)), None)

    def damage(self, name):
        found = [t for t, kind, rest in self.events if kind == "damage" and rest.startswith(name)]
        return found[0] if found else None


def healthy():
    """An hour: nothing alarms; base point, voltage reference and frequency are what the dispatcher asks for."""
    run = Run(False, "1h", [("20m", "G38.base=760"), ("25m", "G31.voltage=1.0"), ("30m", "AGC.target=50.03")])
    alarms = [e for e in run.events if e[1] == "alarm" or e[1] == "damage"]
    expect("a healthy hour has no alarm", not alarms, alarms[:3])
    end = run.rows[-600:]
    mean = lambda name: sum(r[name] for r in end) / len(end)
    expect("frequency follows its target", abs(mean("B16.f") - 50.03) < 0.005, mean("B16.f"))
    expect("voltage follows its reference", abs(mean("B31.V") / 345 - 1.0) < 0.01, mean("B31.V"))
    expect("a machine follows its base point", abs(mean("G38.P") - 770) < 25, mean("G38.P"))


def attacks():
    """Rows of the table: attack, what follows, time in s from the attack (None: not within the run)."""
    start = 60.0
    since = lambda t: None if t is None else t - start

    run = Run(False, "10m", [("1m", "CBG38.close=off")])
    low = min(r["B16.f"] for r in run.rows)
    back = run.first(lambda r: r["time_s"] > start + 20 and r["B16.f"] > 49.95)
    expect("a lost machine is a dip that regulation takes back", 49.6 < low < 49.8 and back, (low, back))
    yield "breaker of machine 38 opened (830 MW)", f"dip to {low:.2f} Hz; regulation is back above 49.95 Hz", since(back)

    run = Run(False, "10m", [("1m", "CB21_22.close=off")])
    t51 = run.first(lambda r: r["CB23_24.trip"] > 0 or r["CB24_23.trip"] > 0)
    expect("the other corridor is overloaded and trips", t51 and 20 < since(t51) < 400, t51)
    yield "line 21-22 opened", "960 MW shift to line 23-24, whose overcurrent relay (51) trips", since(t51)
    fast = max(run.rows, key=lambda r: r["G35.f"])
    expect("what is cut off runs fast", 50.8 < fast["G35.f"] < 53, fast["G35.f"])
    yield "", f"machines 35 and 36, cut off with load 23, run up to {fast['G35.f']:.1f} Hz", since(fast["time_s"])

    run = Run(False, "20m", [("1m", "B16.f=50.1")])
    shed = run.first(lambda r: r["D3.shed"] > 0)
    expect("false frequency makes regulation shed load", shed, shed)
    yield "frequency at station 16 forced to 50.1 Hz", "regulation lowers all machines until load is shed at 49 Hz", since(shed)

    run = Run(False, "1h", [("1m", "B16.f=freeze")], "5s")
    off = max(run.rows, key=lambda r: abs(r["G30.f"] - 50))
    expect("blind regulation drifts", 0.01 < abs(off["G30.f"] - 50) < 0.5, off["G30.f"])
    yield "frequency at station 16 frozen", f"regulation integrates the last reading's error: {off['G30.f']:.2f} Hz, no trip", since(off["time_s"])

    run = Run(False, "25m", [("1m", "AGC.target=50..49/15m")])
    shed = run.first(lambda r: r["D3.shed"] > 0)
    expect("a slow target reaches the first stage", shed and 600 < since(shed) < 1400, shed)
    yield "frequency target lowered slowly, 50 to 49 Hz in 15 min", "first stage of load shedding", since(shed)

    run = Run(False, "3m", [("1m", "valve.close_rate=0.01"), ("1m", "CBG38.close=off")])
    burst = run.damage("G38.overspeed")
    expect("a stuck valve bursts the machine", burst and since(burst) < 3, burst)
    yield "valve of machine 38 stuck, its breaker opened", "overspeed bolt in vain, turbine bursts", since(burst)

    start = 1.0  # what follows needs the model alone, which begins at rest

    run = Run(True, "7s", [("1s", "relay.on=0"), ("1s", "L16_17.fault=1")], "10ms")
    slip = run.first(lambda r: max(r[f"G{n}.slips"] for n in range(30, 40)) > 0)
    expect("a fault that nobody clears pulls machines out of step", slip and since(slip) < 5, slip)
    yield "relays out of service, short circuit on line 16-17", "first machine slips a pole", since(slip)

    run = Run(True, "3s", [("1s", "relay.25.on=0"), ("1s", "CBG38.close=0"), ("1300ms", "CBG38.close=1")], "10ms")
    expect("closing out of phase breaks the shaft", "G38.shaft" in run.damages, run.damages)
    closed = run.first(lambda r: r["time_s"] > 1.3 and r["CBG38.closed"] > 0)
    yield "machine 38 opened and closed again 0.3 s later, check defeated", "shaft breaks (the Aurora test of 2007)", since(closed)

    run = Run(True, "3s", [("1s", "DS16_17.close=0")], "10ms")
    bus = run.first(lambda r: r["CB16_17.trip"] == 87)
    expect("a disconnector under load costs the bus", "disconnector.arc" in run.damages and bus, run.damages)
    yield "disconnector towards 17 opened under load, interlock overridden", "arc; bus differential (87) clears station 16", since(bus)

    lost = [("1s", f"G{n}.run=0") for n in (32, 35, 38)]
    run = Run(True, "1m", [("1s", "ufls.on=0"), *lost], "100ms")
    dark = run.first(lambda r: r["system.served"] <= 0)
    expect("three machines lost without shedding: collapse", dark, dark)
    yield "load shedding defeated, machines 32, 35 and 38 stopped", "frequency falls to 47 Hz, machines trip (81), blackout", since(dark)
    run = Run(True, "2m", lost, "100ms")
    low = min(r["system.f"] for r in run.rows)
    expect("with shedding the same is survived", low > 47.5 and run.rows[-1]["system.islands"] >= 1, low)
    shed = run.first(lambda r: r["D3.shed"] > 0)
    yield "the same with load shedding", f"first stage sheds; lowest {low:.2f} Hz, the grid lives", since(shed)


def form(t):
    return "-" if t is None else (f"{t:.2f} s" if t < 10 else (f"{t:.0f} s" if t < 600 else f"{t / 60:.0f} min"))


def main():
    table = "--table" in sys.argv
    if not table:
        healthy()
    rows = list(attacks())
    if table:
        print("| attack | what follows | after |\n|---|---|---|")
        for what, follows, t in rows:
            print(f"| {what} | {follows} | {form(t)} |")
    verdict()


main()

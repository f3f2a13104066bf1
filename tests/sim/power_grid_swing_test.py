#!/usr/bin/env python3
"""Swings of the 39-bus case against a solver of the same equations that is written here by other means: plain elimination to the machines,
steps of 1 ms, machines at rest in the solution that MATPOWER's file has. Angles within 0.05 degrees before the first peak and 0.5 after, critical
clearing times within 2 ms. $1: the binary. Exit status 77: no reference data here."""
import cmath
import csv
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from power_cases import REFERENCE, SOLVED_39, matpower, needed, table, tables
from verdicts import expect, verdict

MILLRACE = sys.argv[1]
HZ, H = 60, 0.001


class Grid:
    """The case at rest: voltages as published, loads as admittances, machines behind their reactances."""

    def __init__(self):
        self.bus, self.branch = table("case39_bus.csv"), table("case39_branch.csv")
        with open(os.path.join(REFERENCE, "case39_machines.csv"), encoding="utf-8") as f:
            self.machine = [(int(r["bus"]), float(r["H_s_on_100MVA"]), float(r["xd_t_pu"])) for r in csv.DictReader(f)]
        self.v = {i: cmath.rect(vm, math.radians(va)) for i, (vm, va) in enumerate(SOLVED_39, 1)}
        y = self.admittances(())
        self.e, self.pm = [], []
        for bus, _, x in self.machine:
            row = next(b for b in self.bus if b[0] == bus)
            current = sum(y[bus][k] * v for k, v in self.v.items()) + complex(row[2], -row[3]) / 100 / self.v[bus].conjugate()
            e = self.v[bus] + 1j * x * current
            self.e.append(e)
            self.pm.append((e * current.conjugate()).real)

    def admittances(self, out):
        """Of branches alone, as MATPOWER has them; without those of `out`."""
        y = {a: dict.fromkeys(self.v, 0) for a in self.v}
        for f, t, r, x, b, _, tap, _, _ in self.branch:
            if {f, t} not in [set(o) for o in out]:
                series, ratio = 1 / complex(r, x), tap or 1
                y[f][f] += (series + 0.5j * b) / ratio**2
                y[t][t] += series + 0.5j * b
                y[f][t] -= series / ratio
                y[t][f] -= series / ratio
        return y

    def reduced(self, faults, out):
        """The matrix between the machines' internal nodes, every bus eliminated in turn."""
        y = self.admittances(out)
        for number, _, pd, qd, *_ in self.bus:
            y[number][number] += complex(pd, -qd) / 100 / abs(self.v[number]) ** 2
        for i, (bus, _, x) in enumerate(self.machine):
            own = 1 / (1j * x)
            y[-i - 1] = {-i - 1: own, bus: -own}
            y[bus][-i - 1] = -own
            y[bus][bus] += own
        for k in list(self.v):
            pivot = None if k in faults else y[k][k]
            for a in y:
                if pivot and a != k and y[a].get(k):
                    factor = y[a][k] / pivot
                    for b, value in y[k].items():
                        y[a][b] = y[a].get(b, 0) - factor * value
                y[a].pop(k, None)
            del y[k]
        n = len(self.machine)
        return [[y[-i - 1].get(-j - 1, 0) for j in range(n)] for i in range(n)]

    def swing(self, bus, clear_s, out, seconds):
        """Angles in degrees each 10 ms."""
        n = len(self.machine)
        during, after = self.reduced({bus}, ()), self.reduced((), out)
        size = [abs(e) for e in self.e]

        def slopes(x, m):
            e = [cmath.rect(size[i], x[i]) for i in range(n)]
            pe = [(e[i] * sum(a * b for a, b in zip(m[i], e)).conjugate()).real for i in range(n)]
            return [2 * math.pi * HZ * w for w in x[n:]] + [(self.pm[i] - pe[i]) / (2 * self.machine[i][1]) for i in range(n)]

        x = [cmath.phase(e) for e in self.e] + [0.0] * n
        rows = []
        for k in range(round(seconds / H) + 1):
            if k % 10 == 0:
                rows.append([math.degrees(a) for a in x[:n]])
            m = during if k < round(clear_s / H) else after
            k1 = slopes(x, m)
            k2 = slopes([a + H / 2 * b for a, b in zip(x, k1)], m)
            k3 = slopes([a + H / 2 * b for a, b in zip(x, k2)], m)
            k4 = slopes([a + H * b for a, b in zip(x, k3)], m)
            x = [a + H / 6 * (p + 2 * q + 2 * r + s) for a, p, q, r, s in zip(x, k1, k2, k3, k4)]
        return rows


def ours(case, events, seconds):
    machines = os.path.join(REFERENCE, "case39_machines.csv")
    at = [x for when, what in events for x in ("--at", when, what)]
    out = subprocess.run([MILLRACE, "process", "run", "power-grid", "--case", case, "--machines", machines, "--for", f"{seconds}s", *at,
                          "--csv", "-"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [[float(r[f"delta{i}_deg"]) for i in range(1, 11)] for r in csv.DictReader(out)]


def lost(rows):
    return any(max(r) - min(r) > 180 for r in rows)


def compare(grid, case, bus, clear_s, line, seconds=1.0):
    what = f"fault at {bus}, {clear_s * 1000:g} ms, {line or 'no line'}"
    events = [("0s", f"fault={bus}"), (f"{clear_s * 1000:g}ms", f"clear={line[1]}-{line[0]}" if line else f"clear={bus}")]
    theirs, mine = grid.swing(bus, clear_s, (line,) if line else (), seconds), ours(case, events, seconds)
    expect(what, len(mine) >= len(theirs), f"{len(mine)} rows, not {len(theirs)}")
    spread = [max(r) - min(r) for r in theirs]
    peak = next((i for i in range(1, len(spread) - 1) if spread[i] > spread[i - 1] and spread[i] > spread[i + 1]), len(spread))
    for i, (a, b) in enumerate(zip(theirs, mine)):
        worst = max(abs(p - q) for p, q in zip(a, b))
        expect(f"{what}: at {i * 10} ms", spread[i] > 360 or worst <= (0.05 if i <= peak else 0.5), f"{worst} degrees apart")


def critical(stable):
    """The longest clearing time in ms for which it holds, by halving."""
    low, high = 20, 600
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if stable(middle) else (low, middle)
    return low


needed()
grid = Grid()
with tempfile.NamedTemporaryFile("w", suffix=".m") as f:
    f.write(matpower("case39", *tables("case39")))
    f.flush()
    for bus, clear_s, line in ((16, 0.1, (16, 17)), (16, 0.083, None), (4, 0.2, (4, 14)), (29, 0.06, (26, 29)), (39, 0.1, (1, 39)), (31, 0.1, None)):
        compare(grid, f.name, bus, clear_s, line)
    for bus, line in ((16, (16, 17)), (29, (26, 29)), (4, (4, 5))):
        a, b = line
        theirs = critical(lambda ms: not lost(grid.swing(bus, ms / 1000, (line,), 1.5)))
        for ms, wanted in ((theirs - 2, True), (theirs + 3, False)):
            rows = ours(f.name, [("0s", f"fault={bus}"), (f"{ms}ms", f"clear={a}-{b}")], 1.5)
            expect(f"fault at {bus}, clear {a}-{b}: {theirs} ms is critical, {ms} ms", lost(rows) != wanted)
        print(f"fault at {bus}, line {a}-{b}: critical clearing time {theirs} ms")
verdict()

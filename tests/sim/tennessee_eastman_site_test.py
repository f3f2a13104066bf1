#!/usr/bin/env python3
"""The Tennessee Eastman plant as a site, its controllers on a network: runs alike, stays healthy, follows its operators, and fails under
attack as the table in docs/process/tennessee-eastman.md says. $1: the binary."""
import csv
import io
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tennessee_eastman import MILLRACE, SITE, document, seconds_an_hour, simulate
from verdicts import expect, verdict


def seconds(text):
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+)([dhms])", text))


def events(*options):
    """(seconds, kind, subject, rest) of each event."""
    for line in simulate("--events", *options).splitlines():
        word = line.split()
        if len(word) > 2:
            yield seconds(word[0]), word[1], word[2], word[3:]


def alike():
    upset = ("--at", "20m", "IDV4=1", "--at", "70m", "PRODUCTION.setpoint=22..21/30m")
    with tempfile.TemporaryDirectory() as folder:
        one = simulate("--for", "2h", "--digest", *upset)
        two = simulate("--for", "2h", "--digest", *upset)
        simulate("--for", "80m", "--save", f"{folder}/saved", *upset)
        rest = simulate("--for", "40m", "--from", f"{folder}/saved", "--digest", *upset)
    expect("two runs give one digest", one == two and len(one) == 65, one)
    expect("a run in two parts gives it too", rest == one)


def mistakes():
    for said, answer in (("XMV1O=60", "did you mean 'XMV1'?"), ("SIS.bypass=maybe", "expected a value"), ("XMEAS7=much", "expected a number"),
                         ("SIS.trip=on", "nobody commands this tag"), ("XMV10", "expected NAME=WHAT")):
        run = subprocess.run([MILLRACE, "simulate", SITE, "--for", "1s", "--at", "1s", said], capture_output=True, text=True)
        expect(f"--at 1s {said} is refused", run.returncode == 1 and answer in run.stderr, run.stderr)
    for args in (["--at", "soon", "XMV10=60"], ["--at", "1s"], ["--every", "0s"]):
        run = subprocess.run([MILLRACE, "simulate", SITE, *args], capture_output=True, text=True)
        expect(f"{args} is called wrongly", run.returncode == 2, run.stderr)


def healthy():
    """Mode 1 for two days with noise: no alarm, no damage, no trip."""
    for seed, length in (("1", "12h" if fast else "2h"), ("20", "48h" if fast else "2h")):
        seen = [e for e in events("--for", length, "--seed", seed) if e[1] in ("alarm", "damage")]
        expect(f"a healthy plant raises no alarm, seed {seed}", not seen, seen[:3])


def column(text, name, after):
    rows = csv.reader(io.StringIO(text))
    head = next(rows)
    at = head.index(name)
    found = [float(row[at]) for row in rows if float(row[0]) >= after]
    return sum(found) / len(found)


def setpoints():
    """Operators' changes are followed, within what noise leaves of a mean over four hours; without an alarm."""
    changes = (("PRODUCTION.setpoint=20", "XMEAS17", 20, 0.1), ("PRODUCTION.setpoint=24", "XMEAS17", 24, 0.1),
               ("XMEAS7.setpoint=2705..2650/2h", "XMEAS7", 2650, 1), ("XMEAS8.setpoint=75..70/2h", "XMEAS8", 70, 0.5),
               ("XMEAS40.setpoint=51", "XMEAS40", 51, 0.5))
    for change, measured, value, tolerance in changes:
        out = simulate("--for", "16h", "--csv", "-", "--every", "1m", "--events", "--at", "1h", change)
        rows = "\n".join(line for line in out.splitlines() if "," in line)
        mean = column(rows, measured, 12 * 3600)
        expect(f"{change} is followed", abs(mean - value) <= tolerance, mean)
        expect(f"{change} raises no alarm", " alarm " not in out and " damage " not in out)


def attacked(row):
    what, how, trip, shutdown, cause = row
    at = [word for one in how.split(" ") for word in ("--at", "1h", one)]
    length = "13h" if trip == "none" == shutdown else f"{int(3600 + max(float(x.split()[0]) for x in (trip, shutdown) if x != 'none') + 120)}s"
    first = {}
    for when, kind, subject, rest in events("--for", length, *at):
        if kind == "damage" or (kind == "alarm" and subject == "SIS.trip" and rest[2] == "1"):
            first.setdefault(subject, int(when - 3600))
    expect(f"{what}: trips after {trip}", first.get("SIS.trip") == (None if trip == "none" else int(trip.split()[0])), first)
    if shutdown == "none":
        expect(f"{what}: no shutdown", not [x for x in first if x != "SIS.trip"], first)
        return
    if trip == "none":  # nothing to bypass
        gone = [(when, subject) for subject, when in first.items()]
    else:
        gone = [(int(when - 3600), subject)
                for when, kind, subject, _ in events("--for", length, "--at", "1m", "SIS.bypass=on", *at) if kind == "damage"]
    expect(f"{what}: shuts down after {shutdown} by {cause}", gone[:1] == [(int(shutdown.split()[0]), cause)], gone)


def table():
    """The rows of the document: | what | `NAME=WHAT` | trip | shutdown | cause |"""
    rows = re.findall(r"^\| ([^|]+) \| `([^`|]+)` \| (none|\d+ s) \| (none|\d+ s) \| (\S*) *\|$", document(), re.M)
    expect("the document has its table", len(rows) >= 20, len(rows))
    if not fast:  # a build with sanitizers: the attacks that are over within an hour
        rows = [r for r in rows if r[3] != "none" and int(r[3].split()[0]) < 3600]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(attacked, rows))


fast = seconds_an_hour() < 1  # a build with sanitizers, or a busy machine: short runs only
alike()
mistakes()
healthy()
if fast:
    setpoints()
else:
    print("a slow build: short runs only")
table()
verdict()

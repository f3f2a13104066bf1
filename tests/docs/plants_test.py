#!/usr/bin/env python3
"""docs/authoring/plants.md taken at its word. Each block after a line "`path`:" is in that file of the tree as it is; those of its smallest
site are whole files, from which a site is made in an empty folder, which must be right, run, follow its operator and raise no alarm. $1: the
binary."""
import csv
import os
import re
import subprocess
import sys
import tempfile

MINE = "content/sites/my-tank/"
binary = os.path.abspath(sys.argv[1])
text = open("docs/authoring/plants.md", encoding="utf-8").read()
blocks = re.findall(r"^`([^`\n]+)`:\n```\w*\n(.*?)^```", text, re.M | re.S)
mine = [(path, block) for path, block in blocks if path.startswith(MINE)]
cut = [(path, block) for path, block in blocks if not path.startswith(MINE)]
wrong = [f"{path}: not there:\n{block}" for path, block in cut if block not in open(path, encoding="utf-8").read()]

with tempfile.TemporaryDirectory() as folder:
    for path, block in mine:
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(block)
    for name in os.listdir("content"):
        if name != "sites":
            os.symlink(os.path.abspath(os.path.join("content", name)), os.path.join(folder, "content", name))
    run = lambda *args: subprocess.run([binary, *args], cwd=folder, capture_output=True, text=True)
    checked = run("check", MINE)
    if checked.returncode:
        wrong.append(checked.stderr)
    out = run("simulate", MINE, "--for", "3h", "--events", "--at", "1h", "TT101.setpoint=50", "--csv", "run.csv", "--every", "10m")
    if out.returncode or " alarm " in out.stdout or " damage " in out.stdout:
        wrong.append(out.stdout + out.stderr)
    else:
        last = list(csv.DictReader(open(os.path.join(folder, "run.csv"), encoding="utf-8")))[-1]
        if abs(float(last["TT101"]) - 50) > 0.5:
            wrong.append(f"the water is not at 50 degC: {last}")

print("\n".join(wrong) or f"{len(cut)} blocks are as in their files, and the site of {len(mine)} runs")
sys.exit(1 if wrong or len(cut) < 8 or len(mine) < 6 else 0)

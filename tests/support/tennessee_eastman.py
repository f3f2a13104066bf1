"""Runs of the site tennessee-eastman by the binary that the test is given."""
import subprocess
import sys
import time

MILLRACE = sys.argv[1]
SITE = "content/sites/tennessee-eastman"
DOCUMENT = "docs/process/tennessee-eastman.md"


def simulate(*options):
    return subprocess.run([MILLRACE, "simulate", SITE, *options], check=True, capture_output=True, text=True).stdout


def seconds_an_hour():
    """What an hour of it takes: more where the build has sanitizers, or the machine other work."""
    begun = time.monotonic()
    simulate("--for", "1h")
    return time.monotonic() - begun


def document():
    with open(DOCUMENT, encoding="utf-8") as f:
        return f.read()

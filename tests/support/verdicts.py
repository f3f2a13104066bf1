"""What scripts that judge the binary share: what was wanted, whether it holds, and what came of it all."""
import sys
import time

failed = []


def expect(what, holds, detail=""):
    """Says nothing of what holds: for checks by the hundred."""
    if not holds:
        failed.append(what)
        print(f"FAIL {what}: {detail}", flush=True)
    return bool(holds)


def check(what, holds, detail=""):
    if holds:
        print("ok   " + what, flush=True)
    return expect(what, holds, detail)


def wait(what, seconds, condition):
    """The first true value of a condition; a failure where there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    check(what, False, f"not within {seconds} s")
    return None


def skip(why):
    print("SKIP: " + why)
    sys.exit(77)


def verdict():
    print(f"{len(failed)} failures" if failed else "passed")
    sys.exit(1 if failed else 0)

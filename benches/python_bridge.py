"""Times the original Crochet's round trips, for the suite `bridge`.

The first argument names the decorator that is timed. Then every line of standard input asks for something:

    place CALLER LOOPS   pin the calling thread and all others to these processors
    call OPERAND         make one call and print its answer
    time COUNT           make that many calls; print a line `NANOSECONDS CALLS` for each latency, then a full stop
    cost COUNT           make that many calls and print the nanoseconds of processor time that they took
"""

import collections
import os
import platform
import sys
import threading
import time

import crochet
import twisted

PATIENCE = 5.0


@crochet.wait_for(timeout=PATIENCE)
def wait_for(operand):
    return operand + 1


@crochet.run_in_reactor
def run_in_reactor(operand):
    return operand + 1


def run_and_wait(operand):
    return run_in_reactor(operand).wait(PATIENCE)


CALLS = {"wait_for": wait_for, "run_in_reactor": run_and_wait}


def place(caller, loops):
    own = threading.get_native_id()
    for name in os.listdir("/proc/self/task"):
        thread = int(name)
        os.sched_setaffinity(thread, {caller if thread == own else loops})
    return "placed"


def timed(call, count):
    latencies = collections.Counter()
    for operand in range(count):
        start = time.perf_counter_ns()
        answer = call(operand)
        latencies[time.perf_counter_ns() - start] += 1
        if answer != operand + 1:
            sys.exit(f"{answer} is not {operand + 1}")
    lines = [f"{latency} {calls}" for latency, calls in sorted(latencies.items())]
    return "\n".join([*lines, "."])


def cost(call, count):
    before = time.process_time_ns()
    for operand in range(count):
        call(operand)
    return time.process_time_ns() - before


def main():
    call = CALLS[sys.argv[1]]
    crochet.setup()
    versions = f"Crochet {crochet.__version__}, Twisted {twisted.__version__}"
    print(f"{versions}, {platform.python_implementation()} {platform.python_version()}", flush=True)
    requests = {
        "place": place,
        "call": call,
        "time": lambda count: timed(call, count),
        "cost": lambda count: cost(call, count),
    }
    for line in sys.stdin:
        word, *numbers = line.split()
        print(requests[word](*map(int, numbers)), flush=True)


main()

"""Where threads stand can be told at any time, also while others start and end."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, sys, threading, time
from prompt_contracts.application.thread_frames import thread_frames
look = {look}

def lives():
    time.sleep(0)

def start_threads():
    while True:
        thread = threading.Thread(target=lives, daemon=True)
        thread.start()
        thread.join()

for _ in range(3):
    threading.Thread(target=start_threads, daemon=True).start()
parked = [threading.Thread(target=threading.Event().wait, daemon=True) for _ in range(50)]
for thread in parked:
    thread.start()
# Whenever garbage is collected, another thread gets its turn, as it does where a destructor closes a socket.
gc.callbacks.append(lambda phase, info: time.sleep(0.001))
gc.set_threshold(1, 1, 1)
for _ in range(200):
    found = look()
assert threading.get_ident() in found
assert set(found) >= {{thread.ident for thread in parked}}
assert gc.isenabled()
gc.disable()
look()
assert not gc.isenabled()
"""


def test_looking_where_threads_stand_never_locks_up_with_those_that_start() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM.format(look="thread_frames")], check=True, timeout=120)

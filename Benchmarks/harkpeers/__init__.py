"""What the adapters of Benchmarks/*/peers.py share: Hark's own programs, asked line by line, and times."""

import json
import os
import subprocess
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


class Program:
    """One of Benchmarks/Sources that answers each line with a JSON object."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            list(map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.read()

    def timed(self, *words):
        answer = self.ask(*words)
        return answer["milliseconds"][0], answer["busy"][0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(body, *words, **options):
    """Milliseconds by the wall clock, and what this process had of the processors."""
    begin, busy = time.perf_counter(), time.process_time()
    body(*words, **options)
    return (time.perf_counter() - begin) * 1e3, (time.process_time() - busy) * 1e3

"""Tests of what `make evaluate` and `make test` begin with: python3 -m unittest discover Models/tests"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
TESTS = """import unittest

class Tests(unittest.TestCase):
    @unittest.skip("needs what is not there")
    def test_one(self): pass

    @unittest.skip("needs what is not there")
    def test_two(self): pass

    def test_three(self): pass
"""


class Making(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.here = pathlib.Path(temporary.name)
        (self.here / "scripts").mkdir()

    def program(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def run_here(self, *arguments):
        # As if no other make had called it, which would say so in every line.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(
            arguments, cwd=self.here, env=environment, capture_output=True, text=True, check=False)

    @unittest.skipUnless(shutil.which("make"), "needs make")
    def test_evaluate_says_first_that_it_has_nothing_to_measure_on(self):
        shutil.copy(REPOSITORY / "Makefile", self.here)
        for name in ("install-dependencies", "python-environment", "ensure-built"):
            self.program(self.here / "scripts" / name, "echo made > made")
        for data in ("", "absent"):
            done = self.run_here("make", "--silent", "evaluate", f"DATA={data}")
            self.assertNotEqual(done.returncode, 0)
            said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
            self.assertEqual(len(said), 1, done.stderr)
            self.assertIn("DATA=FOLDER is needed", said[0])
            self.assertFalse((self.here / "made").exists())

    @unittest.skipUnless(shutil.which("git"), "needs git")
    def test_the_tests_run_where_training_can_and_say_what_was_skipped(self):
        shutil.copy(REPOSITORY / "scripts" / "test-python", self.here / "scripts")
        wanted = self.here / "Models" / "training" / "requirements.txt"
        wanted.parent.mkdir(parents=True)
        wanted.write_text("torch\n")
        (self.here / "tests").mkdir()
        (self.here / "tests" / "test_some.py").write_text(TESTS)
        self.run_here("git", "init", "--quiet")
        self.run_here("git", "add", "tests")
        environment = self.here / ".build-training"
        self.program(environment / "bin" / "python", f'echo of the environment; exec "{sys.executable}" "$@"')
        # An installation that was cut off has no list yet.
        done = self.run_here("scripts/test-python")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("of the environment", done.stdout)
        self.assertRegex(done.stdout, "2 skipped; make training ")
        shutil.copy(wanted, environment)
        done = self.run_here("scripts/test-python")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("of the environment", done.stdout)
        self.assertRegex(done.stdout, "2 skipped$")
        failing = TESTS.replace("test_three(self): pass", "test_three(self): 1 / 0")
        (self.here / "tests" / "test_some.py").write_text(failing)
        self.assertNotEqual(self.run_here("scripts/test-python").returncode, 0)


if __name__ == "__main__":
    unittest.main()

"""pyunit.py FILE: runs unittest tests for run.sh, each a line of ok, not ok or skip."""
import importlib.util
import os
import sys
import traceback
import unittest

sys.dont_write_bytecode = True


class Lines(unittest.TestResult):
    def line(self, word, test, why=""):
        name = test.id().split(".", 1)[-1]
        print(word, name + (": " + " ".join(str(why).split()) if why else ""), flush=True)

    def addSuccess(self, test):
        self.line("ok", test)

    def addFailure(self, test, err):
        traceback.print_exception(*err)
        self.line("not ok", test, err[1])

    addError = addFailure

    def addSkip(self, test, reason):
        self.line("skip", test, reason)

    def addSubTest(self, test, subtest, err):
        if err:
            self.addFailure(subtest, err)

    def addExpectedFailure(self, test, err):
        self.line("not ok", test, "expectedFailure is not used here: fix or skip")

    def addUnexpectedSuccess(self, test):
        self.line("not ok", test, "expectedFailure is not used here: fix or skip")


path = os.path.abspath(sys.argv[1])
sys.path[:0] = [os.path.dirname(path), os.path.dirname(os.path.abspath(__file__))]
spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
spec.loader.exec_module(module)
tests = unittest.defaultTestLoader.loadTestsFromModule(module)
if not tests.countTestCases() and os.environ.get("PSSESSION_KIND", "plain") != "plain":
    sys.exit(77)                        # none is for this kind of binary
tests.run(Lines())

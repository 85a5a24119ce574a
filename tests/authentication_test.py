"""The tables of docs/AUTHENTICATION.md and README.md against the suites: every test that is named
exists and runs, and every scheme of -Authentication has its rows."""
import ast
import fnmatch
import os
import re
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUITES = "tests/*_test.py", "tests/e2e/*_test.py"       # of tests/run.sh; and each *_test.c
NAMED = re.compile(r"`([\w/]+\.(?:py|c))` `([\w.]+)` \|$")
# as -Authentication has it: over what it must have been tested
SEALED = "Default", "Negotiate", "NegotiateWithImplicitCredential", "Credssp", "Kerberos", "NTLM"


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def rows(text, heading):
    """Cells of the rows of the table whose head begins so."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("| " + heading):
            break
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def is_skip(decorator):
    """Not skipUnless and the like, which ask."""
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(name, ast.Attribute) and name.attr in ("skip", "expectedFailure")


def begins_with_skip(body):
    first = [n for n in body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
    return bool(first) and isinstance(first[0], (ast.Expr, ast.Raise)) and \
        "skip" in ast.dump(first[0]).lower()


def why_not(tree, name):
    """None, or why the test of that name in a Python file does not run."""
    in_class, _, method = name.partition(".")
    found = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == in_class]
    if not found or not method.startswith("test"):
        return "no such class"
    tests = [n for n in found[0].body if isinstance(n, ast.FunctionDef) and n.name == method]
    if not tests:
        return "no such test"
    if any(map(is_skip, found[0].decorator_list + tests[0].decorator_list)):
        return "it is skipped"
    return "it skips itself" if begins_with_skip(tests[0].body) else None


class Tables(unittest.TestCase):
    def setUp(self):
        self.page = read("docs/AUTHENTICATION.md")

    def named(self):
        return [(m[1], m[2]) for line in self.page.splitlines() if (m := NAMED.search(line))]

    def test_every_row_names_a_test(self):
        for line in self.page.splitlines():
            if line.startswith("|") and not re.match(r"\|(---|.* test \|$)", line):
                self.assertRegex(line, NAMED)
        self.assertGreater(len(self.named()), 60)

    def test_every_test_that_is_named_runs(self):
        for file, name in self.named():
            with self.subTest(file + " " + name):
                text = read(file)
                if file.endswith(".c"):
                    self.assertIn(f"\nTEST({name})", text)
                else:
                    self.assertTrue(any(fnmatch.fnmatch(file, s) for s in SUITES))
                    self.assertIn("scripts plain", read("tests/run.sh"))
                    self.assertIsNone(why_not(ast.parse(text), name))

    def test_every_scheme_has_its_rows(self):
        words = re.search(r'"(Default\|[\w|]+)"', read("applets/connect.c"))[1]
        self.assertLessEqual(set(SEALED), set(words.split("|")))
        table = rows(self.page, "scheme")
        for scheme in words.split("|"):
            over = {t for first, where, *_ in table if re.split("[ ,]", first)[0] == scheme
                    for t in where.split(", ")}
            self.assertEqual(over, {"HTTP", "HTTPS"}, scheme)

    def test_the_short_form_tells_the_same(self):
        """README's rows: a scheme, and over what it was tested"""
        long = rows(self.page, "scheme")
        short = rows(read("README.md"), "scheme")
        self.assertEqual({first for first, *_ in short},
                         {re.split("[ ,]", first)[0] for first, where, *_ in long
                          if where != "CONNECT" and first != "client certificate"} |
                         {"client certificate"})
        for first, where, *_ in short:
            over = {t for f, w, *_ in long if f.startswith(first) for t in w.split(", ")}
            self.assertEqual(set(re.sub(r" \(.*?\)", "", where).split(", ")), over, first)

    def test_what_does_not_run_is_noticed(self):
        """This test itself"""
        tree = ast.parse("""
class A:
    @unittest.skip("not now")
    def test_skipped(self): pass
    def test_lazy(self):
        "says"
        self.skipTest("no")
    @unittest.skipUnless(x, "y")
    def test_good(self): self.go()
@unittest.skip("all")
class B:
    def test_good(self): self.go()
""")
        for name in "A.test_skipped", "A.test_lazy", "A.test_none", "B.test_good", "C.test_good":
            self.assertIsNotNone(why_not(tree, name), name)
        self.assertIsNone(why_not(tree, "A.test_good"))

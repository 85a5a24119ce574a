"""The endpoint, seen from outside: by a small client of ours and by one nobody here wrote.

That one is Debian's python3-winrm. What needs a package or a program that is missing is skipped.
"""
import base64
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import unittest
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from endpoint import clixml, psrp                                     # noqa: E402
from endpoint.client import (Pool, Wsman, WsmanFault, create_pipeline,  # noqa: E402
                             text_of)
from endpoint.harness import (FOLDER, OPENSSL_LEGACY, PROMPT, SHOW,   # noqa: E402
                              Case, kinds, needs_gss, needs_pwsh)


@needs_gss
class Sessions(Case):
    def test_a_session_leaves_nothing_behind(self):
        e, p = self.pool()
        got = p.run([("echo hello", True), SHOW], PROMPT)
        self.assertEqual(text_of(got)[0], "hello")
        self.assertRegex(text_of(got)[1], "^PS /.*> $")
        p.delete()
        self.assertEqual(e.end(), [])

    def test_a_forgotten_shell_is_told(self):
        e, p = self.pool()
        self.assertEqual(e.end(), [p.shell])

    def test_a_signal_while_it_is_stopped_ends_it(self):
        for _ in range(5):                      # whichever thread gets it
            e = self.serve()
            e.child.send_signal(signal.SIGSTOP)
            e.child.terminate()
            e.child.send_signal(signal.SIGCONT)
            self.assertEqual(e.child.wait(10), 0)
            e.end()

    def test_folder_and_exit_code_live_on(self):
        _, p = self.pool()
        p.run([("cd /usr; false", True)])
        self.assertEqual(text_of(p.run([("echo $?; pwd", True)])), ["1", "/usr"])
        self.assertEqual(text_of(p.run(PROMPT)), ["PS /usr> "])

    def test_errors_come_as_records(self):
        _, p = self.pool()
        got = p.run([("echo out; echo err >&2", True)])
        self.assertEqual(kinds(got), ["PIPELINE_OUTPUT", "ERROR_RECORD", "PIPELINE_STATE"])
        self.assertEqual(clixml.read(got[1].data).text, "err")

    def test_incomplete_input(self):
        _, p = self.pool()
        for text in ("if true; then", "echo 'abc", "echo a |"):
            state = clixml.read(p.run([(text, True), SHOW])[-1].data)
            self.assertEqual(state.get("PipelineState"), psrp.FAILED)
            error = state.get("ExceptionAsErrorRecord").get("Exception")
            self.assertTrue(error.types[0].endswith(".IncompleteParseException"), text)
            got = p.run([(text, True), SHOW], PROMPT)
            self.assertEqual(kinds(got), ["ERROR_RECORD", "PIPELINE_OUTPUT", "PIPELINE_STATE"])
            error = clixml.read(got[0].data).get("Exception")
            self.assertTrue(error.types[0].endswith(".ParentContainsErrorRecordException"))

    def test_stop(self):
        for text in ("sleep 60", "Start-Sleep 60", "flood 100000000"):
            e, p = self.pool()
            command = p.start([(text, True)])
            p.signal(command, "powershell/signal/crtl_c")
            got, done = [], False
            while not done:
                more, done = p.receive(command)
                got += more[-1:]
            state = clixml.read(got[-1].data)
            self.assertEqual(state.get("PipelineState"), psrp.STOPPED, text)
            p.signal(command)
            p.delete()
            self.assertEqual(e.end(), [])

    def test_flood_is_whole_and_in_order(self):
        _, p = self.pool()
        got = p.run([("1..5000", True)])
        self.assertEqual(text_of(got), [str(i) for i in range(1, 5001)])

    def test_a_command_in_many_pieces(self):
        _, p = self.pool()
        text = "echo " + "x" * 300000 + " | wc -c"
        pipeline = uuid.uuid4()
        m = psrp.Message("CREATE_PIPELINE", create_pipeline([[(text, True)]]), p.pool, pipeline, 2)
        first, *rest = psrp.fragments(99, m.encode(), 60000)
        ident = str(pipeline).upper()
        p.call("Command", f'<rsp:CommandLine CommandId="{ident}"><rsp:Command/><rsp:Arguments>'
               f"{base64.b64encode(first).decode()}</rsp:Arguments></rsp:CommandLine>")
        for f in rest:
            p.call("Send", f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{ident}">'
                   f"{base64.b64encode(f).decode()}</rsp:Stream></rsp:Send>")
        self.assertEqual(text_of(p.receive(ident)[0]), ["300001"])

    def test_read_host_and_pipeline_input(self):
        _, p = self.pool()
        command = p.start([("Read-Host Name", True), SHOW])
        call = clixml.read(p.receive(command)[0][0].data)
        self.assertEqual(call.get("mi").text, "Prompt")
        answer = clixml.Obj(ms={"ci": call.get("ci"), "mi": call.get("mi"), "mr": clixml.Obj(
            ["System.Collections.Hashtable", "System.Object"], kind="DCT",
            items=[("Name", "Ada Löve")])})
        p.send(command, "PIPELINE_HOST_RESPONSE", clixml.write(answer), "pr")
        self.assertEqual(text_of(p.receive(command)[0]), ["Ada Löve"])
        p.signal(command)
        command = p.start([("sort", True)], no_input=False)
        for line in ("b", "a"):
            p.send(command, "PIPELINE_INPUT", clixml.write(line))
        p.send(command, "END_OF_PIPELINE_INPUT", "")
        self.assertEqual(text_of(p.receive(command)[0]), ["a", "b"])

    def filtered(self, p, text):
        """As lines, through tr"""
        command, got, done = p.start([("tr , '\\n'", True)], no_input=False), [], False
        p.send(command, "PIPELINE_INPUT", clixml.write(text))
        p.send(command, "END_OF_PIPELINE_INPUT", "")
        while not done:
            more, done = p.receive(command)
            got += more
        return text_of(got)

    def test_a_filter_is_read_while_it_is_fed(self):
        """With more than the pipes to it and from it hold"""
        got = self.filtered(self.pool()[1], ",".join(str(i) for i in range(50000)))
        self.assertEqual((len(got), got[-1]), (50000, "49999"))

    def test_halves_of_characters_become_replacement_characters(self):
        _, p = self.pool()
        half, whole = "\ud83d", "\ud83d\ude00"
        self.assertEqual(text_of(p.run([(f"echo 'a{half}{whole}'", True)])), ["a\ufffd😀"])
        self.assertEqual(self.filtered(p, half + "b" + whole), ["\ufffdb😀"])

    def test_what_a_session_needs_to_know(self):
        _, p = self.pool()
        names = ["Out-Default", "Exit-PSSession", "No-Such"]
        got = p.run([("Get-Command", False, [("Name", names)])])
        self.assertEqual([clixml.read(m.data).get("Name") for m in got[:-1]],
                         ["Out-Default", "Exit-PSSession"])
        for text, method, args in (("Exit-PSSession", 53, []), ("exit 7", 6, [7])):
            call = clixml.read(p.run([(text, True), SHOW])[0].data)
            self.assertEqual((call.get("mi").value, call.get("mp").items), (method, args))

    def test_replayed_session(self):
        e, p = self.pool(engine="replay:interactive-multiline")
        self.assertEqual(text_of(p.run([("foreach ($i in 1..2) {\n  $i\n}", True), SHOW], PROMPT)),
                         ["1", "2", "PS /home/alice> "])
        self.assertEqual(kinds(p.run([("not recorded", True), SHOW])), ["PIPELINE_STATE"])
        p.delete()
        self.assertEqual(e.end(), [])

    @needs_pwsh
    def test_real_powershell(self):
        e, p = self.pool(engine="pwsh")
        self.assertEqual(text_of(p.run([("1..3", True), SHOW], PROMPT))[:3], ["1", "2", "3"])
        got = p.run([("throw 'x'", True), SHOW], PROMPT)
        self.assertEqual(kinds(got), ["ERROR_RECORD", "PIPELINE_OUTPUT", "PIPELINE_STATE"])
        command = p.start([("Start-Sleep 60", True)])
        p.signal(command, "powershell/signal/crtl_c")
        self.assertIn('N="PipelineState">3<', p.receive(command)[0][-1].data)
        p.signal(command)
        p.delete()
        self.assertEqual(e.end(), [])


@needs_gss
class Wire(Case):
    def refused(self, call, code, **kw):
        with self.assertRaises(WsmanFault) as c:
            call(**kw)
        self.assertEqual(c.exception.code, code)

    def test_faults(self):
        _, p = self.pool()
        delete = lambda **kw: p.call("Delete", "", **kw)
        self.refused(delete, 2150858843, shell=p.shell.lower())
        self.refused(delete, 2150858843, shell=str(uuid.uuid4()).upper())
        self.refused(delete, 2150858768, extra='<x:Y xmlns:x="urn:x" s:mustUnderstand="1"/>')
        self.refused(delete, 2150858767, message_id="7")
        self.refused(delete, 2150858754, size=100)
        self.refused(lambda: p.call("Nonsense", ""), 2150858771)
        self.refused(lambda: p.call("Send", "x" * 600000), 2150858824)
        self.refused(lambda: p.receive(timeout="PT0.2S"), 2150858793)
        self.refused(lambda: p.receive(str(uuid.uuid4()).upper()), 2150858843)
        self.refused(lambda: p.signal(str(uuid.uuid4()).upper()), 2150858843)
        p.delete()
        self.refused(delete, 2150858843)

    def test_quotas(self):
        e, p = self.pool("--max-shells", "1", "--max-commands", "2")
        self.refused(Pool(e.port).open, 2150859173)
        p.start([("sleep 9", True)])
        p.start([("sleep 9", True)])
        self.refused(lambda: p.start([("sleep 9", True)]), 2150859174)

    def test_omi_style(self):
        e, p = self.pool("--style", "omi", "--op-timeout", "100")
        self.assertEqual(p.receive(), ([], False))
        self.refused(lambda: p.call("Delete", "", shell="x"), None)

    def test_answers_keep_to_the_envelope_size(self):
        e, p = self.pool()
        p.run([("1..3000", True)])
        sizes = [r["out"] for r in e.log("request") if r["action"] == "Receive"]
        self.assertLess(max(sizes), 153600)
        self.assertGreater(max(sizes), 100000)

    def test_what_a_lost_client_did_not_get_is_kept(self):
        e, p = self.pool()
        command = p.start([("sleep 1; echo late", True)])
        p.http.sock.settimeout(0.3)
        with self.assertRaises(OSError):
            p.receive(command)
        p.http.close()
        q = Pool(e.port)
        q.shell, q.session = p.shell, p.session
        self.assertEqual(text_of(q.receive(command)[0]), ["late"])

    def test_chunked_both_ways(self):
        e, p = self.pool("--chunked", "--allow-unencrypted")
        self.assertEqual(text_of(p.run([("echo hello", True)])), ["hello"])
        with socket.create_connection(("127.0.0.1", e.port)) as s:
            s.sendall(b"POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                      b"Content-Type: application/soap+xml\r\nAuthorization: Basic " +
                      base64.b64encode(b"demo:Secret-1") +
                      b"\r\n\r\n5\r\n<x>hi\r\n4\r\n</x>\r\n0\r\n\r\n")
            self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 500 "))

    def test_log_and_report(self):
        e, p = self.pool("--gather", "500")
        p.run([("echo a", True)])
        p.delete()
        out = subprocess.run([os.path.join(FOLDER, "report"), os.path.join(e.dir, "log")],
                             capture_output=True, text=True).stdout
        self.assertIn("shells-left 0\n", out)
        self.assertRegex(out, r"\nin-series 2\n")
        self.assertIn("handshake-legs 2\n", out)


@needs_gss
class Handshakes(Case):
    def test_each_scheme(self):
        e = self.serve("--allow-unencrypted")
        for scheme in ("Negotiate", "NTLM", "Basic"):
            p = Pool(e.port, scheme=scheme)
            p.open()
            p.delete()

    def test_who_is_refused(self):
        e = self.serve("--allow-unencrypted")
        for user, password in (("demo", "wrong"), ("nobody", "Secret-1"),
                               ("OTHER\\demo", "Secret-1")):
            with self.assertRaises(PermissionError):
                Pool(e.port, user, password).open()
        for user, password in (("demo", "wrong"), ("nobody", "Secret-1")):
            with self.assertRaises(WsmanFault) as c:
                Pool(e.port, user, password, scheme="Basic").open()
            self.assertEqual(c.exception.status, 401)

    def test_plain_bodies_are_refused(self):
        e = self.serve()
        for kw in ({"scheme": "Basic"}, {"sealed": False}):
            with self.assertRaises(WsmanFault):
                Pool(e.port, **kw).open()

    def test_a_handshake_counts_for_its_connection_only(self):
        e = self.serve()
        Pool(e.port).open()
        w = Wsman(e.port)
        self.assertEqual(w.post(b"x")[0], 401)

    def test_a_changed_or_repeated_body_is_refused(self):
        e = self.serve()
        w = Wsman(e.port)
        w.handshake()
        body, kind = w.auth.seal(b"x" * 50)
        bad = body[:-30] + bytes([body[-30] ^ 1]) + body[-29:]
        self.assertEqual(w.post(bad, {"Content-Type": kind})[0], 400)


@needs_gss
class Misbehaving(Case):
    """Each --fault does what it says; the client here must notice each time."""

    def raw(self, fault):
        e = self.serve("--fault", fault)
        got = b""
        with socket.create_connection(("127.0.0.1", e.port), timeout=5) as s:
            s.sendall(b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            try:
                while len(got) < 100000:
                    data = s.recv(65536)
                    if not data:
                        break
                    got += data
            except TimeoutError:
                return "silence"
            except ConnectionResetError:
                return "reset"
        return got

    def test_http(self):
        self.assertIn(b"<html>", self.raw("html"))
        self.assertTrue(self.raw("not-found").startswith(b"HTTP/1.1 404"))
        self.assertEqual(self.raw("empty"), b"")
        self.assertTrue(self.raw("empty-200").startswith(b"HTTP/1.1 200"))
        self.assertNotIn(b"HTTP", self.raw("garbage"))
        self.assertGreater(len(self.raw("endless-headers")), 99999)
        self.assertGreater(len(self.raw("endless-body")), 99999)
        self.assertEqual(self.raw("drop"), "reset")

    def test_silence(self):
        self.assertEqual(self.raw("silent"), "silence")

    def test_sealing_and_envelopes(self):
        for fault in ("bad-seal", "plain-reply", "replay-seal", "bad-xml", "wrong-relatesto",
                      "truncate", "drop@Receive", "bad-seal@Receive", "bad-xml@2", "empty@Create",
                      "401-loop", "no-auth-offer", "access-denied", "quota@Create"):
            e = self.serve("--fault", fault)
            p = Pool(e.port)
            with self.assertRaises(Exception, msg=fault):
                p.open()
            p.http.close()
            e.end()

    def test_a_lost_handshake_can_be_made_again(self):
        _, p = self.pool("--fault", "forget@Command")
        with self.assertRaises(Exception):
            p.run([("echo hello", True)])
        p.ready = False
        p.run([("echo hello", True)])

    def test_a_closed_connection_can_be_made_again(self):
        _, p = self.pool("--fault", "close@Signal")
        p.run([("echo hello", True)])
        p.http.close()
        p.ready = False
        self.assertEqual(text_of(p.run([("echo hello", True)])), ["hello"])

    def test_slow_is_only_slow(self):
        _, p = self.pool("--fault", "slow@Command")
        self.assertEqual(text_of(p.run([("echo hello", True)])), ["hello"])

    def test_an_unknown_fault_is_refused(self):
        r = subprocess.run([os.path.join(FOLDER, "serve"), "--account-file", "/dev/null", "--fault",
                            "nonsense"], capture_output=True, text=True)
        self.assertEqual(r.returncode, 2)
        self.assertIn("no fault nonsense", r.stderr)


@needs_gss
@unittest.skipUnless(importlib.util.find_spec("winrm"), "needs python3-winrm")
class Winrm(Case):
    """Debian's python3-winrm."""
    SCRIPT = """import sys, winrm
port, transport, seal, password = sys.argv[1:]
s = winrm.Session(f"http://127.0.0.1:{port}/wsman", auth=("demo", password), transport=transport,
                  message_encryption=seal)
r = s.run_cmd("echo hello; echo err >&2; exit 3")
print(r.status_code, r.std_out, r.std_err)
"""

    def run_client(self, e, transport, seal, password="Secret-1"):
        conf = os.path.join(e.dir, "openssl.cnf")
        with open(conf, "w") as f:
            f.write(OPENSSL_LEGACY)
        return subprocess.run(["/usr/bin/python3", "-c", self.SCRIPT, str(e.port), transport, seal,
                               password], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "OPENSSL_CONF": conf})

    def test_ntlm_sealed(self):
        e = self.serve(auth="negotiate")
        r = self.run_client(e, "ntlm", "always")
        self.assertEqual(r.stdout, "3 b'hello\\n' b'err\\n'\n", r.stderr[-300:])
        self.assertTrue(all(q["sealed"] for q in e.log("request") if q["action"]))
        self.assertEqual(e.end(), [])

    def test_plain(self):
        e = self.serve("--allow-unencrypted", "--style", "omi")
        for transport in ("ntlm", "basic"):
            r = self.run_client(e, transport, "never")
            self.assertEqual(r.stdout, "3 b'hello\\n' b'err\\n'\n", r.stderr[-300:])
        self.assertEqual(e.end(), [])

    def test_wrong_password(self):
        r = self.run_client(self.serve(), "ntlm", "always", "wrong")
        self.assertIn("InvalidCredentials", r.stderr)


@needs_gss
class Demo(unittest.TestCase):
    CLIENT = os.environ.get("PSSESSION") or os.path.join(HERE, "..", "build", "pssession")

    def demo(self, text):
        return subprocess.run([os.path.join(HERE, "demo.sh")], input=text, capture_output=True,
                              text=True, timeout=60, env={**os.environ, "PSSESSION": self.CLIENT})

    @unittest.skipUnless(os.access(CLIENT, os.X_OK), "needs build/pssession")
    def test_lines_from_a_pipe(self):
        r = self.demo("echo hello\nexit\n")
        self.assertEqual((r.stdout, r.returncode), ("hello\n", 0), r.stderr)

    @unittest.skipUnless(os.access(CLIENT, os.X_OK), "needs build/pssession")
    def test_scripted(self):
        r = self.demo("")
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertIn("hello from", r.stdout)
        self.assertNotIn("left open", r.stderr)

    def test_without_a_client(self):
        r = subprocess.run([os.path.join(HERE, "demo.sh")], capture_output=True, text=True,
                           env={**os.environ, "PSSESSION": "/nonexistent"})
        self.assertEqual(r.returncode, 1)
        self.assertIn("run make", r.stderr)


if __name__ == "__main__":
    unittest.main()

"""-SessionOption, PSSESSION_OPTION and the ways to name a computer."""
import re
import socket
import tempfile
import threading

import proxies
from lib import HOST, Case, load_tests, needs_gss, representative, wait_for       # noqa: F401

OK, REMOTE, USAGE, LOGIN, NET, PEER = range(6)


class Options(Case):
    def option(self, e, text, script="echo hello", **kw):
        return self.invoke(e, script, "-SessionOption", text, **kw)

    def traced(self, *options, **kw):
        """(endpoint, what gives the envelopes that came so far)"""
        f = tempfile.NamedTemporaryFile()
        self.addCleanup(f.close)

        def requests():
            with open(f.name, encoding="utf-8") as trace:
                return re.findall(r"^>>> .*?\n(.*?)\n\n", trace.read(), re.S | re.M)
        return self.serve("--trace", f.name, *options, **kw), requests


@needs_gss
class OnTheWire(Options):
    @representative
    def test_how_the_shell_lives(self):
        e, requests = self.traced()
        self.check(self.option(e, "IdleTimeout=120000,OutputBufferingMode=Drop,Culture=de-DE,"
                               "UICulture=fr-FR,NoMachineProfile,OperationTimeout=90000"),
                   OK, "hello\n")
        create = requests()[0]
        for part in ('<rsp:IdleTimeOut>PT2M</rsp:IdleTimeOut>', '<rsp:BufferMode>Drop</rsp:Buffer',
                     'WINRS_NOPROFILE', '<w:OperationTimeout>PT1M30S<'):
            self.assertIn(part, create)
        for envelope in requests():
            self.assertIn('<w:Locale xml:lang="fr-FR"', envelope)
            self.assertIn('<p:DataLocale xml:lang="de-DE"', envelope)

    def test_the_servers_own_by_default(self):
        e, requests = self.traced()
        self.check(self.option(e, "NoCompression,OutputBufferingMode=None,IdleTimeout=-1"), OK)
        create = requests()[0]
        for part in ("IdleTimeOut", "BufferMode", "NOPROFILE", "Compression"):
            self.assertNotIn(part, create)
        self.assertIn("<w:OperationTimeout>PT3M<", create)

    def test_the_language_here(self):
        for name, want in (("nl_BE.UTF-8@euro", "nl-BE"), ("es_419", "es-419"), ("fr", "fr"),
                           ("C", "en-US"), ("POSIX", "en-US"), ("C.UTF-8", "en-US")):
            with self.subTest(name):
                e, requests = self.traced()
                self.check(self.invoke(e, "echo hello", env={"LC_ALL": name}), OK)
                self.assertIn(f'<w:Locale xml:lang="{want}"', requests()[0])
                self.assertIn(f'<p:DataLocale xml:lang="{want}"', requests()[0])
        e, requests = self.traced()
        self.check(self.invoke(e, "echo hello", env={"LC_ALL": "", "LC_MESSAGES": "", "LANG":
                                                     "zh_CN.UTF-8"}), OK)
        self.assertIn('<w:Locale xml:lang="zh-CN"', requests()[0])

    def test_utf_16(self):
        for options in ((), ("--allow-unencrypted",)):
            e = self.serve(*options, auth="basic" if options else "negotiate")
            more = ["-Authentication", "Basic"] if options else []
            c = self.invoke(e, "cat; echo hé€𝄞", "-InputObject", "-", "-SessionOption",
                            "UseUTF16,NoEncryption", *more, stdin="ïn\n".encode())
            self.check(c, OK, "ïn\nhé€𝄞\n")
            self.assertEqual({r.get("charset") for r in e.log("request") if r["action"]},
                             {"UTF-16"})

    def test_utf_16_of_much(self):
        e = self.shared()
        c = self.invoke(e, "wc -l", "-InputObject", "-", "-SessionOption", "UseUTF16",
                        stdin=b"0123456789\n" * 60000)
        self.check(c, OK, "60000\n")
        self.assertFalse([r for r in e.log("request") if r["fault"]])


@needs_gss
class Limits(Options):
    def test_data_of_a_command(self):
        e = self.shared()
        limit = "MaximumReceivedDataSizePerCommand=200000"
        c = self.option(e, limit, "flood 20000")
        self.check(c, PEER, None, re.compile("exceeded the allowed maximum of 200000 bytes"))
        self.assertIn("MaximumReceivedDataSizePerCommand", c.err)
        self.check(self.option(e, limit, "flood 100"), OK)

    def test_data_of_a_command_in_a_session(self):
        e = self.shared()
        c = self.enter(e, "flood 20000\necho after\n", "-SessionOption",
                       "MaximumReceivedDataSizePerCommand=200000")
        self.check(c, OK, re.compile("^after$", re.M),
                   re.compile("^.* exceeded the allowed maximum of 200000 bytes .*$", re.M))
        self.assertTrue(wait_for(lambda: "terminate" in e.signals()))

    def test_an_object(self):
        e = self.shared()
        c = self.option(e, "MaximumReceivedObjectSize=5000", "printf %9000d 1")
        self.check(c, PEER, "", re.compile("An object received .* maximum of 5000 bytes"))
        self.check(self.option(e, "MaximumReceivedObjectSize=50000", "printf %9000d 1"), OK, None)


class Busy(proxies.Forwarder):
    """Says 503 to the first connections, leads the others to a port."""
    def __init__(self, port, busy):
        self.busy, self.to = busy, port
        super().__init__()

    def serve(self, client):
        if self.busy:
            self.busy -= 1
            client.recv(65536)
            client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        server = socket.create_connection((HOST, self.to))
        threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
        self.copy(client, server)


@needs_gss
class Retries(Options):
    def busy(self, n, *more):
        e = self.shared()
        way = Busy(e.port, n)
        self.addCleanup(way.stop)
        c = self.run_client("invoke-command", "-ComputerName", HOST, "-Port", way.port, *e.to()[4:],
                            *more, "echo hello")
        self.assertEqual(c.err.count("is not ready (HTTP 503)"), len(c.err.splitlines()))
        return c

    def test_a_server_that_is_not_ready_is_asked_again(self):
        c = self.busy(2)
        self.check(c, OK, "hello\n", re.compile(r"\A\[127\.0\.0\.1\] Trying again \(1 of 5\): "
                                               r"[^\n]*\n[^\n]* \(2 of 5\): [^\n]*\n\Z"))

    def test_no_more_often_than_the_option_says(self):
        for count in (0, 1):
            c = self.busy(count + 1, "-SessionOption", f"MaxConnectionRetryCount={count}")
            self.check(c, NET, "", None)
            self.assertEqual(len(c.err.splitlines()), count + 1)

    def test_a_port_that_refuses_is_not_tried_again(self):
        c = self.run_client("invoke-command", HOST, "-Port", proxies.free_port(), "-Credential",
                            "u", "-PasswordFile", "-", "echo", stdin=b"p\n")
        self.check(c, NET, "", re.compile(r"\A[^\n]* refused: [^\n]*\n\Z"))


@needs_gss
class Refused(Options):
    def refused(self, text, *words):
        c = self.run_client("invoke-command", "nowhere.invalid", "echo", "-Credential", "u",
                            "-SessionOption", text)
        self.check(c, USAGE, "", None)
        for word in ("SessionOption: ", *words):
            self.assertIn(word, c.err)

    def test_by_name(self):
        self.refused("Foo=1", "'Foo'")
        self.refused("SkipCACheck,Foo", "'Foo'")
        self.refused("OpenTimeout=-1", "'OpenTimeout'")
        self.refused("OpenTimeout=soon", "'OpenTimeout'")
        self.refused("IdleTimeout=59999", "IdleTimeout", "60000")
        self.refused("MaximumRedirection=-1", "'MaximumRedirection'")
        self.refused("MaximumReceivedObjectSize=0", "'MaximumReceivedObjectSize'")
        self.refused("MaxConnectionRetryCount=99999999999", "'MaxConnectionRetryCount'")
        self.refused("OutputBufferingMode=Fast", "'OutputBufferingMode'")
        self.refused("ProxyAuthentication=Kerberos", "'ProxyAuthentication'")
        self.refused("Culture=../x", "Culture='../x'")
        self.refused("UICulture=x", "UICulture='x'")
        self.refused("@{Foo=1}", "'Foo'")

    def test_from_the_environment(self):
        e = self.shared()
        env = {"PSSESSION_OPTION": "Foo"}
        c = self.invoke(e, "echo hello", env=env)
        self.check(c, USAGE, "", None)
        self.assertIn("PSSESSION_OPTION: SessionOption: ", c.err)
        e, requests = self.traced()
        env = {"PSSESSION_OPTION": "Culture=de-DE,UICulture=de-DE"}
        self.check(self.option(e, "Culture=fr-FR", env=env), OK, "hello\n")
        self.assertIn('<w:Locale xml:lang="de-DE"', requests()[0])
        self.assertIn('<p:DataLocale xml:lang="fr-FR"', requests()[0])

    def test_network_access_is_taken_and_changes_nothing(self):
        e, requests = self.traced()
        self.check(self.invoke(e, "echo hello", "-EnableNetworkAccess"), OK, "hello\n")
        c = self.run_client("invoke-command", "-ConnectionUri", f"http://{HOST}:{e.port}/wsman",
                            "-EnableNetworkAccess", "-Credential", "demo", "-PasswordFile",
                            e.password, "echo hello")
        self.check(c, OK, "hello\n")
        c = self.run_client("invoke-command", "-HostName", "h", "-EnableNetworkAccess", "echo")
        self.check(c, USAGE, "", re.compile("Parameter set"))


class SixForwarder(proxies.Forwarder):
    """Leads from a port of IPv6 to the same port of IPv4."""
    def __init__(self, port):
        self.port = port
        self.listener = socket.create_server(("::1", port), family=socket.AF_INET6)
        proxies.serve_each(self.listener, self.serve)

    def serve(self, client):
        server = socket.create_connection((HOST, self.port))
        threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
        self.copy(client, server)


@needs_gss
class Computers(Options):
    def reaches(self, e, name, *more):
        c = self.run_client("invoke-command", *e.to(host=name), *more, "echo hello")
        self.check(c, OK, "hello\n")

    def test_this_machine(self):
        e = self.shared()
        for name in (".", "localhost", "LocalHost", HOST):
            with self.subTest(name):
                self.reaches(e, name)

    def test_names_go_to_the_proxy_as_they_were_typed(self):
        e, way = self.shared(), proxies.Forwarder()
        self.addCleanup(way.stop)
        for name in ("SERVER01", "srv1.corp.example", "10.1.2.3", "fe80::1", "[2001:db8::2]"):
            with self.subTest(name):
                self.reaches(e, name, "-SessionOption", "Proxy=http://" + way.address)
                bracketed = name if ":" not in name else f"[{name.strip('[]')}]"
                self.assertIn(f"CONNECT {bracketed}:{e.port} HTTP/1.1", way.asked[-1])

    def test_ipv6(self):
        e = self.shared()
        try:
            six = SixForwarder(e.port)
        except OSError as why:
            self.skipTest(f"no IPv6 here: {why}")
        self.addCleanup(six.stop)
        for name in ("::1", "[::1]", "0:0::0:1"):
            with self.subTest(name):
                self.reaches(e, name)
        c = self.run_client("invoke-command", "-ConnectionUri", f"http://[::1]:{e.port}",
                            *e.to()[4:], "echo hello")
        self.check(c, OK, "hello\n")

    def test_zones(self):
        for name, text in (("fe80::1%lo", "fe80::1%lo"), ("[fe80::1%nosuch]", "fe80::1%nosuch")):
            c = self.run_client("invoke-command", name, "-Port", proxies.free_port(), "-Credential",
                                "u", "-PasswordFile", "-", "echo", "-SessionOption",
                                "OpenTimeout=5000,MaxConnectionRetryCount=0", stdin=b"p\n")
            self.check(c, NET, "", re.compile(re.escape(f"'{text}'")))

    def test_what_is_no_computer(self):
        for name in ("a b", "host:5985", "http://h", "u@h", "-h", "[::1", "1::2::zz", ""):
            c = self.run_client("invoke-command", f"-ComputerName:{name}", "echo", "-Credential",
                                "u")
            self.assertEqual((c.code, c.out), (USAGE, ""), name)

    def test_a_hundred_behind_one_proxy(self):
        """The proxy's account takes one place for passwords, not one for each of them."""
        e, way = self.serve("--max-shells", "100"), proxies.Forwarder()
        self.addCleanup(way.stop)
        names = ",".join(f"srv{i}.corp.example" for i in range(100))
        c = self.run_client("invoke-command", *e.to(host=names), "echo hello", "-HideComputerName",
                            env={"https_proxy": f"http://user:pw@{way.address}",
                                 "PSSESSION_OPTION": "ProxyAccessType=IEConfig"}, seconds=120)
        self.assertEqual(c.err, "")
        self.check(c, OK, "hello\n" * 100)

"""The keeper: the process that owns a session. Its front ends come and go, are killed, wait; it is
killed; terminals go away."""
import os
import re
import resource
import select
import signal
import socket
import struct
import time
import uuid

import keeper_lib
import secrets_test
import stdio_test
from endpoint import client, psrp
from keeper_lib import ENGINE, error, gone
from lib import (ENV, KIND, OK, USAGE, load_tests, needs_gss, needs_pwsh,       # noqa: F401
                 needs_root, only_plain, representative, stop, wait_for)
from stdio_lib import AT_PROMPT, children

print("engine:", ENGINE)
SLEEP = "echo on; sleep 60" if ENGINE == "sh" else "'on'; Start-Sleep 60"


class Keeper(keeper_lib.Case):
    def pid(self, ident=1):
        return int(self.status(ident)["Pid"])

    def running(self, front, script=SLEEP):
        """A pipeline of a front end that has begun to run."""
        pipe = front.attach(tty=b"/dev/pts/77").start(script)
        front.until(pipe, "PIPELINE_OUTPUT", "on")
        return pipe

    @representative
    def test_a_session_outlives_its_commands(self):
        c = self.new_stdio()
        self.assertIn("Session1", c.out)
        with self.front() as f:
            f.attach()
            f.run("$x = 5" if ENGINE == "pwsh" else "cd /usr")
        with self.front() as f:
            self.assertEqual(f.attach().run("$x" if ENGINE == "pwsh" else "pwd"),
                             ["5" if ENGINE == "pwsh" else "/usr"])
        s = self.status()
        self.assertEqual((s["State"], s["Availability"], s["Transport"], s["Id"]),
                         ("Opened", "Available", "SSH", "1"))
        self.assertNotIn("FrontEnd", s)

    @needs_root
    def test_it_holds_nothing_of_whoever_made_it(self):
        r, w = os.pipe()
        os.set_inheritable(w, True)
        self.stdio("--engine", "sh")
        self.new("-HostName", self.host, pass_fds=(w,))
        os.close(w)
        self.assertEqual(os.read(r, 1), b"")
        os.close(r)
        pid = self.pid()
        for fd in range(3):
            self.assertEqual(os.readlink(f"/proc/{pid}/fd/{fd}"), "/dev/null")
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        self.assertEqual(os.getsid(pid), pid)
        with open(f"/proc/{pid}/limits") as f:
            self.assertRegex(f.read(), r"Max core file size +0 +0 ")

    def test_the_terminal_goes_away(self):
        self.stdio("--engine", "sh")
        s = self.screen("new-pssession", "-HostName", self.host)
        self.assertEqual(s.finish().code, 0)
        os.close(s.master)
        s.master = os.open("/dev/null", os.O_RDONLY)    # for close()
        os.kill(self.pid(), signal.SIGHUP)
        self.assertEqual(self.front().attach().run("echo there"), ["there"])

    def test_a_killed_front_end(self):
        self.new_stdio()
        pid = os.fork()
        if pid == 0:
            self.running(self.front())
            signal.pause()
        busy = wait_for(lambda: (s := self.status())["Command"] and s)
        self.assertEqual((busy["Availability"], busy["FrontEnd"]),
                         ("Busy", f"pid {pid} on /dev/pts/77"))
        began = time.monotonic()
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        self.assertTrue(self.free())
        self.assertEqual(self.front().attach().run("echo again"), ["again"])
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(self.status()["Command"], [])

    @representative
    def test_one_works_the_other_waits_and_is_told_for_whom(self):
        self.new_stdio()
        one, two, three = self.front(), self.front(), self.front()
        self.running(one)
        three.send(keeper_lib.ATTACH, b"\0")
        self.assertIn("The session 1 is busy: pid %d on /dev/pts/77" % os.getpid(),
                      error(three.expect(keeper_lib.ERROR)))
        two.send(keeper_lib.ATTACH, b"\1")
        self.assertEqual(two.expect(keeper_lib.WAITING).decode(),
                         f"pid {os.getpid()} on /dev/pts/77")
        self.assertTrue(two.quiet())
        one.sock.close()
        two.expect(keeper_lib.ATTACHED)

    def test_it_answers_while_a_command_floods(self):
        self.new_stdio()
        one = self.front().attach()
        one.start("flood 3000000" if ENGINE == "sh" else "1..3000000")
        time.sleep(0.3)                 # and nobody reads
        for _ in range(5):
            began = time.monotonic()
            self.assertEqual(self.status()["Availability"], "Busy")
            self.assertLess(time.monotonic() - began, 10)
        with open(f"/proc/{self.pid()}/status") as f:
            kb = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])
        if KIND == "plain":
            self.assertLess(kb, 8192)
        one.sock.close()
        self.assertEqual(self.front().attach().run("echo after"), ["after"])

    @needs_root
    @only_plain
    def test_where_no_descriptor_is_free_it_waits_for_one(self):
        def ticks():
            with open(f"/proc/{pid}/stat") as f:
                return sum(map(int, f.read().rpartition(")")[2].split()[11:13]))
        self.new_stdio("--engine", "sh")
        one = self.front()
        pid = int(one.status()["Pid"])
        taken = set(map(int, os.listdir(f"/proc/{pid}/fd")))
        few = min(set(range(len(taken) + 1)) - taken)
        was = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, was[1]))
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(self.folder, "1"))
            s.sendall(struct.pack("<IBH", 3, keeper_lib.HELLO, 1))
            before = ticks()
            self.assertEqual(select.select([s], [], [], 0.5)[0], [])
            self.assertLess(ticks() - before, 5, "it does not sleep")
            self.assertEqual(one.status()["State"], "Opened")
            resource.prlimit(pid, resource.RLIMIT_NOFILE, was)
            self.assertEqual(s.recv(5)[4], keeper_lib.HELLO_BACK)
        self.assertEqual(one.attach().run("echo there"), ["there"])

    def test_a_killed_keeper_leaves_a_name_that_is_cleaned(self):
        self.new_stdio("--engine", "sh")
        one = self.front().attach()
        pid = self.pid()
        ssh = children(pid)
        os.kill(pid, 9)
        with self.assertRaises((keeper_lib.Gone, ConnectionError)):
            one.frame()
        self.assertTrue(wait_for(lambda: gone(pid)))
        self.assertTrue(wait_for(lambda: all(gone(p) for p in ssh)), "the server is left")
        self.assertEqual(self.names(), ["1"])
        self.check(self.run_client("get-pssession"), 0, re.compile(r"\A(?!.*Session1)", re.S),
                   re.compile("of session 1 was killed, and the session with it"))
        self.assertEqual(os.listdir(self.folder), [])
        self.new("-HostName", self.host)
        self.assertEqual(self.names(), ["1"])

    def test_a_note_for_which_the_disk_had_no_room(self):
        self.new_stdio("--engine", "sh")
        open(os.path.join(self.folder, ".1"), "w").close()
        pid = self.pid()
        stop(pid)
        self.check(self.run_client("get-pssession"), 4, re.compile(r"^ +1 +Broken +None$", re.M),
                   re.compile("of session 1 does not answer"))
        self.check(self.run_client("get-pssession", "-Name", "a*"), 0, None, None)
        os.kill(pid, 9)
        self.assertTrue(wait_for(lambda: gone(pid)))
        self.check(self.run_client("get-pssession"), 0, "",
                   "get-pssession: the background process of session 1 was killed\n")

    def test_sigterm_closes_the_session_on_the_server(self):
        self.new_stdio("--engine", "sh")
        one = self.front()
        self.running(one, "echo on; sleep 60")
        pid = self.pid()
        os.kill(pid, signal.SIGTERM)
        self.assertIn("closed", error(one.expect(keeper_lib.GONE)) or "closed")
        self.assertTrue(wait_for(lambda: gone(pid)))
        self.assertEqual(self.names(), [])
        self.assertTrue(wait_for(lambda: self.events()[-1] == {**self.events()[-1],
                                                               "event": "exit", "open": []}))

    def test_a_lost_server_is_broken_until_it_is_removed(self):
        self.new_stdio("--engine", "sh", "--fault", "eof@4")
        one = self.front().attach()
        one.start("echo one")
        self.assertIn("connection was lost", error(one.expect(keeper_lib.GONE)))
        s = self.status()
        self.assertEqual((s["State"], s["Availability"]), ("Broken", "None"))
        two = self.front()
        two.send(keeper_lib.ATTACH, b"\1")
        self.assertIn("connection was lost", error(two.expect(keeper_lib.ERROR)))
        pid = int(s["Pid"])
        self.check(self.run_client("remove-pssession", "-Id", "1"), 0, None)
        self.assertTrue(wait_for(lambda: gone(pid)))
        self.assertEqual(self.names(), [])

    def test_ssh_asks_on_the_terminal_and_the_session_stays(self):
        self.stdio("--engine", "sh")
        with open(ENV["PSSESSION_SSH"]) as f:
            server = f.read().splitlines()[1]
        self.ssh_is("printf 'word: ' >/dev/tty; read w </dev/tty\n"
                    '[ "$w" = sesame ] || exit 255; ' + server)
        s = self.screen("new-pssession", "-HostName", self.host)
        s.wait("word: ")
        s.type("sesame\n")
        self.assertEqual(s.finish().code, OK)
        self.assertIn("Session1", s.text)
        self.assertEqual(self.front().attach().run("echo hello"), ["hello"])

    def test_ctrl_c_ends_all_that_are_to_be_made(self):
        self.ssh_is("printf 'word: ' >/dev/tty; read w </dev/tty; exit 255")
        s = self.screen("new-pssession", "-HostName", "a,b,c")
        s.wait("word: ")
        s.type("\x03")
        self.assertEqual(s.finish().code, 128 + signal.SIGINT)
        self.assertEqual(s.text.count("word: "), 1)
        self.assertEqual(self.names(), [])

    def test_a_session_that_does_not_open_leaves_nothing(self):
        self.ssh_is("echo 'Permission denied (publickey).' >&2; exit 255")
        c = self.run_client("new-pssession", "-HostName", self.host)
        self.assertEqual(c.code, 3)
        self.assertIn("Permission denied", c.err)
        self.assertEqual(self.names(), [])

    def test_a_folder_that_is_not_safe(self):
        os.mkdir(self.folder, 0o755)
        os.chmod(self.folder, 0o755)
        self.stdio("--engine", "sh")
        c = self.run_client("new-pssession", "-HostName", self.host)
        self.assertEqual(c.code, USAGE, c.err)
        self.assertRegex(c.err, "mode 755 instead of 700.*PSSESSION_DIR")
        self.assertFalse(os.path.exists(os.path.join(self.dir, "log")), "ssh was started")
        c = self.run_client("get-pssession")
        self.assertEqual(c.code, USAGE, c.err)

    def test_another_version_is_told_ours(self):
        self.new_stdio("--engine", "sh")
        f = self.front(version=2)
        self.assertEqual(f.hello, 1)
        with self.assertRaises((keeper_lib.Gone, ConnectionError)):
            f.frame()

    @only_plain
    @needs_pwsh
    def test_input_and_its_room(self):
        self.new_stdio("--engine", "pwsh")
        f = self.front().attach()
        pipe = f.start("($input | Measure-Object -Character).Characters", no_input=False)
        sent = room = 0
        for kind in ["PIPELINE_INPUT"] * 100 + ["END_OF_PIPELINE_INPUT"]:
            data = "<S>" + "x" * 50000 + "</S>" if kind == "PIPELINE_INPUT" else ""
            m = f.message(pipe, kind, data)
            f.send(keeper_lib.SEND, b"\0" + m)
            sent += len(m) - 16
        while room < sent:
            before, body = room, f.expect(keeper_lib.ROOM)
            room = struct.unpack("<16xQ", body)[0]
            self.assertLessEqual(before, room)
        self.assertEqual(room, sent)
        self.assertIn("5000000", f.until(pipe, "PIPELINE_OUTPUT")[-1].data)


    @only_plain
    @needs_pwsh
    def test_each_front_end_makes_its_own_key(self):
        """PowerShell answers each PUBLIC_KEY, so that the keeper need not know the key."""
        self.new_stdio("--engine", "pwsh")
        for _ in range(2):
            s = self.screen("enter-pssession", "-Id", "1")
            s.wait(r"PS [^\n]*> $")
            s.type("Read-Host -AsSecureString word | ConvertFrom-SecureString -AsPlainText\n")
            s.wait(r"\nword: $")
            s.type("sesame\n")
            s.wait("sesame")
            s.type("exit\n")
            self.assertEqual(s.finish().code, 0)

    def test_two_terminals(self):
        self.new_stdio()
        one = self.screen("enter-pssession", "-Id", "1")
        one.wait(AT_PROMPT)
        two = self.screen("enter-pssession", "-Id", "1")
        two.wait(f"pid {one.pid} on {re.escape(os.ttyname(one.slave))}")
        one.type("exit\n")
        self.assertEqual(one.finish().code, OK)
        two.wait(AT_PROMPT)
        two.type("echo here\n")
        two.wait(r"\nhere\r\n")
        two.signal(signal.SIGKILL)
        self.assertTrue(self.free())


class OpenSsh(keeper_lib.Case):
    ssh = "ssh"
    setUpClass = classmethod(stdio_test.Sshd.setUpClass.__func__)
    tearDownClass = classmethod(stdio_test.Sshd.tearDownClass.__func__)

    def test_ssh_outlives_the_terminal_and_ends_with_the_session(self):
        ENV["PSSESSION_SSH"] = os.path.join(self.bin, self.ssh)
        s = self.screen("new-pssession", "-HostName", self.host)
        self.assertEqual(s.finish().code, OK)
        pid = int(self.status()["Pid"])
        ssh = children(pid)[0]
        os.close(s.master)
        s.master = os.open("/dev/null", os.O_RDONLY)    # for close()
        os.kill(ssh, signal.SIGHUP)
        self.assertEqual(self.front().attach().run("echo there"), ["there"])
        self.check(self.run_client("remove-pssession", "-Id", "1"), OK, None)
        self.assertTrue(wait_for(lambda: gone(ssh) and gone(pid)))


@needs_gss
class Wsman(keeper_lib.Case):
    def test_the_server_never_finds_it_idle(self):
        e = self.serve("--op-timeout", "200")
        self.new(*e.to())
        e.mark()
        self.assertTrue(e.seen("Receive", 5))
        self.assertEqual(set(e.actions()), {"Receive"})
        self.assertEqual(self.front().attach().run("echo hello"), ["hello"])
        self.assertEqual(self.status()["Transport"], "WSMan")

    @needs_root
    def test_what_others_see_of_it(self):
        e = self.serve()
        args = list(e.to())
        args[1] = "127.0.0.1,localhost,127.0.0.1"
        self.new(*args)
        for name in self.names():
            pid = int(self.status(name)["Pid"])
            if KIND != "emulated":                              # else it is the emulator's
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    self.assertEqual(f.read().strip(b"\0").decode(),
                                     f"pssession keeper Session{name}")
            pipes = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            pipes = [p for p in pipes if p.startswith("pipe:")]
            self.assertEqual({p: pipes.count(p) for p in pipes}, dict.fromkeys(pipes, 2), "its own")
        self.assertEqual(self.names(), ["1", "2", "3"])
        seen = self.run_client("get-pssession", "-Json", *e.to(),
                               env={"PSSESSION_DIR": os.path.join(self.dir, "elsewhere")})
        for name in self.names():
            self.assertIn(f'"Session{name}"', seen.out)

    def test_who_wants_the_session_is_killed_while_it_opens(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            to = list(self.serve().to())
            to[3] = silent.getsockname()[1]
            c = self.start("new-pssession", *to)
            self.assertTrue(wait_for(lambda: children(c.pid)))
            pid = children(c.pid)[0]
            os.kill(c.pid, signal.SIGKILL)
            self.assertTrue(wait_for(lambda: gone(pid)))
            c.finish()
        self.assertEqual(self.names(), [])

    COUNT = "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; sleep 0.05; done"

    def test_a_command_goes_on_without_us_and_waits_for_whoever_adopts_it(self):
        e = self.serve()
        self.new(*e.to())
        one = self.front().attach()
        pipe = one.start(self.COUNT)
        seen = one.until(pipe, "PIPELINE_OUTPUT", "line 5<")
        with self.front() as other:
            other.send(keeper_lib.DISCONNECT, struct.pack("<IB", 90000, 3))
            other.expect(keeper_lib.DONE)
            s = other.status()
            self.assertEqual((s["State"], s["Availability"], s["IdleTimeout"],
                              s["OutputBufferingMode"]),
                             ("Disconnected", "None", "90000", "Block"))
            self.assertEqual(int(s["ExpiresOn"]) - int(s["DisconnectedOn"]), 90)
            self.assertLess(abs(int(s["DisconnectedOn"]) - time.time()), 60)
            self.assertEqual(s["Command"], [str(uuid.UUID(bytes_le=pipe))])
            while (frame := one.frame())[0] != keeper_lib.PIPE_CLOSED:
                if frame[0] == keeper_lib.MESSAGE:
                    seen.append(psrp.Message.decode(frame[1][16:]))
            one.sock.close()
            self.assertFalse(e.log("shell-close"))
            other.send(keeper_lib.CONNECT)
            other.expect(keeper_lib.DONE)
        self.assertEqual(self.status()["Availability"], "Busy")
        time.sleep(0.5)                 # it prints on; nobody may take that away
        two = self.front().attach()
        two.send(keeper_lib.ADOPT, pipe)
        seen += two.until(pipe)
        self.assertEqual(client.text_of(seen), [f"line {i + 1}" for i in range(40)])

    @only_plain
    @needs_root
    def test_the_password_is_in_one_locked_place(self):
        e = self.serve(accounts=f"WORKGROUP:demo:{secrets_test.PASSWORD}\n")
        self.new(*e.to(password=e.secret(secrets_test.PASSWORD)))
        self.front().attach().run("echo hello")
        with self.front() as f:
            for request in keeper_lib.CONNECT, keeper_lib.DISCONNECT:
                f.send(request, bytes(5) if request == keeper_lib.DISCONNECT else b"")
                f.expect(keeper_lib.DONE)
                found = secrets_test.places(int(f.status()["Pid"]), secrets_test.FORMS)
                self.assertEqual([n for n, _ in found], secrets_test.FORMS[:1])
                self.assertLessEqual({"dd", "lo"}, set(found[0][1]))

    @only_plain
    def test_a_hundred_sessions(self):
        e = self.serve("--max-shells", "100")
        args = list(e.to())
        args[1] = ",".join(["127.0.0.1"] * 100)
        self.new(*args, seconds=60)
        self.assertEqual(len(self.names()), 100)
        gets = [self.run_client("get-pssession") for _ in range(10)]
        self.assertEqual({c.out.count("Opened") for c in gets}, {100})
        self.assertLess(min(c.seconds for c in gets), 2)        # 0.02 on a machine of our own
        print("# get-pssession of 100 took", [round(c.seconds * 1000) for c in gets], "ms")
        for name in self.names():
            with open(f"/proc/{self.status(name)['Pid']}/status") as f:
                self.assertLess(int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]), 1024)
        self.check(self.run_client("remove-pssession", "-Id", "1..100"), 0, None)
        self.assertEqual(self.names(), [])

"""-ContainerId: containers of a real podman where it runs, and through a real docker client that
talks to it; a stand-in says the words of docker and nerdctl. -Command: programs of any kind."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import keeper_lib
import lib
from endpoint import engines
from lib import ENV, OK, LOGIN, NET, USAGE, load_tests, representative     # noqa: F401
from sessions_lib import HEAD, row
from stdio_lib import AT_PROMPT, ENDPOINT, ENGINES, Case

SERVER = os.path.join(ENDPOINT, "stdio-server") + " --engine sh"
PWSH = f"{engines.pwsh_path()} -NoLogo -NoProfile -s" if ENGINES[-1] == "pwsh" else SERVER
CONNECTING = "Connecting to remote server {0} failed with the following error message : "


class Engine:
    """The real engine: containers that sleep, in a store of their own."""
    OPTIONS = ["--network", "none", "--log-driver", "none", "--ulimit", "nofile=1024:1024",
               "--ulimit", "nproc=4000:4000"]

    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.runtime = []
        os.mkdir(self.path("bin"))
        os.mkdir(self.path("root"))
        for name in os.listdir("/"):
            if os.path.islink("/" + name):
                os.symlink(os.readlink("/" + name), self.path("root", name))
            elif os.path.isdir("/" + name):
                os.mkdir(self.path("root", name))
        self.binds = [f"-v/{name}:/{name}" for name in os.listdir(self.path("root"))
                      if name not in ("proc", "sys", "dev", "run") and
                      os.path.isdir("/" + name) and not os.path.islink("/" + name)]
        os.mkdir(self.path("config"))
        self.podman = self.script("podman", " ".join([
            f"XDG_CONFIG_HOME={self.path('config')} exec",
            shutil.which("podman"), "--root", self.path("store"), "--runroot",
            self.path("run"), "--tmpdir", self.path("tmp"), "--storage-driver vfs",
            '--cgroup-manager cgroupfs "$@"']))
        os.mkdir(self.path("pwsh"))
        self.script("../pwsh/pwsh", "exec " + PWSH)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def script(self, name, text):
        with open(self.path("bin", name), "w") as f:
            f.write("#!/bin/sh\n" + text + "\n")
        os.chmod(self.path("bin", name), 0o755)
        return self.path("bin", name)

    def run(self, *args):
        return subprocess.run([self.podman, *args], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=60)

    def create(self, name, *options, verb=("run", "-d")):
        return self.run(*self.runtime, *verb, "--name", name, *self.OPTIONS, *self.binds, *options,
                        "--rootfs", self.path("root"), "sleep", "1000")

    def works(self):
        """Why it does not, or nothing: a machine's cgroups suit one runtime or the other."""
        for self.runtime, more in ((["--runtime", "crun"], ["--cgroups=disabled"]),
                                   (["--runtime", "crun"], []), (["--runtime", "runc"], [])):
            tried = self.create("shell", "--env", f"PATH={self.dir}/pwsh:/usr/bin:/bin", *more)
            if tried.returncode == 0:
                self.OPTIONS = self.OPTIONS + more
                return None
            self.run("rm", "-f", "shell")
        return tried.stderr.strip()

    def end(self):
        self.run("rm", "-a", "-f", "-t", "0")
        shutil.rmtree(self.dir, ignore_errors=True)


class Real(keeper_lib.Case):
    """Containers: shell has PowerShell, bare none and another user, created does not run."""
    @classmethod
    def setUpClass(cls):
        if not shutil.which("podman"):
            raise unittest.SkipTest("needs podman")
        cls.engine = Engine()
        cls.addClassCleanup(cls.engine.end)
        why = cls.engine.works()
        if why:
            raise unittest.SkipTest("podman can start no container here: " + why)
        print("podman with", cls.engine.runtime[1], "and", PWSH)
        cls.engine.create("bare", "--user", "1234", "--env", "PATH=/usr/bin")
        cls.engine.create("created", verb=("create",))

    def setUp(self):
        super().setUp()
        self.addCleanup(ENV.pop, "PSSESSION_CONTAINER_ENGINE", None)
        ENV["PSSESSION_CONTAINER_ENGINE"] = self.engine.podman

    def invoke_in(self, container, script, *args, **kw):
        return self.run_client("invoke-command", "-ContainerId", container, "-ScriptBlock", script,
                               *args, **kw)

    def failed(self, container, code, why):
        for applet in (("invoke-command", "-ScriptBlock", "1"), ("enter-pssession",)):
            c = self.run_client(*applet, "-ContainerId", container)
            self.check(c, code, "", re.compile(
                rf"^\[{container}\] {CONNECTING.format(container)}[^\n]*{why}[^\n]*\n\Z", re.M))

    @representative
    def test_a_script_runs_inside_and_its_exit_code_counts(self):
        own = os.readlink("/proc/self/ns/mnt")
        c = self.check(self.invoke_in("shell", "readlink /proc/self/ns/mnt; exit 3"), 3,
                       re.compile(r"\Amnt:"))
        self.assertNotIn(own, c.out)

    def test_a_session_on_a_terminal_and_ctrl_c(self):
        s = self.screen("enter-pssession", "-ContainerId", "shell")
        s.wait(r"\[shell\]: PS [^\n]*> $")
        s.type("echo on; sleep 60\n")
        s.wait("60\r\non\r\n")
        s.type("\x03")
        self.assertIn("The pipeline has been stopped.", s.wait(AT_PROMPT))
        s.type("echo after\n")
        self.assertIn("\r\nafter\r\n", s.wait(AT_PROMPT))
        s.type("exit 4\n")
        self.assertEqual(s.finish().code, 4)

    def test_no_such_container(self):
        self.failed("nosuch", NET, "no such container.* lists those that run")

    def test_one_that_does_not_run(self):
        self.failed("created", NET, "(improper|is not running).* starts it")

    def test_one_without_powershell(self):
        """The first attempt is the cause, not the second with powershell."""
        self.failed("bare", NET, '"?pwsh.*PowerShell must be installed in the container')

    def test_run_as_administrator(self):
        self.engine.create("other", "--user", "1234", "--env",
                           f"PATH={self.engine.dir}/pwsh:/usr/bin:/bin", "--env", "HOME=/tmp")
        os.chmod(self.engine.dir, 0o755)
        self.check(self.invoke_in("other", "id -u"), OK, "1234\n")
        self.check(self.invoke_in("other", "id -u", "-RunAsAdministrator"), OK, "0\n")

    def test_through_docker(self):
        """A real docker client: podman serves its protocol."""
        if not shutil.which("docker"):
            self.skipTest("needs docker")
        socket = self.engine.path("docker.sock")
        server = subprocess.Popen([self.engine.podman, *self.engine.runtime, "system", "service",
                                   "-t", "0", "unix://" + socket], stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.assertTrue(lib.wait_for(lambda: os.path.exists(socket)))
        ENV.update(PSSESSION_CONTAINER_ENGINE=shutil.which("docker"),
                   DOCKER_HOST="unix://" + socket)
        self.addCleanup(ENV.pop, "DOCKER_HOST")
        self.check(self.invoke_in("shell", "echo hello; exit 3"), 3, "hello\n")
        self.failed("nosuch", NET, "no such container.* lists those that run")


    @representative
    def test_sessions_that_stay(self):
        c = self.new("-ContainerId", "shell")
        self.assertEqual(c.out, HEAD + row(1, "Session1", computer="shell",
                                           configuration="DefaultShell"))
        self.check(self.run_client("invoke-command", "1", "cd /usr"), OK, "")
        self.check(self.run_client("invoke-command", "1", "echo $PWD"), OK,
                   re.compile("^/usr$", re.M))
        told = json.loads(self.run_client("get-pssession", "-Json").out)
        self.assertEqual((told["ComputerName"], told["Transport"]), ("shell", "Container"))


# what an engine says, on which stream, its exit status: our exit code, the line's words
WORDS = {
    "docker: no daemon": ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is "
                          "the docker daemon running?", 2, 1, NET, "ENGINE names another"),
    "docker: not allowed": ("permission denied while trying to connect to the Docker daemon "
                            "socket at unix:///var/run/docker.sock", 2, 1, LOGIN,
                            "be root, or in the group"),
    "docker: no container": ("Error response from daemon: No such container: web", 2, 1, NET,
                             "lists those that run"),
    "docker: stopped": ("Error response from daemon: container 5e0f is not running", 2, 1, NET,
                        "starts it"),
    "docker: no program": ('OCI runtime exec failed: exec failed: unable to start container '
                           'process: exec: "pwsh": executable file not found in $PATH: unknown', 1,
                           126, NET, "PowerShell must be installed"),
    "nerdctl: no container": ('time="2026-01-01T00:00:00Z" level=fatal msg="1 errors: [no such '
                              'container web]"', 2, 1, NET, "lists those that run"),
    "nerdctl: stopped": ('level=fatal msg="cannot exec in a stopped state: unknown"', 2, 1, NET,
                         "starts it"),
}


class StandIn(Case):
    """No engine at all: a program that says and does what docker and nerdctl do."""
    def setUp(self):
        super().setUp()
        self.addCleanup(ENV.__setitem__, "PATH", ENV["PATH"])
        self.addCleanup(ENV.pop, "PSSESSION_CONTAINER_ENGINE", None)

    def engine(self, text, name="docker"):
        ENV["PSSESSION_CONTAINER_ENGINE"] = self.script(
            name, f'printf "%s\\n" "$*" >>{self.dir}/argv\n{text}')

    def argv(self):
        with open(os.path.join(self.dir, "argv")) as f:
            return f.read().splitlines()

    def test_what_the_engine_is_given(self):
        self.engine("exec " + SERVER)
        for args, argv in {
            ("web_1",): "exec -i web_1 pwsh -NoLogo -NoProfile -s",
            ("5e0f", "-RunAsAdministrator"): "exec -i -u 0 5e0f pwsh -NoLogo -NoProfile -s",
            ("web", "-ConfigurationName", "Jea"):
                "exec -i web pwsh -NoLogo -NoProfile -ConfigurationName Jea -s",
            ("web", "-ConfigurationName", "/etc/jea.pssc"):
                "exec -i web pwsh -NoLogo -NoProfile -ConfigurationFile /etc/jea.pssc -s",
        }.items():
            with self.subTest(args=args):
                c = self.run_client("invoke-command", "-ScriptBlock", "echo hello", "-ContainerId",
                                    *args)
                self.check(c, OK, "hello\n", None)
                self.assertEqual(self.argv()[-1], argv)

    def test_the_first_engine_on_path(self):
        order = "docker", "podman", "nerdctl"
        for i, name in reversed([*enumerate(order)]):
            self.script(name, f"echo {name} >>{self.dir}/argv; exec {SERVER}")
            ENV["PATH"] = self.dir + ":" + ENV["PATH"]
            if any(map(shutil.which, order[:i])):
                continue
            self.check(self.run_client("invoke-command", "-ContainerId", "a,b",
                                       "-HideComputerName", "-ScriptBlock", "echo hello"), OK,
                       "hello\nhello\n")
            self.assertEqual(self.argv()[-2:], [name, name])

    def test_no_engine(self):
        ENV["PATH"] = self.dir
        c = self.run_client("invoke-command", "-ContainerId", "web", "-ScriptBlock", "1")
        self.one_line(c, NET, "install docker, podman or nerdctl, or name one in "
                      "PSSESSION_CONTAINER_ENGINE", "web")

    def test_what_can_be_no_container(self):
        self.engine("exit 99")
        for name in "-it", "--privileged", "a b", "a\nb", "\x7f":
            with self.subTest(name=name):
                for applet in ("new-pssession", "enter-pssession"):
                    c = self.run_client(applet, "-ContainerId:" + name)
                    self.check(c, USAGE, "", re.compile("cannot be the ID or name of a container"))
        self.assertFalse(os.path.exists(os.path.join(self.dir, "argv")))

    def test_words_of_engines_are_the_cause(self):
        for name, (words, stream, status, code, why) in WORDS.items():
            with self.subTest(engine=name):
                self.engine(f"cat <<'E' >&{stream}\n{words}\nE\nexit {status}")
                c = self.run_client("invoke-command", "-ContainerId", "web", "-ScriptBlock", "1")
                self.one_line(c, code, CONNECTING.format("web") + re.escape(words) +
                              rf" \(docker: exit status {status}\); .*{why}", "web")

    def test_powershell_where_there_is_no_pwsh(self):
        self.engine(f'case "$*" in *pwsh*) exit 127 ;; esac; exec {SERVER}')
        self.check(self.run_client("invoke-command", "-ContainerId", "win", "-ScriptBlock",
                                   "echo hello"), OK, "hello\n")
        self.assertEqual(self.argv()[-1], "exec -i win powershell -NoLogo -NoProfile -s")


class Command(Case):
    def run_command(self, command, script, *args, **kw):
        return self.run_client("invoke-command", "-Command", command, "-ScriptBlock", script, *args,
                               **kw)

    @representative
    def test_a_program_that_speaks_on_stdio(self):
        self.check(self.run_command("env X='a b' " + SERVER, 'echo "$X"; exit 3'), 3, "a b\n")

    def test_no_shell_unless_it_is_named(self):
        self.check(self.run_command(f"sh -c 'X=$((1+1)) exec {SERVER}'", 'echo "$X"'), OK, "2\n")
        c = self.run_command("echo $(id) ; touch x", "1")
        self.check(c, NET, "", re.compile(r"\$\(id\) ; touch x \(echo: exit status 0\)"))

    def test_a_script_file_and_several_ways_to_write_it(self):
        path = os.path.join(self.dir, "x.ps1")
        with open(path, "w") as f:
            f.write("echo hello")
        for args in (["-FilePath", path, "-Command", SERVER], ["-Command", SERVER, "-File", path],
                     ["-ScriptBlock", "echo hello", "-Command", SERVER]):
            self.check(self.run_client("invoke-command", *args), OK, "hello\n")

    def test_command_still_is_another_name_of_scriptblock(self):
        self.stdio("--engine", "sh")
        self.check(self.run_client("invoke-command", "-HostName", self.host, "-Command",
                                   "echo hello"), OK, "hello\n")

    def test_a_chroot(self):
        if os.getuid() or not shutil.which("chroot"):
            self.skipTest("needs root, and chroot on PATH")
        self.check(self.run_command("chroot / " + SERVER, "echo hello"), OK, "hello\n")

    def test_a_session_and_ctrl_c(self):
        s = self.screen("enter-pssession", "-Command", PWSH)
        s.wait(r"\[[\w-]*\]: PS [^\n]*> $")
        s.type("echo on; sleep 60\n")
        s.wait("60\r\non\r\n")
        s.type("\x03")
        self.assertIn("The pipeline has been stopped.", s.wait(AT_PROMPT))
        s.type("exit 4\n")
        self.assertEqual(s.finish().code, 4)

    def test_what_is_no_command(self):
        for command, why in (("a 'b", "has no end"), (" ", "is empty")):
            self.check(self.run_command(command, "1"), USAGE, "", re.compile(why))
        self.one_line(self.run_command("nosuch-program x", "1"), NET, "not found on PATH", "nosuch")

    def test_a_saved_host(self):
        ENV["PSSESSION_CONFIG"] = os.path.join(self.dir, "config")
        self.addCleanup(ENV.pop, "PSSESSION_CONFIG")
        with open(ENV["PSSESSION_CONFIG"], "w") as f:
            f.write(f"Host rescue\n  Command {SERVER}\n")
        self.check(self.run_client("invoke-command", "rescue", "echo hello"), OK, "hello\n")

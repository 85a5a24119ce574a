"""hosts_campaign.py [COMPUTERS [THROTTLE [FILES]]]: one invoke-command on many computers, all of
them one endpoint whose engine is sh, under a limit of open files; then the same with what hangs in
between. Prints what it took; the exit code is 1 when a result is missing or a shell is left."""
import os
import resource
import socket
import sys
import time

os.environ.setdefault("PSSESSION", os.path.join(os.getcwd(), "build", "pssession"))
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
sys.path[:0] = [os.path.join(sys.path[0], "e2e")]
import lib                                              # noqa: E402

N, THROTTLE, FILES = (*map(int, sys.argv[1:]), *(1000, 32, 1024)[len(sys.argv) - 1:])


def limit_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


def vm_hwm(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next((int(line.split()[1]) for line in f if line.startswith("VmHWM")), 0)


def run(e, hosts, more=()):
    began, memory, files = time.monotonic(), 0, 0
    c = lib.Client("invoke-command", "-ComputerName", ",".join(hosts), *e.to()[2:],
                   "-ThrottleLimit", THROTTLE, *more, "echo $((6*7))", preexec_fn=limit_files)
    while c.child.poll() is None:
        try:
            memory, files = max(memory, vm_hwm(c.pid)), max(files, len(os.listdir(
                f"/proc/{c.pid}/fd")))
        except OSError:
            break
        time.sleep(0.05)
    c.finish()
    seconds = time.monotonic() - began
    good = c.out.count(": 42\n")
    print(f"{good} of {len(hosts)} computers, {THROTTLE} at a time, ulimit -n {FILES}: "
          f"{seconds:.1f} s, {memory} KiB, {files} files, exit {c.code}; "
          f"{c.err[-200:].strip()}", flush=True)
    c.close()
    return good


endpoint = lib.Endpoint("--max-shells", str(2 * N))
ok = run(endpoint, [lib.HOST] * N) == N
# An address that takes the connection and says nothing more
silent = socket.socket()
silent.bind(("127.0.0.2", endpoint.port))
silent.listen(THROTTLE)
ok = run(endpoint, ["127.0.0.2"] * THROTTLE + [lib.HOST] * N,
         ("-SessionOption", "OpenTimeout=20000,MaxConnectionRetryCount=0")) == N and ok
left = endpoint.end()
print(f"shells left open: {len(left)}")
sys.exit(0 if ok and not left else 1)

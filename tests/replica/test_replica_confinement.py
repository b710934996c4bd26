"""What runs in a replica reaches nothing of the host: not by files, sockets, devices, switches or signals."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import netaudit
from netaudit.replica.try_command import try_command

pytestmark = pytest.mark.kernel
REPOSITORY = Path(__file__).parents[2]
_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
RECORDING = Path(__file__).parents[1] / "recordings" / "28.5.2-iptables-nft" / "two-nets" / "04"
# Each prints one line where it could do what it should not.
ATTEMPTS = {
    "write a file": "touch {folder}/written && echo {folder}/written",
    "write into /etc": "touch /etc/netaudit-was-here && echo written",
    "change a switch of the kernel": "echo 1 > /proc/sys/vm/swappiness && echo written",
    "set the time of day": "date -s 2001-01-01 >/dev/null && echo set",
    "have more privileges than over its own network": "grep -q 0000003406$ /proc/self/status || echo more privileges",
    "make the file system writable": "mount -o remount,rw / && echo mounted",
    "mount a disk": "mount -t ext4 /dev/sda /run && echo mounted",
    "make a device": "mknod /run/disk b 8 0 && echo made",
    "see other processes": "test -e /proc/{pid}/cmdline && echo seen",
    "signal other processes": "kill -0 {pid} && echo signalled",
    "speak to a Unix socket": "python3 -c 'import socket as s; s.socket(s.AF_UNIX).connect(\"{folder}/s\"); print(1)'",
    "speak to the hypervisor": "python3 -c 'import socket; socket.socket(40); print(1)'",
    "reach the network": "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 2); print(1)'",
    "change the host's rules": "nsenter --net=/proc/{pid}/ns/net iptables -L && echo entered",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_command_cannot(attempt: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix, socket.create_server(("127.0.0.1", 0)) as tcp:
        unix.bind(str(tmp_path / "s"))
        unix.listen()
        words = {"folder": tmp_path, "pid": os.getpid(), "port": tcp.getsockname()[1]}
        script = ATTEMPTS[attempt].format(**words)
        tried = try_command(netaudit.load(RECORDING), ["sh", "-c", f"({script}) 2>/dev/null || true"], elsewhere=True)
    assert tried.output == ""


COMMANDS = (
    ("iptables", "-I", "DOCKER-USER", "-j", "DROP"),
    ("ip6tables", "-A", "FORWARD", "-j", "DROP"),
    ("iptables-legacy", "-A", "FORWARD", "-j", "DROP"),
    ("nft", "add", "table", "inet", "own"),
    ("ipset", "create", "own", "hash:ip"),
    ("ip", "rule", "add", "fwmark", "1", "table", "9"),
    ("ip", "route", "add", "blackhole", "10.0.0.0/8"),
    ("sysctl", "-w", "net.ipv4.ip_forward=0"),
    ("ufw", "allow", "8080/tcp"),
)
_TRY = """
import sys
import netaudit
from netaudit.replica.try_command import try_command
try_command(netaudit.load(sys.argv[1]), tuple(sys.argv[2:]))
"""
_WRITTEN = re.compile(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", [^)]*(?:O_WRONLY|O_RDWR|O_CREAT)[^)]*\) = \d')
_SOCKET = re.compile(r"socket\((\w+)[^)]*\) = \d")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_no_file_is_written_and_no_socket_but_the_kernels_is_opened(command: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "log"
    calls = "trace=open,openat,creat,socket,connect,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat"
    trace = ["strace", "-f", "-qq", "-o", str(log), "-e", calls]
    plan = [sys.executable, "-B", "-m", "netaudit", "plan", "--no-exposure", "--fail-on", "none"]
    plan += ["--on", str(RECORDING), "--", *command]
    if command[0] == "ufw":  # which no plan on a recording takes: it decides by files of the host
        plan = [sys.executable, "-B", "-c", _TRY, str(RECORDING), *command]
    done = subprocess.run([*trace, *plan], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    text = log.read_text(errors="replace")
    assert set(_SOCKET.findall(text)) <= {"AF_NETLINK", "AF_INET", "AF_INET6"}
    inside = (
        "/run/",
        "/dev/null",
        "/proc/self/",
        "/proc/sys/net/",
        "/proc/",
        "/etc/ufw/",
        "/var/lib/ufw/",
        "/etc/default/",
    )
    assert [path for path in _WRITTEN.findall(text) if not path.startswith(inside)] == []


def test_the_rules_of_this_host_are_as_they_were() -> None:
    def rules() -> list[str]:
        programs = ("iptables-nft-save", "ip6tables-nft-save")
        found = [subprocess.run([name], capture_output=True, text=True, check=False).stdout for name in programs]
        native = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False).stdout
        return [*(re.sub(r"^#.*\n", "", text, flags=re.MULTILINE) for text in found), native]

    before = rules()
    for command in COMMANDS:
        try_command(netaudit.load(RECORDING), command, elsewhere=command[0] != "ufw")
    assert rules() == before


def test_a_user_without_privileges_can_plan_on_a_recording(tmp_path: Path) -> None:
    given = tmp_path / "recording.tar"
    netaudit.save(netaudit.load(RECORDING), given)
    given.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder != Path("/tmp"):
            folder.chmod(0o755)
    # The interpreter of a virtual environment may be in a home that is its owner's alone.
    interpreter = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    python = interpreter if Path(interpreter).exists() else sys.executable
    packages = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": "/"}
    plan = [python, "-m", "netaudit", "plan", "--on", str(given), "--no-exposure", "--", *COMMANDS[0]]
    done = subprocess.run([*_NOBODY, *plan], capture_output=True, text=True, check=False, env=os.environ | packages)
    assert "+  filter/DOCKER-USER#1" in done.stdout, done.stderr

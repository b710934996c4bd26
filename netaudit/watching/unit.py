"""The systemd unit of a watch: root without root's power, which writes nothing but its history."""

from collections.abc import Iterable
from pathlib import Path

_UNIT = """# Watch this host: what changed, when, by whom, because of what; docs/watch.md.
# Written by `netaudit watch --install`:
#
#     netaudit watch --install >/etc/systemd/system/netaudit-watch.service
#     systemctl daemon-reload && systemctl enable --now netaudit-watch.service
#     netaudit log --follow
#
# docs/privileges.md says what each capability is for, and what is a gap without it.
[Unit]
Description=Watch Netfilter rules and what causes them
Documentation=https://github.com/netaudit/netaudit/blob/main/docs/watch.md
After=docker.service network.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
Environment=NETAUDIT_STORE=%S/netaudit/history.sqlite PYTHONDONTWRITEBYTECODE=1
Restart=on-failure
RestartSec=10
# A look may take as long as the slowest program and API call of the host; without a word for so long it is hung.
WatchdogSec=10min
TimeoutStartSec=5min
TimeoutStopSec=30
UMask=0077
StateDirectory=netaudit
StateDirectoryMode=0700

# The user is root, who owns Docker's socket and daemon.json, but with no more of root's power than this:
# CAP_NET_ADMIN: the kernel shows rules to nobody else, and tells nobody else of changes.
# CAP_NET_RAW: the socket that is asked for the tables of iptables-legacy.
# CAP_SYS_PTRACE: which process listens on a socket; dockerd's root folder and namespaces, in /proc.
# CAP_DAC_READ_SEARCH: the folders in /proc of other users' processes: whose socket it is; and files that are theirs.
# Where auditing is on, CAP_AUDIT_READ lets it hear who replaced a table of iptables-legacy: add it then.
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_PTRACE CAP_DAC_READ_SEARCH
NoNewPrivileges=yes
# Who may talk to Docker's socket may do all that Docker can. netaudit only asks; where a proxy that lets nothing but
# GET through stands before it, name that: --docker-host unix:///run/docker-read-only.sock, and
# InaccessiblePaths=-/run/docker.sock (docs/privileges.md).

# Nothing can be written but the history{and_more}.
ProtectSystem=strict
{writable}ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
# What other processes are must be seen, so no ProtectProc= and no PrivateUsers=; the network is the host's.

RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# Who wrote a rule has often ended a moment later: the thread that hears of it goes before others, and is asleep else.
SystemCallFilter=sched_setscheduler
LimitRTPRIO=1
SystemCallErrorNumber=EPERM
KeyringMode=private
DevicePolicy=closed
{addresses}
# Bounds, should the host be hostile.
LimitNOFILE=1024
LimitFSIZE=4G
LimitCORE=0
MemoryMax=2G
TasksMax=64

[Install]
WantedBy=multi-user.target
"""
_HOMES = ("/home/", "/root/", "/run/user/")
_SPECIAL = str.maketrans({"%": "%%", "$": "$$", "\\": "\\\\", '"': '\\"'})


def service_unit(
    program: Iterable[str], options: Iterable[str], written: Iterable[Path] = (), *, reaches_out: bool
) -> str:
    """Return the unit of a watch with these options.

    `written` are files beside the history of the service; `reaches_out`: it may send to other hosts.
    """
    words = [*program, "watch", *options]
    homes = any(word.startswith(_HOMES) for word in words)
    folders = dict.fromkeys(str(path.absolute().parent) for path in written)
    return _UNIT.format(
        command=" ".join(map(_quoted, words)),
        and_more=" and the folders of the files that its options name" if folders else "",
        writable="".join(f"ReadWritePaths={_quoted(folder)}\n" for folder in folders),
        home="read-only" if homes else "yes",
        addresses="" if reaches_out else "IPAddressAllow=localhost\nIPAddressDeny=any\n",
    )


def _quoted(word: str) -> str:
    """Quote a word as systemd.service(5) reads it; line breaks would end the line, so they are escaped."""
    plain = word.translate(_SPECIAL).replace("\n", "\\n").replace("\r", "\\r")
    return plain if plain == word and word and not set(word) & set(" \t;'#") else f'"{plain}"'

"""What checks are about."""

from enum import StrEnum


class CheckedKind(StrEnum):
    """The kind of thing that a check looks at, one by one."""

    RECORDING = "recording"  # which sources of the host were recorded
    HOST = "host"  # the kernel's switches, and who writes rules
    FIREWALL = "firewall"  # how one address family forwards
    DAEMON = "daemon"
    NETWORK = "network"
    CONTAINER = "container"
    BINDING = "binding"  # one published port
    RULE = "rule"  # a rule that is missing, or that stands out: not Docker's, or not as it should be
    EXPOSURE = "exposure"  # one cell of the exposure table
    CHANGE = "change"  # what differs from an earlier recording
    WAIVER = "waiver"
    ENTRY = "policy-entry"  # of the policy that the host is held against

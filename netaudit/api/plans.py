"""Facts of a host and a command -> what it would do, before it runs."""

import shlex
from collections.abc import Sequence

from netaudit.api.audits import AuditOptions, load_auditor
from netaudit.audit.auditor import Auditor
from netaudit.audit.plan_auditor import judge_plan
from netaudit.audit.planned import JudgedPlan
from netaudit.model.facts import Facts
from netaudit.parse import parse_snapshots
from netaudit.plan.planned import Planned
from netaudit.replica.try_command import try_command


def plan_command(facts: Facts, command: Sequence[str], options: AuditOptions | None = None) -> JudgedPlan:
    """Tell what a command would do to a host. Nothing of this host is changed. Raises PlanError.

    plan = netaudit.plan_command(netaudit.record(), ["iptables", "-I", "DOCKER-USER", "-j", "DROP"])
    for one in plan.new:
        print(one.severity, one.message)
    """
    return judge_command(facts, command, load_auditor(options), elsewhere=True)


def judge_command(
    facts: Facts, command: Sequence[str], auditor: Auditor, *, elsewhere: bool, timeout: float = 60.0
) -> JudgedPlan:
    """Run a command of the operator's own on a replica of the host, and judge what it did.

    `elsewhere`: the facts are not of this host, now.
    """
    tried = try_command(facts, command, timeout=timeout, elsewhere=elsewhere)
    before, after = parse_snapshots(tried.before, tried.after)
    title = shlex.join(command)
    planned = Planned(
        before=before, after=after, title=title, command=tuple(command), writer=title, output=tried.output
    )
    return judge_plan(planned, auditor)

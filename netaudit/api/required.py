"""What must be known of a host before a command of Docker's can be planned on it."""

from netaudit.errors import PlanError
from netaudit.model.facts import OBJECT_SOURCES, Facts, Gap, GapReason
from netaudit.report.text.words import describe_gap

_HINT = (
    "plan while the engine answers, on a recording of such a host (--on SNAPSHOT), "
    "or on the few lines that describe one (--host-profile FILE)"
)


def require_objects(facts: Facts) -> None:
    """Raise PlanError where Docker's containers or networks are not known: unknown is not empty."""
    missing = next((one for one in OBJECT_SOURCES if one not in facts.files), None)
    if missing is None:
        return
    gap = next((one for one in facts.gaps if one.source == missing), Gap(missing, GapReason.NOT_RECORDED))
    raise PlanError(f"what Docker has on this host is not known: {describe_gap(gap)}", hint=_HINT)

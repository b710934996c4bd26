"""Samples -> OpenMetrics text, which Prometheus' older format includes: node_exporter reads it from a file.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from netaudit.report.text.sanitize import openmetrics_value

Labels = tuple[tuple[str, str], ...]


class Family(msgspec.Struct, frozen=True):
    """Samples of one name; `help` is a sentence of netaudit's own."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str

    @property
    def sample(self) -> str:
        """Return what its samples are called."""
        return f"{self.name}_total" if self.kind == "counter" else self.name


def print_families(families: Iterable[tuple[Family, Mapping[Labels, float]]]) -> str:
    """Print families in this order, those without a sample not at all."""
    return "".join(line for family, samples in families if samples for line in _lines(family, samples)) + "# EOF\n"


def _lines(family: Family, samples: Mapping[Labels, float]) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    for labels, value in sorted(samples.items()):
        said = ",".join(f'{name}="{openmetrics_value(text)}"' for name, text in labels)
        yield f"{family.sample}{{{said}}} {value:.0f}\n" if labels else f"{family.sample} {value:.0f}\n"

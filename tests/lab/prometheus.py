"""A real Prometheus of Debian's, extracted into .lab/prometheus: it scrapes one address, and judges by alert rules.

python -m lab.prometheus      fetch it now (about 10 s and 100 MB)
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from lab.host import REPOSITORY
from lab.namespaces import LabError
from lab.roots import ensure_extracted

_RELEASE = "bookworm"  # Prometheus 2.42
_PATIENCE = 120.0  # seconds
_SETTINGS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs: [{{job_name: netaudit, static_configs: [{{targets: ["127.0.0.1:{target}"]}}]}}]
"""


class Prometheus:
    """A context manager: Prometheus at work on loopback, with its data in a folder."""

    def __init__(self, folder: Path, rules: Path, target: int, port: int) -> None:
        self._folder, self._port = folder, port
        folder.mkdir()
        self._settings = folder / "prometheus.yml"
        self._settings.write_text(_SETTINGS.format(rules=json.dumps(str(rules)), target=target))
        self._said = folder / "said.txt"

    def __enter__(self) -> Self:
        options = [f"--config.file={self._settings}", f"--storage.tsdb.path={self._folder}/data"]
        with self._said.open("wb") as said:
            command = [program("prometheus"), *options, f"--web.listen-address=127.0.0.1:{self._port}"]
            self._process = subprocess.Popen(command, stdout=said, stderr=said)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def wait_for(self, question: str) -> list[dict[str, Any]]:
        """Ask a question of PromQL until it has an answer."""
        deadline = time.monotonic() + _PATIENCE
        while not (found := self._ask(question)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"Prometheus has no answer to {question}:\n{self._said.read_text()[-3000:]}")
            time.sleep(0.1)
        return found

    def _ask(self, question: str) -> list[dict[str, Any]]:
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/api/v1/query?query={quote(question)}", timeout=60) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
                return found
        except URLError:  # it starts
            return []


def program(name: str) -> str:
    """Return the path of `prometheus` or `promtool`, fetching them first where needed."""
    folder = REPOSITORY / ".lab" / "prometheus"
    return str(ensure_extracted(folder, _RELEASE, "prometheus", "Prometheus") / "usr" / "bin" / name)


if __name__ == "__main__":
    sys.stdout.write(f"{program('prometheus')}\n")

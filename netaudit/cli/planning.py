"""What `netaudit plan` was asked on its command line -> a plan; a plan -> its format."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from netaudit.api.audits import AuditOptions
from netaudit.api.formats import PlanFormat
from netaudit.api.plan_files import read_file, read_requests
from netaudit.audit.gate import failing
from netaudit.audit.planned import judged_findings
from netaudit.bounded import UnfitError, decode_json
from netaudit.cli import output as out
from netaudit.cli.auditing import Prepared, from_root, is_answered, prepare, recorded_places, say_refusal
from netaudit.errors import UsageError
from netaudit.report.ci.location import Locator
from netaudit.report.terminal.style import Style
from netaudit.store import INDEX

if TYPE_CHECKING:
    from netaudit.api.plans import PlanContext
    from netaudit.audit.auditor import Auditor
    from netaudit.audit.planned import JudgedPlan
    from netaudit.collect.asking.options import Where
    from netaudit.model.facts import Facts
    from netaudit.model.plan import MadeOn
    from netaudit.plan.engine.state import ExposedPorts
    from netaudit.plan.rehearsal.change import EngineChange, OptionValue


class Subject(msgspec.Struct, frozen=True):
    """What is planned: a command, requests that were made elsewhere, Compose files, or another engine by itself.

    `engine`, `backend` and `daemon` are what a restarted daemon would have. `own_labels`: waivers in its labels count.
    """

    command: tuple[str, ...]
    requests: Path | None
    compose_json: Path | None
    compose: tuple[Path, ...]
    profiles: tuple[str, ...]
    project_name: str
    engine: str
    backend: str
    daemon: tuple[str, ...]
    own_labels: bool = False

    def require_one(self) -> None:
        """Refuse to plan nothing, or two things at once. Raises UsageError."""
        given = [
            name
            for name, one in (
                ("a command", self.command),
                ("--requests", self.requests),
                ("--compose-json", self.compose_json),
                ("-f", self.compose),
            )
            if one
        ]
        if len(given) != 1 and not (not given and self.is_rehearsal()):
            wrong = f"{' and '.join(given)} cannot be planned at once" if given else "there is nothing to plan"
            raise UsageError(wrong, hint="for example: netaudit plan -- docker run -d -p 8080:80 nginx")
        self._require_files()

    def _require_files(self) -> None:
        """Refuse a file that is not there, and a recording in the place of a command. Raises UsageError."""
        first = self.command[0] if self.command else ""
        if first.startswith("@") or _is_recording(first):
            said = f"{first} is {'a look of the history' if first.startswith('@') else 'a folder'}, and no command"
            rest = " ".join(word for word in self.command[1:] if word != "--")
            raise UsageError(said, hint=f"to plan on that recording: netaudit plan --on {first} -- {rest}")
        for file in filter(None, (self.requests, self.compose_json, *self.compose)):
            if str(file) != "-" and not file.exists():
                raise UsageError(f"there is no file {file}", hint=f"here is {Path.cwd()}")

    def is_rehearsal(self) -> bool:
        """Tell whether another engine, backend or option is planned, and nothing else."""
        other = bool(self.engine or self.backend or self.daemon)
        return other and not (self.command or self.requests or self.compose_json or self.compose)

    def words(self) -> tuple[str, ...]:
        """Return the command; of Compose files the one that brings them up."""
        if not self.compose:
            return self.command
        options = [word for file in self.compose for word in ("-f", str(file))]
        options += [word for name in self.profiles for word in ("--profile", name)]
        options += ["--project-name", self.project_name] if self.project_name else []
        client = ("docker-compose",) if shutil.which("docker-compose") else ("docker", "compose")
        return (*client, *options, "up", "--detach")


def _is_recording(word: str) -> bool:
    """Tell whether a word names a folder by its path, or a recording here and no command."""
    if "/" in word:
        return Path(word).is_dir()
    return (Path(word) / INDEX).is_file() and not shutil.which(word)


def require_one_host(on: list[Path] | None, host_profile: Path | None) -> None:
    """Refuse a recording and a profile at once. Raises UsageError."""
    if on and host_profile:
        raise UsageError("--on and --host-profile each name a host", hint="give one of them")


def find_lines(plan: "JudgedPlan", subject: Subject, facts: "Facts", on: list[Path] | None) -> Locator:
    """Return what finds the lines of a plan's findings: in the Compose files, else in the recording `on`."""
    from netaudit.standin.commands import check_command
    from netaudit.standin.compose import project_files

    folder = Path.cwd()
    files = [subject.compose_json] if subject.compose_json else []
    words = subject.words()
    if words and Path(words[0]).name in ("docker", "docker-compose"):
        planned = check_command(words)
        if planned.group == "compose":
            files = project_files(planned.leading, folder, os.environ)
    if not files:
        return from_root(*recorded_places(facts, on[0] if on and len(on) == 1 else None))
    from netaudit.catalog.compose_places import read_compose_places  # late: PyYAML takes 20 ms
    from netaudit.report.ci.compose_places import ComposeLocator

    return from_root(ComposeLocator(read_compose_places(files, folder), plan.planned.after.inventory))


def load_profile(path: Path) -> "Facts":
    """Return the facts of the host that a profile describes. Raises ConfigError."""
    from netaudit.api.rules import shipped_catalog
    from netaudit.catalog.host_profile import load_host_profile
    from netaudit.plan.profile.facts import profile_facts
    from netaudit.store import load

    profile = load_host_profile(path)
    firewall = load(Path(profile.firewall)) if profile.firewall else None
    return profile_facts(profile, firewall, shipped_catalog())


def judge(
    facts: "Facts", subject: Subject, prepared: Prepared, where: "Where | None", made_on: "MadeOn"
) -> "JudgedPlan":
    """Plan on the facts; `where` is this host, None for a recording."""
    from netaudit.api.plans import judge_command, judge_project, judge_rehearsal, judge_requests

    asked = msgspec.structs.replace(made_on, engine=subject.engine, backend=subject.backend, daemon=subject.daemon)
    context = msgspec.structs.replace(make_context(prepared.auditor, asked, where), own_labels=subject.own_labels)
    if subject.is_rehearsal():
        return judge_rehearsal(facts, engine_change(asked), _title(subject), context)
    if subject.requests is not None:
        return judge_requests(facts, read_requests(subject.requests), f"requests in {subject.requests}", context)
    if subject.compose_json is not None:
        title = f"docker compose up of {subject.compose_json}"
        return judge_project(facts, read_file(subject.compose_json, "the project"), title, context)
    return judge_command(facts, subject.words(), context)


def make_context(auditor: "Auditor", made_on: "MadeOn", where: "Where | None") -> "PlanContext":
    """Say what a plan is made with; `where` is this host, None for a recording."""
    from netaudit.api.plans import PlanContext
    from netaudit.standin.session import Client

    return PlanContext(
        auditor,
        elsewhere=where is None,
        timeout=where.timeout if where else 60.0,
        exposed_ports=_ask_engine(where) if where else lambda _: None,
        client=Client(tuple(os.environ.items()), str(Path.cwd())),
        engine_version=made_on.engine,
        restart=engine_change(made_on) if is_restart(made_on) else None,
        made_on=made_on,
    )


def _ask_engine(where: "Where") -> "ExposedPorts":
    from netaudit.collect.docker.images import ask_exposed_ports  # late: a plan on a recording asks no engine

    return ask_exposed_ports(where)


def is_restart(asked: "MadeOn") -> bool:
    """Tell whether a daemon would be started with something else."""
    return bool(asked.engine or asked.backend or asked.daemon)


def engine_change(asked: "MadeOn") -> "EngineChange":
    """Return what a restarted daemon would have. Raises UsageError."""
    from netaudit.plan.rehearsal.change import EngineChange

    backend = {"firewall-backend": asked.backend} if asked.backend else {}
    options = [pair for text in asked.daemon for pair in _read_options(text)]
    return EngineChange(asked.engine, daemon={**dict(options), **backend})


def _read_options(text: str) -> "list[tuple[str, OptionValue]]":
    """Read KEY=VALUE, the value as JSON where it is JSON, or a daemon.json file. Raises UsageError."""
    key, found, value = text.partition("=")
    if not found and Path(text).is_file():
        try:
            return [*decode_json(read_file(Path(text), "the daemon's options"), dict[str, Any]).items()]
        except UnfitError as error:
            raise UsageError(f"--daemon: {text} is not a daemon.json: {error}") from error
    if not (found and key):
        hint = "write for example userland-proxy=false, or name a daemon.json"
        raise UsageError(f"--daemon: neither KEY=VALUE nor a file: {text}", hint=hint)
    try:
        return [(key, msgspec.json.decode(value))]
    except msgspec.DecodeError:
        return [(key, value)]


def _title(subject: Subject) -> str:
    named = (("engine", subject.engine), ("backend", subject.backend))
    parts = [f"{name} {value}" for name, value in named if value]
    return "restart of dockerd with " + ", ".join((*parts, *filter(None, subject.daemon)))


def prepare_plan(
    config: Path | None, waivers: list[Path] | None, policy: Path | None, exposure: bool | None, fail_on: str | None
) -> Prepared:
    """Load what judges a plan, as `netaudit audit` does."""
    from netaudit.cli.sources import when_computed

    options = AuditOptions(config=config, waivers=tuple(waivers or ()), policy=policy, exposure=when_computed(exposure))
    return prepare(options, fail_on)


def refuses(plan: "JudgedPlan", prepared: Prepared, form: PlanFormat) -> bool:
    """Tell whether new findings are severe and sure enough for the gate, and name them; SARIF refuses nothing."""
    failures = failing(judged_findings(plan), prepared.fail_on, prepared.min_confidence)
    say_refusal(failures, prepared.fail_on, form)
    return bool(failures) and form is not PlanFormat.SARIF


def is_passable(plan: "JudgedPlan", prepared: Prepared, form: PlanFormat) -> bool:
    """Tell whether the gate saw what it asks about: who could reach what, unless it was not to be computed."""
    return form is PlanFormat.SARIF or plan.audit.exposed or is_answered(plan.audit, prepared)


def print_plan(plan: "JudgedPlan", form: PlanFormat, output: out.Output | None, style: Style, locator: Locator) -> None:
    """Render a plan and write it where it was asked for."""
    if form is PlanFormat.TERMINAL:
        from netaudit.report.terminal.plan import render_plan

        out.show(lambda chosen: render_plan(plan, chosen), style, output)
    else:
        from netaudit.api.renderers import render_plan as render

        out.write(render(plan, form, style, (locator, "")), output)

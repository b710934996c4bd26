"""Lines of Compose files: the service and the port entry that a binding comes from, wherever it is written."""

from pathlib import Path

import pytest

from netaudit.catalog.compose_places import read_compose_places
from netaudit.model.docker import PortBinding
from netaudit.standin.compose import project_files

_FILES = {
    "compose.yaml": """\
include:
  - more/other.yaml
  - path: [more/third.yaml]
x-web: &web
  ports:
    - "9000:90"
services:
  web:
    <<: *web
    image: nginx
  short:
    ports: ["8080:80", "127.0.0.1:8443:443/tcp", "53:53/udp", "[::1]:70:70", "6000-6002:60-62", "5000"]
  long:
    ports:
      - target: 80
        published: "8081"
      - {target: 80, published: "8082", host_ip: 127.0.0.1}
      - target: 53
        protocol: udp
        published: "8083-8085"
  variable:
    ports:
      - "${PORT:-7000}:80"
      - "$OTHER:81/tcp"
      - "7100:${INNER}"
  child:
    extends: {file: more/base.yaml, service: base}
    ports: ["8090:80"]
  twin:
    extends: child
networks:
  front: {}
""",
    "more/other.yaml": "services:\n  included:\n    image: x\n    ports:\n      - 8100:80\n",
    "more/third.yaml": "services:\n  third: {image: x}\n",
    "more/base.yaml": "services:\n  base:\n    ports:\n      - 8091:91\n",
    "override.yaml": "services:\n  short:\n    ports:\n      - 8088:88\n",
}
_ANY = "0.0.0.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("service", "binding", "place"),
    [
        ("web", ("tcp", _ANY, 9000, 90), '- "9000:90"'),
        ("short", ("tcp", _ANY, 8080, 80), "ports: ["),
        ("short", ("tcp", _ANY, 8088, 88), "- 8088:88"),
        ("long", ("tcp", _ANY, 8081, 80), "- target: 80"),
        ("long", ("tcp", "127.0.0.1", 8082, 80), "- {target: 80"),
        ("long", ("udp", "::", 8084, 53), "- target: 53"),
        ("variable", ("tcp", _ANY, 7005, 80), '- "${PORT'),
        ("variable", ("tcp", _ANY, 1234, 81), '- "$OTHER'),
        ("variable", ("tcp", _ANY, 7100, 99), '- "7100'),
        ("child", ("tcp", _ANY, 8090, 80), 'ports: ["8090'),
        ("child", ("tcp", _ANY, 8091, 91), "- 8091:91"),
        ("twin", ("tcp", _ANY, 8091, 91), "- 8091:91"),
        ("included", ("tcp", _ANY, 8100, 80), "- 8100:80"),
        ("third", ("tcp", _ANY, 1, 1), "third: {"),
        ("long", ("sctp", _ANY, 8081, 80), "long:"),
        ("short", None, "short:"),
    ],
)
def test_a_binding_has_the_line_that_says_it(
    folder: Path, service: str, binding: tuple[str, str, int, int] | None, place: str
) -> None:
    places = read_compose_places([Path("compose.yaml"), Path("override.yaml")], folder)
    found = places.services[service].of_port(PortBinding(*binding) if binding else None)
    assert (folder / found.file).read_text().splitlines()[found.line - 1].strip().startswith(place)


def test_parts_of_one_line_are_told_apart_by_what_they_say(folder: Path) -> None:
    ports = read_compose_places([Path("compose.yaml")], folder).services["short"].ports
    parts = [(one.address, one.host, one.container, one.protocol) for one in ports]
    assert parts[1:4] == [("127.0.0.1", "8443", "443", "tcp"), ("", "53", "53", "udp"), ("::1", "70", "70", "tcp")]


def test_networks_have_lines_and_paths_are_told_from_the_folder(folder: Path) -> None:
    places = read_compose_places([folder / "compose.yaml"], folder)
    assert (places.first.file, places.networks["front"].file) == ("compose.yaml", "compose.yaml")
    assert places.services["included"].place.file == "more/other.yaml"


@pytest.mark.parametrize(
    "text", ["services: [", "services: &a {<<: *a}", "- x", "", "services: {a: {extends: a, ports: x}}"]
)
def test_what_cannot_be_read_has_no_lines_and_no_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    found = read_compose_places([Path("compose.yaml"), Path("absent.yaml")], tmp_path)
    assert found.first.line == 1


def test_files_of_a_project_are_found_as_compose_finds_them(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    for name in ("compose.yaml", "compose.override.yaml"):
        (tmp_path / name).write_text("services: {}\n")
    both = [tmp_path / "compose.yaml", tmp_path / "compose.override.yaml"]
    assert project_files(("docker", "compose"), below, {}) == both
    assert project_files(("docker-compose", "-f", "x.yaml", "--file=y.yaml"), below, {}) == [
        below / "x.yaml",
        below / "y.yaml",
    ]
    assert project_files(("docker-compose",), below, {"COMPOSE_FILE": "x:y"}) == [below / "x", below / "y"]
    assert project_files(("docker", "compose", "--project-directory", str(tmp_path)), Path("/nowhere"), {}) == both

"""Which commands are planned, and which are refused with a reason."""

import shlex

import pytest

from netaudit.errors import UsageError
from netaudit.standin.commands import check_command
from netaudit.standin.compose import check_project


@pytest.mark.parametrize(
    ("command", "group", "subcommand"),
    [
        ("docker run -d -p 8080:80 nginx", "", "run"),
        ("/opt/bin/docker -D --log-level debug container run nginx", "container", "run"),
        ("docker run -itp 8080:80 nginx sh -H x --host y --cidfile z", "", "run"),
        ("docker run --name web nginx --context x", "", "run"),
        ("docker run -e --cidfile nginx", "", "run"),
        ("docker network create --internal back", "network", "create"),
        ("docker compose -f a.yaml -f b.yaml --profile debug --env-file e up -d --wait", "compose", "up"),
        ("docker-compose -p shop down -v", "compose", "down"),
        ("docker stack deploy -c a.yaml shop", "stack", "deploy"),
        ("docker service create --name web nginx", "service", "create"),
    ],
)
def test_a_command_that_changes_the_inventory_is_planned(command: str, group: str, subcommand: str) -> None:
    found = check_command(shlex.split(command))
    assert (found.group, found.subcommand) == (group, subcommand)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("docker -H tcp://other:2375 run nginx", "-H is not planned: it names another engine"),
        ("docker -Htcp://other:2375 run nginx", "-H is not planned"),
        ("docker --host=tcp://other:2375 run nginx", "--host is not planned"),
        ("docker -c other run nginx", "-c is not planned"),
        ("docker --context other compose up", "--context is not planned"),
        ("docker --config /tmp/x run nginx", "--config is not planned"),
        ("docker --tlscacert=x run nginx", "--tlscacert is not planned"),
        ("docker run --cidfile id nginx", "--cidfile is not planned: it writes a file"),
        ("docker run -it -p 80 --cidfile=id nginx", "--cidfile is not planned"),
        ("docker container create -v a:b --cidfile id nginx", "--cidfile is not planned"),
        ("docker compose up --dry-run", "--dry-run is not planned"),
        ("docker compose --dry-run up", "--dry-run is not planned"),
        ("docker build .", "`docker build` is not planned"),
        ("docker cp a:/x /y", "`docker cp` is not planned"),
        ("docker exec web sh", "`docker exec` is not planned"),
        ("docker plugin install x", "`docker plugin` is not planned"),
        ("docker compose config -o file", "`docker compose config` is not planned"),
        ("docker", "`docker` is not planned"),
        ("docker ps -a", "`docker ps` is not planned: it only looks"),
        ("docker compose ps", "`docker compose ps` is not planned: it only looks"),
        ("docker compose run web", "`docker compose run` is not planned: .*plan `docker run`"),
        ("docker swarm init", "`docker swarm` is not planned: it changes the swarm itself"),
        ("docker system prune -f", "`docker system` is not planned: .*plan `docker network prune`"),
        ("docker network ls", "`docker network ls` is not planned: it only looks"),
        ("docker frobnicate", "`docker frobnicate` is not planned"),
        ("docker compose up --build", "--build is not planned: it builds images"),
        ("docker run --help", "--help is not planned"),
        ("podman run nginx", "podman is no client of the Docker engine"),
    ],
)
def test_a_command_that_would_reach_past_the_stand_in_is_refused_with_the_reason(command: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        check_command(shlex.split(command))


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ('{"provider": {"type": "awesome"}}', "its `provider` is a program that Compose runs on this machine"),
        ('{"image": "x", "post_start": [{"command": "ls"}]}', "its `post_start` runs commands in the container"),
        ('{"image": "x", "pre_stop": [{"command": "ls"}]}', "its `pre_stop` runs commands in the container"),
    ],
)
def test_a_project_that_runs_programs_besides_its_containers_is_refused(service: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"service db is not planned: {reason}"):
        check_project(f'{{"services": {{"web": {{"image": "nginx"}}, "db": {service}}}}}')


@pytest.mark.parametrize(
    "printed", ["", "no JSON", "[]", '{"services": null}', '{"services": {"web": {"image": "x"}}}']
)
def test_a_project_of_containers_alone_is_planned(printed: str) -> None:
    check_project(printed)

"""Scenarios about containers and their ports, on a daemon without special options."""

from lab.scenario import BOTH, Scenario, does, ends, network, network_gone, refused, remove, run

PORTS = (
    Scenario("13", "default-no-port", (run("quiet"), remove("quiet"))),
    Scenario("14", "user-net-expose-only", (network("n1"), run("quiet", "--network n1 --expose 80"))),
    Scenario("15 75", "default-one-port", (run("web", "-p 8080:80"), remove("web")), backends=BOTH),
    Scenario("15", "user-net", (network("n1"), run("u1", "--network n1 -p 8201:80"), remove("u1")), backends=BOTH),
    Scenario("16 75", "two-host-ports", (run("web", "-p 8080:80 -p 8081:80"), remove("web")), backends=BOTH),
    Scenario("17", "tcp-and-udp", (run("dns", "-p 5353:53/udp -p 5353:53/tcp"), remove("dns"))),
    Scenario(
        "20", "port-range", (run("many", "-p 18060-18062:60-62"), run("one", "-p 18070-18072:70"), remove("many"))
    ),
    Scenario("21", "random-port", (run("any", "-p 80"), run("all", "-P --expose 80 --expose 81"), remove("all"))),
    Scenario("22", "loopback-port", (run("db", "-p 127.0.0.1:5432:5432"), remove("db")), backends=BOTH),
    Scenario("23", "one-host-address", (run("web", "-p 192.0.2.10:8080:80"),)),
    Scenario("24", "two-host-addresses", (run("web", "-p 127.0.0.1:8080:80 -p 192.0.2.10:8080:80"), remove("web"))),
    Scenario(
        "25",
        "same-port-two-containers",
        (run("here", "-p 127.0.0.1:8080:80"), run("there", "-p 192.0.2.10:8080:80"), remove("here")),
    ),
    Scenario("26", "ipv6-binding-ipv4-container", (run("six", "-p [::1]:8080:80"), run("any", "-p [::]:8081:80"))),
    Scenario("27", "any-ipv4-binding", (run("web", "-p 0.0.0.0:8080:80"),)),
    Scenario("28", "taken-port", (run("first", "-p 8080:80"), refused("second", "-p 8080:80"), remove("second"))),
    Scenario(
        "29",
        "stop-start-kill",
        (
            run("web", "-p 8080:80"),
            ends("docker stop web", "web"),
            does("docker start web", "web"),
            ends("docker kill web", "web"),
            does("docker restart web", "web"),
        ),
    ),
    Scenario(
        "29",
        "ends-by-itself",
        (
            does("docker run -d --name brief --rm -p 8080:80 busybox:local /bin/busybox sleep 10", "brief"),
            ends("docker wait brief", "brief"),
            does(
                "docker run -d --name hungry -m 64m -p 8081:80 busybox:local /bin/sh -c 'sleep 1; tail /dev/zero'",
                "hungry",
            ),
            ends("docker wait hungry", "hungry"),
        ),
    ),
    Scenario(
        "30",
        "pause-rename-update",
        (
            run("web", "-p 8080:80"),
            does("docker pause web", "web"),
            does("docker unpause web", "web"),
            does("docker rename web site", "site"),
            does("docker update --restart always site", "site"),
        ),
    ),
    Scenario(
        "31",
        "address-reused",
        (
            run("aa", "-p 8080:80"),
            ends("docker stop aa", "aa"),
            run("bb", "-p 8081:80"),
            does("docker start aa", "aa"),
        ),
    ),
    Scenario(
        "32",
        "static-address",
        (network("n1", "--subnet 172.30.0.0/24"), run("web", "--network n1 --ip 172.30.0.99 -p 8080:80")),
    ),
    Scenario(
        "33 34",
        "second-network",
        (
            network("mid"),
            network("alpha"),
            run("web", "--network mid -p 8080:80"),
            does("docker network connect alpha web", "web"),
            does("docker network disconnect alpha web", "web"),
            does("docker network connect alpha web", "web"),
            does("docker network disconnect mid web", "web"),
            does("docker network connect mid web", "web"),
        ),
    ),
    Scenario(
        "35",
        "connect-internal",
        (
            network("inner", "--internal"),
            run("web", "-p 8080:80"),
            does("docker network connect inner web", "web"),
            does("docker network disconnect inner web", "web"),
            network_gone("inner"),
        ),
    ),
    Scenario(
        "52", "link-user-network", (network("n1"), run("db", "--network n1"), run("web", "--network n1 --link db:db"))
    ),
    Scenario(
        "68",
        "other-network-modes",
        (
            run("base", "-p 8214:80"),
            run("guest", "--network container:base"),
            run("hosted", "--network host -p 8080:80"),
            run("alone", "--network none"),
        ),
    ),
    Scenario(
        "68",
        "host-network-server",
        (
            does(
                "docker run -d --name hosted --network host busybox:local /bin/busybox httpd -f -p 8088 -h /", "hosted"
            ),
        ),
    ),
    Scenario(
        "68",
        "host-network-children",  # what listens is not the first process of its container
        (
            does(
                "docker run -d --name shell --network host busybox:local /bin/busybox"
                " sh -c '/bin/busybox httpd -f -p 8088 -h / & wait'",
                "shell",
            ),
            does(
                "docker run -d --init --name init --network host busybox:local /bin/busybox httpd -f -p 8089 -h /",
                "init",
            ),
            does("docker exec -d init /bin/busybox httpd -f -p 8090 -h /", "init"),
            does(
                "docker run -d --name guest --network container:shell busybox:local /bin/busybox httpd -f -p 8091 -h /",
                "guest",
            ),
            run("quiet", "--network host"),
        ),
    ),
    Scenario(
        "15",
        "many",
        (network("nf"), *(run(f"k{n}", f"--network nf -p {8300 + n}:80") for n in range(4)), remove("k2")),
    ),
)

"""The lab: real Docker engines, each in a host of its own made of Linux namespaces.

    with LabHost() as host, Engine(host, "28.5.2") as engine:
        engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        host.run(["iptables-save"])

`host` makes the machine, `engine` runs dockerd on it, `roots` fetches the engines that this machine lacks,
`scenarios` lists what is tried on each, `record_all` records them all, `demo` shows netaudit at work.
"""

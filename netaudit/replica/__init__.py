"""A replica of a host's rules, in a network namespace of its own, where a command of the operator's runs.

    facts ─▶ load what is loaded ─▶ inside: namespaces, interfaces, rules ─▶ look, run the command, look again ─▶ facts

In: facts, and a command such as `iptables -I DOCKER-USER -j DROP`. Out: the facts as they would be after it.
The kernel and the operator's own program do the work; nothing of the host is changed. Begin with try_command.py.
What is in `inside` runs in the namespaces, in a process of its own.
"""

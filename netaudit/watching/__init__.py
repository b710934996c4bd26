"""Watch a host: look when something changed, keep what was seen, tell who wants to know.

watcher   the loop: wake, wait until quiet, look, keep          teller   what becomes of a look
problems  a look -> what is wrong                               alerts   problems -> messages, each once
outbox    delivery at the side                                  senders  journal, program, web server
metrics   numbers for Prometheus                                notify   what systemd is told
unit      the systemd unit
"""

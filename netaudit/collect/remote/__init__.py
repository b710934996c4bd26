"""Record another host over ssh, with a shell script that needs nothing there.

In: a host's name. Out: a recording as a tar.
Begin with ssh.py.
"""

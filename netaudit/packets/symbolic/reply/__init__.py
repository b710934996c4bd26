"""Answers to sets of packets, through the hooks: which of them come back.

In: the packets that arrived. Out: those whose answer is not stopped.
Begin with traversal.py; its twin for one packet is netaudit.packets.trace.reply.
"""

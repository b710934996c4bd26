"""Talk to nf_tables as nft does, for what nft does not print.

In: the kernel. Out: generations, handles, commits as they happen.
Begin with protocol.py.
"""

"""How nft's text is put together: tables, chains, sets and objects in blocks, definitions, remarks.

In: tokens. Out: objects of nft's JSON.
Begin with blocks.py.
"""

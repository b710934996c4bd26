"""A page of this host for its own people: the host, its history, any two instants compared; nothing can be changed.

access   who may ask: a token, loopback, the right name of the host
pages    an address -> a page                                   server   the web server
"""

"""Where jobs run: in processes of this machine, or on a Ray cluster.

In: what makes a task, and groups of jobs. Out: each job with its result, or with how its worker ended.
Begin with executor.py.
"""

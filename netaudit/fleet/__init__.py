"""Many recordings -> tables that SQL can be put to, pages for people, and recordings of many hosts over ssh.

    sources ─▶ Entry ─▶ engines (one job a recording, each in a process of its own) ─▶ rows ─▶ results: Parquet
                                                                                                   │
    hosts: inventory ─▶ ssh ─▶ recordings                                         query: DuckDB ◀──┘─▶ report

pyarrow, duckdb and obstore are the extra `fleet`: each is imported in one place,
and late. docs/fleet.md describes commands, tables and files.
"""

"""Which changes of packets and attribution no test notices: `make mutants`, by mutmut."""

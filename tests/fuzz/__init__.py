"""Every form of input, fuzzed: quickly in every test run (test_fuzz.py), at length on demand (`make fuzz`)."""

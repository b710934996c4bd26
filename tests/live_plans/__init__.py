"""Random commands, each planned, then run on a real engine, then compared: `make plans N=300 SEED=0`."""

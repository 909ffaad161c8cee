# make figures                                          the default study, everything, with its report
# make figures CONFIG=config/mnist.yaml DATA_DIR=PATH   another study
# make paper DATA_DIR=PATH                              the paper at its own scale
# make stragglers DATA=PATH [LABEL=COLUMN] [NAME=NAME]  which of your own samples are stragglers
# make beyond [SIZE=full|gpu DATA_DIR=PATH]             the paper's open questions: studies of minutes, or the real ones
# make test                                             all tests
# make test-faults                                      kills, full disks, damage: the whole suite
# make test-slurm                                       a small study on a SLURM cluster of this machine alone, as root
PYTHON ?= python3
CONFIG ?= config/config.yaml
DATA_DIR ?=
# On make's command line only: an environment may have a NAME.
DATA =
LABEL =
NAME =
CORES ?= all
SIZE ?= small

BIN := .venv/bin
# The shell reads them from its environment, as they are: with spaces, quotes and all.
export CONFIG DATA_DIR DATA LABEL NAME
SNAKEMAKE = $(BIN)/python -m snakemake --configfile "$$CONFIG" $(if $(DATA_DIR),--config "data_dir=$$DATA_DIR")

.PHONY: figures paper beyond stragglers test test-faults test-slurm benchmark docs api lock clean

figures: .venv/installed
	@products=$$($(BIN)/python -m workflow.check "$$CONFIG") && \
	$(SNAKEMAKE) --cores $(CORES) && \
	$(SNAKEMAKE) --report "$$products/report.html"

paper:
	$(MAKE) figures CONFIG=config/paper.yaml

# One after the other.
beyond: .venv/beyond
	$(if $(wildcard config/beyond/$(SIZE)),,$(error SIZE=$(SIZE): take small, full or gpu))
	@set -e; for study in config/beyond/$(SIZE)/*.yaml; do $(MAKE) --no-print-directory figures CONFIG=$$study; done

stragglers: .venv/installed
	$(if $(DATA),,$(error Name your data: make stragglers DATA=PATH))
	@$(BIN)/python -m snakemake --cores $(CORES) --config "data=$$DATA" \
	$(if $(LABEL),"label=$$LABEL") $(if $(NAME),"study=$$NAME")

# Files side by side: most tests wait for a Snakemake of their own.
test: .venv/installed
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# The whole suite of faults, of which the tests have a short version: what it counts goes into docs/reliability.md.
test-faults: .venv/installed
	$(BIN)/python -m pytest tests/faults -m "" --record docs/reliability.csv --numprocesses auto --maxprocesses 4
	$(BIN)/python docs/update.py

# Installs SLURM where Debian's packages can be; says why it cannot run elsewhere.
test-slurm: .venv/installed
	$(BIN)/pip install --quiet --requirement envs/slurm.txt
	command -v slurmctld >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update --quiet=2 \
	&& DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --no-install-recommends slurmctld slurmd slurm-client; } || true
	$(BIN)/python -m pytest tests/test_slurm.py -m slurm

# Seconds per run and epoch beside a plain baseline and the bare matrix products.
benchmark: .venv/installed
	$(BIN)/python -m snakemake --cores $(CORES) --forcerun benchmark -- benchmark
	$(BIN)/python -c 'import pandas; print(pandas.read_csv("results/benchmarks/training.csv").T.to_string(header=False))'

# Keys of the schemas into config/README.md; figures and tables of all finished studies, and what pages show of them,
# into docs/ and the README.
docs: .venv/installed
	$(BIN)/python docs/update.py

# Pages of the library from its docstrings, docs/api/html/index.html, with a tool that nothing else needs.
api: .venv/installed
	$(BIN)/pip install --quiet --requirement envs/docs.txt
	$(BIN)/python -m sphinx --fail-on-warning --fresh-env --quiet --builder html docs/api docs/api/html

.venv/installed: envs/requirements.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one with make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement envs/requirements.txt
	touch $@

.venv/beyond: .venv/installed envs/beyond.txt
	$(BIN)/pip install --quiet --requirement envs/beyond.txt
	touch $@

# Resolves envs/requirements.in afresh in an environment of its own.
lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --requirement envs/requirements.in
	{ echo "# Made by 'make lock' from requirements.in. torch itself pins the CUDA libraries of its own"; \
	  echo "# build, which exist on Linux only; they are left to it."; \
	  .venv-lock/bin/pip freeze | grep -viE '^(nvidia-|triton|cuda-)'; } > envs/requirements.txt
	rm -rf .venv-lock

clean:
	rm -rf results .snakemake

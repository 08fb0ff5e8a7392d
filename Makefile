# Two targets matter to a newcomer: `make demo` and `make test`. Both set up what they need.

PYTHON ?= python3
VENV := .venv
CONSTRAINTS ?= constraints/cpu.txt
INSTALLED := $(VENV)/.installed
# Other trainers, which `bench-train` is measured against; nothing else needs them.
PEERS := .venv-peers
# FastChat with all that its judging loop imports, which `bench-evaluate` is measured against.
FASTCHAT := .venv-fastchat
PROJECT ?= demo
# Wheels that `make wheelhouse` collected; taken instead of an index where they are.
WHEELHOUSE := $(wildcard wheelhouse)
SOURCE := $(if $(WHEELHOUSE),--no-index --find-links wheelhouse)

.PHONY: setup demo test check bench-train bench-evaluate peers-judge wheelhouse gpuwheels clean

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check $(SOURCE) -c $(CONSTRAINTS) setuptools wheel
	$(VENV)/bin/pip install --quiet --disable-pip-version-check $(SOURCE) -c $(CONSTRAINTS) --no-build-isolation -e '.[demo,dev]'
	touch $@

demo: $(INSTALLED)
	test -f demo/kitae.toml || $(VENV)/bin/kitae init demo --sample
	$(VENV)/bin/kitae -C demo run

test: $(INSTALLED)
	$(VENV)/bin/ruff check src tests benchmarks
	$(VENV)/bin/ruff format --check src tests benchmarks
	$(VENV)/bin/mypy
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n 2 -m 'not slow'
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n 2 --dist loadfile -m slow

# Takes the machine for a quarter of an hour, so it should have nothing else to do. BENCH='--method full', '--untrimmed'.
bench-train: $(INSTALLED) $(PEERS)/.installed
	$(VENV)/bin/python benchmarks/trainers $(PROJECT) --peers $(PEERS)/bin/python $(BENCH)

$(PEERS)/.installed: constraints/peers-train.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Makes 1,280 calls with each of the two. BENCH='--smoke' makes 160.
bench-evaluate: $(INSTALLED) $(FASTCHAT)/.installed
	$(VENV)/bin/python benchmarks/judging.py --peer $(FASTCHAT)/bin/python $(BENCH)

$(FASTCHAT)/.installed: constraints/peers-fastchat.txt
	$(PYTHON) -m venv $(FASTCHAT)
	$(FASTCHAT)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# The same FastChat, which 'pytest -m slow' then holds the protocol mtbench against.
peers-judge: $(FASTCHAT)/.installed

wheelhouse: $(CONSTRAINTS)
	$(PYTHON) -m pip wheel --quiet -c $(CONSTRAINTS) -w wheelhouse setuptools wheel '.[demo,dev]'

# For a rented node without an index (docs/rented.md): no demo model, no tools of the developers.
gpuwheels: constraints/gpu.txt
	$(PYTHON) -m pip wheel --quiet -c constraints/gpu.txt -w wheelhouse-gpu setuptools wheel '.[gpu,qlora,tensorboard]'

clean:
	rm -rf $(VENV) $(PEERS) $(FASTCHAT) demo wheelhouse wheelhouse-gpu build

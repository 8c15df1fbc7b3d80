# Everything that a fresh Debian or Ubuntu machine with Python 3.11 needs is installed by the target that needs it.
VENV := .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := $(VENV)/bin/python

.PHONY: demo test test-all check clean

demo: $(VENV)/ready
	$(RUN) -m sim.command "put the red block in the blue bowl"

test: $(VENV)/ready check
	$(RUN) -m pytest -n 2 -m "not slow"

test-all: $(VENV)/ready-for-all check
	$(RUN) -m pytest -n 2

check: $(VENV)/ready
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check --output-format concise .
	$(VENV)/bin/pyright --pythonpath $(RUN)

$(VENV)/ready: pyproject.toml .ci/system_packages
	bash .ci/system_packages
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

$(VENV)/ready-for-all: $(VENV)/ready
	bash .ci/system_packages browser
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e ".[test,slow]"
	touch $@

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .ruff_cache

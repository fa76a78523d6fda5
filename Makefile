# Thin over dev.py, which needs only Python 3.11; on Windows run `python dev.py demo` and so on.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3 || command -v python)

COMMANDS := help setup demo live test test-full check bench quality corpus train export llm clean
.PHONY: $(COMMANDS)
.DEFAULT_GOAL := help

$(COMMANDS):
	@$(PYTHON) dev.py $@

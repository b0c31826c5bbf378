# Autograd Lab: every task of the project, from a machine that has Python 3.11 or newer and make.
# `make help` lists them; CONTRIBUTING.md and README.md give the same steps for machines without make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8000

CHAPTERS := $(sort $(wildcard book/*.ipynb))
SCRIPTS  := autograd_lab tests book/tools
HTML     := _build/html/index.html
SETUP    := $(VENV)/.installed
ASSETS   := book/_static/vendor/.installed

# One BLAS thread: a chapter prints the same digits on every machine, and two kernels don't fight over two cores.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PYTHONHASHSEED := 0
# The kernel that runs a chapter is the one of this environment, whatever else is installed on the machine.
export JUPYTER_PREFER_ENV_PATH := 1
# A reader's own IPython start-up files don't run in the chapters, and the kernel keeps its warnings about its transport.
export IPYTHONDIR := $(CURDIR)/$(VENV)/ipython
export PATH := $(CURDIR)/$(BIN):$(PATH)

say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The steps share one environment and one _build: `make -j` must not run them side by side.
.NOTPARALLEL:
.PHONY: help setup book test notebooks lab serve bench clean distclean pins oracle lint format types unit nbval proof browser assets student instructor

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- environment

setup: $(SETUP) ## make .venv with the pinned requirements and the package

$(SETUP): requirements.txt pyproject.toml
	$(call say,setup: pinned requirements into $(VENV))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Autograd Lab needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)."; \
	  echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install $(if $(CI)$(wildcard $@),--quiet) --disable-pip-version-check --no-deps -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check
	@mkdir -p $(VENV)/etc/ipython && echo 'c.IPKernelApp.log_level = "ERROR"' > $(VENV)/etc/ipython/ipython_kernel_config.py
	@touch $@

assets: $(ASSETS) ## install from the lock file: browser code of the pages (MathJax, widgets), axe-core and cspell for the tests

$(ASSETS): book/tools/package.json book/tools/package-lock.json book/tools/copy_assets.py $(SETUP)
	$(call say,assets: browser code and cspell from book/tools/package-lock.json)
	$(BIN)/npm ci --prefix book/tools
	$(BIN)/python book/tools/copy_assets.py
	@touch $@

oracle: $(SETUP) # PyTorch and JAX, the second opinions of some tests; pinned in pyproject.toml
	$(call say,oracle: PyTorch and JAX)
	$(BIN)/python -c 'import jax, torch' 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c requirements.txt -e '.[oracle]'

pins: pyproject.toml ## resolve requirements.txt anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make pins" \
	  --extra viz --extra cli --extra book --extra lab --extra test --extra dev pyproject.toml -o requirements.txt

# ---------------------------------------------------------------- the book

book: $(SETUP) $(ASSETS) ## execute every chapter and build the book: _build/html/index.html
	$(call say,book: executing $(words $(CHAPTERS)) chapters and building the pages)
	@rm -rf _build
	$(BIN)/jupyter-book build . -W -n --keep-going
	@$(BIN)/python book/tools/report_accuracy.py

notebooks: $(SETUP) ## execute the chapters in place and save their outputs, the same bytes each time
	$(call say,notebooks: executing $(words $(CHAPTERS)) chapters in place)
	$(BIN)/python book/tools/execute_notebooks.py

student: $(SETUP) ## the chapters without solutions, for a class: dist/student
	$(call say,student: solutions out of $(words $(CHAPTERS)) chapters)
	@rm -rf dist/student
	$(BIN)/python book/tools/make_editions.py student

instructor: $(SETUP) ## the chapters with solutions and notes: dist/instructor
	$(call say,instructor: notes into $(words $(CHAPTERS)) chapters)
	@rm -rf dist/instructor
	$(BIN)/python book/tools/make_editions.py instructor

# Jupyter runs the scripts in committed outputs, which move the players, only where the notebook is trusted.
lab: $(SETUP) ## open the chapters in JupyterLab
	$(BIN)/jupyter trust $(CHAPTERS) >/dev/null
	$(BIN)/jupyter lab book

serve: ## serve the built book at http://127.0.0.1:8000 (PORT=...)
	@test -f $(HTML) || { echo "No built book: run 'make book' first."; exit 1; }
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

# ---------------------------------------------------------------- tests

NBVAL = $(BIN)/python -m pytest --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg \
	  -n 2 --dist loadfile $(CHAPTERS)

test: $(SETUP) $(if $(CI),oracle) lint types unit nbval book browser ## everything: lint, types, unit tests, strict nbval, book, browser
	$(call say,test: all steps passed)

lint: $(SETUP) $(ASSETS) ## ruff: rules and format; cspell: spelling
	$(call say,lint)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python book/tools/check_spelling.py

format: $(SETUP) ## ruff: mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(SETUP) ## mypy, strict
	$(call say,types)
	$(BIN)/mypy

unit: $(SETUP) ## unit tests and doctests
	$(call say,unit: unit tests and doctests)
	$(BIN)/python -m pytest -n 2 --ignore=tests/browser

nbval: $(SETUP) ## strict nbval: every chapter prints what is committed
	$(call say,nbval: strict comparison of $(words $(CHAPTERS)) chapters)
	@test -n "$(CHAPTERS)" || { echo "There is no chapter in book/."; exit 1; }
	$(NBVAL)

# The outputs must not depend on the processor: another one has other BLAS kernels, and more threads.
proof: $(SETUP) ## strict nbval four times: own and older BLAS kernels, one and two threads (half an hour)
	for setting in OPENBLAS_NUM_THREADS=1 OPENBLAS_NUM_THREADS=2 \
	  "OPENBLAS_NUM_THREADS=1 OPENBLAS_CORETYPE=Haswell" "OPENBLAS_NUM_THREADS=2 OPENBLAS_CORETYPE=Nehalem"; do \
	  echo "proof: $$setting"; env $$setting $(NBVAL) || exit 1; done

browser: $(SETUP) ## headless Chromium over the built book, with the network cut
	$(call say,browser: the built pages with the network cut)
	$(BIN)/python -m pytest -n 2 tests/browser

bench: $(SETUP) ## time the engine against hand-written NumPy (and other engines, if installed)
	$(call say,bench)
	$(BIN)/python tests/benchmarks/run.py

# ---------------------------------------------------------------- cleaning

clean: ## remove what was built; .venv stays
	rm -rf _build dist book/_static/vendor book/tools/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
	find book -name .ipynb_checkpoints -prune -exec rm -rf {} +

distclean: clean ## remove .venv too
	rm -rf $(VENV)

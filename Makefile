PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check bench chaos browser services clean

run: .venv/installed
	$(BIN)/guanxi run

test: check browser services
	$(BIN)/guanxi assets
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv/installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: .venv/installed services
	@command -v wrk >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq wrk >/dev/null; } \
		|| echo "wrk is not here and cannot be installed: the benchmark of inquiries will stop and say so."
	$(BIN)/guanxi assets
	$(BIN)/python -m benchmarks

# For the night: 500 faults under load, with a report. SEED=... makes a run again.
chaos: .venv/installed
	$(BIN)/guanxi chaos --faults 500 --seed $${SEED:-$$(date +%Y%m%d)}

# Browser tests need Chromium and a font with Chinese characters; without them they are skipped, visibly.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; } \
		|| echo "Chromium is not here and cannot be installed: browser tests will be skipped."

# Tests speak to real servers; without these they are skipped, visibly.
services:
	@command -v nats-server >/dev/null && command -v sshd >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq nats-server openssh-server >/dev/null; } \
		|| echo "NATS or OpenSSH are not here and cannot be installed: their tests will be skipped."

clean:
	rm -rf .venv node_modules src/guanxi/office/static/bundle

.venv/installed: requirements/development.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/development.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# The front door. Everything is relative to this folder, so that any path will do, one with a space too.
.PHONY: run test dev lint bench simulate screenshots

run:  ## the demo town on http://127.0.0.1:8000; another port or data folder: PORT=… PORTAIL_DATA=…
	@python3 bootstrap.py && exec .venv/bin/python -m server demo

test:  ## everything: rules, features, protocol, rights, front end, three browsers
	@python3 bootstrap.py --test && exec .venv/bin/python -m tests $(T)

dev:  ## the demo, and Vite on http://127.0.0.1:5173, which shows a change of the front end as you save it
	@python3 bootstrap.py --test && trap 'kill 0' EXIT && { .venv/bin/python -m server demo & \
	PATH="$$PWD/.venv/bin:$$PATH" npm --prefix pwa run dev; }

lint:  ## style, types and the map of who may import whom
	@python3 bootstrap.py --test && .venv/bin/ruff check . && .venv/bin/mypy && .venv/bin/lint-imports

bench:  ## measures speed and size, and writes docs/bench.md
	@python3 bootstrap.py --test && exec .venv/bin/python -m tests.bench

simulate:  ## N histories of phones, faults and a server (N=2000)
	@python3 bootstrap.py --test && exec .venv/bin/python -m tests.sync.simulate $(or $(N),2000)

screenshots:  ## the README's pictures, taken anew
	@python3 bootstrap.py --test && exec .venv/bin/python -m pytest -p no:randomly tests/browsers/test_screenshots.py --take-screenshots

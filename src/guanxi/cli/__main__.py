"""`python -m guanxi.cli` is `guanxi`."""

from __future__ import annotations

from guanxi.cli.main import main

if __name__ == "__main__":
    main()

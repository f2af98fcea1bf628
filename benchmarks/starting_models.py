"""Make the models with which a bank begins: `python -m benchmarks.starting_models`.

People: learnt from the invented bank, as it is learnt from a real one. Companies: set by judgement, since no set of
companies with several records each is at hand; a bank with enough of them learns its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import msgspec

from guanxi.demo.duplicates import generate
from guanxi.parties import resolution
from guanxi.parties.resolution.comparisons import COMPANIES, PEOPLE
from guanxi.parties.resolution.model import Comparison, Model, encode
from guanxi.parties.resolution.training import train

_FOLDER: Final = Path(resolution.__file__).parent / "starting"
_PEOPLE: Final = 200_000
_SEED: Final = 1
# (m, u) of each level: how often it is found in pairs that are one company, and in pairs that are not.
_COMPANIES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "company_name": (
        *((0.62, 1e-6), (0.14, 2e-6), (0.04, 3e-6), (0.08, 1e-5), (0.05, 5e-5), (0.03, 1e-3), (0.04, 0.998936)),
    ),
    "legal_form": ((0.93, 0.45), (0.07, 0.55)),
    "branch": ((0.90, 0.05), (0.10, 0.95)),
    "identity": ((0.985, 1e-6), (0.015, 0.999999)),
    "email": ((0.55, 1e-5), (0.45, 0.99999)),
    "place": ((0.25, 1e-7), (0.2, 1e-5), (0.2, 2e-5), (0.1, 5e-4), (0.15, 0.01), (0.1, 0.98948)),
}


def main() -> None:
    """Write both."""
    _FOLDER.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        connection.register("given", generate(_PEOPLE, _SEED))
        connection.execute("CREATE TABLE records AS SELECT * EXCLUDE (person) FROM given ORDER BY record")
        _write("people.json", train(connection, PEOPLE))
    judged = tuple(_judged(each) for each in COMPANIES.comparisons)
    _write("companies.json", msgspec.structs.replace(COMPANIES, comparisons=judged, prior=5e-6))


def _judged(each: Comparison) -> Comparison:
    figures = _COMPANIES[each.name]
    levels = tuple(msgspec.structs.replace(level, m=m, u=u) for level, (m, u) in zip(each.levels, figures, strict=True))
    return msgspec.structs.replace(each, levels=levels)


def _write(name: str, model: Model) -> None:
    (_FOLDER / name).write_bytes(msgspec.json.format(encode(model), indent=1) + b"\n")


if __name__ == "__main__":
    main()

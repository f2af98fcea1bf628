"""How well relationships are found: weights fitted on one generated town, judged on another.

`python -m benchmarks.relationships` prints what stands in docs/reference/relationships.md; with `--write` it also keeps
the weights that ship. The seeds of both towns differ, so nobody is in both.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from guanxi.demo.families import build_town, examples, wage_examples
from guanxi.parties.relationships import scoring
from guanxi.parties.relationships.calibrate import Example, fit, quality, reliability
from guanxi.parties.relationships.scoring import FAMILY, LEAST, NOTHING, Calibration, Weights

HOMES = 12_000
PAYERS = 4_000
WEIGHTS = Path(scoring.__file__).parent / "weights.json"


def best(weights: Weights, signs: frozenset[str]) -> tuple[str, float]:
    """What is said of a pair with these signs, as `scoring.judge` says it."""
    chances = weights.chances(signs)
    kind, chance = max(((kind, each) for kind, each in chances.items() if kind != NOTHING), key=lambda pair: pair[1])
    if chance < LEAST:
        kind, chance = "relative", sum(chances.get(each, 0.0) for each in FAMILY)
    return (kind, chance) if chance >= LEAST else (NOTHING, chance)


def report(title: str, weights: Weights, judged: list[Example]) -> None:
    """Print one table of precision and recall, and one of reliability."""
    print(f"\n{title}: {len(judged):,} pairs")
    print("\n| kind | said | precision | recall |\n|---|---|---|---|")
    for each in quality(judged, lambda signs: best(weights, signs)):
        if each.kind == "relative":
            print(f"| relative (any of family) | {each.said} | {_family(weights, judged):.3f} | |")
        else:
            print(f"| {each.kind} | {each.said} | {each.precision:.3f} | {each.recall:.3f} |")
    print("\n| said with | pairs | mean confidence | true |\n|---|---|---|---|")
    counted = [each for each in judged if best(weights, each.signs)[0] != "relative"]
    for band in reliability(counted, lambda signs: best(weights, signs)):
        print(f"| {band.least:.2f} to {band.most:.2f} | {band.said} | {band.confidence:.3f} | {band.true:.3f} |")


def _family(weights: Weights, judged: list[Example]) -> float:
    said = [each.truth in FAMILY for each in judged if best(weights, each.signs)[0] == "relative"]
    return sum(said) / len(said)


def main() -> None:
    """Fit, judge, print; keep the weights when told to."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="keep the weights that ship")
    write = arguments.parse_args().write
    learnt, town = list(examples(build_town(1, HOMES))), build_town(2, HOMES)
    fitted = Calibration(fit(learnt), fit(wage_examples(1, PAYERS)))
    judged = list(examples(town))
    print(
        f"Of {len(town.truth):,} relationships in a town of {len(town.people):,}, "
        f"{sum(each.truth != NOTHING for each in judged):,} leave any trace."
    )
    report("People", fitted.people, judged)
    report("Employers", fitted.wages, list(wage_examples(2, PAYERS)))
    if write:
        WEIGHTS.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=1) + b"\n")


if __name__ == "__main__":
    main()

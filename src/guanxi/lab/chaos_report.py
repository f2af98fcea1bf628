"""What a run of the fault harness found, as people read it."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from guanxi.lab.books import Finding
from guanxi.lab.faults import Fault, FaultKind

_SHOWN = 10


@dataclasses.dataclass(frozen=True, slots=True)
class ChaosReport:
    """One run."""

    seed: int
    schedule: Sequence[Fault]
    seconds: float
    settled_after: float
    tally: Mapping[str, int]
    links: Mapping[str, Mapping[str, int]]
    stopped_late: Mapping[str, int]
    findings: Sequence[Finding]

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not any(finding.wrong for finding in self.findings)

    def markdown(self) -> str:
        """The whole report."""
        return "\n".join([*self._head(), *self._verdict(), *self._faults(), *self._traffic(), ""])

    def _head(self) -> Iterator[str]:
        verdict = "every promise was kept" if self.passed else "**promises were broken**"
        yield f"Seed {self.seed}: {len(self.schedule)} faults in {self.seconds:.0f} s under load; {verdict}."
        yield f"Everything had come to an end {self.settled_after:.0f} s after the last customer had an answer."
        yield ""

    def _verdict(self) -> Iterator[str]:
        yield "| promise | examined | broken |"
        yield "| --- | ---: | ---: |"
        for finding in self.findings:
            yield f"| {finding.promise} | {finding.examined:,} | {len(finding.wrong)} |"
        yield ""
        for finding in self.findings:
            for wrong in finding.wrong[:_SHOWN]:
                yield f"- {finding.promise}: {wrong}"
        for name, count in self.stopped_late.items():
            yield f"- {name} did not stop in time when told to, {count} times, and was killed."

    def _faults(self) -> Iterator[str]:
        counted = collections.Counter((fault.victim, fault.kind) for fault in self.schedule)
        yield f"| hit | {' | '.join(FaultKind)} |"
        yield f"| --- |{' ---: |' * len(FaultKind)}"
        for victim in sorted({fault.victim for fault in self.schedule}):
            yield f"| {victim} | {' | '.join(str(counted[victim, kind] or '') for kind in FaultKind)} |"
        yield ""

    def _traffic(self) -> Iterator[str]:
        told = ", ".join(
            f"{count:,} {outcome}" for outcome, count in sorted(self.tally.items(), key=lambda each: -each[1])
        )
        yield f"What customers were told: {told}."
        done = sum((collections.Counter(link) for link in self.links.values()), collections.Counter())
        yield f"What the links did: {', '.join(f'{count:,} {what}' for what, count in sorted(done.items()))}."

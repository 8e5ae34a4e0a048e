"""Benchmark results as a table and as JSON, and two runs against each other."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import UserError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Result:
    """One measured figure. `budget` is in the same unit, None where there is none; `less` says which way is better."""

    case: str
    value: float
    unit: str
    p95: float | None = None
    budget: float | None = None
    less: bool = True

    @property
    def within(self) -> bool | None:
        """Whether the budget holds; None without one."""
        if self.budget is None:
            return None
        return self.value <= self.budget if self.less else self.value >= self.budget


def table(results: list[Result]) -> str:
    """A Markdown table."""
    lines = ["| case | median | 95 % | budget | |", "| --- | ---: | ---: | ---: | --- |"]
    for result in results:
        p95 = "" if result.p95 is None else f"{result.p95:.3g}"
        budget = "" if result.budget is None else f"{'' if result.less else '>= '}{result.budget:g}"
        verdict = {None: "", True: "held", False: "missed"}[result.within]
        lines.append(f"| {result.case} | {result.value:.3g} {result.unit} | {p95} | {budget} | {verdict} |")
    return "\n".join(lines)


def to_json(results: list[Result], machine: dict[str, str]) -> str:
    return json.dumps(
        {"format": FORMAT, "machine": machine, "results": [asdict(result) for result in results]}, indent=1
    )


def from_json(path: Path) -> tuple[list[Result], dict[str, str]]:
    """Results and machine of a file that `to_json` made. Raises `UserError`."""
    try:
        content = json.loads(path.read_text())
        if content["format"] != FORMAT:
            raise ValueError("format")
        return [Result(**entry) for entry in content["results"]], dict(content["machine"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a benchmark file", "Make one with 'facekey bench --json FILE'.") from error


def comparison(before: list[Result], after: list[Result]) -> str:
    """A Markdown table of ratios after / before for the cases that both runs hold."""
    old = {result.case: result for result in before}
    lines = ["| case | before | after | ratio |", "| --- | ---: | ---: | ---: |"]
    for result in after:
        if result.case in old and old[result.case].value:
            was = old[result.case]
            ratio = result.value / was.value
            lines.append(
                f"| {result.case} | {was.value:.3g} {was.unit} | {result.value:.3g} {result.unit} | {ratio:.2f} |"
            )
    return "\n".join(lines)

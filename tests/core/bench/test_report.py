"""What benchmarks report. Nothing here looks at a clock's value."""

import pytest

from core.bench.machine import current_memory, describe_machine, peak_memory
from core.bench.report import Result, comparison, from_json, table, to_json
from core.bench.timing import measure, summarised
from core.errors import UserError


def test_figures_of_single_calls():
    timing = summarised([1.0, 2.0, 3.0, 100.0])
    assert (timing.median, timing.fastest, timing.runs) == (2.5, 1.0, 4)
    assert timing.p95 > 80


def test_warm_calls_are_not_counted():
    calls = []
    timing = measure(lambda: calls.append(1), runs=7, warm=2)
    assert timing.runs == 7
    assert len(calls) == 9


def test_budgets_are_judged_in_their_own_direction():
    slow = Result("render", 13.0, "ms", budget=12)
    fast = Result("export", 30.0, "fps", budget=25, less=False)
    assert slow.within is False
    assert fast.within is True
    assert Result("x", 1, "ms").within is None
    text = table([slow, fast])
    assert "missed" in text
    assert ">= 25" in text


def test_a_report_survives_its_file_and_two_runs_compare_as_ratios(tmp_path):
    results = [Result("render", 10.0, "ms", 12.0, 12.0), Result("only before", 1, "ms")]
    file = tmp_path / "bench.json"
    file.write_text(to_json(results, describe_machine()))
    read, machine = from_json(file)
    assert read == results
    assert machine["python"]
    lines = comparison(read, [Result("render", 5.0, "ms")]).splitlines()
    assert len(lines) == 3
    assert lines[-1].endswith("0.50 |")


@pytest.mark.parametrize(
    "content", ["", "{}", '{"format": 99, "results": []}', '{"format":1,"machine":{},"results":[1]}']
)
def test_a_file_that_is_no_report_is_refused(tmp_path, content):
    file = tmp_path / "bench.json"
    file.write_text(content)
    with pytest.raises(UserError, match="not a benchmark file"):
        from_json(file)


def test_memory_is_told():
    assert 0 < current_memory() <= peak_memory() * 1.05

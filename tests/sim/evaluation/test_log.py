"""The log of results: what was written can be read again, whatever a kill has left, and nothing false is believed."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from robot.errors import HandsightError, InvalidInput
from sim.evaluation.failures import CRASHED
from sim.evaluation.log import FILE, ResultLog, read_results
from tests.sim.results import drawn_rows, row


def written(folder: Path, count: int = 5) -> bytes:
    with ResultLog(folder) as log:
        for each in drawn_rows(count):
            log.append(each)
    return (folder / FILE).read_bytes()


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    written(tmp_path)
    with ResultLog(tmp_path) as log:
        assert log.results == drawn_rows(5)
    assert sorted(read_results(tmp_path), key=lambda each: each.name) == sorted(drawn_rows(5), key=lambda each: each.name)


def test_a_log_cut_at_any_byte_keeps_every_whole_line_and_goes_on(tmp_path: Path) -> None:
    whole = written(tmp_path)
    for cut in range(0, len(whole), 37):
        (tmp_path / FILE).write_bytes(whole[:cut])
        with ResultLog(tmp_path) as log:
            kept = whole[:cut].count(b"\n")
            assert log.results == drawn_rows(5)[:kept]
            for each in drawn_rows(5)[kept:]:
                log.append(each)
        assert (tmp_path / FILE).read_bytes() == whole


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (b"not json\n", ["line 6", "JSON"]),
        (b"\x00\x00\xff\n", ["line 6", "JSON"]),
        (b"[1, 2]\n", ["line 6", "JSON object"]),
        (b"\n", ["line 6", "JSON"]),
        (json.dumps({"suite": "small"}).encode() + b"\n", ["line 6", "'task'"]),
        (json.dumps({**asdict(row(77)), "colour": 1}).encode() + b"\n", ["line 6", "'colour'", "instruction"]),
        (json.dumps({**asdict(row(77)), "success": 1}).encode() + b"\n", ["line 6", "'success'"]),
        (json.dumps({**asdict(row(77)), "index": True}).encode() + b"\n", ["line 6", "'index'"]),
        (json.dumps(asdict(drawn_rows(1)[0])).encode() + b"\n", ["line 6", "twice"]),
    ],
)
def test_a_corrupt_line_is_named_in_one_sentence(tmp_path: Path, line: bytes, names: list[str]) -> None:
    written(tmp_path)
    with (tmp_path / FILE).open("ab") as file:
        file.write(line)
    for read in (ResultLog, read_results):
        with pytest.raises(InvalidInput) as refusal:
            read(tmp_path)
        message = str(refusal.value)
        assert "\n" not in message and all(name in message for name in names), message


def test_an_episode_that_crashed_gives_way_to_its_next_result_and_no_other_does(tmp_path: Path) -> None:
    crashed = replace(row(0, False), failure=CRASHED)
    with ResultLog(tmp_path) as log:
        for each in (crashed, row(1), row(0, True)):
            log.append(each)
        assert log.results == [row(0, True), row(1)]
    assert read_results(tmp_path) == [row(0, True), row(1)]


def test_two_can_not_write_the_same_log(tmp_path: Path) -> None:
    with ResultLog(tmp_path), pytest.raises(HandsightError, match="another evaluation"):
        ResultLog(tmp_path)


def test_no_run_and_an_empty_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="handsight-evaluate"):
        read_results(tmp_path)
    ResultLog(tmp_path).close()
    with pytest.raises(InvalidInput, match="no result"):
        read_results(tmp_path)

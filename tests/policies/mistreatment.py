"""What a log must bear: recorders killed at random moments, bits flipped and files cut anywhere.

python -m tests.policies.mistreatment kill|flip FOLDER COUNT SEED
"""

import itertools
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from policies.demonstrations import manifests, open_episode, problems, repair
from tests.policies.recorded import recorded


def kill_recorders(folder: Path, count: int, seed: int) -> int:
    """Kill so many recorders, each in a folder of its own and up to 40 ms after its first commit; how many they committed.

    Raises:
        AssertionError: an episode that a recorder spoke of is lost, or one that is there is not whole, or debris is left.
    """
    rng = np.random.default_rng(seed)
    committed = 0
    for number in range(count):
        said = _killed(folder / str(number), float(rng.uniform(0, 0.04)))
        committed += check(folder / str(number), said)
    return committed


def _killed(folder: Path, after_s: float) -> int:
    """Let a recorder write one episode after another and kill it; how many it said it had committed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        for number in itertools.count():
            recorded(folder, f"episode_{number:06d}", steps=3, seed=number)
            os.write(writing, b".")
    os.close(writing)
    said = len(os.read(reading, 1))
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 4096):
        said += len(more)
    os.close(reading)
    return said


def check(folder: Path, said: int) -> int:
    """Every episode that its writer spoke of is there and whole, and so is any other; then a new writer goes on."""
    before = manifests(folder)
    assert len(before) >= said, f"{folder}: {said} episodes were committed, {len(before)} are there"
    list(repair(folder))
    after = manifests(folder)
    assert set(before) <= set(after), f"{folder}: repair lost an episode"
    for manifest in after:
        assert not problems(manifest), problems(manifest)
    debris = [path for path in folder.iterdir() if path.suffix not in (".json", ".zip")]
    assert not debris, f"{folder}: left behind: {debris}"
    recorded(folder, "later", steps=1)
    return said


def flip_bits(folder: Path, count: int, seed: int) -> int:
    """Spoil an episode in so many ways, one at a time: bits of data and manifest flipped, both files cut; how many of these.

    Raises:
        AssertionError: one was not noticed, or not by the name of the episode, the array and the chunk.
    """
    manifest = recorded(folder, steps=1)
    rng = np.random.default_rng(seed)
    places = places_of(manifest)
    for number in range(count):
        path = manifest if number % 10 == 9 else manifest.with_suffix(".zarr.zip")
        whole = path.read_bytes()
        byte = int(rng.integers(len(whole)))
        if number % 20 == 10:
            spoilt, hit = whole[:byte], [name for _, end, name in places if end > byte]
        else:
            spoilt = whole[:byte] + bytes([whole[byte] ^ 1 << rng.integers(8)]) + whole[byte + 1 :]
            hit = [name for begin, end, name in places if begin <= byte < end]
        path.write_bytes(spoilt)
        found = problems(manifest)
        assert found and manifest.stem in found[0], f"spoiling {number} went unnoticed: byte {byte} of {path.name}"
        if path != manifest:
            assert all(any(name in each for each in found) for name in hit), f"spoiling {number}: {hit} not in {found}"
        path.write_bytes(whole)
    assert not problems(manifest)
    return count


def places_of(manifest: Path) -> list[tuple[int, int, str]]:
    """Where every chunk begins and ends, and how it is called."""
    return [
        (offset, offset + size, f"{path}: chunk {number}")
        for path, entry in open_episode(manifest).manifest.arrays.items()
        for number, (offset, size) in enumerate(zip(entry.offset, entry.size, strict=True))
        if size
    ]


if __name__ == "__main__":
    ways = {"kill": kill_recorders, "flip": flip_bits}
    print(ways[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))

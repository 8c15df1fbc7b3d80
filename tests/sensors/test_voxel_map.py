"""The voxel map averages what it sees again, forgets what was looked through at once, and keeps the rest as it was."""

import numpy as np

from robot.obstacles import Box
from robot.transforms import transform
from sensors.voxel_grid import VoxelGrid
from sensors.voxel_map import VoxelMap

SIZE = 0.01
K = np.array([[100.0, 0, 50], [0, 100.0, 50], [0, 0, 1]])
DOWN = transform([0.0, 0.0, 1.0], np.diag([1.0, -1.0, -1.0]))  # a camera 1 m above, looking down


def _map() -> VoxelMap:
    return VoxelMap(VoxelGrid(np.full(3, -0.5), np.full(3, 0.5), SIZE), 0.012, 0.05, ("front", "lidar"))


def _plane(height: float, half: int = 20) -> np.ndarray:
    x, y = np.meshgrid(np.arange(-half, half) * SIZE, np.arange(-half, half) * SIZE)
    return np.stack([x, y, np.full_like(x, height)], axis=-1).reshape(-1, 3).astype(np.float32)


def _see(voxels: VoxelMap, points: np.ndarray, coloured: bool = True, weight: np.ndarray | None = None) -> None:
    count = len(points)
    rgb = np.full((count, 3), 200, np.uint8) if coloured else None
    weight = np.ones(count, np.float32) if weight is None else weight
    source = np.full(count, 0 if coloured else 1, np.uint8)
    voxels.add(voxels.grid.surface(voxels.grid.cells(points), points, rgb, source, weight))


def _points(voxels: VoxelMap) -> np.ndarray:
    points = voxels.cloud(np.ones(len(voxels), bool)).points_base
    return points[np.lexsort(points.T)]


def test_a_voxel_holds_the_weighted_mean_of_what_falls_into_it() -> None:
    random, voxels = np.random.default_rng(0), _map()
    points = random.uniform(-0.2, 0.2, (5000, 3)).astype(np.float32)
    weight = random.uniform(0.1, 2.0, 5000).astype(np.float32)
    _see(voxels, points, coloured=False, weight=weight)
    index = np.round(points / SIZE).astype(int)
    keys, inverse = np.unique(index, axis=0, return_inverse=True)
    total = np.bincount(inverse.reshape(-1), weight)
    means = np.stack([np.bincount(inverse.reshape(-1), points[:, axis] * weight) / total for axis in range(3)], axis=1)
    assert len(voxels) == len(keys)
    np.testing.assert_allclose(_points(voxels), means[np.lexsort(means.astype(np.float32).T)], atol=1e-6)


def test_what_is_seen_again_draws_near_its_mean() -> None:
    random, voxels, noise = np.random.default_rng(1), _map(), 0.001
    for _ in range(8):
        points = _plane(0.0)
        points[:, 2] += random.normal(0, noise, len(points)).astype(np.float32)
        _see(voxels, points)
    assert len(voxels) == 1600
    assert _points(voxels)[:, 2].std() < 0.5 * noise


def test_what_a_camera_looks_through_is_gone_at_once_and_nothing_else() -> None:
    voxels = _map()
    _see(voxels, np.concatenate([_plane(0.0), _plane(0.2, half=4)]))
    depth = np.full((100, 100), 1.0, np.float32)  # the table alone: what stood on it was taken away
    depth[:, :40] = np.nan  # what a camera does not see, it says nothing of
    voxels.forget(voxels.looked_through(voxels.residual(depth, K, DOWN)))
    high = _points(voxels)
    assert len(voxels) < 1600 + 64 and (high[:, 2] < 0.1).sum() == 1600
    assert (high[high[:, 2] > 0.1][:, 0] < -0.06).all()


def test_forgetting_keeps_every_other_voxel_findable() -> None:
    random, voxels = np.random.default_rng(2), _map()
    _see(voxels, _plane(0.0))
    before = voxels.points_base.copy()
    gone = random.integers(0, len(voxels), 700)
    kept = np.delete(before, np.unique(gone), axis=0)
    voxels.forget(gone)
    np.testing.assert_array_equal(_points(voxels), kept[np.lexsort(kept.T)])
    _see(voxels, _plane(0.0))  # the forgotten come back, the others are met again: none is there twice
    assert len(voxels) == len(before)
    voxels.forget(np.arange(len(voxels)))
    assert len(voxels) == 0
    _see(voxels, _plane(0.0))
    assert len(voxels) == len(before)


def test_there_is_room_for_more_than_there_was_at_first(monkeypatch) -> None:
    monkeypatch.setattr("sensors.voxel_map.ROOM", 10)
    voxels = _map()
    _see(voxels, _plane(0.0))
    _see(voxels, _plane(0.1))
    assert len(voxels) == 3200


def test_what_lies_in_a_box_is_found() -> None:
    voxels = _map()
    _see(voxels, _plane(0.0))
    turned = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])
    box = Box(pose=transform([0.05, 0.02, 0.0], turned), size=np.array([0.1, 0.04, 0.02]))
    wanted = np.flatnonzero(box.contains(voxels.points_base, 0.005))
    assert 20 < len(wanted) < 200
    np.testing.assert_array_equal(voxels.inside(box, 0.005), wanted)


def test_a_camera_takes_over_from_a_lidar_and_not_the_other_way_round() -> None:
    voxels = _map()
    _see(voxels, _plane(0.002), coloured=False)
    _see(voxels, _plane(0.0))
    _see(voxels, _plane(0.002), coloured=False)
    cloud = voxels.cloud(np.ones(len(voxels), bool))
    assert cloud.coloured.all() and (cloud.source == 0).all()
    np.testing.assert_allclose(cloud.points_base[:, 2], 0.0, atol=1e-6)

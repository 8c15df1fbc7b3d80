"""Part: all that is visible of one link of one body, and where PyBullet says each part is now."""

from dataclasses import dataclass, replace

import numpy as np

from robot.transforms import apply, from_xyz_quat_xyzw, invert
from sim.bullet import pybullet
from sim.meshes import Mesh, shape_meshes


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """What moves as one.

    Attributes:
        body: PyBullet's body id.
        link: PyBullet's link index, -1 for the base.
        movable: whether physics can move it; what can't still may be put elsewhere.
        meshes: in the link's URDF frame; for a base in its centre-of-mass frame, the one that PyBullet reports.
    """

    body: int
    link: int
    movable: bool
    meshes: tuple[Mesh, ...]


def body_ids(client: int) -> tuple[int, ...]:
    """The bodies that are in the world now."""
    count = pybullet.getNumBodies(physicsClientId=client)
    return tuple(pybullet.getBodyUniqueId(index, physicsClientId=client) for index in range(count))


def read_parts(client: int) -> list[Part]:
    """Every visible part of every body: first those that stand still, then the movable ones, each by body, then link.

    Raises:
        InvalidInput: a mesh that can't be read.
    """
    parts = []
    for body in body_ids(client):
        meshes_by_link: dict[int, list[Mesh]] = {}
        for _, link, kind, dimensions, file, xyz, quat_xyzw, rgba, *_ in pybullet.getVisualShapeData(
            body, physicsClientId=client
        ):
            if rgba[3] > 0:
                meshes = shape_meshes(kind, tuple(dimensions), file.decode(), tuple(xyz), tuple(quat_xyzw), tuple(rgba))
                meshes_by_link.setdefault(link, []).extend(meshes)
        for link, meshes in sorted(meshes_by_link.items()):
            in_frame = _in_reported_frame(client, body, link, meshes)
            parts.append(Part(body=body, link=link, movable=_movable(client, body, link), meshes=in_frame))
    return sorted(parts, key=lambda part: part.movable)


def _movable(client: int, body: int, link: int) -> bool:
    """Whether a joint stands between a link and its base, or the base has a mass: PyBullet gives none to a fixed one."""
    while link != -1:
        joint = pybullet.getJointInfo(body, link, physicsClientId=client)
        if joint[2] != pybullet.JOINT_FIXED:
            return True
        link = joint[16]
    return pybullet.getDynamicsInfo(body, -1, physicsClientId=client)[0] > 0


def _in_reported_frame(client: int, body: int, link: int, meshes: list[Mesh]) -> tuple[Mesh, ...]:
    """A base's meshes in the centre-of-mass frame; a link's as they are, PyBullet reports both of its frames."""
    if link != -1:
        return tuple(meshes)
    dynamics = pybullet.getDynamicsInfo(body, -1, physicsClientId=client)
    T_com_link = invert(from_xyz_quat_xyzw(dynamics[3], dynamics[4]))
    rotation = T_com_link[:3, :3].astype(np.float32)
    return tuple(replace(mesh, vertices=apply(T_com_link, mesh.vertices), normals=mesh.normals @ rotation.T) for mesh in meshes)


class PartPoses:
    """Asks PyBullet where the parts are."""

    def __init__(self, client: int, parts: list[Part]) -> None:
        """For these parts, in their order."""
        self._client = client
        links_by_body: dict[int, list[int]] = {}
        asked = sorted(range(len(parts)), key=lambda index: (parts[index].body, parts[index].link))
        for index in asked:
            links_by_body.setdefault(parts[index].body, []).append(parts[index].link)
        self._links_by_body = links_by_body
        self._row_of_part = np.argsort(np.array(asked, dtype=int))

    def read(self) -> np.ndarray:
        """Position in m and quat_xyzw (P, 7) of each part's frame in world."""
        rows = []
        for body, links in self._links_by_body.items():
            if links[0] == -1:
                position, quat_xyzw = pybullet.getBasePositionAndOrientation(body, physicsClientId=self._client)
                rows.append(position + quat_xyzw)
                links = links[1:]
            if links:
                states = pybullet.getLinkStates(body, links, computeForwardKinematics=1, physicsClientId=self._client)
                rows += [state[4] + state[5] for state in states]
        return np.array(rows, dtype=float).reshape(-1, 7)[self._row_of_part]

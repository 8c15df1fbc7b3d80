"""Kinematics: forward kinematics, Jacobian and inverse kinematics of one arm, on pinocchio."""

import numpy as np
import pinocchio as pin  # pyright: ignore[reportMissingImports]

from robot.errors import InvalidInput, one_of
from robot.model import RobotModel

POSITION_TOLERANCE = 0.5e-3
ROTATION_TOLERANCE = 2e-3
_LIMIT_MARGIN = 0.01
_MAX_STEPS = 60
_NUM_RESTARTS = 24
_MAX_STEP = 0.5
_DAMPING = 1e-4
_CONVERGED = 1e-6
_PULL = 0.1


class Kinematics:
    """Where the links of one arm are, and which joints bring the tool to a pose.

    Deterministic: the same input gives the same bits. One instance belongs to one thread, because pinocchio
    keeps its intermediate results in it.
    """

    def __init__(self, model: RobotModel) -> None:
        """Load the URDF; joints of it that the model does not name are locked at their zero.

        Raises:
            InvalidInput: a body without kinematics, or joints or a tool link that the URDF does not have.
        """
        self.model = model
        self._pin = _load(model)
        self._tool_body, T_body_tool_link = self.body_of(model.tool_link)
        self._T_body_ee = pin.SE3(T_body_tool_link @ model.T_tool_link_ee)
        frame = pin.Frame("handsight_ee", self._tool_body, 0, self._T_body_ee, pin.FrameType.OP_FRAME)
        self._ee = self._pin.addFrame(frame, False)
        self._data = self._pin.createData()
        self._rotations = [pose.rotation for pose in self._data.oMi]  # views: they follow the data
        self._origins = [pose.translation for pose in self._data.oMi]
        self._place = self._data.oMf[self._ee].translation
        self._lower, self._upper = _inside(model.position_lower, model.position_upper)
        draws = np.random.default_rng(0).random((_NUM_RESTARTS, model.num_joints))
        self._restarts = self._lower + draws * (self._upper - self._lower)

    def forward(self, q: np.ndarray) -> np.ndarray:
        """The tool's pose T_base_ee (4, 4) at joint positions (J,) rad."""
        pin.forwardKinematics(self._pin, self._data, np.asarray(q, dtype=float))
        return (self._data.oMi[self._tool_body] * self._T_body_ee).homogeneous

    def jacobian(self, q: np.ndarray) -> np.ndarray:
        """The tool's Jacobian (6, J) in base axes: linear m/s rows first, then angular rad/s."""
        pin.computeJointJacobians(self._pin, self._data, np.asarray(q, dtype=float))
        return pin.getFrameJacobian(self._pin, self._data, self._ee, pin.LOCAL_WORLD_ALIGNED)

    def tool(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The tool's place (3,) in base, and how it moves with the joints: (3, J) in base axes, m/rad; one look at both."""
        pin.computeJointJacobians(self._pin, self._data, q)
        pin.updateFramePlacement(self._pin, self._data, self._ee)
        return self._place.copy(), pin.getFrameJacobian(self._pin, self._data, self._ee, pin.LOCAL_WORLD_ALIGNED)[:3]

    def bodies(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rotations (J+1, 3, 3) and origins (J+1, 3) in base of all rigid bodies: 0 is the base, j is what joint j moves."""
        pin.forwardKinematics(self._pin, self._data, np.asarray(q, dtype=float))
        return np.array(self._rotations), np.array(self._origins)

    def body_of(self, link: str) -> tuple[int, np.ndarray]:
        """Which rigid body (an index into `bodies`) a link belongs to, and T_body_link (4, 4)."""
        if not self._pin.existFrame(link):
            raise one_of("robot.link", link, [frame.name for frame in self._pin.frames if frame.type == pin.FrameType.BODY])
        frame = self._pin.frames[self._pin.getFrameId(link)]
        return int(frame.parentJoint), frame.placement.homogeneous

    def links(self, q: np.ndarray) -> dict[str, np.ndarray]:
        """T_base_link (4, 4) of every link that carries a collision shape."""
        rotations, origins = self.bodies(q)
        poses = {}
        for link in dict.fromkeys(capsule.link for capsule in self.model.capsules):
            body, T_body_link = self.body_of(link)
            T_base_body = np.eye(4)
            T_base_body[:3, :3], T_base_body[:3, 3] = rotations[body], origins[body]
            poses[link] = T_base_body @ T_body_link
        return poses

    def inverse(self, T_base_ee: np.ndarray, q_start: np.ndarray) -> np.ndarray | None:
        """Joint positions (J,) that bring the tool to the pose, found from q_start first, then from other postures.

        None if no start leads within 0.5 mm and 2 mrad inside the joint limits.
        """
        for seed in (q_start, self.model.home, *self._restarts):
            q = self.descend(T_base_ee, seed)
            if q is not None:
                return q
        return None

    def descend(self, T_base_ee: np.ndarray, q_start: np.ndarray, posture: np.ndarray | None = None) -> np.ndarray | None:
        """The solution (J,) that one descent from q_start ends in, or None; spare freedom pulls to a posture, home if None.

        Levenberg–Marquardt with the damping of Sugihara, "Solvability-unconcerned inverse kinematics by the
        Levenberg–Marquardt method", IEEE T-RO 27(5), 2011: proportional to the squared error, so it is strong far
        away and in singular postures and vanishes at the goal.
        """
        target = pin.SE3(np.asarray(T_base_ee, dtype=float))
        posture = self.model.home if posture is None else posture
        q = np.clip(np.asarray(q_start, dtype=float), self._lower, self._upper)
        error, J = self._error(target, q)
        for _ in range(_MAX_STEPS):
            if float(error @ error) < _CONVERGED**2:
                break
            q = np.clip(q + self._step(error, J, q, posture), self._lower, self._upper)
            error, J = self._error(target, q)
        close = np.linalg.norm(error[:3]) < POSITION_TOLERANCE and np.linalg.norm(error[3:]) < ROTATION_TOLERANCE
        return q if close else None

    def _error(self, target: pin.SE3, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The twist (6,) in the tool's axes that leads from q's pose to the target in unit time, and the Jacobian (6, J)."""
        pin.computeJointJacobians(self._pin, self._data, q)
        current = self._data.oMi[self._tool_body] * self._T_body_ee
        return pin.log6(current.actInv(target)).vector, pin.getFrameJacobian(self._pin, self._data, self._ee, pin.LOCAL)

    def _step(self, error: np.ndarray, J: np.ndarray, q: np.ndarray, posture: np.ndarray) -> np.ndarray:
        """One damped step (J,) against the error, with a pull toward the posture that fades out at the goal."""
        uphill = J.T @ error
        blocked = ((q <= self._lower) & (uphill < 0)) | ((q >= self._upper) & (uphill > 0))
        J[:, blocked] = 0.0
        squared = float(error @ error)
        damped = J @ J.T + (squared + _DAMPING**2) * np.eye(6)
        pull = _PULL * min(1.0, 10.0 * squared**0.5) * (posture - q)
        pull[blocked] = 0.0
        step = pull + J.T @ np.linalg.solve(damped, error - J @ pull)
        return step * min(1.0, _MAX_STEP / max(np.abs(step).max(), 1e-12))


def _load(model: RobotModel) -> pin.Model:
    """The URDF's pinocchio model with exactly the joints that the robot names, in that order."""
    if model.urdf is None:
        raise InvalidInput(f"{model.name}: expected an arm with a URDF, got a body without kinematics")
    loaded = pin.buildModelFromUrdf(str(model.urdf))
    for name in model.joint_names:
        if not loaded.existJointName(name):
            raise one_of("robot.joint_names", name, list(loaded.names)[1:])
    locked = [loaded.getJointId(name) for name in list(loaded.names)[1:] if name not in model.joint_names]
    reduced = pin.buildReducedModel(loaded, locked, pin.neutral(loaded)) if locked else loaded
    if tuple(reduced.names)[1:] != model.joint_names or reduced.nq != model.num_joints:
        raise InvalidInput(f"robot.joint_names: expected the URDF's order {', '.join(list(reduced.names)[1:])}")
    return reduced


def _inside(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The joint range a little inside its limits, so that a motion that ends there can still overshoot by rounding."""
    margin = np.minimum(_LIMIT_MARGIN, 0.1 * (upper - lower))
    return lower + margin, upper - margin

"""Refinement: poses adjusted by least squares until what they predict fits best, with the standard errors that follow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from robot.transforms import transform


@dataclass(frozen=True, eq=False, kw_only=True)
class Refined:
    """Poses that fit best.

    Attributes:
        poses: each (4, 4).
        rms: of the residuals, in their unit.
        sigma_m: standard error of each pose's position along its worst direction.
        sigma_rad: of its rotation about its worst axis.
    """

    poses: Sequence[np.ndarray]
    rms: float
    sigma_m: Sequence[float]
    sigma_rad: Sequence[float]


def refine(
    residuals: Callable[[Sequence[np.ndarray]], np.ndarray], start: Sequence[np.ndarray], scale: float, group: np.ndarray
) -> Refined:
    """Adjust poses until the residuals (M,) are smallest; those above `scale` count less (soft L1), as wrong corners do.

    Residuals of one `group` (M,), such as a picture, share the error of that picture's arm pose; so the standard errors are
    taken over groups (the sandwich of Liang and Zeger 1986, equation 7), with the small-sample factor G / (G - 1).
    """

    def moved(steps: np.ndarray) -> list[np.ndarray]:
        return [T @ _small(step) for T, step in zip(start, steps.reshape(-1, 6), strict=True)]

    fit = least_squares(
        lambda steps: residuals(moved(steps)), np.zeros(6 * len(start)), loss="soft_l1", f_scale=scale, x_scale="jac"
    )
    rest = residuals(moved(fit.x))
    groups = np.unique(group)
    pulls = np.array([fit.jac[group == each].T @ rest[group == each] for each in groups])  # (G, 6 per pose)
    inverse = np.linalg.pinv(fit.jac.T @ fit.jac, rcond=1e-14)
    covariance = inverse @ (pulls.T @ pulls) @ inverse * len(groups) / max(len(groups) - 1, 1)
    return Refined(
        poses=moved(fit.x),
        rms=float(np.sqrt(np.mean(rest**2))),
        sigma_m=[_worst(covariance, 6 * index) for index in range(len(start))],
        sigma_rad=[_worst(covariance, 6 * index + 3) for index in range(len(start))],
    )


def _small(step: np.ndarray) -> np.ndarray:
    """A motion (4, 4) by a shift (m) and a rotation vector (rad), (6,) together."""
    return transform(step[:3], Rotation.from_rotvec(step[3:]).as_matrix())


def _worst(covariance: np.ndarray, first: int) -> float:
    """The standard error along the worst direction of three parameters."""
    return float(np.sqrt(np.linalg.eigvalsh(covariance[first : first + 3, first : first + 3])[-1]))

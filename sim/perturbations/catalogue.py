"""The perturbations by name: those of every set-up, and those of each of its sensors.

none, dim_light, side_light, distractors, physics, latency, push, object_moved, progress_undone, sentence_swapped, blind
<sensor>_<mode of sensors.faults>, <sensor>_blanked, and <camera>_moved_5cm, <camera>_turned_5deg
"""

from collections.abc import Mapping

from sensors.calibration import SensorsConfig
from sensors.faults import MODES
from sim.perturbations.disturbances import ObjectMoved, ProgressUndone, Push
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.probes import Blanked, Late, SentenceSwapped
from sim.perturbations.sensing import Displaced, Faulty, Lit
from sim.perturbations.things import Distractors, Physics
from sim.shading import Light

FIVE_CM = 0.05
FIVE_DEGREES = 0.0873


def probes(sensors: SensorsConfig) -> list[str]:
    """Those that a policy which listens and looks must feel: another sentence, and each sensor blanked."""
    names = (*sensors.cameras, *sensors.lidars, *sensors.imus)
    return ["sentence_swapped", *(f"{name}_blanked" for name in names)]


def perturbations(sensors: SensorsConfig) -> Mapping[str, Perturbation]:
    """All that there are for a set-up of sensors."""
    names = (*sensors.cameras, *sensors.lidars, *sensors.imus)
    return {
        "none": Perturbation(),
        "dim_light": Lit(Light(sun=0.25, sky=0.15, ground=0.06), exposure=0.35),
        "side_light": Lit(Light(towards_sun_world=(-0.3, 1.5, 0.5), sun=0.9, sky=0.25, ground=0.1)),
        "distractors": Distractors(),
        "physics": Physics(),
        "latency": Late(),
        "push": Push(),
        "object_moved": ObjectMoved(),
        "progress_undone": ProgressUndone(),
        "sentence_swapped": SentenceSwapped(),
        "blind": Blanked(*sensors.cameras, *sensors.lidars, imu=True),
        **{f"{name}_blanked": Blanked(name) for name in (*sensors.cameras, *sensors.lidars)},
        **{f"{name}_blanked": Blanked(imu=True) for name in sensors.imus},
        **{f"{name}_moved_5cm": Displaced(name, offset=FIVE_CM) for name in sensors.cameras},
        **{f"{name}_turned_5deg": Displaced(name, turn=FIVE_DEGREES) for name in sensors.cameras},
        **{f"{name}_{mode}": Faulty(name, mode) for name in names for mode in MODES},
    }

"""handsight-replay: a recorded episode as a film, for the rerun viewer, or once more in simulation.

    handsight-replay runs/x/episode/episode_000000.json                           a film beside it: cameras, sentence, sub-tasks
    handsight-replay runs/x/episode/episode_000000.json to=rrd                    every stream, for the rerun viewer
    handsight-replay runs/x/episode/episode_000000.json to=rrd why=runs/mine/best   and what this model looks at, at each plan
    handsight-replay runs/x/episode/episode_000000.json to=simulation by=command  done again, and how far it drifts
    handsight-replay runs/x/episode/episode_000000.json to=simulation by=state view=window

`by=command` gives the body what was commanded at each control tick, `by=state` has it follow the recorded joint states; both
go through the safety filter. `why=shipped` is the shipped model. `out=` names the file; otherwise it stands beside the episode.
Exit code 0: done; 2: refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from policies.observers.film import film
from policies.observers.rerun_log import write_rrd
from policies.policy import Explanation
from policies.vla.policy_config import SHIPPED
from robot.configuration import run
from robot.errors import InvalidInput, one_of
from robot.model import RobotConfig, RobotModel
from sim.reenactment import reenact

TARGETS = ("video", "rrd", "simulation")


@dataclass
class ReplayConfig:
    """The YAML of handsight-replay."""

    robot: RobotConfig = field(default_factory=RobotConfig)
    to: str = "video"
    why: str = ""
    by: str = "command"
    view: str = "none"
    out: str = ""


SCHEMAS: dict[str, type] = {"replay": ReplayConfig, "robot/panda": RobotConfig, "robot/xarm6": RobotConfig}


def replay(config: ReplayConfig, sentence: str) -> int:
    """Play one episode back."""
    if not sentence.strip():
        raise InvalidInput("episode: expected its manifest, such as handsight-replay runs/x/episode/episode_000000.json")
    manifest = Path(sentence.strip())
    if config.why and config.to != "rrd":
        raise InvalidInput(f"why: expected to=rrd with it, got to={config.to}")
    match config.to:
        case "video":
            out = named(config.out, manifest, ".mp4")
            print(f"{out}: {film(manifest, out)} steps")
        case "rrd":
            out = named(config.out, manifest, ".rrd")
            write_rrd(manifest, out, explanations(config, manifest))
            print(f"{out}: open it with `rerun {out}`")
        case "simulation":
            print(f"{manifest.stem} by {config.by}: {reenact(manifest, config.by, config.view)}")
        case _:
            raise one_of("to", config.to, TARGETS)
    return 0


def explanations(config: ReplayConfig, manifest: Path) -> Iterable[tuple[int, Explanation]]:
    """What the model that was asked for attends to at each plan; none if none was."""
    if not config.why:
        return ()
    from policies.training.review import review  # torch and transformers take seconds to import

    return review(manifest, SHIPPED if config.why == "shipped" else Path(config.why), RobotModel.from_config(config.robot))


def named(out: str, manifest: Path, ending: str) -> Path:
    """The file to write: as asked for, else beside the episode.

    Raises:
        InvalidInput: a name that does not end as such files do.
    """
    path = Path(out) if out else manifest.with_suffix(ending)
    if path.suffix != ending:
        raise InvalidInput(f"out: expected a file's name that ends in {ending}, got {out!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def main() -> None:
    """The console script."""
    run(replay, "replay", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()

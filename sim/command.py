"""handsight-command: type a sentence and watch a simulated robot do it.

    handsight-command "put the red block in the blue bowl"          one sentence, then the verdict
    handsight-command "stack the red block on the green one" seed=7  another scene
    handsight-command                                                a prompt: help, objects, undo, quit
    handsight-command policy=teleoperation "put the red block away"  a person does it, by keyboard or gamepad
    handsight-command policy=corrected "pick up the red block"       a person corrects it while a key is held

It says what it understood and what it sees, shows what it does while it moves, ends with a plain verdict, and leaves a
folder with a video, a picture of scene, cloud, value map and path, the resolved config and the recorded episode. Left,
right, in front and behind are as seen from behind the robot. Exit code 0: succeeded; 1: not; 2: refused, nothing moved.
"""

from policies.catalogue import SCHEMAS as POLICY_SCHEMAS
from policies.corrected import CorrectedConfig
from policies.teleoperation import TeleoperationConfig
from robot.configuration import run, to_yaml
from robot.errors import InvalidInput
from sim.prompt import Prompt
from sim.session import CommandConfig, Session
from sim.stage import SCHEMAS as STAGE_SCHEMAS

SCHEMAS = {
    "command": CommandConfig,
    **STAGE_SCHEMAS,
    **POLICY_SCHEMAS,
}


def command(config: CommandConfig, sentence: str) -> int:
    """One sentence, or a prompt if there is none."""
    if isinstance(config.policy, TeleoperationConfig | CorrectedConfig) and not sentence.strip():
        raise InvalidInput('instruction: expected a sentence for the log, such as "pick up the red block"')
    session = Session(config, to_yaml(config))
    try:
        if sentence.strip():
            return session.perform(sentence).exit_code
        return Prompt(session).talk()
    finally:
        session.close()


def main() -> None:
    """The console script."""
    run(command, "command", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()

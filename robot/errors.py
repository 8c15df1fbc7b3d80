"""HandsightError and its few children: every message is one sentence for a person."""


class HandsightError(Exception):
    """Anything Handsight refuses; its text is one sentence that can be shown as it is."""


class InvalidInput(HandsightError):
    """A value at the border is not what was expected; the text says what was, and what came."""


class InstructionRefused(HandsightError):
    """The instruction can't be carried out as it stands; the world is unchanged."""


class Unreachable(HandsightError):
    """No motion within the robot's limits reaches what the plan asks for."""


class BodyFault(HandsightError):
    """The body (driver, controller or their process) failed and has braked."""


def one_of(name: str, value: object, valid: object) -> InvalidInput:
    """The refusal of an unknown name, with the valid ones: "sensor: unknown 'wrst'; available: front, wrist"."""
    return InvalidInput(f"{name}: unknown {value!r}; available: {', '.join(map(str, valid))}")  # type: ignore[call-overload]

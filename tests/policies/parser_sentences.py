"""Sentences and the programs that they mean, for the tests of the built-in parser."""

from typing import Any

from policies.language.program import GoHome, MoveTo, Phrase, Pick, Place, PointAt, Push, Put, Relation, SetGripper, Step


def thing(
    shape: str = "thing", colour: str | None = None, relation: Relation | None = None, *anchors: Phrase, **more: Any
) -> Phrase:
    """A phrase without its words."""
    return Phrase(text="", shape=shape, colour=colour, relation=relation, anchors=anchors, **more)


def to(relation: Relation, *anchors: Phrase, by: float | None = None) -> Place:
    """A place told by things."""
    return Place(text="", relation=relation, anchors=anchors, offset_m=by)


def part(region: str, relation: Relation = Relation.AT) -> Place:
    """A part of the table."""
    return Place(text="", region=region, relation=relation)


def way(direction: str, by: float | None = None) -> Place:
    """A direction."""
    return Place(text="", direction=direction, offset_m=by)


def pick(what: Phrase) -> Step:
    """A grasp."""
    return Pick(thing=what)


def put(what: Phrase | None, place: Place) -> Step:
    """A transport."""
    return Put(thing=what, place=place)


def push(what: Phrase, place: Place) -> Step:
    """A push."""
    return Push(thing=what, place=place)


def move(place: Place) -> Step:
    """A motion of the tool."""
    return MoveTo(place=place)


def point(what: Phrase) -> Step:
    """A gesture."""
    return PointAt(thing=what)


IN, ON, LEFT_OF, RIGHT_OF = Relation.IN, Relation.ON, Relation.LEFT_OF, Relation.RIGHT_OF
FRONT_OF, BEHIND, BETWEEN, NEXT_TO = Relation.IN_FRONT_OF, Relation.BEHIND, Relation.BETWEEN, Relation.NEXT_TO
ABOVE, AT = Relation.ABOVE, Relation.AT
BLOCK, BOWL, CAN, BALL, PLATE = (thing(shape) for shape in ("block", "bowl", "can", "ball", "plate"))
RED, GREEN, BLUE, BLUE_BOWL = thing("block", "red"), thing("block", "green"), thing("block", "blue"), thing("bowl", "blue")
RED_ONE, GREEN_ONE, BLUE_ONE = thing(colour="red"), thing(colour="green"), thing(colour="blue")
IT = thing(pronoun=True)
ON_PLATE, IN_BOWL = thing("block", None, ON, PLATE), thing("block", None, IN, BOWL)
OPEN, CLOSE, HOME = SetGripper(open=True), SetGripper(open=False), GoHome()
TOWER = [put(GREEN, to(ON, RED)), put(BLUE, to(ON, GREEN))]

SENTENCES: dict[str, list[Step]] = {
    # grasps
    "pick up the red block": [pick(RED)],
    "grab the green cube": [pick(GREEN)],
    "take the can": [pick(CAN)],
    "grasp a ball": [pick(thing("ball", indefinite=True))],
    "lift the leftmost can": [pick(thing("can", superlative="leftmost"))],
    "get the turquoise ball": [pick(thing("ball", "cyan"))],
    "grab the magenta brick": [pick(thing("block", "purple"))],
    "pick up the small red block": [pick(thing("block", "red", size="small"))],
    "pick up the huge, red block": [pick(thing("block", "red", size="large"))],
    "pick up another block": [pick(thing("block", other=True, indefinite=True))],
    "pick up the other red block": [pick(thing("block", "red", other=True))],
    "pick up any block": [pick(thing("block", indefinite=True))],
    "pick up one of the red blocks": [pick(thing("block", "red", indefinite=True))],
    "pick something up": [pick(thing(indefinite=True))],
    "pick up the smallest thing": [pick(thing(superlative="smallest"))],
    "pick up the tallest object": [pick(thing(superlative="tallest"))],
    "pick up the bigger block": [pick(thing("block", superlative="largest"))],
    "pick the red one": [pick(RED_ONE)],
    "pick up the left block": [pick(thing("block", superlative="leftmost"))],
    "pick up the block on the left": [pick(thing("block", superlative="leftmost"))],
    "pick up the block on the right side of the table": [pick(thing("block", superlative="rightmost"))],
    "pick up the block closest to you": [pick(thing("block", superlative="nearest"))],
    "pick up the furthest block": [pick(thing("block", superlative="farthest"))],
    "pick up the block closest to the bowl": [pick(thing("block", None, AT, BOWL, superlative="nearest"))],
    "pick up the block on the table": [pick(BLOCK)],
    "pick up the block in the bowl": [pick(IN_BOWL)],
    "take the block in the bowl": [pick(IN_BOWL)],
    "take the block out of the bowl": [pick(IN_BOWL)],
    "remove the block from the bowl": [pick(IN_BOWL)],
    "take the block from the plate": [pick(ON_PLATE)],
    "get the block off the plate": [pick(ON_PLATE)],
    "pick up the red block next to the bowl": [pick(thing("block", "red", NEXT_TO, BOWL))],
    "pick up the block that is left of the can": [pick(thing("block", None, LEFT_OF, CAN))],
    "pick up the block that's behind the can": [pick(thing("block", None, BEHIND, CAN))],
    "pick up the ball between the bowl and the plate": [pick(thing("ball", None, BETWEEN, BOWL, PLATE))],
    "pick up the elephant": [pick(thing("elephant"))],
    "pick up the grey elephant": [pick(thing("elephant", "gray"))],
    "pick up the purplish block": [pick(thing("block", unknown=("purplish",)))],
    "pick up the second block": [pick(thing("block", unknown=("second",)))],
    "pick up the dark green block": [pick(thing("block", "green", unknown=("dark",)))],
    "pick up the clock": [pick(thing("clock"))],
    "pick up the crown": [pick(thing("crown"))],
    "pick up the toy plane": [pick(thing("plane", unknown=("toy",)))],
    "pick up the yelow blokc": [pick(thing("block", "yellow"))],
    "pick up the red coloured block": [pick(RED)],
    "pick up the red block and hold it": [pick(RED)],
    "raise the red block": [pick(RED)],
    # transports
    "put the red block in the blue bowl": [put(RED, to(IN, BLUE_BOWL))],
    "place the red brick inside the blue dish": [put(RED, to(IN, BLUE_BOWL))],
    "set the can onto the plate": [put(CAN, to(ON, PLATE))],
    "lay the ball on top of the plate": [put(BALL, to(ON, PLATE))],
    "put red block in blue bowl": [put(RED, to(IN, BLUE_BOWL))],
    "put red on blue": [put(RED_ONE, to(ON, BLUE_ONE))],
    "move the red block to the left of the bowl": [put(RED, to(LEFT_OF, BOWL))],
    "put the red block on the right side of the bowl": [put(RED, to(RIGHT_OF, BOWL))],
    "put the red block in front of the can": [put(RED, to(FRONT_OF, CAN))],
    "put the red block behind the can": [put(RED, to(BEHIND, CAN))],
    "put the red block beside the can": [put(RED, to(NEXT_TO, CAN))],
    "move the red block to the bowl": [put(RED, to(NEXT_TO, BOWL))],
    "take the red block to the bowl": [put(RED, to(NEXT_TO, BOWL))],
    "put the ball between the can and the bowl": [put(BALL, to(BETWEEN, CAN, BOWL))],
    "put the ball between the red and the blue block": [put(BALL, to(BETWEEN, RED, BLUE))],
    "put the red block 10 cm to the left of the bowl": [put(RED, to(LEFT_OF, BOWL, by=0.1))],
    "put the red block two inches behind the can": [put(RED, to(BEHIND, CAN, by=0.0508))],
    "put the red block ten centimetres from the bowl": [put(RED, to(NEXT_TO, BOWL, by=0.1))],
    "put the red block in the middle of the table": [put(RED, part("middle"))],
    "put the red block in the front left corner": [put(RED, part("front left"))],
    "put the red block in the top right corner of the table": [put(RED, part("back right"))],
    "put the red block on the left side": [put(RED, part("left"))],
    "put the red block on the left": [put(RED, part("left"))],
    "put the red block at the edge of the table": [put(RED, part("edge"))],
    "put the red block on the table": [put(RED, part("table"))],
    "put the red block somewhere": [put(RED, part("table"))],
    "return the red block to the table": [put(RED, part("table"))],
    "move the red block 5 cm to the left": [put(RED, way("left", 0.05))],
    "move the red block left": [put(RED, way("left"))],
    "put the red block down": [put(RED, way("down"))],
    "put it down": [put(None, way("down"))],
    "put down what you are holding": [put(None, way("down"))],
    "put it in the bowl": [put(None, to(IN, BOWL))],
    "drop it in the bowl": [put(None, to(IN, BOWL))],
    "lower it into the bowl": [put(None, to(IN, BOWL))],
    "drop the red block into the bowl": [put(RED, to(IN, BOWL))],
    "put the left one on the right one": [put(thing(superlative="leftmost"), to(ON, thing(superlative="rightmost")))],
    "put the elephant in the bowl": [put(thing("elephant"), to(IN, BOWL))],
    # whose place it is
    "put the block on the plate in the bowl": [put(ON_PLATE, to(IN, BOWL))],
    "put the block that is in the bowl on the plate": [put(IN_BOWL, to(ON, PLATE))],
    "put the block lying on the plate into the bowl": [put(ON_PLATE, to(IN, BOWL))],
    "put the block in the bowl that is on the plate": [put(BLOCK, to(IN, thing("bowl", None, ON, PLATE)))],
    "put the block into the bowl on the plate": [put(BLOCK, to(IN, thing("bowl", None, ON, PLATE)))],
    "put it on the plate in the bowl": [put(None, to(ON, thing("plate", None, IN, BOWL)))],
    "move the block from the plate to the table": [put(ON_PLATE, part("table"))],
    "put the block on the left in the bowl": [put(thing("block", superlative="leftmost"), to(IN, BOWL))],
    "put the red block, which is next to the can, on the plate": [put(thing("block", "red", NEXT_TO, CAN), to(ON, PLATE))],
    "put the block that is red on the plate": [put(RED, to(ON, PLATE))],
    "put in the blue bowl the red block": [put(RED, to(IN, BLUE_BOWL))],
    # stacks
    "stack the red block on the blue block": [put(RED, to(ON, BLUE))],
    "stack the red, the green and the blue block": TOWER,
    "stack the red block, the green block and the blue block": TOWER,
    "build a tower of the red, the green and the blue block": TOWER,
    "stack the red, the green and the blue block on the plate": [put(RED, to(ON, PLATE)), *TOWER],
    "stack a block on another": [put(thing("block", indefinite=True), to(ON, thing(other=True, indefinite=True)))],
    # pushes
    "push the red block to the left": [push(RED, way("left"))],
    "push the red block 10 cm to the left": [push(RED, way("left", 0.1))],
    "slide the red block forward by 5 centimeters": [push(RED, way("forward", 0.05))],
    "shove the can away": [push(CAN, way("forward"))],
    "pull the can toward you": [push(CAN, way("back"))],
    "nudge the can a bit to the right": [push(CAN, way("right", 0.05))],
    "push the can half a metre to the right": [push(CAN, way("right", 0.5))],
    "push the can toward the bowl": [push(CAN, to(NEXT_TO, BOWL))],
    "push the can next to the bowl": [push(CAN, to(NEXT_TO, BOWL))],
    "push the can to the front-left corner": [push(CAN, part("front left"))],
    "push the can to the edge": [push(CAN, part("edge"))],
    "push the red block and the can to the left": [push(RED, way("left")), push(CAN, way("left"))],
    # the tool
    "move above the red block": [move(to(ABOVE, RED))],
    "move the gripper to the red block": [move(to(AT, RED))],
    "reach for the red block": [move(to(AT, RED))],
    "approach the red block": [move(to(AT, RED))],
    "hover over the bowl": [move(to(ABOVE, BOWL))],
    "go 10 cm above the bowl": [move(to(ABOVE, BOWL, by=0.1))],
    "go to the left of the bowl": [move(to(LEFT_OF, BOWL))],
    "move up 5 cm": [move(way("up", 0.05))],
    "raise the gripper by 5 cm": [move(way("up", 0.05))],
    "lower the hand": [move(way("down"))],
    "move to the left": [move(way("left"))],
    "move to the middle of the table": [move(part("middle"))],
    "hover above the left side of the table": [move(part("left", ABOVE))],
    "move the arm above the block on the plate": [move(to(ABOVE, ON_PLATE))],
    "go back to the bowl": [move(to(AT, BOWL))],
    "point at the can": [point(CAN)],
    "show me the red block": [point(RED)],
    "show me where the red block is": [point(RED)],
    "open the gripper": [OPEN],
    "let go": [OPEN],
    "let it go": [OPEN],
    "drop it": [OPEN],
    "release the red block": [OPEN],
    "close your hand": [CLOSE],
    "go home": [HOME],
    "go back": [HOME],
    "return to the start position": [HOME],
    # chains
    "put the red block in the blue bowl, then go home": [put(RED, to(IN, BLUE_BOWL)), HOME],
    "pick up the red block and put it in the bowl": [pick(RED), put(None, to(IN, BOWL))],
    "pick up the red block and place in the bowl": [pick(RED), put(None, to(IN, BOWL))],
    "pick up the red block and put the block in the bowl": [pick(RED), put(None, to(IN, BOWL))],
    "pick up and put the red block in the bowl": [put(RED, to(IN, BOWL))],
    "pick up the red block. Drop it. Go home.": [pick(RED), OPEN, HOME],
    "first pick up the can; after that put it down; finally go home": [pick(CAN), put(None, way("down")), HOME],
    "go to the ball, close the gripper, move up": [move(to(AT, BALL)), CLOSE, move(way("up"))],
    "put the red block in the bowl and the can on the plate": [put(RED, to(IN, BOWL)), put(CAN, to(ON, PLATE))],
    "put the red block and the can in the bowl": [put(RED, to(IN, BOWL)), put(CAN, to(IN, BOWL))],
    "put the red and blue blocks in the bowl": [put(RED, to(IN, BOWL)), put(BLUE, to(IN, BOWL))],
    "push the can forward and then pick it up": [push(CAN, way("forward")), pick(IT)],
    "put the can in the bowl, then put the red block behind it": [put(CAN, to(IN, BOWL)), put(RED, to(BEHIND, IT))],
    "push the can left and put what you hold in the bowl": [push(CAN, way("left")), put(None, to(IN, BOWL))],
    "move above the bowl and push it forward": [move(to(ABOVE, BOWL)), push(IT, way("forward"))],
    "pick up the can, put it in the bowl, then pick up the one behind it": [
        pick(CAN), put(None, to(IN, BOWL)), pick(thing("thing", None, BEHIND, IT))
    ],
    "1. pick up the red block 2. put it in the blue bowl": [pick(RED), put(None, to(IN, BLUE_BOWL))],
}  # fmt: skip

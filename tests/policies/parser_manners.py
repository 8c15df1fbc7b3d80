"""Sentences about how to move, about all of a kind, furniture, sorting and building, and the programs that they mean."""

from typing import Any

from policies.language.program import (
    AtSpeed,
    Build,
    KeepAway,
    Manner,
    MoveTo,
    Phrase,
    Pick,
    Place,
    Push,
    Put,
    Relation,
    SetDrawer,
    Sort,
    StayAt,
    Step,
    Sweep,
)
from tests.policies.parser_sentences import (
    ABOVE,
    AT,
    BLUE,
    CAN,
    GREEN,
    HOME,
    IN,
    LEFT_OF,
    ON,
    RED,
    part,
    put,
    thing,
    to,
    way,
)


def move(place: Place, *manners: Manner) -> Step:
    return MoveTo(place=place, manners=manners)


def push(what: Phrase, place: Place, *manners: Manner) -> Step:
    return Push(thing=what, place=place, manners=manners)


def away(*things: Phrase, by: float | None = None) -> Manner:
    return KeepAway(things=things, at_least_m=by)


def along(region: str | None = None, *lines: Phrase) -> Place:
    return Place(text="", relation=Relation.ALONG, region=region, anchors=lines)


def every(shape: str = "thing", colour: str | None = None, **more: Any) -> Phrase:
    return thing(shape, colour, every=True, **more)


STAY_LEFT_SIDE, CORNER = StayAt(place=part("left")), part("back left")
DRAWER, CRUMBS, DUSTPAN, BINS = thing("drawer"), thing("crumbs"), thing("dustpan"), every("bin")
LEFT_BIN, RED_BIN = thing("bin", superlative="leftmost"), thing("bin", "red")
ANYWHERE = part("table")

MANNERS: dict[str, list[Step]] = {
    # the tool's way
    "move to the back left corner while moving at half speed when within 5 cm from the red block": [
        move(CORNER, AtSpeed(factor=0.5, near=RED, within_m=0.05))],
    "go to the back left corner of the table, moving at twice the normal speed whenever within 7 centimetres of the can": [
        move(CORNER, AtSpeed(factor=2.0, near=CAN, within_m=0.07))],
    "move to the middle of the table while moving slowly when near the can": [
        move(part("middle"), AtSpeed(factor=0.5, near=CAN, within_m=0.10))],
    "move to the right side of the table while moving at a third of normal speed in the left side of the table": [
        move(part("right"), AtSpeed(factor=0.3333, region="left"))],
    "move to the top left corner at three times of normal speed": [move(CORNER, AtSpeed(factor=3.0))],
    "move to the left side of the table at 40 % of the usual speed": [move(part("left"), AtSpeed(factor=0.4))],
    "move to the front side of the table while staying on the left of the red block": [
        move(part("front"), StayAt(place=to(LEFT_OF, RED)))],
    "move to the back left corner while staying on the back side of the can": [
        move(CORNER, StayAt(place=to(Relation.BEHIND, CAN)))],
    "move to the back left corner while staying above the can": [move(CORNER, StayAt(place=to(ABOVE, CAN)))],
    "move to the back left corner while staying at least 6 cm from the red block": [move(CORNER, away(RED, by=0.06))],
    "move to the back left corner without coming closer than 6 cm to the red block": [move(CORNER, away(RED, by=0.06))],
    "move above the can while keeping a distance of at least two inches from the red block and the green block": [
        move(to(ABOVE, CAN), away(RED, GREEN, by=0.0508))],
    "go to the can at half speed while avoiding the red block": [move(to(AT, CAN), AtSpeed(factor=0.5), away(RED))],
    "move to the front side of the red block": [move(to(Relation.IN_FRONT_OF, RED))],
    "move to the back of the red block": [move(to(Relation.BEHIND, RED))],
    "move to the top of the red block": [move(to(ON, RED))],
    # pushes
    "push the red block while staying away from the can": [push(RED, ANYWHERE, away(CAN))],
    "push the red block to the left by 10 cm while staying away from the can and the green block": [
        push(RED, way("left", 0.1), away(CAN, GREEN))],
    "shove the red block 10 cm to the left without touching the can": [push(RED, way("left", 0.1), away(CAN))],
    "push the red block while letting it stay on the left side of the table": [push(RED, ANYWHERE, STAY_LEFT_SIDE)],
    "push the red block along the left edge": [push(RED, along("left"))],
    "slide the red block along the middle of the table": [push(RED, along("middle"))],
    "push the red block along the diagonal": [push(RED, along("diagonal"))],
    "push the red block along the blue line": [push(RED, along(None, thing("line", "blue")))],
    # grasps and transports
    "grasp the red block from the table at a quarter of the normal speed": [
        Pick(thing=RED, manners=(AtSpeed(factor=0.25),))],
    "pick up the red block at half speed, then go home": [
        Pick(thing=RED, manners=(AtSpeed(factor=0.5),)), HOME],
    "drop the red block to the back left corner of the table": [put(RED, CORNER)],
    "put the red block in the box while staying at least 5 cm from the can": [
        Put(thing=RED, place=to(IN, thing("bin")), manners=(away(CAN, by=0.05),))],
    # drawers
    "open the drawer": [SetDrawer(drawer=DRAWER, open=True)],
    "close the top drawer by pushing": [SetDrawer(drawer=thing("drawer", superlative="topmost"), open=False)],
    "shut the left drawer": [SetDrawer(drawer=thing("drawer", superlative="leftmost"), open=False)],
    "close that drawer": [SetDrawer(drawer=DRAWER, open=False)],
    "pull the drawer open": [SetDrawer(drawer=DRAWER, open=True)],
    "push the bottom drawer shut": [SetDrawer(drawer=thing("drawer", superlative="bottommost"), open=False)],
    "pull out the drawer": [SetDrawer(drawer=DRAWER, open=True)],
    "put the red block in the drawer": [put(RED, to(IN, DRAWER))],
    "open the drawer and put the red block in the open drawer": [
        SetDrawer(drawer=DRAWER, open=True), put(RED, to(IN, DRAWER))],
    # sweeping
    "sweep the crumbs into the dustpan": [Sweep(thing=CRUMBS, place=to(IN, DUSTPAN))],
    "push the crumbs to the left side of the table": [Sweep(thing=CRUMBS, place=part("left"))],
    "brush the breadcrumbs onto the dust pan": [Sweep(thing=CRUMBS, place=to(ON, DUSTPAN))],
    # all of a kind
    "put all red things in the left bin": [put(every(colour="red"), to(IN, LEFT_BIN))],
    "put every block in the box": [put(every("block"), to(IN, thing("bin")))],
    "put the blocks in the red bin": [put(every("block"), to(IN, RED_BIN))],
    "put everything in the red tray": [put(every(), to(IN, RED_BIN))],
    "put both cans in the red bin": [put(every("can", count=2), to(IN, RED_BIN))],
    "put the two red blocks in the red bin": [put(every("block", "red", count=2), to(IN, RED_BIN))],
    "put all the other blocks on the left side": [put(every("block", other=True), part("left"))],
    "put all red and green blocks in the red bin": [
        put(every("block", "red"), to(IN, RED_BIN)), put(every("block", "green"), to(IN, RED_BIN))],
    "push all blocks to the left": [push(every("block"), way("left"))],
    # sorting
    "sort the blocks by colour into the bins": [Sort(things=every("block"), by="colour", into=BINS)],
    "sort everything by shape": [Sort(things=every(), by="shape", into=BINS)],
    "sort the blocks into the bins by color": [Sort(things=every("block"), by="colour", into=BINS)],
    "sort all blocks into the matching bowls": [Sort(things=every("block"), by="colour", into=every("bowl"))],
    "put each block in the bin of the same colour": [Sort(things=every("block"), by="colour", into=BINS)],
    "put all blocks into their matching boxes": [Sort(things=every("block"), by="colour", into=BINS)],
    # buildings
    "stack the three blocks": [Build(form="tower", things=(every("block", count=3),))],
    "stack all blocks": [Build(form="tower", things=(every("block"),))],
    "build a pyramid of the red, green and blue block": [Build(form="pyramid", things=(RED, GREEN, BLUE))],
    "make a pyramid from the three blocks": [Build(form="pyramid", things=(every("block", count=3),))],
}  # fmt: skip

MANNER_PARAPHRASES = (
    (
        "move to the back left corner while staying at least 5 cm from the can",
        "go to the back left corner while keeping at least 5 cm away from the can",
        "move to the far left corner of the table and stay at least 5 cm away from the can",
        "travel to the top left corner, never getting closer than 5 cm to the can",
        "move to the back left corner while remaining no closer than 5 centimetres to the can",
    ),
    (
        "push the red block while staying away from the can", "push the red block while avoiding the can",
        "shove the red block without touching the can", "slide the red block and keep away from the can",
        "push the red block somewhere while keeping clear of the can",
    ),
    (
        "pick up the can at half speed", "grasp the can at half the normal speed", "grab the can at 50 percent of normal speed",
        "lift the can at a half of your usual speed", "pick up the can at a slow speed",
    ),
    ("sort the blocks by colour", "sort all the blocks by color", "separate the blocks according to their colour"),
)  # fmt: skip

MANNER_REFUSALS = {
    "move to the can while staying at least from the block": "How far",
    "move to the can while moving at light speed": "the speed",
    "move to the can at 9000 % speed": "5 % to 400 %",
    "move to the can while staying": "Where is one to stay",
    "move to the can while staying away from": "I miss the thing",
    "open the gripper at half speed": "in a particular manner",
    "put the can along the left edge": "Only a push",
    "push the can along the plot": "no line",
    "build a pyramid of the can and the ball": "takes three things",
    "sort the red block by colour": "Sort what?",
    "open the window": "'open the window'",
    "point at all blocks": "'all blocks'",
    "put the can on the blocks": "'the blocks'",
    "put three blocks in the bowl": "'three'",
    "sweep the crumbs": "where?",
}

"""Groups of sentences that mean the same in constructions of their own: wishes, results, favours, buildings, sorting."""

CONSTRUCTIONS = (
    (
        "put the red block in the bowl", "I want the red block to be inside the bowl", "the red block belongs in the bowl",
        "make sure the red block ends up in the bowl", "get the red block into the bowl", "fill the bowl with the red block",
        "the red block should be placed in the bowl", "have the red block sit in the bowl", "the red block into the bowl",
        "would you be so kind as to put the red block in the bowl", "your task is to put the red block in the bowl",
        "I would like to have the red block in the bowl", "the robot should drop the red block into the bowl",
    ),
    (
        "put the red block between the can and the bowl", "the red block goes between the can and the bowl",
        "put the red block in the space between the can and the bowl", "in between the can and the bowl, put the red block",
        "place the red block so that it is between the can and the bowl",
        "set the red block down in the middle of the can and the bowl",
    ),
    (
        "put the red block to the left of the bowl", "put the red block to the bowl's left",
        "place the red block immediately to the left of the bowl", "move the red block until it is left of the bowl",
    ),
    ("put the red block on the left side of the table", "put the red block on the table's left side"),
    (
        "push the red block to the left side of the table", "slide the red block until it is on the left side of the table",
        "move the red block to the left side of the table without lifting it",
        "shove the red block across the table to the left side",
        "without lifting it, move the red block to the left side", "give the red block a push to the left side of the table",
        "the red block should be pushed to the left third of the table",
        "get the red block over to the left side by pushing it",
    ),
    (
        "push the red block 10 cm to the left", "push the red block a distance of 10 cm to the left",
        "give the red block a 10 cm push to the left", "the red block should slide 10 cm to the left",
        "push the red block in a straight line to the left by 10 cm", "make the red block slide to the left, 10 centimeters",
    ),
    ("push the red block 10 cm back", "push the red block back by 10 cm", "push the red block 10 cm straight back"),
    (
        "push the red block 10 cm diagonally forward to the left", "push the red block forward and to the left by 10 cm",
        "slide the red block 10 cm forward to the left",
    ),
    (
        "push the red block to the left side while staying away from the bowl",
        "push the red block around the bowl to the left side",
        "going around the bowl, push the red block to the left side", "push the red block past the bowl to the left side",
        "push the red block to the left side, but don't touch the bowl",
        "without hitting the bowl, push the red block to the left side",
        "push the red block to the left side; do not bump into the bowl",
        "push the red block to the left side, skirting the bowl",
    ),
    (
        "build a tower of the red, the green and the blue block",
        "build a tower with the red block at the bottom, the green block in the middle and the blue block on top",
        "make a stack: the red block at the bottom, then the green block, then the blue block",
        "stack the red, green and blue block in this order from bottom to top",
        "the green block goes on the red block and the blue block goes on the green block",
    ),
    (
        "build a pyramid of the green, the blue and the red block",
        "build a pyramid with the red block on top of the green block and the blue block",
        "put the green block and the blue block side by side and the red block on both",
        "put the blue block next to the green block and the red block on top of both",
        "make a pyramid of the green block, the blue block and on top the red block",
        "construct a pyramid whose top is the red block and whose base is the green and the blue block",
        "the green and the blue block should stand side by side with the red block on top",
        "rest the red block on the green and the blue block", "stack the green, the blue and the red block into a pyramid",
    ),
    (
        "build a pyramid of the three blocks", "arrange the three blocks in a pyramid",
        "use the three blocks to make a pyramid",
        "put two blocks side by side and the third on both", "build me a pyramid: two blocks at the bottom and one on top",
    ),
    (
        "sort the blocks by colour into the bins", "each block goes into the bin of the same colour",
        "put every block into the bin that has its colour", "distribute the blocks among the bins by colour",
        "separate the blocks by colour, one colour per bin", "match each block with the bin of its colour",
        "place each block inside the bin whose colour it has", "sort the blocks into the bins so that the colours match",
    ),
    (
        "sort everything by shape into the bins", "put each kind of thing into its own bin", "give each shape its own bin",
        "each kind goes into a different bin", "put things of the same shape into the same bin",
    ),
    (
        "put the cans in the red bin and the blocks in the blue bin", "cans into the red bin, blocks into the blue bin",
        "sort the cans into the red bin and the blocks into the blue bin",
        "please sort: cans into the red bin, blocks into the blue bin",
        "the cans belong in the red bin, and the blocks in the blue bin",
    ),
    (
        "open the drawer", "open the drawer of the cabinet", "open the cabinet's drawer", "the drawer should be open",
        "get the drawer open", "pull on the handle of the drawer", "draw the drawer out",
    ),
    (
        "close the drawer", "close the drawer of the cabinet", "push in the drawer", "push the drawer back in",
        "I'd like the drawer closed", "make sure the drawer is shut", "give the drawer a push so that it closes",
    ),
    (
        "sweep the crumbs into the dustpan", "sweep up all the crumbs with the dustpan",
        "use the dustpan to sweep up the crumbs",
        "clean up the crumbs into the dustpan", "gather the crumbs in the dustpan", "the crumbs belong in the dustpan",
        "sweep the table clean into the dustpan", "get the crumbs into the dustpan",
    ),
)  # fmt: skip

CONSTRUCTION_REFUSALS = {
    "plonk the red block into the bowl": "do you mean 'put the red block in the bowl'?",
    "put the red block on both": "What is 'both'?",
    "fill the bowl": "where?",
    "give the red block to me": "how to",
    "do not touch the bowl": "'not'",
    "the bowl must not be touched": "'not'",
}

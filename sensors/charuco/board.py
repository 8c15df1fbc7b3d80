"""Board: a ChArUco board as it is printed, and where its corners are in a picture."""

from dataclasses import dataclass

import cv2
import numpy as np

from robot.errors import InvalidInput, one_of

CORNERS_MIN = 8  # in a picture, to be of use
DICTIONARIES = [name for name in dir(cv2.aruco) if name.startswith("DICT_")]


@dataclass
class BoardConfig:
    """What is printed: inner squares and markers in m, as measured on the print and not as it was meant to be."""

    squares_x: int = 9
    squares_y: int = 7
    square: float = 0.04
    marker: float = 0.03
    dictionary: str = "DICT_5X5_100"


@dataclass(frozen=True, eq=False, kw_only=True)
class Sighting:
    """The corners of the board in one picture.

    Attributes:
        points_board: (N, 3) m, z = 0.
        pixels: (N, 2) columns and rows; a pixel's centre is at +0.5.
    """

    points_board: np.ndarray
    pixels: np.ndarray


class Board:
    """A board; its frame has the origin at the first square's outer corner, x along the rows, y down, z into the board."""

    def __init__(self, config: BoardConfig) -> None:
        """Check what is printed.

        Raises:
            InvalidInput: fewer than 3 squares, a marker that is no smaller than its square, an unknown dictionary.
        """
        if config.dictionary not in DICTIONARIES:
            raise one_of("board.dictionary", config.dictionary, DICTIONARIES)
        if min(config.squares_x, config.squares_y) < 3 or not 0 < config.marker < config.square:
            raise InvalidInput(
                f"board: expected 3 or more squares each way and 0 < marker < square, got {config.squares_x} × "
                f"{config.squares_y}, {config.marker} and {config.square}"
            )
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, config.dictionary))
        size = (config.squares_x, config.squares_y)
        if config.squares_x * config.squares_y // 2 > len(dictionary.bytesList):
            raise InvalidInput(f"board: {config.dictionary} has too few markers for {size[0]} × {size[1]} squares")
        self._board = cv2.aruco.CharucoBoard(size, config.square, config.marker, dictionary)
        self._detector = cv2.aruco.CharucoDetector(self._board)
        self.width, self.height = config.squares_x * config.square, config.squares_y * config.square

    def find(self, grey: np.ndarray) -> Sighting | None:
        """The board in a grey picture (H, W) uint8, None if too little of it is seen."""
        corners, ids, _, _ = self._detector.detectBoard(grey)
        if ids is None or len(ids) < CORNERS_MIN:
            return None
        points = np.asarray(self._board.getChessboardCorners(), dtype=np.float64)[np.asarray(ids, dtype=np.intp).ravel()]
        if min(len(np.unique(points[:, axis].round(6))) for axis in (0, 1)) < 2:
            return None  # one row of corners says nothing about where the board is
        return Sighting(points_board=points, pixels=np.asarray(corners, dtype=np.float64).reshape(-1, 2) + 0.5)

    def picture(self, pixels_per_square: int) -> np.ndarray:
        """The board (H, W) uint8 to print, without a margin."""
        width, height = self._board.getChessboardSize()
        return self._board.generateImage((width * pixels_per_square, height * pixels_per_square))

"""Prompt: one sentence after another in the same world; a sentence typed while the robot moves takes over."""

import sys
import threading
from queue import Empty, Queue

from policies.language.grammar.refusals import IsItMeant
from robot.errors import HandsightError
from sim.session import Session

HELP = """Type what the robot shall do, for example
  put the red block in the blue bowl        pick up the green can, then go home
  stack the red block on the blue one       push the yellow block 10 cm to the left
  point at the leftmost bowl                move above the red block        open the gripper
or one of: help, objects (what it sees), undo (take the last sentence back), quit; with policy=vla also
  ask how many blocks are there?            ask what is left of the bowl?
While it moves, a new sentence re-tasks it; left, right, in front and behind are as seen from behind the robot."""


class Prompt:
    """Reads lines in a thread of its own, so that they are heard while the robot moves."""

    def __init__(self, session: Session) -> None:
        """Begin to listen."""
        self._session = session
        self._lines: Queue[str | None] = Queue()
        self._asked_to_stop = False
        self._meant = ""  # what "yes" would mean
        threading.Thread(target=self._listen, daemon=True).start()

    def talk(self) -> int:
        """Converse until `quit` or the end of input; the exit code."""
        print(HELP)
        print(self._session.objects())
        while not self._asked_to_stop:
            print("> ", end="", flush=True)
            line = self._lines.get()
            if line is None or self._answer(line.strip()):
                break
        return 0

    def _answer(self, line: str) -> bool:
        """Do what one line says; True to quit. A refusal is said and changes nothing."""
        word = line.lower().strip(" .!")
        if word in ("yes", "y") and self._meant:
            line = word = self._meant
        self._meant = ""
        if word in ("quit", "exit", "q", "bye"):
            return True
        if word == "help":
            print(HELP)
        elif word == "objects":
            print(self._session.objects())
        elif word == "undo":
            print("undone." if self._session.undo() else "there is nothing to undo.")
        elif word:
            try:
                if word.startswith("ask "):
                    print(self._session.ask(line[len("ask ") :].strip()))
                else:
                    self._session.perform(line, self._newer)
            except HandsightError as error:
                self._meant = error.gist if isinstance(error, IsItMeant) else ""
                print(error)
        return False

    def _newer(self) -> str | None:
        """A sentence typed since; anything else that was typed while it moves is answered or kept for later."""
        if not sys.stdin.isatty():  # lines from a file or a pipe wait for their turn
            return None
        try:
            line = self._lines.get_nowait()
        except Empty:
            return None
        if line is None or line.strip().lower() in ("quit", "exit", "q", "undo", "objects", "help", ""):
            self._kept(line)
            return None
        return line.strip()

    def _kept(self, line: str | None) -> None:
        """Put back a line that waits until the robot is done."""
        if line is None or line.strip():
            waiting = [line]
            while not self._lines.empty():
                waiting.append(self._lines.get_nowait())
            for each in waiting:
                self._lines.put(each)

    def _listen(self) -> None:
        """Hand every line of standard input on, then its end."""
        for line in sys.stdin:
            self._lines.put(line)
        self._lines.put(None)

"""RemoteMind: asks a server on this machine, which reads for many robots at once."""

from collections.abc import Sequence
from multiprocessing.connection import Client
from pathlib import Path

import numpy as np

from policies.vla.checkpoint import open_config
from policies.vla.mind import Frame, Prompt, Said
from policies.vla.wire import asked, packed, said_in, unpacked
from robot.errors import HandsightError, InvalidInput


class RemoteMind:
    """A checkpoint's model in the process of a server."""

    def __init__(self, address: str, folder: Path) -> None:
        """Meet the server.

        Raises:
            InvalidInput: there is none at this address (a socket's path), or it has another checkpoint.
        """
        try:
            self._server = Client(address, family="AF_UNIX")
        except OSError as error:
            raise InvalidInput(f"policy.server: nobody serves at {address}: {error.strerror}") from None
        greeting = {"kind": "config", "config": open_config(folder).to_json_string()}
        try:
            self._asked(packed(greeting))
        except HandsightError as error:
            raise InvalidInput(f"policy.server: {error}") from None

    def said(self, frames: Sequence[Frame], prompts: Sequence[Prompt]) -> list[Said]:
        """What the slots say, read in one pass with what others ask just now: the last bits depend on them."""
        return said_in(self._asked(packed(asked("said", frames, prompts))))

    def written(self, frame: Frame, prompt: Prompt) -> tuple[list[int], float]:
        """Word tokens that follow a prompt."""
        answer = self._asked(packed(asked("written", [frame], [prompt])))
        return answer["said"].tolist(), float(answer["likely"])

    def attended(self, frame: Frame, prompt: Prompt, token: int) -> np.ndarray:
        """What a token of a prompt attended to."""
        question = {**asked("attended", [frame], [prompt]), "token": np.asarray(token)}
        return self._asked(packed(question))["shares"]

    def _asked(self, question: bytes) -> dict[str, np.ndarray]:
        """The server's answer.

        Raises:
            HandsightError: it refuses, or is gone.
        """
        try:
            self._server.send_bytes(question)
            answer = unpacked(self._server.recv_bytes())
        except (OSError, EOFError) as error:
            raise HandsightError(f"the model's server is gone: {type(error).__name__}") from None
        if "refusal" in answer:
            raise HandsightError(str(answer["refusal"]))
        return answer

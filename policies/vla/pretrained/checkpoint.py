"""Checkpoint: an actor's trained weights and what its numbers mean, as a folder of one JSON and one safetensors file."""

import hashlib
import json
import os
from pathlib import Path

from policies.vla.dimensions import fields_of
from policies.vla.pretrained.action_tokens import APPENDED, LEAST_USED
from policies.vla.pretrained.actor import Actor
from policies.vla.pretrained.adapters import restore, saved
from policies.vla.pretrained.backbone import Backbone
from policies.vla.pretrained.config import AdapterConfig
from policies.vla.pretrained.folder import json_of
from policies.vla.pretrained.layout import Layout
from robot.errors import InvalidInput, one_of

SCHEMA = 1
ABOUT, WEIGHTS = "pretrained.json", "adapters.safetensors"
FIELDS = {"schema": int, "backbone": str, "tokens": str, "adapters": dict, "layout": dict, "weights_sha256": str}


def save_actor(actor: Actor, folder: Path) -> None:
    """Commit a checkpoint; after a crash there is the whole of it, or what was there before, or one that is refused."""
    weights = saved(actor.model)
    about = {
        "schema": SCHEMA, "backbone": actor.backbone.fingerprint, "tokens": actor.kind, "layout": actor.layout.to_json(),
        "adapters": {"rank": actor.adapters.rank, "alpha": actor.adapters.alpha},
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    _commit(folder / WEIGHTS, weights)
    _commit(folder / ABOUT, json.dumps(about, indent=1).encode())


def open_actor(folder: Path, backbone: Backbone) -> Actor:
    """The mirror: the actor that a checkpoint makes of the backbone it was trained on.

    Raises:
        InvalidInput: none is there, it is damaged or of another version, or it was trained on another backbone.
    """
    about = fields_of(str(folder / ABOUT), json_of(folder / ABOUT), FIELDS)
    if about["schema"] != SCHEMA:
        raise InvalidInput(f"{folder}: expected schema {SCHEMA}, got {about['schema']}")
    if about["backbone"] != backbone.fingerprint:
        raise InvalidInput(f"{folder} was trained on another backbone; expected the one it was trained on as policy.backbone")
    if about["tokens"] not in (LEAST_USED, APPENDED):
        raise one_of(f"{folder}: tokens", about["tokens"], (LEAST_USED, APPENDED))
    file = folder / WEIGHTS
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != about["weights_sha256"]:
        raise InvalidInput(f"{file} is not there or not what was saved; expected the weights that {ABOUT} tells of")
    adapters = AdapterConfig(**fields_of(f"{folder}: adapters", about["adapters"], {"rank": int, "alpha": int}))
    actor = Actor(backbone, Layout.from_json(about["layout"]), about["tokens"], adapters)
    restore(actor.model, file)
    return actor.eval()


def _commit(path: Path, content: bytes) -> None:
    """Write a file beside and put it in its place."""
    part = path.with_suffix(".part")
    with part.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)

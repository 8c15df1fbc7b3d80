"""A backbone's folder that is not sound is refused in one sentence, and nothing in it is ever executed."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from robot.errors import InvalidInput
from tests.policies.vla.pretrained.tiny import again, folder_of


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound folder, not to be written to."""
    return folder_of("smolvlm", tmp_path_factory.mktemp("sound"))


def edited(**changes: Any) -> Callable[[Path], None]:
    """Change keys of config.json; "text_config__x" is one inside text_config."""

    def spoil(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        for key, value in changes.items():
            inner = config
            *way, last = key.split("__")
            for step in way:
                inner = inner[step]
            inner[last] = value
        (folder / "config.json").write_text(json.dumps(config))

    return spoil


def replaced(name: str, content: bytes | None) -> Callable[[Path], None]:
    """Put something else in a file's place, or nothing."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        if content is not None:
            (folder / name).write_bytes(content)

    return spoil


def cut(name: str, share: float) -> Callable[[Path], None]:
    """Keep so much of a file."""

    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(share * len(content))])

    return spoil


def reweighted(change: Callable[[dict[str, torch.Tensor]], None]) -> Callable[[Path], None]:
    """Change the weights."""

    def spoil(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        change(weights)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

    return spoil


def indexed(names: object) -> Callable[[Path], None]:
    """An index in place of the weights."""

    def spoil(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors.index.json").write_text(json.dumps(names))

    return spoil


def halved(weights: dict[str, torch.Tensor]) -> None:
    """One weight of another shape."""
    name = next(name for name in weights if name.endswith("down_proj.weight"))
    weights[name] = weights[name][:, ::2].contiguous()


def robbed(weights: dict[str, torch.Tensor]) -> None:
    """One weight fewer."""
    del weights[min(weights)]


PICKLE = b"\x80\x04cos\nsystem\n(S'touch executed'\ntR."
CODE = "import pathlib; pathlib.Path('executed').touch()\n"
AUTO_MAP = {"AutoConfig": "evil.Evil", "AutoModelForImageTextToText": "evil.Evil"}
HOSTILE: dict[str, Callable[[Path], None]] = {
    "no config": replaced("config.json", None),
    "an empty config": replaced("config.json", b""),
    "a config that is a list": replaced("config.json", b"[]"),
    "a config cut off": cut("config.json", 0.5),
    "a config nested too deeply": replaced("config.json", b'{"a":' * 100_000),
    "another kind of model": edited(model_type="llava"),
    "no kind of model": edited(model_type=None),
    "a kind of model that is a list": edited(model_type=["smolvlm"]),
    "a language model of another kind": edited(text_config__model_type="qwen2"),
    "no language model": edited(text_config=None),
    "code to import": edited(auto_map=AUTO_MAP),
    "code to import, inside": edited(text_config__auto_map=AUTO_MAP),
    "a quantiser to import": edited(quantization_config={"quant_method": "bitsandbytes"}),
    "an attention to fetch": edited(_attn_implementation="someone/kernel"),
    "an attention to fetch, inside": edited(text_config__attn_implementation="someone/kernel:evil"),
    "experts to fetch": edited(text_config__experts_implementation="someone/kernel"),
    "a billion layers": edited(text_config__num_hidden_layers=10**9),
    "a thousand layers": edited(text_config__num_hidden_layers=1000),
    "layers in words": edited(text_config__num_hidden_layers="two"),
    "vision of a billion layers": edited(vision_config__num_hidden_layers=10**9),
    "a layer more than there are weights": edited(text_config__num_hidden_layers=3),
    "a huge vocabulary": edited(text_config__vocab_size=10**12),
    "a large vocabulary": edited(text_config__vocab_size=10**6),
    "a huge picture": edited(vision_config__image_size=10**6),
    "a wide layer": edited(text_config__hidden_size=4096),
    "no patches": edited(vision_config__patch_size=0),
    "a width below zero": edited(text_config__hidden_size=-32),
    "heads that do not divide": edited(text_config__num_attention_heads=5),
    "another picture's token": edited(image_token_id=3),
    "numbers in words": edited(scale_factor="two"),
    "not a number": edited(text_config__rms_norm_eps=float("nan")),
    "no tokenizer": replaced("tokenizer.json", None),
    "a tokenizer cut off": cut("tokenizer.json", 0.5),
    "a tokenizer that is none": replaced("tokenizer.json", b'{"model": {"type": "evil.Evil"}}'),
    "no weights": replaced("model.safetensors", None),
    "weights cut off": cut("model.safetensors", 0.9),
    "weights cut off in their header": cut("model.safetensors", 0.01),
    "weights of no bytes": replaced("model.safetensors", b""),
    "a pickle called weights": replaced("model.safetensors", PICKLE),
    "a header that claims too much": replaced("model.safetensors", b"\xff" * 8 + b"{}"),
    "a weight of another shape": reweighted(halved),
    "a weight too few": reweighted(robbed),
    "no weight at all": reweighted(dict.clear),
    "an index that names nothing": indexed({"weight_map": {}}),
    "an index of words": indexed({"weight_map": "all"}),
    "an index that leads out": indexed({"weight_map": {"lm_head.weight": "../model.safetensors"}}),
    "an index of pickles": indexed({"weight_map": {"lm_head.weight": "pytorch_model.bin"}}),
    "an adapter of another model": replaced("adapter_config.json", b'{"base_model_name_or_path": "someone/evil"}'),
    "no processor": replaced("preprocessor_config.json", None),
    "a processor cut off": cut("preprocessor_config.json", 0.5),
    "a processor with a spread of zero": replaced("preprocessor_config.json", b'{"image_std": [0, 0, 0]}'),
    "a processor with means in words": replaced("preprocessor_config.json", b'{"image_mean": ["a", "b", "c"]}'),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_folder_that_is_not_sound_is_refused_in_one_sentence(what: str, sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(sound, folder)
    (folder / "pytorch_model.bin").write_bytes(PICKLE)
    (folder / "evil.py").write_text(CODE)
    HOSTILE[what](folder)
    with watched() as ran, pytest.raises(InvalidInput) as refusal:
        again(folder)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) > 20
    assert not ran, ran


def test_code_and_pickles_beside_sound_weights_are_left_alone(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(sound, folder)
    (folder / "pytorch_model.bin").write_bytes(PICKLE)
    for name in ("evil.py", "modeling_smolvlm.py", "processing.py", "tokenization.py"):
        (folder / name).write_text(CODE)
    evil = {"auto_map": {"AutoTokenizer": ["evil.Evil", "evil.Evil"], "AutoProcessor": "evil.Evil"}, "custom_generate": "evil"}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({**evil, "tokenizer_class": "Evil", "chat_template": "{{ 1 / 0 }}"})
    )
    (folder / "processor_config.json").write_text(json.dumps({**evil, "processor_class": "Evil"}))
    (folder / "generation_config.json").write_text(json.dumps({**evil, "max_length": 3, "do_sample": True}))
    (folder / "chat_template.jinja").write_text("{{ 1 / 0 }}")
    with watched() as ran:
        backbone = again(folder)
        backbone.prompt("go home", 1)
    assert not ran, ran
    assert backbone.fingerprint == again(sound).fingerprint


def test_what_runs_is_noticed() -> None:
    with watched() as ran:
        exec(compile("1", "somewhere/model/evil.py", "exec"))
    assert len(ran) == 1


class watched:  # noqa: N801
    """Whatever is started, unpickled or compiled from outside the installed libraries while it is open, by an audit hook."""

    _open: "list[watched]" = []  # noqa: RUF012
    _hooked = False

    def __enter__(self) -> list[str]:
        """Begin to watch; the list fills up."""
        self.ran: list[str] = []
        if not watched._hooked:
            sys.addaudithook(_hear)
            watched._hooked = True
        watched._open.append(self)
        return self.ran

    def __exit__(self, *_: object) -> None:
        """Look away."""
        watched._open.remove(self)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Note an event that must not be."""
    if not watched._open:
        return
    bad = event in ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pickle.find_class", "socket.connect")
    if event == "exec":
        file = getattr(arguments[0], "co_filename", "")
        bad = "model/" in file or file == "<template>"
    if event == "import":
        bad = str(arguments[0]).split(".")[0] in ("evil", "modeling_smolvlm", "bitsandbytes")
    if bad:
        watched._open[-1].ran.append(f"{event}: {arguments[0]}")

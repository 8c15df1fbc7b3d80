"""The one door to Hydra: a program's YAML and a command line become plain dataclasses, or one clear sentence."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from robot.errors import HandsightError, InvalidInput, one_of

_OVERRIDE = re.compile(r"^[+~]{0,2}[A-Za-z_][\w./@]*=|^~[A-Za-z_][\w./@]*$")


def run(main: Callable[[Any, str], int | None], program: str, schemas: Mapping[str, type], about: str | None) -> None:
    """Load the configuration, call the program with it and its sentence, and leave with its exit code.

    Bad input ends in one sentence on stderr and code 2, without a traceback; so does an interrupt, with code 130.
    """
    argv = sys.argv[1:]
    try:
        if {"-h", "--help"} & set(argv):
            print(help_text(program, schemas, about or ""))
            sys.exit(0)
        config, sentence = load(program, argv, schemas)
        sys.exit(main(config, sentence) or 0)
    except HandsightError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def load(program: str, argv: Sequence[str], schemas: Mapping[str, type]) -> tuple[Any, str]:
    """The program's configuration as dataclasses, and the free words of the command line as one sentence.

    Args:
        program: name of the YAML in `configs/`, whose schema is `schemas[program]`.
        argv: free words and Hydra overrides (`seed=7`, `robot=panda`, `+scene.objects=[]`) in any order;
            `config_dir=FOLDER` adds a folder of the user's own YAML.
        schemas: "command" or "robot/panda" → dataclass; a YAML names its own as `<option>_schema`.

    Raises:
        InvalidInput: an unknown key, option or file, or a value of the wrong type; names what is valid.
    """
    words = [word for word in argv if not _OVERRIDE.match(word)]
    flags = [word for word in words if word.startswith("--")]
    if flags:
        raise InvalidInput(f"option: unknown {flags[0]!r}; available: --help, and key=value for everything in it")
    overrides = [word for word in argv if _OVERRIDE.match(word) and not word.startswith("config_dir=")]
    folders = [word.partition("=")[2] for word in argv if word.startswith("config_dir=")]
    composed = _checked_compose(program, overrides, folders, schemas)
    try:
        return OmegaConf.to_object(composed), " ".join(words)
    except OmegaConfBaseException as error:
        raise InvalidInput(_sentence(error)) from None


def to_yaml(config: object) -> str:
    """A configuration as YAML that `load` would accept again."""
    return OmegaConf.to_yaml(OmegaConf.structured(config))


def from_yaml(text: str, schema: type) -> Any:
    """The part of a written-down configuration that a dataclass has, as that dataclass; mirrored by `to_yaml`.

    Raises:
        InvalidInput: it is no YAML, or a key in it is unknown or of the wrong type.
    """
    names = {each.name for each in fields(schema)}
    try:
        written = OmegaConf.create(text)
        known = {key: written[key] for key in written if key in names} if isinstance(written, DictConfig) else {}
        return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), known))
    except (OmegaConfBaseException, yaml.YAMLError) as error:
        raise InvalidInput(_sentence(error)) from None


def help_text(program: str, schemas: Mapping[str, type], about: str) -> str:
    """What the program does, its groups with their options, and every key with its default."""
    config = _checked_compose(program, [], [], schemas)
    with initialize_config_module("configs", version_base="1.3"):
        groups = {str(key): _options(str(key)) for key in config if _options(str(key))}
    plain = OmegaConf.to_container(config)
    assert isinstance(plain, dict)
    choices = "\n".join(f"  {group}={'|'.join(options)}" for group, options in groups.items())
    keys = yaml.safe_dump({key: value for key, value in plain.items() if key not in groups}, sort_keys=False)
    shown = "\n".join(f"  {line}" for line in keys.rstrip().splitlines())
    if not groups:
        return f"{about.strip()}\n\nKeys and their defaults:\n{shown}"
    return (
        f"{about.strip()}\n\nGroups (a folder in configs/ each; config_dir=FOLDER adds your own):\n{choices}\n\n"
        f"Keys and their defaults (a key inside a group: {next(iter(groups))}.key=value):\n{shown}"
    )


def _checked_compose(program: str, overrides: list[str], folders: list[str], schemas: Mapping[str, type]) -> DictConfig:
    """Compose, and turn whatever Hydra refuses into a sentence that names what is valid."""
    _register(schemas)
    for folder in folders:
        if not Path(folder).is_dir():
            raise InvalidInput(f"config_dir: expected a folder of YAML files, got {folder!r}")
    search = (
        [f"hydra.searchpath=[{','.join('file://' + str(Path(folder).resolve()) for folder in folders)}]"] if folders else []
    )
    GlobalHydra.instance().clear()
    with initialize_config_module("configs", version_base="1.3"):
        try:
            parsed = OverridesParser.create().parse_overrides(overrides)
        except OverrideParseException as error:
            raise InvalidInput(f"config: can't read {error.override!r}; expected key=value, such as seed=7") from None
        groups = [each for each in parsed if _options(each.key_or_group, folders)]
        for each in groups:
            if each.value() not in _options(each.key_or_group, folders):
                raise one_of(each.key_or_group, each.value(), _options(each.key_or_group, folders))
        try:
            base = compose(program, overrides=search + [each.input_line or "" for each in groups])
            for each in parsed:
                if each not in groups:
                    _refuse_unknown_key(base, each)
            return compose(program, overrides=search + overrides)
        except (OmegaConfBaseException, HydraException, yaml.YAMLError) as error:
            raise InvalidInput(_sentence(error)) from None


def _register(schemas: Mapping[str, type]) -> None:
    """Make each dataclass known to Hydra as the schema of the YAML it stands beside."""
    for path, schema in schemas.items():
        group, _, option = path.rpartition("/")
        ConfigStore.instance().store(group=group or None, name=f"{option}_schema", node=schema)


def _options(group: str, folders: Sequence[str] = ()) -> list[str]:
    """The YAML files of a group, those in the user's own folders among them; empty if it is none."""
    names = set(GlobalHydra.instance().config_loader().get_group_options(group))
    names |= {path.stem for folder in folders for path in (Path(folder) / group).glob("*.yaml")}
    return sorted(name for name in names if not name.endswith("_schema"))


def _refuse_unknown_key(base: DictConfig, override: Override) -> None:
    """Walk the dotted key from the top and refuse the first part that is not there, naming its siblings."""
    node: Any = base
    walked: list[str] = []
    for part in override.key_or_group.split("."):
        typed = OmegaConf.is_dict(node) and OmegaConf.get_type(node) is not dict
        if OmegaConf.is_dict(node) and part not in node and (typed or not override.is_add()):
            raise one_of(f"config: in {'.'.join(walked) or 'the top level'}", part, list(node))
        walked.append(part)
        try:
            node = node[int(part)] if OmegaConf.is_list(node) else node[part]
        except (KeyError, IndexError, ValueError, TypeError, OmegaConfBaseException):
            return


def _sentence(error: Exception) -> str:
    """The innermost message of a composition error, on one line, with the key it is about."""
    while error.__cause__ is not None and not getattr(error, "full_key", None):
        error = error.__cause__  # type: ignore[assignment]
    key = getattr(error, "full_key", None)
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"config: {key}: {first}" if key else f"config: {first}"

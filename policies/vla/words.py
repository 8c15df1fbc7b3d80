"""Words: the tokenizer of sentences, questions and answers: byte-pair encoding learned from the texts themselves."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from robot.errors import InvalidInput

PAD, UNKNOWN, END, ACT, ASK, POINT, THINK, SAY, MASK = range(9)
SPECIALS = ("<pad>", "<unknown>", "<end>", "<act>", "<ask>", "<point>", "<think>", "<say>", "<mask>")
FIRST_SLOT = len(SPECIALS)
LONGEST_TEXT = 48  # tokens of what is said to a model
LONGEST_ANSWER = 32
LARGEST_FILE = 1 << 26  # bytes
PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder", "truncation", "padding")
FILE = "tokenizer.json"


class Words:
    """Sentences as tokens and back; capitals do not count."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Hold a trained one."""
        self._tokenizer = tokenizer

    @staticmethod
    def blank() -> "Words":
        """One that knows special tokens only."""
        return Words(Tokenizer(models.BPE(unk_token=SPECIALS[UNKNOWN])))

    def __len__(self) -> int:
        """How many tokens there are."""
        return self._tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """At most 48 tokens; what is behind them is cut off."""
        return self._tokenizer.encode(text).ids[:LONGEST_TEXT]

    def decode(self, tokens: Sequence[int]) -> str:
        """The words; what is special is left out."""
        return self._tokenizer.decode([each for each in tokens if each > MASK]).strip()

    def ends(self, text: str) -> list[int]:
        """Behind which character of a text each of its tokens ends."""
        return [end for _, end in self._tokenizer.encode(text).offsets[:LONGEST_TEXT]]

    def save(self, folder: Path) -> None:
        """Write it beside a model's weights."""
        (folder / FILE).write_text(self._tokenizer.to_str(pretty=True))


def learned_words(texts: Iterable[str], slots: int, size: int = 1024) -> Words:
    """A tokenizer of at most so many tokens, with all special ones and a model's slots first."""
    tokenizer = Tokenizer(models.BPE(unk_token=SPECIALS[UNKNOWN]))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])  # type: ignore[assignment]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([  # type: ignore[assignment]
        pre_tokenizers.ByteLevel(add_prefix_space=True), pre_tokenizers.Digits(individual_digits=True),
    ])  # fmt: skip
    tokenizer.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    special = [*SPECIALS, *(f"<slot{number}>" for number in range(slots))]
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(texts, trainer)
    return Words(tokenizer)


def open_words(folder: Path) -> Words:
    """The tokenizer beside a model's weights.

    Raises:
        InvalidInput: there is none, or it is no tokenizer.
    """
    path = folder / FILE
    if not path.is_file() or path.stat().st_size > LARGEST_FILE:
        raise InvalidInput(f"checkpoint: {folder} has no {FILE}; expected the tokenizer beside the weights")
    try:
        text = path.read_text()
        tokenizer = Tokenizer.from_str(text)
        document, usual = (json.loads(each) for each in (text, learned_words((), 0)._tokenizer.to_str()))
    except Exception as error:  # the library raises nothing narrower
        raise InvalidInput(f"checkpoint: {path} is no tokenizer: {error}") from None
    if strange := [part for part in PARTS if document.get(part) != usual[part]]:
        raise InvalidInput(f"checkpoint: {path} is another model's tokenizer: its {strange[0]} is not the usual one")
    count = tokenizer.get_vocab_size()
    known = [tokenizer.id_to_token(number) for number in range(count)]
    if known[: len(SPECIALS)] != list(SPECIALS) or None in known:
        raise InvalidInput(f"checkpoint: {path} is another model's tokenizer; expected {', '.join(SPECIALS)} first")
    return Words(tokenizer)

"""Attention: the transformer blocks that every way of fusion is made of."""

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import Cache


class Attention(nn.Module):
    """Multi-head attention of queries (B, Q, d) over keys (B, K, d)."""

    def __init__(self, width: int, heads: int) -> None:
        """Projections of a width."""
        super().__init__()
        self.heads = heads
        self.query, self.keys = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, queries: torch.Tensor, seen: torch.Tensor, mask: torch.Tensor | None, cache: Cache | None = None, layer: int = 0
    ) -> torch.Tensor:
        """What each query gathers; mask (B, Q, K) bool, True = may be looked at; a cache holds the keys of earlier calls."""
        q, (k, v) = self._split(self.query(queries)), map(self._split, self.keys(seen).chunk(2, dim=-1))
        if cache is not None:
            k, v = cache.update(k, v, layer)
        gathered = scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask[:, None])
        return self.out(gathered.transpose(1, 2).flatten(2))

    def _split(self, tokens: torch.Tensor) -> torch.Tensor:
        """(B, N, d) as heads (B, h, N, d / h)."""
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Perceptron(nn.Sequential):
    """The perceptron behind attention."""

    def __init__(self, width: int, widening: int) -> None:
        """Two layers."""
        super().__init__(nn.Linear(width, widening * width), nn.GELU(), nn.Linear(widening * width, width))


class Block(nn.Module):
    """Self-attention, then a perceptron, each added to what it read (pre-norm: Xiong et al., 2020, arXiv:2002.04745)."""

    def __init__(self, width: int, heads: int, widening: int) -> None:
        """One block."""
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm_2, self.perceptron = nn.LayerNorm(width), Perceptron(width, widening)

    def forward(
        self, tokens: torch.Tensor, mask: torch.Tensor | None, cache: Cache | None = None, layer: int = 0
    ) -> torch.Tensor:
        """Tokens (B, N, d) → the same shape."""
        normed = self.norm(tokens)
        tokens = tokens + self.attention(normed, normed, mask, cache, layer)
        return tokens + self.perceptron(self.norm_2(tokens))

"""Table: one Parquet file, whose columns are checked before they become arrays; only the rows that are asked for are read."""

from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.foreign import LARGEST, first_line, library, refuse_oversized
from robot.errors import InvalidInput


class Table:
    """An open Parquet file."""

    def __init__(self, path: Path) -> None:
        """Read its footer only.

        Raises:
            InvalidInput: missing, damaged, or larger than any episode.
        """
        if not path.is_file():
            raise InvalidInput(f"{path} is missing")
        self._arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
        self.path = path
        try:
            limits = {"thrift_string_size_limit": 1 << 26, "thrift_container_size_limit": 1 << 22}
            self._file = parquet.ParquetFile(path, page_checksum_verification=True, **limits)
        except (self._arrow.ArrowException, OSError, ValueError) as error:
            raise InvalidInput(f"{path} is not a whole Parquet file: {first_line(error)}") from None
        meta = self._file.metadata
        self.num_rows: int = meta.num_rows
        self.columns: tuple[str, ...] = tuple(self._file.schema_arrow.names)
        self._held: dict[str, tuple[list[int], Any]] = {}  # the row groups of each column that were read last
        self._sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        claimed = sum(meta.row_group(group).total_byte_size for group in range(meta.num_row_groups))
        if claimed > LARGEST:
            raise InvalidInput(f"{path} claims {claimed} bytes; expected at most {LARGEST >> 30} GiB")

    def column(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        """Rows start to stop of a column, as pyarrow has it.

        Raises:
            InvalidInput: no such column, a damaged one, rows that are not there, or empty cells.
        """
        stop = self.num_rows if stop is None else stop
        if name not in self.columns:
            raise InvalidInput(f"{self.path} has no column {name!r}; it has {', '.join(self.columns)}")
        if not 0 <= start <= stop <= self.num_rows:
            raise InvalidInput(f"{self.path} has {self.num_rows} rows; expected rows {start} to {stop}")
        ends = np.cumsum([0, *self._sizes])
        groups = [group for group in range(len(self._sizes)) if ends[group] < stop and ends[group + 1] > start]
        if name not in self._held or self._held[name][0] != groups:
            self._held[name] = (groups, self._read(name, groups))
        first = int(ends[groups[0]]) if groups else 0
        column = self._held[name][1].slice(start - first, stop - start)
        if column.null_count:
            raise InvalidInput(f"{self.path}: column {name!r} has {column.null_count} empty cells; expected none")
        return column

    def _read(self, name: str, groups: list[int]) -> Any:
        """Some row groups of a column, every value in it looked at."""
        try:
            chunks = self._file.read_row_groups(groups, columns=[name]).column(name)
            column = self._arrow.concat_arrays(chunks.chunks) if chunks.num_chunks else self._arrow.array([], chunks.type)
            column.validate(full=True)
        except (self._arrow.ArrowException, OSError, ValueError) as error:
            raise InvalidInput(f"{self.path}: column {name!r} is damaged: {first_line(error)}") from None
        return column

    def numbers(self, name: str, shape: tuple[int, ...] = (), start: int = 0, stop: int | None = None) -> np.ndarray:
        """Rows start to stop of a column as (rows, *shape).

        Raises:
            InvalidInput: as `column`; lists of another length, or no numbers.
        """
        column = self.column(name, start, stop)
        rows = len(column)
        refuse_oversized(f"{self.path}: column {name!r}", (rows, *shape), 8)
        compute, types = library("pyarrow.compute"), self._arrow.types
        for length in shape:
            kind = column.type
            if not (types.is_list(kind) or types.is_fixed_size_list(kind) or types.is_large_list(kind)):
                break
            lengths = compute.list_value_length(column)
            if compute.any(compute.not_equal(lengths, length)).as_py():
                at = int(np.flatnonzero(lengths.to_numpy(zero_copy_only=False) != length)[0])
                raise InvalidInput(f"{self.path}: column {name!r}: {lengths[at]} values; expected {length}, near row {at}")
            column = column.flatten()
            if column.null_count:
                raise InvalidInput(f"{self.path}: column {name!r} has empty values; expected numbers")
        values = column.to_numpy(zero_copy_only=False)
        if values.dtype.kind not in "biuf" or values.size != rows * int(np.prod(shape)):
            raise InvalidInput(f"{self.path}: column {name!r} holds {column.type}; expected numbers {shape} a row")
        return values.reshape(rows, *shape)

"""Dictionaries of keys and values, one per subject and action, that forget what was least recently used."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pfc_metarl.value_learning.identity import fingerprint, rank
from pfc_metarl.value_learning.neighbours import nearest_neighbours

# Entries allotted at first and looked through at least; a multiple of it ever after.
BLOCK = 64

Values = Float[Tensor, " row"]


class Dictionaries:
    """Tables of entries, searched and written together.

    What is written under a key that is there revises its value; another key is a new entry. Where a table is full it
    takes the place of the entry that was used the longest ago. What counts as use is the caller's to say.

    Attributes
    ----------
    keys, value : of each entry.
    used : when it was last used; -1 where there is no entry.
    """

    def __init__(self, tables: int, capacity: int, features: int) -> None:
        self.capacity = capacity
        self.keys = torch.zeros(tables, 0, features)
        self.value = torch.zeros(tables, 0)
        self.used = torch.zeros(tables, 0, dtype=torch.int64)
        self._square = torch.zeros(tables, 0)
        self._name = torch.zeros(tables, 0, dtype=torch.int64)

    @property
    def known(self) -> Bool[Tensor, "table entry"]:
        """Which places hold an entry."""
        return self.used >= 0

    def find(
        self, table: Int[Tensor, " row"], key: Float[Tensor, "row feature"]
    ) -> tuple[Int[Tensor, " row"], Bool[Tensor, " row"]]:
        """Find the entry with the very same key: its place, and whether there is one."""
        return self._find(table, fingerprint(key))

    def _find(
        self, table: Int[Tensor, " row"], name: Int[Tensor, " row"]
    ) -> tuple[Int[Tensor, " row"], Bool[Tensor, " row"]]:
        if not self.keys.shape[1]:
            return torch.zeros_like(name), torch.zeros_like(name, dtype=torch.bool)
        same = (self._name[table] == name[:, None]) & self.known[table]
        return same.long().argmax(dim=-1), same.any(dim=-1)

    def nearest(
        self, query: Float[Tensor, "table row feature"], count: int
    ) -> tuple[Int[Tensor, "table row neighbour"], Bool[Tensor, "table row neighbour"]]:
        """Find the nearest entries of each table; see ``nearest_neighbours``."""
        return nearest_neighbours(self.keys, self._square, self.known, query, count)

    def touch(self, place: Int[Tensor, "table entry"], there: Bool[Tensor, "table entry"], now: int) -> None:
        """Note that entries are used now, in every table those at ``place`` that are ``there``."""
        used = self.used.gather(1, place).masked_fill(there, now)
        self.used.scatter_(1, place, used)

    def write(
        self,
        table: Int[Tensor, " row"],
        key: Float[Tensor, "row feature"],
        value: Values,
        when: Int[Tensor, " row"],
        revise: Callable[[Values, Values], Values],
    ) -> None:
        """Write rows, in the order in which they come where they share a key.

        Parameters
        ----------
        table : into which each row goes; at most ``capacity`` of them into one.
        key, value : of each row.
        when : its time of use.
        revise : from an entry's value and a new one, the value that it gets.
        """
        name = fingerprint(key)
        turn = rank(table, name)
        for now in range(int(turn.max()) + 1 if len(turn) else 0):
            row = (turn == now).nonzero()[:, 0]
            place, there = self._find(table[row], name[row])
            new, old = row[~there], row[there]
            known = (table[old], place[there])
            self.value[known] = revise(self.value[known], value[old])
            self.used[known] = when[old]
            free = (table[new], self._free(table[new]))
            self.value[free], self.used[free] = value[new], when[new]
            self._put(free, key[new])

    def change(
        self,
        table: Int[Tensor, " row"],
        place: Int[Tensor, " row"],
        key: Float[Tensor, "row feature"],
        value: Values,
    ) -> None:
        """Add to keys and values of entries; rows of the same entry add up."""
        entry, row = (table * self.keys.shape[1] + place).unique(return_inverse=True)
        self.keys.flatten(0, 1).index_add_(0, entry[row], key)
        self.value.flatten().index_add_(0, entry[row], value)
        changed = (entry // self.keys.shape[1], entry % self.keys.shape[1])
        self._put(changed, self.keys[changed])

    def _put(self, entry: tuple[Tensor, Tensor], key: Float[Tensor, "row feature"]) -> None:
        self.keys[entry] = key
        self._square[entry] = key.square().sum(dim=-1)
        self._name[entry] = fingerprint(key)

    def _free(self, table: Int[Tensor, " row"]) -> Int[Tensor, " row"]:
        """Choose a place for each new entry: an empty one, or that of the entry used the longest ago."""
        tables, row = table.unique(return_inverse=True)
        self._grow(tables, row)
        oldest_first = self.used[tables].argsort(dim=-1, stable=True)
        return oldest_first[row, rank(table)]

    def _grow(self, tables: Int[Tensor, " table"], row: Int[Tensor, " row"]) -> None:
        """Allot places for further entries, up to the capacity."""
        if not len(tables):
            return
        needed = int((self.known[tables].sum(dim=-1) + row.bincount()).max())
        size = self.keys.shape[1]
        if needed <= size or size == self.capacity:
            return
        more = min(max(2 * size, BLOCK * -(-needed // BLOCK)), self.capacity) - size
        for name, empty in (("keys", 0), ("value", 0), ("used", -1), ("_square", 0), ("_name", 0)):
            held = getattr(self, name)
            room = held.new_full((len(held), more, *held.shape[2:]), empty)
            setattr(self, name, torch.cat([held, room], dim=1))

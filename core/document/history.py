"""Undo without limit: documents with labels. They share what an edit did not touch, so a step costs
what it changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.document.document import Document


@dataclass(frozen=True, slots=True)
class Step:
    """A document and what was done to get to it."""

    document: Document
    label: str
    merge_key: str | None = None


class History:
    """The documents of a session, one of them the present. Used from one thread.

    Commits in a row with the same `merge_key` (one drag, one slider) become one step under the label
    of the first. `seal`, undo, redo and saving end such a row.
    """

    def __init__(self, document: Document, label: str = "Open", *, saved: bool = True) -> None:
        """`saved`: whether `document` is what stands on the disk."""
        self._steps = [Step(document, label)]
        self._present = 0
        self._open = False
        self._saved: Document | None = document if saved else None

    @property
    def document(self) -> Document:
        return self._steps[self._present].document

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, oldest first, those that could be redone included."""
        return tuple(self._steps)

    @property
    def present(self) -> int:
        """The place of the present document in `steps`."""
        return self._present

    def commit(self, document: Document, label: str, merge_key: str | None = None) -> bool:
        """Make `document` the present one; what could be redone goes. False if it is the present one already."""
        if document is self.document:
            return False
        del self._steps[self._present + 1 :]
        last = self._steps[-1]
        if self._open and merge_key is not None and last.merge_key == merge_key:
            self._steps[-1] = Step(document, last.label, merge_key)
        else:
            self._steps.append(Step(document, label, merge_key))
            self._present += 1
        self._open = True
        return True

    def seal(self) -> None:
        """End of a gesture: the next commit is a step of its own whatever its merge key."""
        self._open = False

    @property
    def can_undo(self) -> bool:
        return self._present > 0

    @property
    def can_redo(self) -> bool:
        return self._present < len(self._steps) - 1

    @property
    def undo_label(self) -> str:
        """What `undo` would take back; '' for nothing."""
        return self._steps[self._present].label if self.can_undo else ""

    @property
    def redo_label(self) -> str:
        return self._steps[self._present + 1].label if self.can_redo else ""

    def undo(self) -> Document:
        """One step back; at the beginning the present document."""
        return self.go(self._present - 1)

    def redo(self) -> Document:
        return self.go(self._present + 1)

    def go(self, place: int) -> Document:
        """Make step `place`, limited to those there are, the present one."""
        self._present = min(max(place, 0), len(self._steps) - 1)
        self._open = False
        return self.document

    def mark_saved(self, document: Document) -> None:
        """`document` now stands on the disk (it may no longer be the present one)."""
        self._saved = document
        self._open = False

    @property
    def is_saved(self) -> bool:
        return self._saved is self.document

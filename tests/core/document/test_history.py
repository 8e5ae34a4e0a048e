"""History: any row of edits can be taken back and done again."""

from fakes.documents import documents
from hypothesis import given, settings
from hypothesis import strategies as st

from core.document.document import new_document
from core.document.edits.keys import set_key
from core.document.history import History


def dragged(value: float):
    return set_key(new_document(), "layer1", "jawOpen", 0, value)


@settings(max_examples=15)
@given(st.lists(documents(), min_size=1, max_size=5), st.lists(st.integers(-3, 3), max_size=12))
def test_undo_and_redo_walk_the_very_documents(stages, walk):
    start = new_document()
    history = History(start)
    for stage in stages:
        history.commit(stage, "Edit")
    for steps in walk:
        for _ in range(abs(steps)):
            assert (history.redo() if steps > 0 else history.undo()) is history.document
    while history.can_undo:
        history.undo()
    assert history.document is start
    seen = [start]
    while history.can_redo:
        seen.append(history.redo())
    assert [id(each) for each in seen[1:]] == [id(stage) for stage in stages]


def test_a_drag_is_one_step_and_a_sealed_one_ends():
    history = History(new_document())
    for value in (0.1, 0.2, 0.3):
        history.commit(dragged(value), "Drag jaw", "drag-1")
    assert (history.present, history.undo_label) == (1, "Drag jaw")
    history.seal()
    history.commit(dragged(0.4), "Drag jaw", "drag-1")
    assert history.present == 2
    history.undo()
    history.commit(dragged(0.5), "Drag jaw", "drag-1")
    assert [step.label for step in history.steps] == ["Open", "Drag jaw", "Drag jaw"]


def test_a_commit_after_undo_drops_what_could_be_redone():
    history = History(new_document())
    history.commit(dragged(0.1), "A")
    history.commit(dragged(0.2), "B")
    history.undo()
    history.commit(dragged(0.3), "C")
    assert not history.can_redo
    assert history.redo_label == ""
    assert [step.label for step in history.steps] == ["Open", "A", "C"]


def test_nothing_is_committed_by_an_edit_that_changed_nothing():
    history = History(new_document())
    assert not history.commit(history.document, "Nothing")
    assert not history.can_undo


def test_the_saved_document_is_known_again_after_undo():
    history = History(new_document())
    history.commit(dragged(0.1), "A", "k")
    history.mark_saved(history.document)
    assert history.is_saved
    history.commit(dragged(0.2), "B", "k")
    assert not history.is_saved
    history.undo()
    assert history.is_saved
    assert not History(new_document(), saved=False).is_saved

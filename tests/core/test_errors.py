from __future__ import annotations

import pickle
from inspect import getmembers, isclass

import pytest

from core import errors
from core.errors import Cancelled, FacekeyError, UserError

KINDS = [kind for _, kind in getmembers(errors, isclass) if issubclass(kind, UserError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_carries_what_happened_and_what_to_do(kind: type[UserError]) -> None:
    error = kind("The photo is empty", "Choose another one.")
    assert (error.message, error.remedy) == ("The photo is empty", "Choose another one.")
    assert str(error) == "The photo is empty. Choose another one."


def test_stopping_is_not_an_error_for_the_person() -> None:
    assert issubclass(Cancelled, FacekeyError)
    assert not issubclass(Cancelled, UserError)


def test_the_kinds_are_told_apart() -> None:
    assert len(KINDS) == 7
    with pytest.raises(errors.WeightsMissing):
        raise errors.WeightsMissing("a", "b")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_from_a_worker_process(kind: type[UserError]) -> None:
    again = pickle.loads(pickle.dumps(kind("What", "Do.")))
    assert type(again) is kind
    assert (again.message, again.remedy) == ("What", "Do.")

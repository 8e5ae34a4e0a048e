"""From a photo's file to the frames of a document."""

import numpy as np
import pytest
from fakes.engines import TintEngine

from core.document.document import new_document
from core.document.edits.keys import set_key
from core.document.edits.portraits import add_portrait, set_matte
from core.document.portraits import PhotoSource, portrait_of
from core.errors import ProjectError, UserError
from core.media.photo import write_photo
from core.project_file.media_store import MediaStore
from core.project_file.project import save_project
from core.rendering.opening import open_input, reader
from core.rendering.renderer import Renderer
from core.rendering.shot import Shot
from core.values.image import image_of


@pytest.fixture
def renderer():
    made = Renderer(lambda name: TintEngine())
    yield made
    made.close()


def document_and_reader(size=(20, 30)):
    picture = image_of(np.random.default_rng(0).integers(0, 100, (*size, 3)).astype(np.uint8))
    portrait = portrait_of(PhotoSource("a" * 32, "a.png", size[1], size[0]), np.full((478, 3), 9.0))
    document = add_portrait(new_document(), portrait)
    document = set_key(set_key(document, "layer1", "jawOpen", 0, 0.0), "layer1", "jawOpen", 10, 1.0)
    return document, lambda source: picture, picture


def test_a_frame_is_the_evaluated_document(renderer):
    document, read, picture = document_and_reader()
    shot = Shot(document, read, renderer)
    assert np.array_equal(shot.frame(0).pixels, picture.pixels)
    assert np.array_equal(shot.frame(10).pixels[..., 0], picture.pixels[..., 0] + 100)


def test_any_order_gives_the_same_frames(renderer):
    document, read, _ = document_and_reader()
    forwards = [Shot(document, read, renderer).frame(n).pixels.copy() for n in range(5)]
    fresh = Renderer(lambda name: TintEngine())
    backwards = [Shot(document, read, fresh).frame(n).pixels for n in reversed(range(5))]
    assert all(np.array_equal(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))


def test_an_artists_matte_is_used_and_must_fit(renderer):
    document, read, _ = document_and_reader()
    matte = image_of(np.full((20, 30, 3), 51, np.uint8))
    source = PhotoSource("b" * 32, "matte.png", 30, 20)
    document = set_matte(document, document.active, source)
    shot = Shot(document, lambda s: matte if s.digest == source.digest else read(s), renderer)
    assert (shot.frame(0, with_alpha=True).alpha == 51).all()
    wrong = image_of(np.zeros((21, 30, 3), np.uint8))
    with pytest.raises(UserError, match="21"):
        Shot(document, lambda s: wrong if s.digest == source.digest else read(s), renderer).frame(0)


def test_another_matte_is_another_picture_for_a_renderer_that_remembers(renderer):
    document, read, _ = document_and_reader()
    mattes = {name * 32: image_of(np.full((20, 30, 3), level, np.uint8)) for name, level in (("b", 51), ("c", 204))}
    levels = []
    for digest in mattes:
        changed = set_matte(document, document.active, PhotoSource(digest, "matte.png", 30, 20))
        shot = Shot(changed, lambda source: mattes.get(source.digest) or read(source), renderer)
        levels.append(int(shot.frame(0, with_alpha=True).alpha.max()))
    assert levels == [51, 204]


def test_a_project_without_a_portrait_says_so(renderer):
    with pytest.raises(UserError, match="no portrait"):
        Shot(new_document(), lambda s: None, renderer)


def test_a_photo_that_is_not_at_hand_is_named():
    with pytest.raises(ProjectError, match=r"a\.png"):
        reader(MediaStore())(PhotoSource("a" * 32, "a.png", 3, 3))


def test_a_photo_becomes_a_document_that_survives_a_project(portrait, tmp_path):
    path = tmp_path / "portrait.png"
    write_photo(portrait, path)
    opened = open_input(path)
    assert np.array_equal(opened.read(opened.document.portrait.photo).pixels, portrait.pixels)
    assert opened.document.portrait.neutral.data.max() > 0.3  # she smiles
    project = tmp_path / "shot.facekey"
    save_project(opened.document, opened.media, project)
    again = open_input(project)
    assert again.document == opened.document
    assert np.array_equal(again.read(again.document.portrait.photo).pixels, portrait.pixels)

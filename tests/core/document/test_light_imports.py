"""The document, its evaluation and project files start without heavy libraries."""

import subprocess
import sys
from pathlib import Path


def test_document_animation_and_projects_import_no_heavy_library():
    code = (
        "import sys; import core.animation.evaluate, core.animation.bake, core.animation.emotion;"
        "import core.project_file.autosave, core.document.history, core.document.edits.clipboard;"
        "heavy = {'torch', 'mediapipe', 'av', 'numba', 'scipy', 'cv2', 'PySide6', 'skimage'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

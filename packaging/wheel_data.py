"""Puts `resources/` and `trained_models/` into the wheel as `core/shipped/`, where `core.folders` looks.

Named by `tool.setuptools.cmdclass` in `pyproject.toml`. An editable installation reads the folders of the
checkout instead.
"""

from __future__ import annotations

from pathlib import Path

from setuptools.command.build_py import build_py

FOLDERS = ("resources", "trained_models")


class BuildWithData(build_py):
    """`build_py` that also copies the data folders."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._data():
                target.parent.mkdir(parents=True, exist_ok=True)
                self.copy_file(str(source), str(target))

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *(str(source) for source, _ in self._data())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *(str(target) for _, target in self._data())]

    def _data(self) -> list[tuple[Path, Path]]:
        """(file in the checkout, its place in the wheel)."""
        root = Path(__file__).resolve().parents[1]
        shipped = Path(self.build_lib) / "core" / "shipped"
        files = [file for folder in FOLDERS for file in sorted((root / folder).rglob("*")) if file.is_file()]
        return [(file.relative_to(root), shipped / file.relative_to(root)) for file in files]

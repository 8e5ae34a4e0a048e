"""The choice of engine, and how the artist exported last."""

from __future__ import annotations

from dataclasses import replace

from core.document.document import Document


def set_engine(document: Document, engine: str) -> Document:
    """Choose an engine by its registry name; settings of the former one go."""
    return document if engine == document.engine else replace(document, engine=engine, engine_settings=())


def set_engine_setting(document: Document, name: str, value: bool | int | float | str) -> Document:
    settings = dict(document.engine_settings)
    settings[name] = value
    kept = tuple(sorted(settings.items()))
    return document if kept == document.engine_settings else replace(document, engine_settings=kept)


def change_export(document: Document, **fields: object) -> Document:
    """Replace fields of `ExportSettings`."""
    export = replace(document.export, **fields)  # type: ignore[arg-type]
    return document if export == document.export else replace(document, export=export)

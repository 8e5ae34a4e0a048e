"""The document on disk: `*.facekey`, and what survives a crash.

A project is a zip archive: `facekey.json` (format, version, digest of the document), `document.json`,
`arrays/<digest>.npy` (never pickled), `media/<digest>.<ext>` (the original bytes of embedded photos, so
that rest stays bit exact). Linked photos, clips and sound stay outside, by a path relative to the
project where they lie below its folder.

- `project`      `save_project`, `load_project`
- `media_store`  the bytes of photos by digest
- `schema`       document <-> JSON and arrays; `validation` what must hold beyond types
- `migrations`   older layouts, one step at a time
- `links`        paths in and out of a project
- `archive`      reading zips with limits, writing them atomically
- `autosave`     slots that outlive a crash, and finding them again; `slot_lock` tells living sessions from dead

Rule for versions: every change of the layout, a new field included, raises `document.VERSION` and adds
a migration. A higher version than ours is refused, and so is a field that our version does not know,
by name: nothing is dropped in silence.

May import `core.document` and below. Every failure is a `ProjectError` with a remedy; the file on disk
is then as it was before.
"""

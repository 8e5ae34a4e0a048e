"""Makes trained_models/arkit_shapes from the data folder: `python -m core.head.fit --data FOLDER`.

Order of work: photos and clips are tracked (`tracks`); calm portraits give the canonical face
(`canonical`); renders of the ICT head (`ict`, `studio`) are tracked to learn where the 468 points lie on
it (`correspond`); its shapes are sampled there, moved to the canonical face and made free of tangles
(`fields`, `untangle`); renders of known shapes tell what the tracker reports of them (`fields`); solved
clips tell what faces do beyond the shapes and how people differ (`people`). `checks` says in figures
whether the result is what it should be.

Nothing but landmarks and the ICT numbers goes in; the same data give the same file.
"""

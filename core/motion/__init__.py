"""Motion that was measured somewhere, and its way onto a portrait.

- `performance`       `Performance`: shapes, gaze and head per frame, from whatever source
- `clip_performance`  a clip -> tracked -> solved -> `Performance`
- `live_link`         Live Link Face CSV files, read and written; `performance_json` our own full form
- `reading`           any of the three by its kind, with what a layer wants to know of the file
- `neutral_frame`     which frame of a performance shows the performer at rest
- `retarget`          a performance -> a layer of the document
- `demonstration`     the keyed performance that shows a new installation at work

May import `perception`, `head`, `media`, `rendering` and what is below. Files come in as performances and
leave as layers; nothing here touches pixels.
"""

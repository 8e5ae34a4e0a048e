"""From a face state to the frame that is shown or written.

`subject` a portrait as engines are given it, at full or reduced size; `request` what is asked for and
what comes back; `frame_key` when two requests share a picture; `frame_cache` those pictures, bounded in
bytes; `compose` an engine's crop laid into the photo; `renderer` engines, preparation and cache behind
one call; `opening` a photo or project into a document with its media; `shot` a document's frames;
`mailbox` the one-slot way to a rendering thread.
May import: `generation`, `perception` and everything below. No Qt, no threads of its own.
"""

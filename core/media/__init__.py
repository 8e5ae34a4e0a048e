"""Files that come in: photos, clips and sounds, turned into plain arrays with their quirks undone.

`photo` one still picture (with `photo_colour`, `icc`, `deep_photo` and `png` under it), `clip` frames of
a moving one by number (with `clip_packets`, `clip_decoder`, `clip_picture`, `clip_index` and
`animation` under it), `audio` sound, `source` what can be said of a file before it is decoded (kind,
digest), `container` opening what FFmpeg reads, `atomic` files that appear whole, `demonstration` the
portrait that every installation has. What leaves here is upright, sRGB, straight alpha, R G B order.
May import: `core.values`, `core.errors` and the decoding libraries, which are imported when first used.
"""

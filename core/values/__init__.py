"""Small frozen values that every other package speaks in.

`time` frame rates and frame numbers, `geometry` boxes and planar transforms, `image` read-only
pixels with a digest, `progress` how long work reports and is cancelled.
May import: `core.errors`, numpy. Nothing here reads a file or knows what a face is.
"""

"""Finding faces in pictures and clips: their points, who they are, and what belongs to them.

- `faces`       `Face`, the value that everything here speaks in; `protocols` what finders answer to
- `detect`      the front door for photos: `detect_faces`, `choose_face`, `require_face`; `quality` what to
                warn the artist of
- `portrait`    a photo's file into a portrait of the document
- `mediapipe_faces`   the default finder, offline: `mediapipe_graphs` runs MediaPipe quietly, `search` is the
                ladder of places to look in, `upright` the square that a face is measured in
- `tracking`    one person through a clip (`follow` frame by frame); `smooth` the filter over time
- `matte`       the subject's coverage, with its hair: `segmenter` says inside and outside, `colour_edge` corrects it
                on plain grounds, `guided` follows the hair
- `identity`    how alike two faces are
- `facenet_faces`, `face_alignment_landmarks`   second implementations; the latter needs fetched weights

May import `head`, `weights`, `media` and what is below them. MediaPipe, torch and dlib are imported by
the objects that need them when they are made, never with a module. A finder belongs to one thread and
is closed by whoever made it.
"""

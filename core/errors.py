"""The errors that a person at the screen can act on, and the one that says she changed her mind."""

from __future__ import annotations


class FacekeyError(Exception):
    """Root of everything that Facekey raises on purpose."""


class UserError(FacekeyError):
    """What happened, in the words of the person at the screen, and what to do about it.

    `message` is one sentence without a trailing full stop; `remedy` is one or two whole sentences.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}"


class UnreadableMedia(UserError):
    """A photo, clip, sound or table that cannot be decoded."""


class NoFaceFound(UserError):
    """A picture or clip in which no usable face was found."""


class ProjectError(UserError):
    """A project file that cannot be opened or written."""


class WeightsMissing(UserError):
    """Trained numbers that are needed and not on this machine, or not as they should be."""


class ExportError(UserError):
    """A render that could not be written."""


class ChannelError(UserError):
    """A channel that does not exist, or a value that it cannot take."""


class Cancelled(FacekeyError):
    """The person asked for the work to stop; nothing went wrong."""

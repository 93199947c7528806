"""The one exception that Hearsight raises on purpose."""


class HearsightError(Exception):
    """Something a person can act on.

    The message has three parts, in one line: what happened, to which file or argument, what to do now.

        HearsightError("cannot read clips/a.mp4: no video or audio stream; replace it, or take it away")
    """

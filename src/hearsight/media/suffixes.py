"""The suffixes of media files."""

# fmt: off
VIDEO_SUFFIXES = frozenset([
    ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg",
    ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv",
])
SOUND_SUFFIXES = frozenset([
    ".aac", ".aif", ".aiff", ".flac", ".m4a", ".mka", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wma",
])
# fmt: on
MEDIA_SUFFIXES = VIDEO_SUFFIXES | SOUND_SUFFIXES

"""The suffixes of media files."""

# fmt: off
VIDEO_SUFFIXES = frozenset([
    ".3g2", ".3gp", ".amv", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".gxf", ".h264", ".hevc", ".ismv", ".ivf",
    ".m1v", ".m2p", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mk3d", ".mkv", ".mod", ".mov", ".mp4", ".mpe",
    ".mpeg", ".mpg", ".mpv", ".mts", ".mxf", ".nut", ".obu", ".ogm", ".ogv", ".ogx", ".qt", ".rm", ".rmvb", ".tod",
    ".tp", ".trp", ".ts", ".vob", ".vro", ".webm", ".wmv", ".wtv", ".y4m",
])
SOUND_SUFFIXES = frozenset([
    ".aac", ".ac3", ".adts", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".awb", ".bwf", ".caf", ".dff", ".dsf",
    ".dts", ".ec3", ".eac3", ".flac", ".m4a", ".m4b", ".m4r", ".mka", ".mlp", ".mp2", ".mp3", ".mpa", ".mpc", ".oga",
    ".ogg", ".oma", ".opus", ".qcp", ".ra", ".rf64", ".shn", ".snd", ".spx", ".tak", ".thd", ".tta", ".voc", ".w64",
    ".wav", ".weba", ".wma", ".wv",
])
PICTURE_SUFFIXES = frozenset([
    ".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff",
    ".webp",
])
HEIF_SUFFIXES = frozenset([".heic", ".heif", ".hif"])
# Files of text have these suffixes, too: TypeScript, modules of Go, scripts.
AMBIGUOUS_SUFFIXES = frozenset([".amr", ".au", ".mod", ".mts", ".qt", ".ra", ".rm", ".snd", ".tod", ".tp", ".ts"])
# fmt: on
# Files with a time; pictures, which have none, are apart.
MEDIA_SUFFIXES = VIDEO_SUFFIXES | SOUND_SUFFIXES

"""Makes a photo in HEIC, as phones do: a picture of HEVC in the boxes of ISO/IEC 23008-12. Pillow writes none."""

import io
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import av
from PIL import Image


def write_heic(path: Path, picture: Image.Image, quarter_turns: int = 0) -> Path:
    """Write a picture of even size. quarter_turns: that a viewer turns it, against the clock."""
    # In a new process: in one that has used other codecs, x265 may refuse to start.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        configuration, data = process.submit(_hevc, picture).result()
    width, height = picture.size
    properties = _box(
        "ipco",
        _box("hvcC", configuration),
        _full("ispe", width.to_bytes(4, "big") + height.to_bytes(4, "big")),
        *([_box("irot", bytes([quarter_turns]))] if quarter_turns else []),
    )
    numbers = bytes([0x81, 2, *([0x83] if quarter_turns else [])])
    associations = _full("ipma", b"\0\0\0\1" + b"\0\1" + bytes([len(numbers)]) + numbers)
    heads = [
        _full("hdlr", bytes(4) + b"pict" + bytes(13)),
        _full("pitm", b"\0\1"),
        _full("iinf", b"\0\1" + _full("infe", b"\0\1\0\0hvc1\0", version=2)),
        _box("iprp", properties, associations),
    ]
    brand = _box("ftyp", b"heic\0\0\0\0mif1heic")

    def meta(offset: int) -> bytes:
        location = (
            b"\x44\0" + b"\0\1" + b"\0\1\0\0" + b"\0\1" + offset.to_bytes(4, "big") + len(data).to_bytes(4, "big")
        )
        return _full("meta", b"".join([*heads, _full("iloc", location)]))

    path.write_bytes(brand + meta(len(brand) + len(meta(0)) + 8) + _box("mdat", data))
    return path


def _box(kind: str, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return (8 + len(content)).to_bytes(4, "big") + kind.encode() + content


def _full(kind: str, content: bytes, version: int = 0) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]), content)


def _hevc(picture: Image.Image) -> tuple[bytes, bytes]:
    """Encode a picture. Return the decoder's configuration, and the picture as MP4 has them."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx265", rate=1, options={"x265-params": "log-level=none", "crf": "10"})
        stream.width, stream.height = picture.size
        stream.pix_fmt = "yuv420p"
        for packet in [*stream.encode(av.VideoFrame.from_image(picture)), *stream.encode(None)]:
            container.mux(packet)
    buffer.seek(0)
    with av.open(buffer) as container:
        [packet] = [packet for packet in container.demux(video=0) if packet.size]
        return bytes(container.streams.video[0].codec_context.extradata), bytes(packet)

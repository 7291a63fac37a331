"""Small real pictures, made without an imaging library: a JPEG portrait, a PNG of a paper.

Real files, so that whoever looks at the first bytes or decodes them finds what the media type
says; small, so that thousands of them cost next to nothing.
"""

import struct
import zlib
from random import Random

PORTRAIT_BLOCKS = (8, 10)
_PAPER = (48, 32)

# Code lengths of the standard luminance DC table (ITU-T T.81, table K.3), categories 0 to 11.
_DC_COUNTS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
_DC_SYMBOLS = bytes(range(12))


def _dc_codes() -> dict[int, str]:
    codes: dict[int, str] = {}
    code, symbol = 0, 0
    for length, count in enumerate(_DC_COUNTS, start=1):
        for _ in range(count):
            codes[_DC_SYMBOLS[symbol]] = format(code, f"0{length}b")
            code += 1
            symbol += 1
        code <<= 1
    return codes


_CODES = _dc_codes()


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(shades: list[list[int]]) -> bytes:
    """A grey baseline JPEG of 8 x 8 pixel blocks, each of one shade (-60 dark to 60 light).

    Only the DC coefficient of each block is written; the quantiser is 16, so that a shade is one
    step of 2 grey levels. ITU-T T.81, annexes B and F.
    """
    bits: list[str] = []
    previous = 0
    for row in shades:
        for shade in row:
            difference, previous = shade - previous, shade
            size = abs(difference).bit_length()
            bits.append(_CODES[size])
            if size:
                low = difference if difference > 0 else difference + (1 << size) - 1
                bits.append(format(low, f"0{size}b"))
            bits.append("0")  # the only code of the AC table: end of block
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    height, width = len(shades) * 8, len(shades[0]) * 8
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xDB, b"\x00" + bytes([16]) * 64),
            _segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)),
            _segment(0xC4, b"\x00" + _DC_COUNTS + _DC_SYMBOLS),
            _segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\x00"),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            data,
            b"\xff\xd9",
        )
    )


def portrait(rng: Random) -> bytes:
    """A JPEG: a light background, a head, shoulders; coarse and different for everybody."""
    width, height = PORTRAIT_BLOCKS
    skin, coat, back = rng.randint(8, 24), rng.randint(-50, -25), rng.randint(38, 55)
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            shade = back
            if y >= height - 3 and 1 <= x <= width - 2:
                shade = coat
            elif 2 <= x <= width - 3 and 1 <= y <= height - 4:
                shade = skin if y > 2 else coat + 6
            row.append(shade + rng.randint(-4, 4))
        rows.append(row)
    return jpeg(rows)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checked = kind + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))


def paper(rng: Random) -> bytes:
    """A PNG of one bit per pixel: a framed sheet with lines of "writing"."""
    width, height = _PAPER
    rows = []
    for y in range(height):
        line = 3 <= y < height - 3 and y % 4 != 3
        row = rng.getrandbits(width) | rng.getrandbits(width) if line else (1 << width) - 1
        frame = (1 << (width - 1)) | 1
        row = 0 if y in (0, height - 1) else row & ~frame
        rows.append(b"\x00" + row.to_bytes(width // 8, "big"))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(b"".join(rows), 6)),
            _chunk(b"IEND", b""),
        )
    )

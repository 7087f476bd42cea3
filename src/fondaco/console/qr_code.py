"""A text as a QR code (ISO/IEC 18004), drawn as SVG on the server: what a telephone reads off the screen. Bytes alone, correction level M.

A library was not taken for it: a console needs one kind of one size, and a dependency that sees secrets is one more to trust.
"""

from __future__ import annotations

from itertools import product

from markupsafe import Markup

# For versions 1 to 10 at level M (table 9): correction words of a block, and how many blocks of how many data words.
_BLOCKS = (
    (10, ((1, 16),)), (16, ((1, 28),)), (26, ((1, 44),)), (18, ((2, 32),)), (24, ((2, 43),)), (16, ((4, 27),)), (18, ((4, 31),)),
    (22, ((2, 38), (2, 39))), (22, ((3, 36), (2, 37))), (26, ((4, 43), (1, 44))),
)  # fmt: skip
# Where the middles of alignment patterns stand (table E.1).
_ALIGNED = ((), (6, 18), (6, 22), (6, 26), (6, 30), (6, 34), (6, 22, 38), (6, 24, 42), (6, 26, 46), (6, 28, 50))
_MASKS = (
    lambda y, x: (y + x) % 2, lambda y, _: y % 2, lambda _, x: x % 3, lambda y, x: (y + x) % 3, lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3, lambda y, x: (y * x % 2 + y * x % 3) % 2, lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)  # fmt: skip
_QUIET = 4
Grid = list[list[int]]


def modules(text: str, mask: int | None = None) -> Grid:
    """The code as rows of 1 (dark) and 0. Without `mask` the one that the standard's penalties like best. Raises `ValueError` beyond 213 bytes."""
    raw = text.encode()
    version = next((one for one in range(1, 11) if len(raw) <= _room(one)), 0)
    if not version:
        raise ValueError(f"{len(raw)} bytes are too many for a code of version 10")
    bits = [bit for word in _interleaved(version, _data(raw, version)) for bit in _bits(word, 8)]
    candidates = [_drawn(version, bits, one) for one in (range(8) if mask is None else (mask,))]
    return min(candidates, key=_penalty)


def svg(text: str, label: str) -> Markup:
    """The code as an SVG that says `label` to whoever does not see it; dark on light in every theme, as readers want it."""
    grid = modules(text)
    size = len(grid) + 2 * _QUIET
    path = "".join(f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for y, row in enumerate(grid) for x, dark in enumerate(row) if dark)
    return Markup('<svg class="code" role="img" aria-label="{}" viewBox="0 0 {} {}" direction="ltr"><path d="{}"/></svg>').format(
        label, size, size, path
    )


def _room(version: int) -> int:
    data = sum(count * words for count, words in _BLOCKS[version - 1][1])
    return data - (2 if version < 10 else 3)


def _bits(number: int, count: int) -> list[int]:
    return [number >> place & 1 for place in range(count - 1, -1, -1)]


def _data(raw: bytes, version: int) -> bytes:
    room = sum(count * words for count, words in _BLOCKS[version - 1][1])
    bits = [0, 1, 0, 0, *_bits(len(raw), 8 if version < 10 else 16)]
    for byte in raw:
        bits += _bits(byte, 8)
    bits += [0] * min(4, room * 8 - len(bits))
    bits += [0] * (-len(bits) % 8)
    found = bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits), 8))
    return found + bytes((0xEC, 0x11)[at % 2] for at in range(room - len(found)))


def _interleaved(version: int, data: bytes) -> list[int]:
    """Data and correction words, one of each block in turn."""
    words, layout = _BLOCKS[version - 1]
    blocks, at = [], 0
    for count, length in layout:
        for _ in range(count):
            blocks.append(data[at : at + length])
            at += length
    checks = [_correction(block, words) for block in blocks]
    longest = max(map(len, blocks))
    found = [block[place] for place in range(longest) for block in blocks if place < len(block)]
    return found + [check[place] for place in range(words) for check in checks]


def _times(one: int, other: int) -> int:
    """The product in GF(256) modulo 0x11D."""
    found = 0
    for bit in range(7, -1, -1):
        found = found << 1 ^ (found >> 7) * 0x11D
        found ^= (other >> bit & 1) * one
    return found


def _correction(block: bytes, count: int) -> list[int]:
    """The remainder of Reed and Solomon."""
    divisor, root = [0] * (count - 1) + [1], 1
    for _ in range(count):
        for place in range(count):
            divisor[place] = _times(divisor[place], root) ^ (divisor[place + 1] if place + 1 < count else 0)
        root = _times(root, 2)
    found = [0] * count
    for byte in block:
        factor = byte ^ found[0]
        found = [*found[1:], 0]
        found = [word ^ _times(part, factor) for word, part in zip(found, divisor, strict=True)]
    return found


def _drawn(version: int, bits: list[int], mask: int) -> Grid:
    grid, fixed = _patterns(version)
    size = len(grid)
    for place, bit in _format_places(size, mask):
        grid[place[0]][place[1]] = bit
    places = (
        (y, x)
        for step, right in enumerate([*range(size - 1, 6, -2), *range(5, 0, -2)])
        for y in (range(size - 1, -1, -1) if step % 2 == 0 else range(size))
        for x in (right, right - 1)
        if not fixed[y][x]
    )
    for at, (y, x) in enumerate(places):
        bit = bits[at] if at < len(bits) else 0
        grid[y][x] = bit ^ (_MASKS[mask](y, x) == 0)
    return grid


def _patterns(version: int) -> tuple[Grid, Grid]:
    """The parts that are the same in every code of a version, and which places they take."""
    size = 17 + 4 * version
    grid, fixed = ([[0] * size for _ in range(size)] for _ in range(2))

    def put(y: int, x: int, bit: int) -> None:
        if 0 <= y < size and 0 <= x < size:
            grid[y][x], fixed[y][x] = bit, 1

    for at in range(size):
        put(6, at, 1 - at % 2)
        put(at, 6, 1 - at % 2)
    for y, x in ((3, 3), (3, size - 4), (size - 4, 3)):
        for down, along in product(range(-4, 5), repeat=2):
            put(y + down, x + along, int(max(abs(down), abs(along)) not in (2, 4)))
    middles = _ALIGNED[version - 1]
    for y, x in product(middles, repeat=2):
        if (y, x) not in ((6, 6), (6, size - 7), (size - 7, 6)):
            for down, along in product(range(-2, 3), repeat=2):
                put(y + down, x + along, int(max(abs(down), abs(along)) != 1))
    for (y, x), _ in _format_places(size, 0):
        put(y, x, 0)
    put(size - 8, 8, 1)
    if version >= 7:
        remainder = version
        for _ in range(12):
            remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25
        for at, bit in enumerate(reversed(_bits(version << 12 | remainder, 18))):
            put(size - 11 + at % 3, at // 3, bit)
            put(at // 3, size - 11 + at % 3, bit)
    return grid, fixed


def _format_places(size: int, mask: int) -> list[tuple[tuple[int, int], int]]:
    """Level M (00) and the mask with their correction, twice, each bit with its place."""
    remainder = mask
    for _ in range(10):
        remainder = remainder << 1 ^ (remainder >> 9) * 0x537
    bits = list(reversed(_bits((mask << 10 | remainder) ^ 0x5412, 15)))
    first = [*((at, 8) for at in range(6)), (7, 8), (8, 8), (8, 7), *((8, 14 - at) for at in range(9, 15))]
    second = [*((8, size - 1 - at) for at in range(8)), *((size - 15 + at, 8) for at in range(8, 15))]
    return [*zip(first, bits, strict=True), *zip(second, bits, strict=True)]


def _penalty(grid: Grid) -> int:
    """How hard a code is to read (section 7.8.3): long runs, blocks, what looks like a finder, too dark or too light."""
    size, found = len(grid), 0
    for lines in (grid, [list(column) for column in zip(*grid, strict=True)]):
        for line in lines:
            said = "".join(map(str, line))
            found += sum(len(run) - 2 for bit in "01" for run in said.split(str(1 - int(bit))) if len(run) >= 5)
            found += 40 * sum(said[at : at + 11] in ("10111010000", "00001011101") for at in range(size - 10))
    for y, x in product(range(size - 1), repeat=2):
        found += 3 * (grid[y][x] == grid[y][x + 1] == grid[y + 1][x] == grid[y + 1][x + 1])
    dark = sum(map(sum, grid))
    return found + 10 * (abs(dark * 20 - size * size * 10) // (size * size))

"""The random signs of KernelCore's projections, from their definition: bits of Philox4x32-10 addressed by row and column.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Column c of a row is bit c % 128 of
block c / 128 of the row's stream; a set bit is negative. The seed is 0.
"""
import numpy

MULTIPLIERS, WEYL, LOW = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85), numpy.uint64(0xFFFFFFFF)


def blocks(counters):
    """Four 32-bit words of each counter (block low, block high, stream low, stream high), as uint64 arrays."""
    c0, c1, c2, c3 = counters
    k0 = k1 = 0
    for _ in range(10):
        p0, p1 = c0 * numpy.uint64(MULTIPLIERS[0]), c2 * numpy.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ numpy.uint64(k0), p1 & LOW, (p0 >> 32) ^ c3 ^ numpy.uint64(k1), p0 & LOW
        k0, k1 = (k0 + WEYL[0]) & 0xFFFFFFFF, (k1 + WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def signs(rows, columns, parameter, side):
    """P [rows, columns] = +-1 / sqrt(rows), or the identity where it would not shorten anything.

    Side 0 projects the outputs of a weight, side 1 its inputs.
    """
    if rows >= columns:
        return numpy.eye(columns, dtype=numpy.float32)
    row, block = numpy.meshgrid(numpy.arange(rows, dtype=numpy.uint64), numpy.arange(-(-columns // 128), dtype=numpy.uint64), indexing="ij")
    zero = numpy.zeros_like(row)
    words = numpy.stack(blocks((block, zero, row, zero + numpy.uint64(2 * parameter + side + 1))), -1).astype("<u4")
    bits = numpy.unpackbits(words.reshape(rows, -1).view(numpy.uint8), axis=1, bitorder="little")[:, :columns]
    return (1 - 2 * bits.astype(numpy.float32)) / numpy.sqrt(numpy.float32(rows))

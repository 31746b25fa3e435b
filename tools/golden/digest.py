"""A gradient in seventy numbers, by a rule that tests/test_minilm.c follows too. Not a command.

Of a parameter's gradient with elements g[i], i counted row by row, and mix() a bijection of 64-bit integers:

    norm        the Euclidean one
    largest     of |g[i]|
    4 dots      sum of s_j(i) * g[i]; s_j(i) is +1 where bit j of mix(i) is set, else -1; j = 0 .. 3
    64 elements g[row, column] with h = mix(2^32 + k), k = 0 .. 63: row = (h >> 32) % rows, column = (h mod 2^32) %
                columns (1 for a vector). Most rows of an embedding table have no gradient, so there the row is that
                of a token of the batch, the one of index (h >> 32) % tokens

Needs numpy."""
import numpy

DOTS, ELEMENTS = 4, 64


def mix(numbers):
    """SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)."""
    z = numpy.asarray(numbers, dtype=numpy.uint64) + numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def choose_elements(shape, table_rows):
    """Flat places of the elements. table_rows: the table's row for each token of the batch, or None."""
    h = mix((1 << 32) + numpy.arange(ELEMENTS, dtype=numpy.uint64))
    high, low = (h >> numpy.uint64(32)).astype(int), (h & numpy.uint64(0xFFFFFFFF)).astype(int)
    rows, columns = shape[0], shape[1] if len(shape) > 1 else 1
    row = high % rows if table_rows is None else numpy.asarray(table_rows)[high % len(table_rows)]
    return row * columns + low % columns


def digest(gradient, table_rows=None):
    """norm, largest, dots, elements as one float64 vector."""
    g = gradient.astype(numpy.float64).ravel()
    bits = mix(numpy.arange(g.size))
    signs = [2.0 * ((bits >> numpy.uint64(j)) & numpy.uint64(1)).astype(numpy.float64) - 1.0 for j in range(DOTS)]
    return numpy.array([numpy.sqrt(g @ g), numpy.abs(g).max(), *[s @ g for s in signs],
                        *g[choose_elements(gradient.shape, table_rows)]])


def distances(have, want):
    """Of the norm, the dots (each over the norm) and the elements (over the largest element)."""
    norm, largest = want[0], want[1]
    return (abs(have[0] - norm) / norm, numpy.abs(have[2:2 + DOTS] - want[2:2 + DOTS]).max() / norm,
            numpy.abs(have[2 + DOTS:] - want[2 + DOTS:]).max() / largest)

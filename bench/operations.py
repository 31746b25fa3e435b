"""Additions and multiplications of the matrix products that the program executes; work it skips earns nothing.

A linear layer takes one product a weight and token forward and two backward. Attention takes two products for each score
forward and five backward, for probabilities are computed again. Under a classifier the last layer's queries, attention
output and feed-forward are computed for [CLS] alone, its keys and values for all tokens. `step` tells "tokens",
"token_pairs" (the squares of the sequences' lengths, added up) and "sequences", as a line of timings.jsonl does. The
pooler and the head are left out: they are less than a thousandth.
"""


def count_layers(config, step, first_only, linear, scores):
    """`linear`: operations a weight and token; `scores`: operations a score and unit of the hidden width."""
    hidden, wide, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    tokens, pairs, sequences = step["tokens"], step["token_pairs"], step["sequences"]
    layer = linear * tokens * (4 * hidden ** 2 + 2 * hidden * wide) + scores * pairs * hidden
    few = linear * (tokens * 2 * hidden ** 2 + sequences * (2 * hidden ** 2 + 2 * hidden * wide))
    few += scores * tokens * hidden
    return layer * (layers - 1) + (few if first_only else layer)


def count_training(config, step, first_only):
    """Of forward and backward."""
    return count_layers(config, step, first_only, 6, 14)


def count_forward(config, step, first_only):
    return count_layers(config, step, first_only, 2, 4)

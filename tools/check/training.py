"""Compares the step logs of two training runs: ours and PyTorch's (tools/reference/train.py --log).

    python3 tools/check/training.py OUTPUT/train_log.jsonl TORCH.jsonl [--bound 1e-2]

Both are JSON lines with step, loss, learning_rate and grad_norm. Status 1 unless the steps are the same in number, the
learning rates equal and every loss within the bound, relative. Standard library only.
"""
import argparse
import json


def read_log(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def distance(ours, theirs, key):
    """Relative; the smallest float32 that is normal stands in for a 0 to divide by."""
    return abs(ours[key] - theirs[key]) / max(abs(theirs[key]), 1.2e-38)


def list_faults(ours, theirs, bound):
    if len(ours) != len(theirs) or not ours:
        yield f"{len(ours)} steps here, {len(theirs)} there"
    for a, b in zip(ours, theirs):
        if a["step"] != b["step"]:
            yield f"step {a['step']} here stands against step {b['step']} there"
        if a.get("tokens", 0) != b.get("tokens", a.get("tokens", 0)):
            yield f"step {a['step']}: {a['tokens']} tokens here, {b['tokens']} there: same data, same order?"
        if distance(a, b, "learning_rate") > 1e-5:
            yield f"step {a['step']}: learning rate {a['learning_rate']} here, {b['learning_rate']} there"
        if not distance(a, b, "loss") <= bound:
            yield f"step {a['step']}: loss {a['loss']} here, {b['loss']} there"


def summarize(ours, theirs):
    pairs = list(zip(ours, theirs))
    losses = [distance(a, b, "loss") for a, b in pairs]
    share = sum(d <= 1e-4 for d in losses) / len(losses)
    return (f"{len(pairs)} steps: loss within 1e-4 in {100 * share:.1f} % of them, furthest {max(losses):.1e}"
            f" (step {pairs[losses.index(max(losses))][0]['step']}), gradient norm furthest"
            f" {max(distance(a, b, 'grad_norm') for a, b in pairs):.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("--bound", type=float, default=1e-2)
    options = parser.parse_args()
    ours, theirs = read_log(options.ours), read_log(options.theirs)
    faults = list(list_faults(ours, theirs, options.bound))
    if ours and theirs:
        print(summarize(ours, theirs))
    if faults:
        raise SystemExit("\n".join(faults[:10] + ([f"and {len(faults) - 10} more"] if len(faults) > 10 else [])))


if __name__ == "__main__":
    main()

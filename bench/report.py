"""The benchmark's figures as tables in Markdown."""
import statistics

BEGIN, END = "<!-- figures: begin (make bench-page writes what is between) -->", "<!-- figures: end -->"


def spread(values, form):
    """Median, and least to most where there are several."""
    text = form(statistics.median(values))
    return text if len(values) == 1 else f"{text} ({form(min(values))} to {form(max(values))})"


def duration(seconds):
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def percent(share):
    return f"{100 * share:.0f} %"


def times(ratio):
    return f"{ratio:.2f}"


def gbytes(count):
    return f"{1e-9 * count:.2f} GB"


def peak_of(sample):
    """The larger of the fastest loop and the fastest product, on all cores."""
    return max(sample["product"]["all"], *(loop["all"] for loop in sample["fma"].values()))


def peaks_around(peaks, result, figure):
    """The larger of the samples before and after a result's case."""
    return max(figure(peaks[result["peak"]]), figure(peaks[result["peak"] + 1]))


def shares(peaks, results, name, figure=peak_of):
    return spread([r[name] / peaks_around(peaks, r, figure) for r in results], percent)


def bandwidth_of(sample):
    return sample["bandwidth"]["all"]


def seconds_of(case, side):
    return [result["seconds"] for result in case["sides"][side]] if side in case["sides"] else []


def with_ratio(case, side):
    """A side's seconds, and how many times bert's they are, within each round."""
    theirs = seconds_of(case, side)
    if not theirs:
        return "", ""
    ratios = [b / a for a, b in zip(seconds_of(case, "bert"), theirs)]
    return spread(theirs, duration), spread(ratios, times)


def table(header, rows):
    """Columns that no row fills are left out."""
    filled = [i for i in range(len(header)) if i == 0 or any(row[i] for row in rows)]
    lines = [[header[i] for i in filled], ["---"] * len(filled)] + [[row[i] for i in filled] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine_text(answer):
    machine, versions = answer["machine"], answer["versions"]
    others = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (f"{machine['processor']}, {machine['cores']} cores, {gbytes(machine['memory'])} of memory; "
            f"{answer['threads']} threads; {answer['rounds']} round{'s' if answer['rounds'] > 1 else ''}; load {answer['load'][0]:.1f} before, "
            f"{answer['load'][1]:.1f} after; {answer['date']}.\n\n{'; '.join(filter(None, answer['bert']))}"
            + (f"; {others}.\n" if others else ".\n"))


def peak_table(peaks):
    rate = "{:.0f}".format
    rows = []
    for name in peaks[0]["fma"]:
        one, every = ([p["fma"][name][where] for p in peaks] for where in ("one", "all"))
        rows.append([f"multiply and add, {name}, GFLOP/s", spread(one, rate), spread(every, rate)])
    rows.append(["oneDNN's best large product, GFLOP/s", "", spread([p["product"]["all"] for p in peaks], rate)])
    rows.append(["memory, Adam's mix, GB/s", "", spread([bandwidth_of(p) for p in peaks], "{:.1f}".format)])
    return table(["peak", "one core", "all cores"], rows)


def training_table(answer):
    rows = []
    for case in answer["cases"]:
        if case["kind"] != "training":
            continue
        peaks, ours = answer["peaks"], case["sides"]["bert"]
        memory = [gbytes(max(r["memory"] for r in results)) for results in list(case["sides"].values())[:2]]
        rows.append([case["name"], spread(seconds_of(case, "bert"), duration),
                     shares(peaks, ours, "gflops_without_update"), shares(peaks, ours, "gflops"),
                     shares(peaks, ours, "update_gbytes", bandwidth_of), *with_ratio(case, "pytorch"),
                     *with_ratio(case, "pytorch 128"), " / ".join(memory)])
    return table(["training step", "bert.c", "forward + backward, of peak", "step, of peak",
                  "update, of bandwidth", "PyTorch, longest", "ratio", "PyTorch, to 128", "ratio",
                  "memory" + (", PyTorch's beside" if answer["versions"] else "")], rows)


def inference_table(answer):
    rows = [[case["name"], spread(seconds_of(case, "bert"), duration),
             shares(answer["peaks"], case["sides"]["bert"], "gflops"), *with_ratio(case, "pytorch"),
             *with_ratio(case, "onnx")] for case in answer["cases"] if case["kind"] == "inference"]
    return table(["inference", "bert.c", "of peak", "PyTorch", "ratio", "ONNX Runtime, f32", "ratio"], rows)


def other_table(answer):
    rows = []
    for case in answer["cases"]:
        if case["kind"] == "other":
            peer = next((side for side in case["sides"] if side != "bert"), "")
            rows.append([case["name"], spread(seconds_of(case, "bert"), duration), peer, *with_ratio(case, peer)])
    return table(["other", "bert.c", "next to", "takes", "ratio"], rows)


def report(answer):
    quick = "**A quick run: it shows that the benchmark works, and nothing of speed.**\n\n" if answer["quick"] else ""
    return quick + "\n".join([machine_text(answer), peak_table(answer["peaks"]), training_table(answer),
                              inference_table(answer), other_table(answer)])


def page_update(path, text):
    page = path.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    path.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")

"""One question, warm in a held process and as a command, against R's survival and lifelines from the same CSV.

    ICB_DATA=<folder with a published version> python benchmarks/ask/run.py STK11 [--repeats 5]

R and lifelines get the people as ``icb ask --export`` writes them and make the estimates that stand in the answer: the
hazard ratio and medians of each cohort, the pooled stratified model, the same with burden, the test of proportional
hazards. Neither draws carriers by burden nor looks at people without checkpoint blockade; the answer does, in its time.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", nargs="?", default="STK11")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()

    from analytics.questions.asked import read_question
    from warehouse.published_file import published
    from warehouse.questions.answering import answer_checked, checked_question
    from warehouse.questions.export import export_answer

    question = read_question(asked.question)
    with tempfile.TemporaryDirectory() as folder, published() as con:
        checked = checked_question(con, question)
        answer = answer_checked(con, checked)  # compiled code is loaded here
        export_answer(con, answer, checked, Path(folder))
        people = Path(folder) / "people.csv"
        icb = [sys.executable, "-m", "interfaces.cli.main"]
        rows = [
            (
                "warm, in a held process",
                *best(lambda: answer_checked(con, checked_question(con, question)), asked.repeats),
            ),
            ("as a command", *best(lambda: run([*icb, "ask", asked.question]), asked.repeats, True)),
            ("a misspelt name", *best(lambda: run([*icb, "ask", f"{asked.question}Q"]), asked.repeats, True)),
            ("icb --help", *best(lambda: run([*icb, "--help"]), asked.repeats, True)),
            ("lifelines, in a held process", *best(lambda: in_lifelines(people), asked.repeats)),
        ]
        if shutil.which("Rscript"):
            script = ["Rscript", str(HERE / "same.R"), str(people)]
            rows.append(("R survival, as a script", *best(lambda: run(script), asked.repeats, True)))
        ratio = in_lifelines(people)
    warm = rows[0]
    print(f"{question.text}: hazard ratio {answer.leading.pooled.estimate:.6f}, by lifelines {ratio:.6f}\n")
    print("| what | wall, s | CPU, s | wall over warm | CPU over warm |\n|---|---|---|---|---|")
    for name, wall, cpu in rows:
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {wall / warm[1]:.1f} | {cpu / warm[2]:.1f} |")


def run(arguments: list[str]) -> None:
    """A process of its own; its exit code does not matter (a misspelt name has one)."""
    subprocess.run(arguments, capture_output=True, check=False)


def best(work: Callable[[], object], repeats: int, of_children: bool = False) -> tuple[float, float]:
    """Smallest wall and CPU seconds of several tries."""
    who = resource.RUSAGE_CHILDREN if of_children else resource.RUSAGE_SELF
    walls, cpus = [], []
    for _ in range(repeats):
        before, start = resource.getrusage(who), time.perf_counter()
        work()
        after = resource.getrusage(who)
        walls.append(time.perf_counter() - start)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(walls), min(cpus)


def in_lifelines(people: Path) -> float:
    """The same estimates by lifelines; the pooled hazard ratio."""
    import numpy as np
    import pandas as pd
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.exceptions import ConvergenceError
    from lifelines.statistics import proportional_hazard_test

    warnings.simplefilter("ignore")
    frame = pd.read_csv(people)
    frame = frame[(frame["in_pool"] == 1) & frame["in_group"].notna()]
    needed = ["time_months", "event", "in_group"]
    for _, rows in frame.groupby("cohort_id"):
        if rows["in_group"].nunique() < 2 or not rows.groupby("in_group")["event"].sum().min():
            continue
        with contextlib.suppress(
            ConvergenceError
        ):  # carriers who all died first have none; icb gives Firth's
            CoxPHFitter().fit(rows[needed], "time_months", "event")
        for _, group in rows.groupby("in_group"):
            KaplanMeierFitter().fit(group["time_months"], group["event"])
    strata = ["cohort_id", "cancer_type"]
    known = frame[[*needed, *strata]].dropna()
    pooled = CoxPHFitter().fit(known, "time_months", "event", strata=strata, robust=True)
    burden = np.log2(frame["n_nonsynonymous"] - frame["n_own_mutations"] + 1)
    beside = frame[[*needed, *strata]].assign(burden=burden).dropna()
    CoxPHFitter().fit(beside, "time_months", "event", strata=strata, robust=True)
    proportional_hazard_test(pooled, known)
    return float(pooled.hazard_ratios_["in_group"])


if __name__ == "__main__":
    main()

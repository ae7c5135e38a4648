"""Verdict: what the numbers of a comparison say, in plain words, and how sure they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from agents.strategies import CAPABILITIES, CAPABILITIES_IN_WORDS
from sim import number_format
from sim.analysis.goal import goal_first, goal_sentence, soon_sentence
from sim.analysis.metrics import EVERYBODY
from sim.analysis.payback import discounted_sentence, payback_sentence
from sim.analysis.stage_moves import move_in_words, moves_of
from sim.analysis.summary import difference_name
from sim.number_format import bracket, decimal, in_renewals, in_words, listed, percent

__all__ = ["CAVEAT", "break_even_sentence", "money", "ranges_in_words", "verdict"]

Numbers = Mapping[str, Any]

_PERCENT = 100.0
# Effects of single tools have been measured, none of the capabilities as a bundle. A verdict of one line says so too.
CAVEAT = (
    f"How strongly the {CAPABILITIES_IN_WORDS} act on customers is an assumption of the scenario, not a measurement."
)
#: What each term of the waterfall is called, as a gain and as a loss.
_TERM_WORDS = {
    "margin": ("more margin from purchases", "less margin from purchases"),
    "ancillary": ("more ancillary income", "less ancillary income"),
    "contacts": ("lower cost of contacts", "the cost of contacts"),
    "channels": ("cheaper channels", "costlier channels"),
    "service": ("lower cost of service stages", "the cost of service stages (communities, set-ups, partners)"),
    "build": ("lower cost of building capabilities", "the cost of building the capabilities"),
    "run": ("lower cost of running capabilities", "the cost of running the capabilities"),
    "experiments": ("fewer experiments", "the cost of experiments"),
}
#: What a competitor may want that is an amount of money.
_MONEY_GOALS = ("npv", "contribution", "revenue")
_ORIGIN_WORDS = {
    "initial": "initial consideration",
    "evaluation": "active evaluation",
    "loop": "the loyalty loop",
}


def money(amount: float, currency: str, *, signed: bool = False) -> str:
    """Write an amount with its currency and three significant digits.

    Parameters
    ----------
    amount : float
        Any finite amount of money.
    currency : str
        Its sign or code, such as `$` or `EUR`.
    signed : bool
        Mark amounts above zero with a plus.

    Returns
    -------
    str

    Examples
    --------
    >>> money(-1234567.0, "$")
    '−$1.23 million'
    >>> money(12.5, "EUR", signed=True)
    '+EUR 12.50'
    """
    written = number_format.money(amount, currency, sign=signed, words=True)
    return written.replace("\u00a0", " ")


def verdict(summary: Numbers) -> str:
    """Return the verdict on a summary (the content of `summary.json` without it): a few lines per arm.

    Parameters
    ----------
    summary : mapping
        What :func:`sim.analysis.summary.summarise` returns, with ``scenario``, ``focal``, ``baseline``, ``currency``,
        ``market_customers``, ``horizon``, ``replicates`` and, where one was asked for, ``precision``.
    """
    if summary["differences"]:
        others = [arm for arm in summary["arms"] if arm != summary["baseline"]]
        cases = [_Case(summary, arm) for arm in others]
        parts = ["\n".join(case.sentences()) for case in cases]
        if not all(case.unchanged() or case.unpaid() for case in cases):
            parts.extend(filter(None, ["\n".join(filter(None, (case.doubt() for case in cases)))]))
            parts.append(CAVEAT)
    else:
        parts = ["\n".join(_alone(summary, arm) for arm in summary["arms"])]
    parts.extend(_few(summary))
    parts.extend(_precision(summary))
    return "\n\n".join(parts)


class _Case:
    """One arm against the baseline."""

    def __init__(self, summary: Numbers, arm: str) -> None:
        self.summary = summary
        self.arm = arm
        self.baseline: str = summary["baseline"]
        self.name = difference_name(arm, self.baseline)
        self.differences: Numbers = summary["differences"][self.name]
        self.step: str = summary.get("step", "week")
        self.horizon = number_format.counted(summary["horizon"], self.step)
        self.currency: str = summary["currency"]
        self.heads = max(summary["market_customers"], 1)
        self.renews = bool(summary.get("renews"))
        self.called, self.base = in_words(arm), in_words(self.baseline)

    def sentences(self) -> list[str]:
        same, told = self.unchanged(), (self.summary, self.arm, self.name)
        goal, soon = ("", "") if same else (goal_sentence(*told), soon_sentence(*told))
        first, *further = [self.headline(), *self.answers()]
        if goal and self.unpaid():
            (first, soon), goal = goal_first(self.called, first, goal), soon
        out = [first, *further, *filter(None, [goal, soon])]
        if same:
            return out
        if self.unpaid():
            out.append(self.stage() or "Whether any step of the journey is taken more or less often is open.")
        else:
            out[1:1] = filter(None, [discounted_sentence(self.summary, self.name, self.money)])
            out.extend(filter(None, (self.shares(), self.through(), self.stage())))
            out.extend(self.personas())
            out.extend(filter(None, (payback_sentence(self.summary, self.name), self.runway(), self.reason())))
        if self.summary["replicates"] == 1:
            out.append("One replicate gives no interval: read this as one possible course of events, and run more.")
        return out

    def money(self, amount: float, *, signed: bool = True) -> str:
        return money(amount, self.currency, signed=signed)

    def answers(self) -> Iterable[str]:
        """Say that the strategy does nothing within the horizon, and what competitors do that may answer it."""
        if (start := self.summary.get("never_started", {}).get(self.arm)) is not None:
            yield (
                f"Its strategy would start in {self.step} {start}, and {self.horizon} are compared: capabilities and"
                " contacts do nothing in this result."
            )
        found = (self.summary.get("best_responses") or {}).get(self.arm)
        if found is None:
            return
        said = []
        for brand, item in found["competitors"].items():
            called, chosen = title(self.summary, brand), item["chosen"]
            if chosen["strategy"] is None:
                said.append(f"{called} waits: none of its {len(item['choices']) - 1} answers is shown to pay")
                continue
            gain = chosen["gain"]
            write = self.money if item["goal"] in _MONEY_GOALS else _signed
            worth = (
                f"{write(gain['mean'])}{bracket(gain, write)} {item['goal'].replace('_', ' ').replace('npv', 'NPV')}"
            )
            said.append(
                f"{called} follows with {chosen['strategy']} from {self.step} {chosen['start_week']},"
                f" worth {worth} to it beside waiting"
            )
        yield f"Competitors answer: {'; '.join(said)}."
        if not found["settled"]:
            yield "Answering in turn they do not settle: one of them would always change; the last state is compared."

    def doubt(self) -> str:
        """Say what each part of the interval rests on, and what would narrow it."""
        if self.unchanged():
            return ""
        members = self.summary.get("members")
        out = []
        if members and members["used"] < 2:
            out.append("One parameter set gives no interval for what the calibration leaves open: run more replicates.")
        elif members:
            ensemble = self.summary["ensemble"]
            out.append(
                f"The interval comes from {members['used']} distinct near-best fits of the market (ensemble"
                f" {ensemble['name']}), worth {members['effective']:.1f} equally likely ones."
            )
        ranges = self.summary.get("doubt") or {}
        if ranges:
            out.append(f"How well the capabilities work, relative to what is assumed: {ranges_in_words(ranges)}.")
        return f"{self.called}: how sure that is. {' '.join(out)}" if out else ""

    def unchanged(self) -> bool:
        """Whether nothing at all differs, in any replicate."""
        return (
            all(
                entry["mean"] in (None, 0.0) and entry["ci_low"] in (None, 0.0) and entry["ci_high"] in (None, 0.0)
                for entry in self.differences.values()
                if entry is not None
            )
            and not self.summary["flows"][self.name]
        )

    def unpaid(self) -> bool:
        """Whether nothing is bought, earned or paid in either arm, though customers move otherwise: a journey alone."""
        arms = [self.summary["arms"][arm] for arm in (self.baseline, self.arm)]
        return not self.unchanged() and all(
            arm[metric][figure] in (None, 0.0)
            for arm in arms
            for metric in ("contribution", "revenue", "purchases")
            for figure in ("mean", "ci_low", "ci_high")
        )

    def alone(self) -> bool:
        """Whether there is no brand to buy but the focal one: its share of the market says nothing then."""
        return all(self.summary["arms"][arm]["market_share"]["mean"] == 1.0 for arm in (self.baseline, self.arm))

    def headline(self) -> str:
        gain = self.differences["contribution"]
        mean = gain["mean"]
        if self.unchanged():
            return (
                f"{self.called} and {self.base} do not differ: in every replicate the difference in contribution, "
                "and in everything else, is exactly 0."
            )
        if self.unpaid():
            return (
                f"{self.called}: nothing is bought, earned or paid over {self.horizon}, neither here nor in"
                f" {self.base}; what differs is how customers move through the journey."
            )
        before, after = (self.summary["arms"][arm]["contribution"]["mean"] for arm in (self.baseline, self.arm))
        size = (
            f"{self.money(abs(mean), signed=False)} ({self.money(abs(mean) / self.heads, signed=False)} per customer)"
        )
        course = f"from {self.money(before, signed=False)} to {self.money(after, signed=False)} over {self.horizon}"
        subject = f"{title(self.summary, self.summary['focal'])}'s contribution"
        direction = "higher" if mean > 0 else "lower"
        if not covers_zero(gain):
            first = f"{self.called}: {subject} is {size} {direction} than with {self.base}, {course}."
        elif gain["ci_low"] is None:
            alone = "by the one near-best fit simulated" if self.summary.get("members") else "in one replicate"
            first = f"{self.called}: {alone} {subject} is {size} {direction} than with {self.base}, {course}."
        else:
            first = (
                f"{self.called}: whether {subject} is higher or lower than with {self.base} is open. The mean is"
                f" {size} {direction}, {course}, but the interval covers 0."
            )
        # What is most doubtful comes first: how well the capabilities work, then the interval.
        return " ".join(filter(None, (first, self.break_even(), self.interval(gain), self.chance(gain))))

    def interval(self, gain: Numbers) -> str:
        """Return the interval of contribution, and the parts of it with the largest first."""
        if gain["ci_low"] is None:
            return ""
        ends = f"95 % interval of the difference: {self.money(gain['ci_low'])} to {self.money(gain['ci_high'])}"
        parts = self.parts(gain)
        if len(parts) < 2:
            return f"{ends}."
        written = [
            f"{what} alone would make it ± {self.money(size, signed=False)}"
            for size, what in sorted(parts, key=lambda part: -part[0])
        ]
        return f"{ends}; {', '.join(written)}."

    def parts(self, gain: Numbers) -> list[tuple[float, str]]:
        """Return half-widths of the interval of contribution by what they come from."""
        doubt, fitted = gain.get("doubt") or 0.0, 0.0
        parts = [(gain.get("luck") or 0.0, "random variation")]
        if self.summary.get("ensemble"):
            fitted = self.summary["ensemble"]["uncertainty"][self.name]["contribution"]["parameters"] or 0.0
            parts.append((fitted, "what the calibration leaves open"))
        if self.summary.get("doubt"):
            parts.append((max(doubt**2 - fitted**2, 0.0) ** 0.5, "how well the capabilities work"))
        return parts

    def chance(self, gain: Numbers) -> str:
        p = gain["p_better"]
        if p is None:
            return ""
        counted = [what for _, what in self.parts(gain)]
        covered = f"{counted[0]} alone" if len(counted) == 1 else f"{', '.join(counted[:-1])} and {counted[-1]}"
        return f"Probability that it earns more, counting {covered}: {probability(p)}."

    def shares(self) -> str:
        parts = []
        told = []
        if not self.alone():
            told.append(("market_share", "market share", False))
            told.append(
                ("loop_share", in_renewals("share of its purchases won in the loyalty loop", self.renews), False)
            )
        if self.renews or self.alone():
            # Churn is what retention leaves.
            told.append(("retention", f"churn over {self.horizon}", True))
        for metric, words, rest in told:
            before, after = (self.summary["arms"][arm][metric]["mean"] for arm in (self.baseline, self.arm))
            entry = self.differences[metric]
            if before is None or after is None or entry["mean"] is None:
                continue
            if rest:
                before, after, entry = 1.0 - before, 1.0 - after, _mirrored(entry)
            sure = bracket(entry, points)
            parts.append(
                f"{words} {before * _PERCENT:.1f} % to {after * _PERCENT:.1f} % ({points(entry['mean'])} points{sure})"
            )
        return f"What changed: {'; '.join(parts)}." if parts else ""

    def through(self) -> str:
        """Say where the purchases were won that make the difference."""
        origins = self.summary["origins"][self.name][EVERYBODY]
        total = self.differences["purchases"]
        if total["mean"] is None:
            return ""
        scale = 1000.0 / self.heads
        ranked = sorted(origins.items(), key=lambda item: -abs(item[1]["mean"]))
        # Where nothing is ever won differently, as where there is no rival, nothing is told of it.
        ranked = [item for item in ranked if item is ranked[0] or any(item[1].values())]
        parts = [
            f"{_ORIGIN_WORDS[origin]} {_signed(entry['mean'] * scale)}{bracket(entry, lambda v: _signed(v * scale))}"
            for origin, entry in ranked
        ]
        bought = f"{_signed(total['mean'] * scale)} {in_renewals('purchases', self.renews)} per 1,000 customers"
        return f"How it came about: {bought}, of these through {', through '.join(parts)}."

    def stage(self) -> str:
        """Name the edge of the journey whose use changed most."""
        edges = moves_of(self.summary, self.name)
        # Where a stage has one way on, the edge only repeats what led to the stage: every purchase is experienced.
        ways = Counter(edge["from"] for edge in edges)
        edges = [edge for edge in edges if ways[edge["from"]] > 1] or edges
        sure = [edge for edge in edges if not covers_zero(edge)]
        if not sure:
            return ""
        edge = sure[0]
        which = "The step that changed most" if edge is edges[0] else "Of the steps that surely changed, the largest"
        scale = 1000.0 / self.heads
        sure_of_it = bracket(edge, lambda value: _signed(value * scale))
        whose = "" if self.unpaid() or self.alone() else ", whatever brand they were with"
        return (
            f"{which} is {move_in_words(edge['from'], edge['to'])}: "
            f"{_signed(edge['mean'] * scale)} per 1,000 customers over the horizon{sure_of_it}{whose}."
        )

    def personas(self) -> Iterable[str]:
        """Say for which persona it pays, for which it does not, and for which nobody can tell."""
        people = self.summary["personas"]
        if len(people) < 2:
            return
        pays, costs, open_ = [], [], []
        heads = self.summary["persona_customers"]
        for name, block in people.items():
            entry = block["differences"][self.name]["contribution"]
            if entry["mean"] is None or not heads[name]:
                continue
            each = scaled(entry, 1.0 / heads[name])
            if entry["ci_low"] is None:
                continue
            called = str(self.summary.get("persona_titles", {}).get(name, name))
            words = f"{called} {self.money(each['mean'])} per customer{bracket(each, self.money)}"
            if each["mean"] == 0.0 and each["ci_low"] in (None, 0.0):
                open_.append(f"{called} (no difference)")
            elif covers_zero(entry) and entry["ci_low"] is not None:
                open_.append(words)
            elif entry["mean"] > 0:
                pays.append(words)
            else:
                costs.append(words)
        if pays:
            yield f"It pays for {'; '.join(pays)}."
        if costs:
            yield f"It does not pay for {'; '.join(costs)}."
        if open_:
            yield f"It is undecided for {'; '.join(open_)}."

    def runway(self) -> str:
        low = self.differences["cash_low_point"]
        if low["mean"] is None or low["mean"] >= 0.0:
            return ""
        # An arm that may never be behind is behind by nothing at least.
        ends = (("ci_low", "ci_high"), ("ci_high", "ci_low"))
        behind = {end: None if low[of] is None else max(-low[of], 0.0) for end, of in ends}
        return (
            f"Cash low point: {self.money(-low['mean'], signed=False)} behind {self.base} at the worst moment"
            f"{bracket(behind, lambda amount: self.money(amount, signed=False))}."
        )

    def break_even(self) -> str:
        """Say how well the capabilities must work for the arm to pay: what the verdict rests on most."""
        return break_even_sentence(self.summary, self.arm)

    def reason(self) -> str:
        """Say what weighs most: of a loss the largest cost, of a gain its main source; and what all costs come to."""
        gain = self.differences["contribution"]["mean"]
        terms = self.summary["waterfall"][self.name][EVERYBODY]
        losing = gain < 0
        pick = min if losing else max
        name, entry = pick(terms.items(), key=lambda item: item[1]["mean"])
        if entry["mean"] == 0.0 or (entry["mean"] < 0) != losing:
            return ""
        words = self.term(name, gain=not losing)
        sure = "" if entry["ci_low"] == entry["ci_high"] else bracket(entry, self.money)
        worth = f"{self.money(entry['mean'])}{sure}"
        if covers_zero(entry):
            return ""
        total = self.differences["contribution"]
        if covers_zero(total):
            return f"What weighs most {'against' if losing else 'for'} it: {words}, {worth}."
        costs = [term["mean"] for term in terms.values() if term["mean"] < 0]
        in_all = f"{self.money(sum(costs))} in all" if len(costs) > 1 else ""
        if not losing:
            least, cost = min(terms.items(), key=lambda item: item[1]["mean"])
            against = f", against {self.term(least, gain=False)}, {self.money(cost['mean'])}" if costs else ""
            if in_all:
                against += f", and others, {in_all}"
            return f"The gain comes mostly from {words}: {worth}{against}."
        most, won = max(terms.items(), key=lambda item: item[1]["mean"])
        against = f"; {self.term(most, gain=True)} brings only {self.money(won['mean'])}" if won["mean"] > 0 else ""
        return f"Why it loses: mostly {words}, {worth}{f', of {in_all}' if in_all else ''}{against}."

    def term(self, name: str, *, gain: bool) -> str:
        return in_renewals(_TERM_WORDS[name][0 if gain else 1], self.renews)


def ranges_in_words(ranges: Numbers) -> str:
    """Say how well capabilities may work: those of the same range and source together.

    Parameters
    ----------
    ranges : mapping
        By capability, ``low`` and ``high`` relative to what is assumed, and ``source``.

    Returns
    -------
    str

    Examples
    --------
    >>> known = {"low": 0.5, "high": 1.5, "source": "assumption"}
    >>> ranges_in_words({"automation": known, "context": {"low": 0.0, "high": 2.0, "source": "X"}, "innovation": known})
    'automation and innovation 50 to 150 % (assumption); contextual interaction 0 to 200 % (X)'
    """
    together: dict[tuple[float, float, str], list[str]] = {}
    for name, entry in ranges.items():
        key = (entry["low"], entry["high"], entry["source"])
        together.setdefault(key, []).append(CAPABILITIES[name].title)
    return "; ".join(
        f"{listed(names)} {low * _PERCENT:.0f} to {high * _PERCENT:.0f} % ({source})"
        for (low, high, source), names in together.items()
    )


def break_even_sentence(summary: Numbers, arm: str) -> str:
    """Say how well an arm's capabilities must work for it to pay; nothing where it has none.

    Parameters
    ----------
    summary : mapping
        The content of `summary.json`.
    arm : str
        An arm that is not the baseline.

    Returns
    -------
    str
        A sentence of its own, of the mean curve; the break-even point with its interval.
    """
    name = difference_name(arm, summary["baseline"])
    curve = summary.get("effectiveness", {}).get(name)
    if curve is None:
        return ""
    at = summary["differences"][name].get("break_even_effectiveness")
    points = [(value, entry["mean"]) for value, entry in zip(curve["grid"], curve["contribution"], strict=True)]
    span = f"from {points[0][0] * _PERCENT:.0f} to {points[-1][0] * _PERCENT:.0f} % of what is assumed"
    if at is not None and all(mean >= 0.0 for value, mean in points if value >= at["mean"]):
        if at["ci_high"] is not None and at["ci_high"] * _PERCENT < 0.5:
            return "It pays even if the capabilities work less than 1 % as well as assumed."
        least = f"{percent(at['mean'])} as well as assumed{bracket(at, percent)}"
        if at["mean"] <= 1.0:
            return f"It pays as long as the capabilities work at least {least}."
        return f"It would pay if the capabilities worked at least {least}."
    sure = not any(covers_zero({"ci_low": None, **entry}) for entry in curve["contribution"])
    rough = "" if sure else " on average; some of the intervals cover 0"
    if all(entry.get("ci_low") is None for entry in curve["contribution"]):
        rough = "; there are no intervals"
    if all(mean < 0.0 for _, mean in points):
        return f"It does not pay at any effectiveness of the capabilities {span}{rough}."
    if all(mean >= 0.0 for _, mean in points):
        return f"It pays at every effectiveness of the capabilities {span}{rough}."
    return f"It pays only at some effectiveness of the capabilities {span}, and not at every higher one."


def _signed(number: float) -> str:
    return decimal(number, 1, sign=True)


def _mirrored(entry: Numbers) -> dict[str, Any]:
    """Return the difference of what is left: of 1 less a share."""
    low, high = entry["ci_low"], entry["ci_high"]
    return {
        "mean": -entry["mean"],
        "ci_low": None if high is None else -high,
        "ci_high": None if low is None else -low,
    }


def title(summary: Mapping[str, Any], name: str) -> str:
    """Return a reader's name for a brand."""
    return str(summary.get("titles", {}).get(name, name))


def covers_zero(entry: Numbers) -> bool:
    """Whether zero cannot be ruled out: the interval covers it, or there is no interval."""
    if entry["ci_low"] is None:
        return True
    return bool(entry["ci_low"] <= 0.0 <= entry["ci_high"])


def scaled(entry: Numbers, factor: float) -> dict[str, Any]:
    """Multiply mean and interval."""
    keys = ("mean", "ci_low", "ci_high")
    return {key: None if entry[key] is None else entry[key] * factor for key in keys}


def points(share: float) -> str:
    """Write a difference of shares in percentage points, with two decimals where one would make it a 0 with a sign."""
    return decimal(share * _PERCENT, 1 if round(share * _PERCENT, 1) or not share else 2, sign=True)


def probability(p: float) -> str:
    """Write a probability without ever claiming certainty."""
    if p > 0.999:
        return "above 99.9 %"
    if p < 0.001:
        return "below 0.1 %"
    return f"{p * _PERCENT:.1f} %"


def _alone(summary: Numbers, arm: str) -> str:
    """Describe one arm that is compared with nothing."""
    numbers = summary["arms"][arm]
    span = number_format.counted(summary["horizon"], summary.get("step", "week"))
    if numbers["purchases"]["mean"] in (None, 0.0):
        # Without any purchase there is no share; with a share of 0 others sold.
        sold = "anything" if numbers["market_share"]["mean"] is None else f"from {title(summary, summary['focal'])}"
        return f"{in_words(arm)}: {summary['market_customers']:,} customers over {span}; nobody bought {sold}."
    contribution, currency = numbers["contribution"], summary["currency"]
    share = numbers["market_share"]["mean"]
    loop = numbers["loop_share"]["mean"]
    return (
        f"{in_words(arm)}: {title(summary, summary['focal'])} contributes {money(contribution['mean'], currency)}"
        f" over {span}"
        f"{bracket(contribution, lambda value: money(value, currency))}, {share * _PERCENT:.1f} % of all "
        f"{in_renewals('purchases', bool(summary.get('renews')))} are "
        f"its own, and {loop * _PERCENT:.1f} % of those come from the loyalty loop. One arm alone compares nothing."
    )


def _few(summary: Numbers) -> list[str]:
    """Say which shares few customers or purchases stand behind."""
    shares = summary.get("shares_of_few")
    if not shares:
        return []
    metrics = dict.fromkeys(metric for found in shares.values() for metric in found)
    counts = sorted(count for found in shares.values() for count in found.values())
    ends = " to ".join(dict.fromkeys(f"{count:.1f}" for count in (counts[0], counts[-1])))
    named = ", ".join(in_words(metric) for metric in metrics)
    return [
        f"Few customers or purchases stand behind some shares ({ends} a replicate):"
        f" {named}. Their intervals are wide for that: more simulated customers make them narrower."
    ]


def _precision(summary: Numbers) -> list[str]:
    wanted = summary.get("precision")
    if not wanted:
        return []
    count = f"{summary['replicates']:,} replicates"
    if wanted["reached"]:
        return [f"The precision asked for (half-width {wanted['wanted']:.3g} of the mean) was reached with {count}."]
    width = wanted["half_width"]
    # An infinite half-width (a mean of exactly 0) is null in JSON.
    found = "is not finite, because the mean is 0" if width is None else f"is {width:.3g} of the mean"
    return [
        f"The precision asked for (half-width {wanted['wanted']:.3g} of the mean) was not reached: {count}, the most "
        f"that are run, and the half-width {found}."
    ]

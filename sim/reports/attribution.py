"""Attribution: what the division of an effect says, in words, in figures and on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis.attribution import DIVIDED, pair_name
from sim.analysis.metrics import EVERYBODY
from sim.analysis.verdict import CAVEAT, ranges_in_words
from sim.number_format import NOTHING, compact, in_words, interval, quantity, short_money
from sim.reports.document import Document, Table
from sim.reports.figures.attribution import draw_combinations, draw_persona_shares, draw_shares, draw_together
from sim.reports.figures.gap import Gap, is_sure
from sim.reports.labels import Words, titled, words_of
from sim.reports.names import short
from sim.reports.picture import Picture

if TYPE_CHECKING:
    from sim.experiments.attribute import Attribution
from sim.reports.scope import scope_of_summary

__all__ = ["attribution_lines", "attribution_document"]

Numbers = Mapping[str, Any]

_STEPS: Mapping[str, str] = {
    "competitors": "competitors' plans",
    "journey": "journey alone",
    "contacts": "contacts alone",
}
_STEP_WORDS: Mapping[str, str] = {
    "competitors": "what the competitors do in this arm",
    "journey": "the arm's journey while every capability and contact stays as in the baseline",
    "contacts": "the arm's contacts on top, while every capability stays as in the baseline",
}
#: Sums over customers, which personas are compared in per customer.
_TOTALS = ("contribution", "revenue", "npv", "purchases")
_TERMS: Mapping[str, str] = {
    "margin": "margin",
    "ancillary": "ancillary income",
    "contacts": "contacts",
    "channels": "channels",
    "service": "service stages",
    "build": "building it",
    "run": "running it",
    "experiments": "experiments",
}
_PERCENT = 100.0


def attribution_lines(summary: Numbers) -> list[str]:
    """Return the verdict: a few sentences a strategist can use.

    Parameters
    ----------
    summary : mapping
        What :func:`sim.analysis.attribution.summarise_attribution` returns.
    """
    return list(filter(None, _Verdict(summary).lines()))


class _Verdict:
    """The sentences about one attribution."""

    def __init__(self, summary: Numbers) -> None:
        self.summary = summary
        self.block: Numbers = summary["metrics"][summary["metric"]][EVERYBODY]
        self.words = words_of(summary["metric"], summary)
        self.whole: Numbers = self.block["whole"]

    def write(self, entry: Numbers, *, sign: bool = True) -> str:
        """Write an effect with its interval."""
        kind, currency = self.words.kind, self.summary["currency"]
        words = quantity(entry["mean"], kind, currency, sign=sign)
        if entry["ci_low"] is None or entry["ci_low"] == entry["ci_high"]:
            return words
        return f"{words} [{interval(entry['ci_low'], entry['ci_high'], kind, currency)}]"

    def lines(self) -> Iterator[str]:
        summary, whole = self.summary, self.whole
        name = self.words.name.lower()
        if whole["mean"] is None:
            yield (
                f"{_arm(summary)}: {name} is undefined in some combination of the capabilities in every replicate, so "
                "there is nothing to divide; take another metric."
            )
            return
        if _is_nothing(self.block):
            yield (
                f"{_arm(summary)} and {_baseline(summary)} do not differ in {name}: in every replicate the "
                "difference, and the share of every capability in it, is exactly 0."
            )
            return
        yield self.headline(name)
        yield self.shares()
        yield self.why()
        yield self.pair()
        yield self.without()
        yield self.people()
        yield self.doubt()
        if summary["replicates"] == 1:
            yield "One replicate gives no interval: read this as one possible course of events, and run more."
        yield CAVEAT

    def headline(self, name: str) -> str:
        summary, whole = self.summary, self.whole
        size = quantity(abs(whole["mean"]), self.words.kind, summary["currency"], sign=True).removeprefix("+")
        way = "higher" if whole["mean"] > 0 else "lower"
        focal = summary["titles"].get(summary["focal"], summary["focal"])
        sure = " in one replicate"
        if whole["ci_low"] is not None:
            ends = interval(whole["ci_low"], whole["ci_high"], self.words.kind, summary["currency"])
            sure = f" (95 % interval of the difference {ends})"
            if not is_sure(_gap(whole)):
                sure += ", whose sign is not resolved" if summary.get("doubt") else ", which cannot be told from chance"
        return (
            f"{_arm(summary)} against {_baseline(summary)}: {focal}'s {name} is {size} {way}{sure}.{self.largest()} "
            "The parts add up to the difference exactly."
        )

    def doubt(self) -> str:
        """Say which ranges of effectiveness the intervals cover."""
        ranges = self.summary.get("doubt")
        if not ranges:
            return ""
        return (
            "Intervals count random variation and how well the capabilities work, relative to what is assumed: "
            f"{ranges_in_words(ranges)}."
        )

    def largest(self) -> str:
        """Name the capability with the largest part in a whole that is sure, where it is sure itself."""
        parts = {player: self.block["parts"][player] for player in self.summary["players"]}
        player = max(parts, key=lambda name: parts[name].get("of_whole") or 0.0)
        share = parts[player].get("of_whole")
        if not share or share < 0.0 or not is_sure(_gap(parts[player])):
            return ""
        largest = max(self.block["parts"].values(), key=lambda entry: entry.get("of_whole") or 0.0)
        among = "" if largest is parts[player] else " among the capabilities"
        return f" The largest part{among} is that of {titled(player)}, {share * _PERCENT:.0f} % of it."

    def shares(self) -> str:
        earns, costs, open_ = [], [], []
        for part, entry in sorted(self.block["parts"].items(), key=lambda item: -abs(item[1]["mean"])):
            if entry["mean"] == 0.0 and entry["ci_low"] in (None, 0.0):
                continue
            words = f"{_called(part, self.summary)} {self.write(entry)}"
            share = entry.get("of_whole")
            # A share of the whole says something only where it points the same way and the whole is sure.
            if share is not None and share > 0.0:
                what = "gain" if self.whole["mean"] > 0 else "loss"
                words += f", {share * _PERCENT:.0f} % of the {what}" if self.words.good > 0 else ""
            if not is_sure(_gap(entry)):
                open_.append(words)
            elif entry["mean"] > 0:
                earns.append(words)
            else:
                costs.append(words)
        up, down = ("It is raised by", "It is lowered by")
        if self.words.kind == "money":
            up, down = "What earns", "What costs more than it earns"
        parts = [f"{words}: {'; '.join(items)}." for words, items in ((up, earns), (down, costs)) if items]
        if open_:
            parts.append(f"Not statistically significant: {'; '.join(open_)}.")
        still = [_called(part, self.summary) for part, entry in self.block["parts"].items() if entry["mean"] == 0.0]
        if still:
            parts.append(f"Exactly 0: {', '.join(still)}.")
        return " ".join(parts)

    def why(self) -> str:
        """Say through which term the heaviest capability acts on contribution."""
        if self.summary["metric"] != "contribution":
            return ""
        shares = {player: self.block["parts"][player] for player in self.summary["players"]}
        sure = [player for player, entry in shares.items() if is_sure(_gap(entry)) and entry["mean"]]
        if not sure:
            return ""
        player = max(sure, key=lambda name: abs(shares[name]["mean"]))
        terms = self.summary["terms"][player]
        way = 1.0 if shares[player]["mean"] > 0 else -1.0
        for_, against = (pick(terms, key=lambda term: way * terms[term]["mean"]) for pick in (max, min))
        if not is_sure(_gap(terms[for_])):
            return ""
        said = f"Why {titled(player)}: mostly {_TERMS[for_]}, {self.write(terms[for_])}"
        if way * terms[against]["mean"] < 0.0 and is_sure(_gap(terms[against])):
            said += f"; against it {_TERMS[against]}, {self.write(terms[against])}"
        return f"{said}."

    def pair(self) -> str:
        sure = [(name, entry) for name, entry in self.block["together"].items() if is_sure(_gap(entry))]
        if not sure:
            return "Whether any two of them act otherwise together than apart is not resolved."
        name, entry = max(sure, key=lambda item: abs(item[1]["mean"]))
        if entry["mean"] == 0.0:
            return "Each acts as if it were alone: no pair earns more or less together than apart."
        way = "add to each other" if entry["mean"] > 0 else "get in each other's way"
        return (
            f"Together: {_pair_called(name)} {way}, {self.write(entry)} beyond what each does alone; "
            "half of it is in the share of each."
        )

    def without(self) -> str:
        """Say what leaving one out would change, all else in place: the decision that is at hand."""
        if self.words.good == 0:
            return ""
        harmful = [
            (player, entry)
            for player, entry in self.block["last"].items()
            if is_sure(_gap(entry)) and entry["mean"] * self.words.good < 0
        ]
        if not harmful:
            return ""
        player, entry = max(harmful, key=lambda item: abs(item[1]["mean"]))
        flipped = {
            "mean": -entry["mean"],
            "ci_low": None if entry["ci_high"] is None else -entry["ci_high"],
            "ci_high": None if entry["ci_low"] is None else -entry["ci_low"],
        }
        others = [titled(item) for item, _ in harmful if item != player]
        more = f" The same holds, each for itself, for {' and '.join(others)}." if others else ""
        return (
            f"Leaving out {titled(player)} and keeping all else would change {self.words.name.lower()} by "
            f"{self.write(flipped)}.{more}"
        )

    def people(self) -> str:
        people = {who: block for who, block in self.summary["metrics"][self.summary["metric"]].items()}
        people.pop(EVERYBODY)
        if len(people) < 2:
            return ""
        words = []
        for who, block in people.items():
            sure = [(part, entry) for part, entry in block["parts"].items() if is_sure(_gap(entry)) and entry["mean"]]
            if block["whole"]["mean"] is None or not sure:
                continue
            part, entry = max(sure, key=lambda item: abs(item[1]["mean"]))
            if any(abs(other["mean"]) > abs(entry["mean"]) for other in block["parts"].values()):
                continue  # what looks larger is undecided
            each = _each(self.summary, who, entry)
            per = " per customer" if self.summary["metric"] in _TOTALS else ""
            called = self.summary["persona_titles"].get(who, who)
            words.append(f"{called}: {_called(part, self.summary)}, {self.write(each)}{per}")
        return f"What weighs most, by persona: {'; '.join(words)}." if words else ""


def attribution_document(attribution: Attribution) -> Document:
    """Return the page of an attribution: verdict, the figure for a board, and every number behind it."""
    scenario, summary = attribution.scenario, attribution.summary_json
    words = words_of(attribution.metric, summary)
    block = summary["metrics"][attribution.metric][EVERYBODY]
    slots: dict[str, Any] = {
        **{name: summary[name] for name in ("horizon", "replicates", "seed")},
        "players": [titled(player) for player in summary["players"]],
        "scope": scope_of_summary(summary),
        "combinations": len(summary["combinations"]),
        "steps": [f"“{_STEPS[step]}” is {_STEP_WORDS[step]}" for step in summary["steps"]],
        "per_customer": summary["metric"] in _TOTALS,
        "share_table": None,
    }
    pictures: list[Picture] = []
    if block["whole"]["mean"] is not None:
        personas = _persona_shares(summary)
        pictures = [_share_picture(summary, words), _together_picture(summary, words), _all_picture(summary, words)]
        slots |= {
            "share_table": _share_table(summary, words),
            "pair_table": _pair_table(summary, words),
            "persona_table": None,
            "term_table": _term_table(summary),
            "metric_table": _metric_table(summary),
        }
        if personas:
            pictures.append(_persona_picture(summary, words, personas))
            slots["persona_table"] = _persona_table(summary, words, personas)
    return Document(
        title=f"{scenario.title or scenario.name}: which capability does it",
        lead=tuple(attribution_lines(summary)),
        template="attribution",
        pictures=tuple(pictures),
        slots=slots,
    )


def _writer(summary: Numbers, words: Words) -> Callable[[float], str]:
    return lambda number: _short_value(number, words.kind, summary["currency"])


def _unit(summary: Numbers, words: Words) -> str:
    return words.name.lower() + (f", {summary['currency']}" if words.kind == "money" else "")


def _share_picture(summary: Numbers, words: Words) -> Picture:
    write, parts = _writer(summary, words), summary["metrics"][summary["metric"]][EVERYBODY]["parts"]
    whole = summary["metrics"][summary["metric"]][EVERYBODY]["whole"]
    shown = [part for part in parts if part not in summary["steps"] or parts[part]["mean"] != 0.0]
    shares = ", ".join(f"{_called(part, summary)} {write(parts[part]['mean'])}" for part in shown)
    return Picture(
        "shares",
        draw_shares(
            [(_called(part, summary), _gap(parts[part])) for part in shown],
            (short(_arm(summary), 19), _gap(whole)),
            write=write,
            title=f"{short(_arm(summary), 16)} minus {short(_baseline(summary), 16)}, by capability",
            label=f"difference in {_unit(summary, words)}",
        ),
        f"Waterfall of the shares in the difference in {words.name.lower()}: {shares}; whole effect "
        f"{write(whole['mean'])}.",
        "Each bar starts where the last one ended; the dark bar is the whole effect. Hatched orange takes away.",
        "shares",
    )


def _together_picture(summary: Numbers, words: Words) -> Picture:
    players, block = summary["players"], summary["metrics"][summary["metric"]][EVERYBODY]
    pairs = ", ".join(
        f"{_pair_called(pair)} {_written(entry, words, summary['currency'])}"
        for pair, entry in block["together"].items()
    )
    return Picture(
        "together",
        draw_together(
            [titled(player) for player in players],
            [_gap(block["alone"][player]) for player in players],
            {
                (row, column): _gap(block["together"][pair_name(players[column], players[row])])
                for row in range(len(players))
                for column in range(row)
            },
            write=_writer(summary, words),
            title=f"Alone and together: {words.name.lower()}",
        ),
        f"Fields of what every capability earns alone and every pair earns beyond that: {pairs}.",
        "Blue off the frame: the two are worth more together than apart, so drop neither alone.",
        "together",
    )


def _all_picture(summary: Numbers, words: Words) -> Picture:
    return Picture(
        "combinations",
        draw_combinations(
            [titled(player) for player in summary["players"]],
            [([titled(player) for player in item["on"]], _gap(item["difference"])) for item in summary["combinations"]],
            write=_writer(summary, words),
            title=f"All {len(summary['combinations'])} combinations",
            label=f"{_unit(summary, words)}, minus {short(_baseline(summary), 16)}",
        ),
        f"Difference in {words.name.lower()} from {_baseline(summary)} of every combination of the capabilities, "
        "the best first.",
        "The best combination stands on top; it need not be the one with everything on.",
        "together",
    )


def _share_table(summary: Numbers, words: Words) -> Table:
    block, currency = summary["metrics"][summary["metric"]][EVERYBODY], summary["currency"]
    rows = []
    for part, entry in block["parts"].items():
        played = part in summary["players"]
        share = entry.get("of_whole")
        rows.append(
            (
                _called(part, summary),
                _written(entry, words, currency),
                _between(entry, words, currency),
                NOTHING if not share else f"{share * _PERCENT:.0f} %".replace("-", "−"),
                *(
                    _written(block[kind][part], words, currency) if played else NOTHING
                    for kind in ("alone", "last", "main")
                ),
            )
        )
    whole = block["whole"]
    rows.append(("whole effect", _written(whole, words, currency), _between(whole, words, currency), "", "", "", ""))
    caption = (
        f"{words.name}. Share: Shapley. Alone, last, average: added to none, to all, to any combination of the others."
    )
    if "cents" in whole:
        caption += " The shares were divided in whole cents and sum to the whole effect without rounding."
    return Table(("", "share", "95 % interval", "of the whole", "alone", "last", "average"), tuple(rows), caption)


def _pair_table(summary: Numbers, words: Words) -> Table:
    block, currency = summary["metrics"][summary["metric"]][EVERYBODY], summary["currency"]
    rows = [
        (_pair_called(pair), _written(entry, words, currency), _between(entry, words, currency))
        for pair, entry in sorted(block["together"].items(), key=lambda item: -abs(item[1]["mean"]))
    ]
    return Table(
        ("pair", "together beyond apart", "95 % interval"),
        tuple(rows),
        "Shapley-Taylor interaction of every pair (Sundararajan et al. 2020); with what each adds alone they sum to "
        "the effect of all capabilities.",
    )


@dataclass(frozen=True, slots=True)
class _PersonaShares:
    """The parts that are shown, and by persona the share of each and the whole effect."""

    parts: list[str]
    each: dict[str, list[dict[str, Any]]]


def _persona_shares(summary: Numbers) -> _PersonaShares | None:
    blocks = {name: block for name, block in summary["metrics"][summary["metric"]].items() if name != EVERYBODY}
    if len(blocks) < 2:
        return None
    known = {
        name: block
        for name, block in blocks.items()
        if block["whole"]["mean"] is not None and summary["persona_customers"][name]
    }
    if not known:
        return None
    parts = [
        part
        for part in next(iter(blocks.values()))["parts"]
        if part not in summary["steps"] or any(block["parts"][part]["mean"] for block in known.values())
    ]
    each = {
        name: [_each(summary, name, entry) for entry in (*(block["parts"][part] for part in parts), block["whole"])]
        for name, block in known.items()
    }
    return _PersonaShares(parts, each)


def _persona_unit(summary: Numbers, words: Words) -> str:
    per_customer = " per customer" if summary["metric"] in _TOTALS else ""
    currency = f", {summary['currency']}" if words.kind == "money" else ""
    return f"{words.name.lower()}{per_customer}{currency}"


def _persona_picture(summary: Numbers, words: Words, shares: _PersonaShares) -> Picture:
    titles, write = summary["persona_titles"], _writer(summary, words)
    effects = (f"{titles.get(name, name)} whole effect {write(e[-1]['mean'])}" for name, e in shares.each.items())
    return Picture(
        "personas",
        draw_persona_shares(
            [
                (titles.get(name, name), [_gap(e) for e in each[:-1]], _gap(each[-1]))
                for name, each in shares.each.items()
            ],
            [_called(part, summary) for part in shares.parts],
            write=write,
            title=f"For whom: {words.name.lower()}{' per customer' if summary['metric'] in _TOTALS else ''}",
            label=f"difference in {_persona_unit(summary, words)}",
        ),
        f"Shares by persona: {'; '.join(effects)}.",
        "The same capability may earn at one persona what it costs at another; levels can differ per persona.",
        "personas",
    )


def _persona_table(summary: Numbers, words: Words, shares: _PersonaShares) -> Table:
    currency, titles = summary["currency"], summary["persona_titles"]
    return Table(
        ("", *(_called(part, summary) for part in shares.parts), "whole effect"),
        tuple(
            (titles.get(name, name), *(_starred(entry, words, currency) for entry in each))
            for name, each in shares.each.items()
        ),
        f"Difference in {_persona_unit(summary, words)}. * the 95 % interval stays clear of 0.",
    )


def _term_table(summary: Numbers) -> Table:
    """Say what each share of contribution is made of: the same division, term by term."""
    words, currency = words_of("contribution", summary), summary["currency"]
    terms = [term for term in _TERMS if any(entries[term]["mean"] for entries in summary["terms"].values())]
    contribution = summary["metrics"]["contribution"][EVERYBODY]
    rows = []
    for part, entries in summary["terms"].items():
        whole = part == "whole"
        total = contribution["whole"] if whole else contribution["parts"][part]
        rows.append(
            (
                "whole effect" if whole else _called(part, summary),
                *(_starred(entries[term], words, currency) for term in terms),
                _starred(total, words, currency),
            )
        )
    return Table(
        ("", *(_TERMS[term] for term in terms), "contribution"),
        tuple(rows),
        "Costs have a minus where the arm pays more. * the 95 % interval stays clear of 0.",
    )


def _metric_table(summary: Numbers) -> Table:
    """Return the same division of other metrics."""
    currency = summary["currency"]
    names = [name for name in (summary["metric"], *DIVIDED) if name in summary["metrics"]]
    parts = list(summary["metrics"][summary["metric"]][EVERYBODY]["parts"])
    rows = []
    for name in dict.fromkeys(names):
        block, words = summary["metrics"][name][EVERYBODY], words_of(name, summary)
        rows.append(
            (
                words.name,
                *(_starred(block["parts"][part], words, currency) for part in parts),
                _starred(block["whole"], words, currency),
            )
        )
    return Table(
        ("", *(_called(part, summary) for part in parts), "whole effect"),
        tuple(rows),
        "Shapley shares in the difference of each metric. * the 95 % interval stays clear of 0.",
    )


def _called(part: str, summary: Numbers) -> str:
    """Return a part's name: contacts are a step or, where they are switched on and off, a player like the others."""
    return _STEPS[part] if part in summary["steps"] else titled(part)


def _arm(summary: Numbers) -> str:
    return in_words(summary["arm"])


def _baseline(summary: Numbers) -> str:
    return in_words(summary["baseline"])


def _pair_called(pair: str) -> str:
    """Return the name of a pair: `automation and contextual interaction`."""
    return titled(pair).replace(" + ", " and ")


def _gap(entry: Numbers) -> Gap:
    return Gap(entry["mean"], entry["ci_low"], entry["ci_high"])


def _each(summary: Numbers, persona: str, entry: Numbers) -> dict[str, Any]:
    """Return an effect per customer of a persona, where it is a sum over customers."""
    heads = summary["persona_customers"][persona] if summary["metric"] in _TOTALS else 1.0
    return {key: None if entry[key] is None else entry[key] / heads for key in ("mean", "ci_low", "ci_high")}


def _is_nothing(block: Numbers) -> bool:
    entries = [block["whole"], *block["parts"].values(), *block["alone"].values(), *block["last"].values()]
    return all(entry["mean"] == 0.0 and entry["ci_low"] in (None, 0.0) for entry in entries)


def _short_value(number: float, kind: str, currency: str) -> str:
    if kind == "money":
        # Cents are the smallest money there is.
        return short_money(round(number, 2), currency, sign=True)
    if kind == "share":
        return f"{'+' if number > 0 else ''}{compact(round(number * _PERCENT, 2))} pt"
    return f"{'+' if number > 0 else ''}{compact(number)}"


def _written(entry: Numbers, words: Words, currency: str) -> str:
    return quantity(entry["mean"], words.kind, currency, sign=True)


def _starred(entry: Numbers, words: Words, currency: str) -> str:
    star = " *" if entry["ci_low"] is not None and is_sure(_gap(entry)) and entry["mean"] else ""
    return _written(entry, words, currency) + star


def _between(entry: Numbers, words: Words, currency: str) -> str:
    return interval(entry["ci_low"], entry["ci_high"], words.kind, currency)

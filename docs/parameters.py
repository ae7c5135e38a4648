"""Write the table of parameters in `docs/model.md` from the dataclasses that declare them.

    python docs/parameters.py            rewrite the table
    python docs/parameters.py --check    exit with 1 where the table is not current

A field's default, range, unit and meaning stand where it is declared; here stands only where its default comes from.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.brands import Brand
from agents.personas import Persona, Spread
from agents.strategies import PersonaStrategy, Strategy, StrategyPhase, TypedCost
from sim.scenario.journey import Stage
from sim.scenario.market import Channel, Market
from sim.scenario.resolved import Record
from sim.scenario.scenario import Scenario
from sim.scenario.settings import Settings

PAGE = Path(__file__).resolve().parent / "model.md"
BEGIN, END = "<!-- parameters: begin -->", "<!-- parameters: end -->"

ASSUMPTION = "assumption"
#: What a user states about a case, and switches: nothing that evidence could have a default for.
GIVEN = "given by the case"

#: Where a default comes from, by its full key; the longest prefix counts. Everything else that is a number is assumed.
SOURCES: dict[str, str] = {
    "market.need.mean_weeks": GIVEN,
    "market.need.shape": "assumption: more regular than the Poisson of the NBD",
    "market.need.heterogeneity": "Gamma-distributed rates as in the NBD (Ehrenberg); value: assumption",
    "market.need.carry_over": "neutral: a purchase brought forward is not a purchase gained",
    "market.price_elasticity": "Bijmolt et al. 2005: mean of 1,851 estimates",
    "market.consideration.salience_reputation": "You et al. 2015: elasticity of electronic word of mouth (volume); "
    "its use as a change of log odds is an assumption",
    "market.consideration.search_rate": "assumption; aim: sets of 2–5 brands (Hauser & Wernerfelt 1990)",
    "market.choice.taste_sd": "household panels (yogurt, catsup): 1–4 logits; the low end",
    "market.choice.taste": "normal: mixed logit of panels; log_gamma: Goodhardt, Ehrenberg & Chatfield 1984",
    "market.choice.error_scale": "1 fixes the unit of utility (multinomial logit)",
    "market.choice.habit": "household panels once tastes differ: 0.4–0.6 logits, up to 1.6 (Dubé, Hitsch & Rossi 2010)",
    "market.choice.reputation": "You et al. 2015: elasticity of electronic word of mouth (valence); "
    "its use as utility is an assumption",
    "market.choice.relevance": "assumption; Sahni et al. 2018 found an effect, Defau & Zauner 2023 none: "
    "keep 0 in range",
    "market.choice.novelty": "off",
    "market.experience.effort": "sign: Dixon, Freeman & Toman 2010; size: assumption",
    "market.experience.intrusion": "sign: van Doorn & Hoekstra 2013; size: assumption",
    "market.experience.loss_aversion": "Tversky & Kahneman 1992: about twice",
    "market.experience.human_touch": "sign: Luo, Tong, Fang & Qu 2019; size: assumption",
    "market.contact.fatigue": "sign: Schmidt & Eisend 2015; size: so that the best contact rate is inside the range",
    "market.contact.fatigue_half_life": "sign: Schmidt & Eisend 2015; size: as for fatigue",
    "market.contact.heeded": "timely against mistimed: +76 % odds (Luo, Andrews, Fang & Phang 2014), reproduced by P11",
    "market.contact.optout": "1.2 % of e-mails (Sahni, Wheeler & Chintagunta 2018)",
    "market.contact.optout_relief": "1.2 % to 1.0 % with a name (Sahni, Wheeler & Chintagunta 2018), by P11",
    "market.contact.optout_intrusion": "assumption",
    "market.contact.resistance": "sign: van Doorn & Hoekstra 2013, Aguirre et al. 2015; size: assumption",
    "market.contact.refusal": "0.797 (Luo, Tong, Fang & Qu 2019: a calling robot that says so sells 79.7 % less)",
    "market.contact.forming_weeks": "off; sign: Lambrecht & Tucker 2013",
    "market.contact.rejection": "off; sign: van Doorn & Hoekstra 2013, Aguirre et al. 2015",
    "market.contact.help": "sign: Retana, Forman & Wu 2016; size: assumption",
    "market.contact.covert": "sign: Aguirre et al. 2015; size: assumption",
    "market.word_of_mouth.talk_rate": "assumption; aim: 3 positive to 1 negative (East, Hammond & Wright 2007)",
    "market.word_of_mouth.complaint_rate": "assumption; aim: 3 positive to 1 negative (East, Hammond & Wright 2007)",
    "market.word_of_mouth.negativity": "assumption, as losses weigh; East et al. 2008 would put it near 0.55: sweep it",
    "market.innovation.success": "assumption: most experiments fail",
    "market.brands": GIVEN,
    "market.channels": GIVEN,
    "personas.NAME.share": GIVEN,
    "arms.ARM.BRAND.strategy": "decision of the company",
    "arms.ARM.BRAND.strategy.costs": "assumption of the case",
    "journeys.NAME.stages": GIVEN,
    "record": "",
    "population": "",
    "horizon": "",
    "burn_in": "",
    "precision": "",
    "precision_method": "",
    "replicates": "",
    "seed": "",
    "engine": "",
    "threads": "",
    "output_dir": "",
    "progress": "",
    "quiet": "",
}

#: Sections of the table: heading, prefix of the keys, the dataclass, fields left to other sections.
SECTIONS: tuple[tuple[str, str, type, tuple[str, ...]], ...] = (
    ("Run", "", Settings, ()),
    ("Scenario", "", Scenario, ("market", "personas", "journeys", "arms", "baseline", "name", "title", "case")),
    ("What is kept", "record.", Record, ()),
    ("Market", "market.", Market, ("name", "title", "focal", "brands", "journey", "channels")),
    ("Brand", "market.brands.NAME.", Brand, ("name", "title")),
    ("Channel", "market.channels.NAME.", Channel, ()),
    ("Persona", "personas.NAME.", Persona, ("name", "title")),
    ("Trait of a persona (a number is its mean)", "personas.NAME.TRAIT.", Spread, ()),
    ("Strategy", "arms.ARM.BRAND.strategy.", Strategy, ("name", "title", "personas", "phases")),
    ("Strategy for one persona", "arms.ARM.BRAND.strategy.personas.NAME.", PersonaStrategy, ()),
    ("Strategy from some step on", "arms.ARM.BRAND.strategy.phases.NAME.", StrategyPhase, ("personas",)),
    ("Stage of a journey", "journeys.NAME.stages.STAGE.", Stage, ()),
)


def rows(kind: type, prefix: str, skip: tuple[str, ...] = ()) -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    """Yield the full key and the field of everything with a documented value, nested parts included."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.name in skip or "about" not in field.metadata:
            continue
        inner = hints[field.name]
        if dataclasses.is_dataclass(inner) and inner not in (Spread, TypedCost) and isinstance(inner, type):
            if inner is not Record:
                yield from rows(inner, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", field


def _number(value: float) -> str:
    return f"{Decimal(f'{value:.10g}'):,f}" if abs(value) < 1e6 or value % 10 else f"{value:.0e}".replace("e+0", "e")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return "required"
    if isinstance(value, Spread):
        return _number(value.mean)
    if isinstance(value, TypedCost):
        return _number(value.amount)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return value or "–"
    return "none"


def _range(field: dataclasses.Field[Any]) -> str:
    about = field.metadata
    if about["choices"]:
        return ", ".join(about["choices"])
    if isinstance(field.default, bool):
        return "true, false"
    low, high = about["low"], about["high"]
    if low is None and high is None:
        made = field.default_factory() if field.default_factory is not dataclasses.MISSING else None
        return "0 – 1" if isinstance(made, Spread) else ""
    if high is None:
        return f"{_number(low)} –"
    return f"{_number(low)} – {_number(high)}"


def _source(key: str, field: dataclasses.Field[Any]) -> str:
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        known = SOURCES.get(".".join(parts[:length]))
        if known is not None:
            return known
    return (
        ASSUMPTION
        if field.metadata["low"] is not None or field.metadata["choices"] or "Spread" in str(field.type)
        else ""
    )


def table() -> str:
    """Return the tables of all parameters as Markdown."""
    lines = []
    for heading, prefix, kind, skip in SECTIONS:
        lines += ["", f"**{heading}**" + (f" (`{prefix}…`)" if prefix else ""), ""]
        lines += [
            "| key | default | range | unit | meaning | source of the default |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for key, field in rows(kind, prefix, skip):
            about = field.metadata
            name = key.removeprefix(prefix)
            meaning = about["about"].replace("|", "\\|")
            cells = (f"`{name}`", _default(field), _range(field), about["unit"], meaning, _source(key, field))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines[1:]) + "\n"


def rewritten(page: str) -> str:
    """Return a page with the table between its two marks replaced by the current one."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table()}{END}{tail}"


def main(arguments: list[str]) -> int:
    """Rewrite the page, or check it."""
    page = PAGE.read_text(encoding="utf-8")
    current = rewritten(page)
    if "--check" in arguments:
        return int(page != current)
    PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

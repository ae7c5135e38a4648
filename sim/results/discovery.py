"""Discovery: the files that a discovered journey leaves: configuration to be run by name, and tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sim
from sim.discovery.discover import Discovery
from sim.results.configuration import configuration_text

__all__ = ["configuration_files", "discovery_tables", "write_files"]

_DAY = 86_400.0


def configuration_files(found: Discovery, name: str, source: str) -> dict[str, str]:
    """Return what `scenario/`, `journey/` and `personas/` of a folder for `--config-dir` hold: text by path.

    Parameters
    ----------
    found : Discovery
    name : str
        Of the scenario.
    source : str
        The log, as a reader shall know it.

    Returns
    -------
    dict of str to str
    """
    origin = [f"Found by `journey discover` {sim.__version__} in {source}. A step takes one {found.unit}."]
    titles = {
        "scenario": f"journey compare --config-dir FOLDER scenario={name}",
        "market": "Brands, prices and purchases as the log shows them; what is assumed stands in the scenario.",
        "personas": "Kinds of cases by what they do.",
        "journey": "As lived: hazards by time in stage; `__after_`: what came before, `__since_goal`: after the first"
        " visit to the goal, `__phase_`: how far a case is;"
        " `by_visit`: how many stages it has visited.",
    }
    texts = {}
    for group, files in found.files.items():
        for file, content in files.items():
            lead = [] if file == name else ["With an assumed effect, which the log does not show."]
            texts[f"{group}/{file}.yaml"] = configuration_text([titles[group], *lead, *origin], content)
    return texts


def write_files(texts: Mapping[str, str], folder: Path) -> None:
    """Write texts into a folder.

    Parameters
    ----------
    texts : mapping of str to str
        By path in the folder.
    folder : Path
        Made here.
    """
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def discovery_tables(found: Discovery) -> dict[str, list[Any]]:
    """Return map, stages, variants, turning points and the persona of each case."""
    import pyarrow as pa

    names = found.cases.stages
    edges, stages = found.edges, found.stages
    lived = {
        "from": [names[edge.source] for edge in edges],
        "to": [names[edge.target] for edge in edges],
        **{
            key: [getattr(edge, key) for edge in edges]
            for key in ("count", "share", "ci_low", "ci_high", "median_time")
        },
    }
    lived["median_time"] = [seconds / _DAY for seconds in lived["median_time"]]
    points = {
        "from": [names[point.source] for point in found.points],
        "to": [names[point.target] for point in found.points],
        **{
            key: [float(getattr(point, key)) for point in found.points]
            for key in ("cases", "reach", "others", "gap", "ci_low", "ci_high")
        },
        "beyond_chance": [point.beyond_chance for point in found.points],
    }
    variants = found.variants.told
    personas = list(found.journeys)
    return {
        "map": [pa.table(lived)],
        "stages": [
            pa.table(
                {
                    "stage": [names[stage.stage] for stage in stages],
                    "in_configuration": [found.slugs[stage.stage] for stage in stages],
                    **{key: [getattr(stage, key) for stage in stages] for key in ("visits", "cases", "starts", "last")},
                    "leaves": [stage.leaves for stage in stages],
                    "median_time": [stage.median_time and stage.median_time / _DAY for stage in stages],
                }
            )
        ],
        "variants": [
            pa.table(
                {
                    "cases": [count for _, count in variants],
                    "stages": [[names[at] for at in stages] for stages, _ in variants],
                }
            )
        ],
        "turning_points": [pa.table(points)],
        "cases": [
            pa.table(
                {
                    "case": [found.log.case_names[at] for at in found.cases.number.tolist()],
                    "persona": [personas[at] for at in found.mixture.member.tolist()],
                    "persona_probability": found.mixture.belongs.max(axis=1),
                    "events": found.cases.lengths,
                }
            )
        ],
    }

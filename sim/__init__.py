"""WHAT HAPPENS: journeys, luck, engines, experiments, analysis and reports.

>>> from sim import Scenario, compare
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.api import compare
    from sim.experiments.result import Result
    from sim.reference.model import JourneyModel
    from sim.scenario.scenario import Scenario

__all__ = ["JourneyModel", "Result", "Scenario", "__version__", "compare"]

_HOMES = {
    "JourneyModel": "sim.reference.model",
    "Result": "sim.experiments.result",
    "Scenario": "sim.scenario.scenario",
    "compare": "sim.api",
}


def _guard_agents() -> None:
    """Refuse another distribution's `agents` (openai-agents installs one) before it breaks something obscure."""
    here = Path(__file__).resolve().parent.parent
    found = find_spec("agents")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    if not any(Path(place).resolve() == here / "agents" for place in places):
        origin = places[0] if places else (found.origin if found is not None else "nowhere")
        raise ImportError(
            f"sim needs the package 'agents' that lies beside it ({here / 'agents'}), but Python finds 'agents' in "
            f"{origin}; uninstall the other distribution or use an environment of its own"
        )


_guard_agents()


def __getattr__(name: str) -> Any:
    """Import what is asked for only when it is asked for: `import sim` itself stays quick."""
    if name == "__version__":
        from sim.installed_version import installed_version

        # A checkout on the path that was never installed has none.
        return installed_version("journey-simulator") or "0+unknown"
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

"""Candidates: the models of repeat buying fitted side by side, and which of them the data speak for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sim.customer_base.buy_till_you_die import BuyTillYouDie
from sim.customer_base.modified_bg_nbd import ModifiedBgNbd
from sim.customer_base.pareto_nbd import ParetoNbd
from sim.customer_base.repeat_buying import Fit, RepeatModel, Summary, fit_repeat_buying
from sim.scenario.errors import ConfigError

__all__ = ["CLEAR", "MODELS", "Candidate", "ModelChoice", "choose_model"]

#: Every model by name; all have four parameters, so likelihoods compare as they are. The first is kept in doubt.
MODELS: Mapping[str, type[RepeatModel]] = MappingProxyType(
    {kind.NAME: kind for kind in (BuyTillYouDie, ModifiedBgNbd, ParetoNbd)}
)
#: A log-likelihood so much higher is strong evidence (Kass & Raftery 1995: twice the difference is 6 and more).
CLEAR = 3.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model fitted.

    Attributes
    ----------
    fit : Fit
    once_alive : float
        Mean probability that who bought once only is still a customer; NaN where there is none.
    """

    fit: Fit[RepeatModel]
    once_alive: float


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What was fitted, and what is used.

    Attributes
    ----------
    candidates : mapping of str to Candidate
    name : str
        The one that is used.
    asked : bool
        Whether the user asked for it.
    likeliest : str
    lead : float
        How far the likeliest log-likelihood is above that of the model used.
    """

    candidates: Mapping[str, Candidate]
    name: str
    asked: bool
    likeliest: str
    lead: float

    @property
    def fit(self) -> Fit[RepeatModel]:
        """The fit that is used."""
        return self.candidates[self.name].fit


def choose_model(summary: Summary, name: str | None = None) -> ModelChoice:
    """Fit every model; use the one asked for, else BG/NBD unless another is clearly likelier.

    Parameters
    ----------
    summary : Summary
        Data.
    name : str, optional
        Of :data:`MODELS`.

    Returns
    -------
    ModelChoice

    Raises
    ------
    ConfigError
        If nobody bought again, or no model can be fitted.
    """
    once = summary.repeats == 0
    heads = summary.customers[once]
    candidates: dict[str, Candidate] = {}
    for key, kind in MODELS.items():
        try:
            fit = fit_repeat_buying(kind, summary)
        except ConfigError:
            # The one that is used must be fitted; another may fail beside it.
            if key == (name or BuyTillYouDie.NAME):
                raise
            continue
        alive = fit.model.alive(summary)[once]
        candidates[key] = Candidate(fit, float(alive @ heads / heads.sum()) if heads.size else float(np.nan))
    likeliest = max(candidates, key=lambda key: candidates[key].fit.log_likelihood)
    first = next(iter(MODELS))
    best = candidates[likeliest].fit.log_likelihood
    used = name or (likeliest if best - candidates[first].fit.log_likelihood >= CLEAR else first)
    return ModelChoice(
        MappingProxyType(candidates), used, name is not None, likeliest, best - candidates[used].fit.log_likelihood
    )

"""Check: one published figure beside the simulated one, and whether they agree.

A check is passed, failed or *undecidable*. Undecidable means that the sample was so small, or the tolerance so wide,
that a meaningful deviation would have gone unnoticed; it counts as a failure, because a check that cannot fail says
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, isfinite, nan, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.student import student_quantile
from sim.number_format import significant

__all__ = ["ABOVE", "BELOW", "POWER", "SHOWN", "SIGMAS", "Check", "mean_and_error"]

Floats = NDArray[np.float64]

#: Standard errors within which a published figure is met: two-sided error rate 0.27 % a check.
SIGMAS = 3.0
#: Standard errors beyond its tolerance from which a check fails with a probability of 95 %.
POWER = 1.645

#: How the simulated figure is compared: it lies near the published one, above a bound, or below a bound; or it is shown
#: beside it with a verdict of its own, and other checks judge what all of these have in common.
NEAR, ABOVE, BELOW, SHOWN = "near", "above", "below", "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One published or exact figure beside the simulated one.

    Attributes
    ----------
    what : str
        What is compared, such as `Colgate DC: penetration`.
    published, simulated : float
        The two figures. For `above` and `below` the published one is the bound.
    error : float
        Monte-Carlo standard error of the simulated figure, 0 where it is exact.
    tolerance : float
        Largest distance that passes, absolute; for a bound the margin by which it must be cleared.
    meaningful : float
        Smallest deviation that must not pass unnoticed, absolute. A check that would miss it with a probability of more
        than 5 % is undecidable.
    rule : str
        How the tolerance came about, with its error rate.
    source : str
        Where the published figure comes from.
    kind : {'near', 'above', 'below', 'shown'}
        How the figures are compared.
    found : str
        Verdict of a figure that is only shown.
    """

    what: str
    published: float
    simulated: float
    error: float = 0.0
    tolerance: float
    meaningful: float
    rule: str
    source: str = ""
    kind: str = NEAR
    #: Probability that a right model fails the check by random variation; None: as follows from the error.
    alarm: float | None = None
    found: str = ""

    @classmethod
    def near(
        cls,
        what: str,
        published: float,
        simulated: float,
        error: float = 0.0,
        *,
        meaningful: float,
        sigmas: float = SIGMAS,
        freedom: float | None = None,
        absolute: float = 0.0,
        relative: float = 0.0,
        rounding: float = 0.0,
        source: str = "",
    ) -> Check:
        """Return a check that passes within so many standard errors, or within a given distance, whichever is wider.

        Parameters
        ----------
        what, source : str
            What is compared, and where the published figure comes from.
        published, simulated, error : float
            The two figures, and the standard error of the simulated one.
        meaningful : float
            Smallest deviation that must not pass unnoticed, absolute.
        sigmas : float
            Standard errors; 0 where the Monte-Carlo error is to give no room of its own.
        freedom : float, optional
            Degrees of freedom of the error estimate, replicates - 1: the tolerance is widened by Student's t so that
            the error rate stays. None: the error is known.
        absolute, relative : float
            Distance that is tolerated; the relative one times the published figure.
        rounding : float
            Half a unit of the last digit that was published; added to the tolerance.

        Returns
        -------
        Check
        """
        factor, student_s = _factor(sigmas, freedom)
        widths = {
            f"{significant(sigmas, 3)} standard errors{student_s}": factor * error,
            significant(absolute): absolute,
            f"{100 * relative:g} % of the published figure": relative * abs(published),
        }
        given = {name: width for name, width in widths.items() if width > 0}
        rule = "within " + " or ".join(given) if given else "exact"
        if rounding > 0:
            rule += f", and {significant(rounding)} for the rounding of what was published"
        if sigmas * error > 0:
            rule += f"; false alarms {_percent(_two_sided(sigmas))}"
        return cls(
            what=what,
            published=published,
            simulated=simulated,
            error=error,
            tolerance=max(widths.values()) + rounding,
            meaningful=meaningful,
            rule=rule,
            source=source,
            alarm=_two_sided(sigmas) if error > 0.0 and factor * error >= max(widths.values()) else None,
        )

    @classmethod
    def near_mean(cls, what: str, published: float, sample: Floats, *, student: bool = False, **options: Any) -> Check:
        """Return a check of the mean of replicates.

        Parameters
        ----------
        what : str
        published : float
        sample : float64 (R,)
            The simulated figure, one per replicate.
        student : bool
            Whether the tolerance is widened because the error is estimated from R replicates.
        **options
            Those of :meth:`near`.

        Returns
        -------
        Check
        """
        mean, error = mean_and_error(sample)
        return cls.near(what, published, mean, error, freedom=len(sample) - 1 if student else None, **options)

    @classmethod
    def beyond(
        cls,
        what: str,
        bound: float,
        simulated: float,
        error: float,
        *,
        kind: str,
        sigmas: float = SIGMAS,
        freedom: float | None = None,
        spent: float = 1.0,
        source: str = "",
    ) -> Check:
        """Return a check that passes where the simulated figure clears a bound by so many standard errors.

        Such a check is always decidable: with too small a sample the bound is not cleared, and it fails.

        Parameters
        ----------
        what, source : str
            What is compared, and where the bound comes from.
        bound, simulated, error : float
            The bound, the simulated figure and its standard error.
        kind : {'above', 'below'}
            On which side of the bound the figure must lie.
        sigmas, freedom : float
            As for :meth:`near`.
        spent : float
            Share of the error rate that this look at the sample may use; 1 where it is the only one.

        Returns
        -------
        Check
        """
        factor, student_s = _factor(sigmas, freedom, spent)
        luck = _percent(_two_sided(sigmas) / 2.0)
        look_s = "" if spent == 1.0 else f", {100 * spent:.0f} % of it at this look"
        return cls(
            what=what,
            published=bound,
            simulated=simulated,
            error=error,
            tolerance=factor * error,
            meaningful=np.inf,
            rule=f"{kind} it by {sigmas:g} standard errors{student_s}: by luck {luck}{look_s}",
            source=source,
            kind=kind,
        )

    @classmethod
    def mean_beyond(
        cls, what: str, bound: float, sample: Floats, *, kind: str, source: str, spent: float = 1.0
    ) -> Check:
        """Return a check that the mean of replicates clears a bound.

        Parameters
        ----------
        what, source : str
        bound : float
        sample : float64 (R,)
            The simulated figure, one per replicate.
        kind : {'above', 'below'}
        spent : float
            As for :meth:`beyond`.

        Returns
        -------
        Check
        """
        mean, error = mean_and_error(sample)
        return cls.beyond(what, bound, mean, error, kind=kind, freedom=len(sample) - 1, spent=spent, source=source)

    @property
    def false_alarm(self) -> float:
        """Probability that a right model fails the check by random variation; 0 for a bound."""
        if self.kind != NEAR or not self.error > 0.0:
            return 0.0
        return _two_sided(self.tolerance / self.error) if self.alarm is None else self.alarm

    @property
    def smallest(self) -> float:
        """Smallest deviation from the published figure that this check detects with a probability of 95 %."""
        return self.tolerance + POWER * self.error

    @property
    def decidable(self) -> bool:
        """Whether a meaningful deviation would be detected."""
        if self.kind == SHOWN:
            return True
        return isfinite(self.simulated) and isfinite(self.smallest) and self.smallest <= self.meaningful

    @property
    def met(self) -> bool:
        """Whether the figures agree within the tolerance, decidable or not."""
        if self.kind == SHOWN:
            return True
        gap = self.simulated - self.published
        if self.kind == ABOVE:
            return gap > self.tolerance
        if self.kind == BELOW:
            return gap < -self.tolerance
        return abs(gap) <= self.tolerance

    @property
    def passed(self) -> bool:
        """Whether the figures agree, and could have been found to disagree."""
        return self.decidable and self.met

    @property
    def verdict(self) -> str:
        """`passes`, `fails` or `undecidable`; of a figure that is only shown, what was found."""
        if self.kind == SHOWN:
            return self.found
        if not self.met:
            return "fails"
        return "passes" if self.decidable else "undecidable"


def _two_sided(sigmas: float) -> float:
    """Return the probability that a normal variate lies so many standard deviations off, on either side."""
    return erfc(sigmas / sqrt(2.0))


def _percent(chance: float) -> str:
    return f"{significant(100.0 * chance, 2)} %"


def _factor(sigmas: float, freedom: float | None, spent: float = 1.0) -> tuple[float, str]:
    """Return by what a standard error is multiplied, and what a rule says of it."""
    if freedom is None:
        return -NormalDist().inv_cdf(spent * _two_sided(sigmas) / 2.0) if spent < 1.0 else sigmas, ""
    wide = -float(student_quantile(freedom, spent * _two_sided(sigmas) / 2.0))
    return wide, f" ({wide:.2f} of {freedom + 1:g} replicates: Student)"


def mean_and_error(samples: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean of replicates and its standard error; one replicate has an unknown error (nan)."""
    values = np.asarray(samples, dtype=np.float64)
    error = float(values.std(ddof=1) / sqrt(values.size)) if values.size > 1 else nan
    return float(values.mean()), error

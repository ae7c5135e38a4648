"""Edge choice: which edge the readable engine's customer takes out of its stage (docs/model.md 7.2)."""

from __future__ import annotations

from typing import Any

from agents.environment import Decision, EdgeView, NodeView
from agents.features import FEATURES
from agents.need_clock import luck_period
from agents.population import NOBODY
from agents.purposes import Purpose
from agents.rules.transition import add_term, clipped_probability, goal_by_visit, odds

__all__ = ["pick_edge"]


def _is_open(customer: Any, edge: EdgeView, contacted: bool, need_due: bool) -> bool:
    """Whether the edge exists for the customer this week."""
    if (edge.on == "contact" and not contacted) or (edge.on == "need" and not need_due):
        return False
    if not edge.is_there(customer.world.week, customer.persona):
        return False
    if edge.only is None:
        return True
    if customer.host == NOBODY:
        return False
    if edge.only == "incumbent":
        return bool(customer.host == customer.incumbent)
    return bool(getattr(customer.world.level(customer.host, customer.persona), edge.only) > 0.0)


def _draw(customer: Any, node: NodeView) -> float:
    """Draw that decides among the edges."""
    world = customer.world
    if node.weeks == 0:
        period = luck_period(customer) if world.constants.has_needs else world.week
        return float(world.draw(customer.customer_id, Purpose.STEP, period, customer.stage, 0))
    return float(world.draw(customer.customer_id, Purpose.WEEK, world.week, customer.stage, 0))


def pick_edge(
    customer: Any, node: NodeView, strongest: float, disturbed: float, contacted: bool, need_due: bool
) -> EdgeView | None:
    """Pick the edge that a customer takes (competing risks); the reference comes last.

    Parameters
    ----------
    customer : Customer
        Who stands on the node.
    node : NodeView
        The stage, on the host brand's journey.
    strongest, disturbed : float
        Pull and intrusion of this week's contacts.
    contacted, need_due : bool
        Whether a contact pulls, and whether the need clock has run out.

    Returns
    -------
    EdgeView or None
        None to stay.
    """
    world, u = customer.world, _draw(customer, node)
    reference: EdgeView | None = None
    total = 1.0
    weights: list[tuple[EdgeView, float]] = []
    for edge in node.edges:
        if not _is_open(customer, edge, contacted, need_due):
            continue
        if edge.hazard == "reference":
            reference = edge
            continue
        if edge.by_step:
            # Who moved in spent that step before; who began here has its first step in the first week.
            since = customer.since + int(customer.moved)
            weights.append((edge, clipped_probability(edge.probability_at(world.week, since))))
            continue
        predictor = edge.base
        for name, coefficient in edge.terms:
            value = FEATURES[name](customer, node, strongest, disturbed)
            predictor = add_term(predictor, coefficient, value)
        if edge.hazard == "logit":
            weight = odds(predictor)
            total += weight
        else:
            weight = clipped_probability(predictor)
        weights.append((edge, weight))
    logits = any(edge.hazard == "logit" for edge, _ in weights)
    scale = total if logits else 1.0
    goal = u * total if logits else u
    if node.by_visit:
        stays = node.weeks != 0 and reference is None
        goal, weights = _weighted_by_visit(u, weights, reference, customer.visits, stays)
        scale = goal / u if goal > 0.0 else 1.0
    reached = 0.0
    taken = reference
    for edge, weight in weights:
        reached += weight
        if goal < reached:
            taken = edge
            break
    options = tuple((edge.target, weight / scale) for edge, weight in weights)
    world.decided(customer, Decision("step", customer.host, u, options, None if taken is None else taken.target))
    return taken


def _weighted_by_visit(
    u: float, chances: list[tuple[EdgeView, float]], reference: EdgeView | None, visits: int, stays: bool
) -> tuple[float, list[tuple[EdgeView, float]]]:
    """Return the draw and the open edges' probabilities, both weighted by visit."""
    total = weighted = 0.0
    weights = []
    for edge, chance in chances:
        weight = edge.weight_at(visits)
        total += chance
        weighted = add_term(weighted, weight, chance)
        weights.append((edge, weight * chance))
    rest_weight = 0.0 if reference is None else reference.weight_at(visits)
    return goal_by_visit(u, total, weighted, rest_weight, float(stays)), weights

"""Gym: next-best-action as a Gymnasium environment, each week for a batch of customers: contact or not."""

from sim.gym.journey_env import JourneyEnv

__all__ = ["JourneyEnv"]

"""Markets: needs, channels, and the coefficients of every rule, each with its range and its unit.

The defaults are the neutral or evidenced value of each mechanism; `docs/model.md` lists source or assumption.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.brands import Brand
from agents.quantity import choice, money, number, quantity, text, whole

__all__ = [
    "NO_MARKET",
    "Channel",
    "Choice",
    "Consideration",
    "Contact",
    "Economics",
    "Experience",
    "Innovation",
    "Market",
    "Need",
    "WordOfMouth",
]

#: Name of the market in which nothing can be bought: a journey is run alone.
NO_MARKET = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Submodel 4.1: when needs arise."""

    kind: str = choice(
        "repeat",
        ("repeat", "cyclical", "linear"),
        "repeat: Gamma gaps; cyclical: fixed renewal period; linear: long Gamma gaps",
    )
    mean_weeks: float = number(
        12.0, 1.0, 5000.0, "mean weeks between needs (the renewal period of a cyclical market)", "weeks"
    )
    counted_from: str = choice(
        "wait",
        ("wait", "need"),
        "where the gap begins; wait: on returning to a wait stage; need: at the need before, as with contracts",
    )
    shape: float = number(2.0, 0.05, 100.0, "shape of the Gamma gap; 1 is memoryless, higher more regular")
    heterogeneity: float | None = number(
        4.0, 0.05, 1000.0, "shape of the customer's own Gamma rate multiplier (mean 1); null: all alike", optional=True
    )
    carry_over: float = number(
        1.0, 0.0, 1.0, "share of the weeks by which an anticipated need came early that is added to the next gap"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A place where a stage happens."""

    digital: bool = quantity("whether the channel is digital", default=True)
    cost: float = money(0.0, 0.0, 1e6, "cost of one use to the host brand")
    effort: float = number(1.0, 0.0, 10.0, "multiplier of the stage's effort")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consideration:
    """Stages `recall` and `search`: which brands are considered."""

    recall_incumbent: float = number(0.95, 0.0, 1.0, "chance that the incumbent comes to mind")
    search_rate: float = number(
        0.3, 0.0, 1.0, "chance a week that a searching customer meets a brand, times its salience"
    )
    salience_reputation: float = number(0.236, 0.0, 10.0, "change of the log odds of salience per unit of reputation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Submodel 4.4: the utility of a considered brand."""

    taste: str = choice(
        "normal",
        ("normal", "log_gamma"),
        "lifelong taste; normal: of taste_sd; log_gamma: Dirichlet choice shares, of brands.NAME.taste_shape",
    )
    taste_sd: float = number(1.0, 0.0, 10.0, "standard deviation of lifelong taste per brand, where normal", "utility")
    form_sd: float = number(
        0.0, 0.0, 10.0, "standard deviation of lifelong taste per sub-form, shared by its brands", "utility"
    )
    error_scale: float = number(1.0, 0.0, 10.0, "scale of the Gumbel error of an occasion", "utility")
    habit: float = number(0.5, 0.0, 5.0, "bump of the incumbent at full habit", "utility")
    reputation: float = number(0.417, 0.0, 10.0, "utility per unit of reputation", "utility")
    relevance: float = number(0.5, 0.0, 10.0, "utility of full relevance for the leading brand", "utility")
    satisfaction: float = number(0.5, 0.0, 10.0, "utility of the incumbent per unit of satisfaction", "utility")
    novelty: float = number(0.0, 0.0, 10.0, "bump of every brand but the incumbent at full novelty seeking", "utility")


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """Submodel 4.5: what using the product does to the customer."""

    ease: float = number(0.4, 0.0, 10.0, "experience per unit of ease", "utility")
    human_touch: float = number(
        0.2, 0.0, 1.0, "ease that a customer without digital affinity loses at full automation, for want of a person"
    )
    relevance: float = number(0.3, 0.0, 10.0, "experience per unit of relevance", "utility")
    delight: float = number(1.0, 0.0, 10.0, "experience per unit of delight", "utility")
    effort: float = number(0.5, 0.0, 10.0, "experience lost per unit of effort felt", "utility")
    intrusion: float = number(1.0, 0.0, 10.0, "experience lost per unit of intrusion", "utility")
    noise_sd: float = number(0.5, 0.0, 10.0, "standard deviation of one experience", "utility")
    expectation_rate: float = number(0.3, 0.0, 1.0, "share of a surprise by which the expectation moves")
    satisfaction_rate: float = number(0.4, 0.0, 1.0, "share of the way satisfaction moves to the valued surprise")
    loss_aversion: float = number(2.0, 1.0, 10.0, "weight of a disappointment against an equal delight")
    initial_trust: float = number(0.3, 0.0, 1.0, "trust in a new brand at full trust propensity")
    trust_gain: float = number(0.2, 0.0, 1.0, "trust won by one unit of positive surprise at full trust propensity")
    trust_loss: float = number(0.3, 0.0, 1.0, "share of trust lost by one unit of negative surprise")
    trust_intrusion: float = number(0.1, 0.0, 1.0, "share of trust lost by one unit of intrusion")
    habit_gain: float = number(0.25, 0.0, 1.0, "share of the way habit moves to 1 at each repeat")
    habit_half_life: float = number(52.0, 0.1, 10000.0, "weeks without purchase that halve habit", "weeks")
    bond_gain: float = number(0.15, 0.0, 1.0, "share of the way trust and habit move to 1 on entering a bond stage")
    knowledge_rate: float = number(0.3, 0.0, 1.0, "share of the unknown learnt per digital touch at full automation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Submodel 4.3: what contacts do to the customer."""

    fatigue: float = number(0.3, 0.0, 10.0, "fatigue added by a timely contact")
    mistimed: float = number(2.0, 1.0, 10.0, "how much more fatigue a mistimed contact adds (factor)")
    fatigue_half_life: float = number(8.0, 0.1, 1000.0, "weeks that halve fatigue", "weeks")
    near_weeks: int = whole(4, 0, 520, "a need this many weeks off or nearer counts as near", "weeks")
    heeded: float = number(0.4, 0.0, 1.0, "chance that a mistimed contact is heeded like a timely one")
    optout: float = number(
        0.012, 0.0, 1.0, "hazard of opting out at a contact without relevance, fatigue or intrusion", "per contact"
    )
    optout_relief: float = number(1.0, 0.0, 1.0, "share of that hazard which full relevance takes away")
    optout_fatigue: float = number(0.004, 0.0, 1.0, "hazard added per unit of fatigue", "per contact")
    optout_intrusion: float = number(0.002, 0.0, 1.0, "hazard added per unit of intrusion", "per contact")
    resistance: float = number(1.0, 0.0, 10.0, "by how much one unit of intrusion lowers the logarithm of a pull")
    rejection: float = number(
        0.0,
        0.0,
        10.0,
        "by how much one unit of intrusion lowers the logarithm of the chance that a contact's brand is considered",
    )
    forming_weeks: int = whole(
        0,
        0,
        520,
        "weeks from the need until preferences are formed; before, what is relevant counts for the brand's customers"
        " alone; 0: it counts for everybody",
        "weeks",
    )
    refusal: float = number(0.8, 0.0, 1.0, "share of contacts that nobody heeds where a machine says that it is one")
    help: float = number(0.5, 0.0, 10.0, "satisfaction that a contact with help and full pull leads to", "utility")
    covert: float = number(4.0, 1.0, 10.0, "how much larger intrusion is where data use is covert (factor)")


@dataclass(frozen=True, slots=True, kw_only=True)
class WordOfMouth:
    """Submodel 4.6: talk and reputation. Praise to complaints: about 3 : 1 (East et al. 2007)."""

    structure: str = choice("mean_field", ("mean_field", "communities"), "which customers hear which others")
    communities: int = whole(20, 1, 65535, "number of groups where the structure is communities")
    leak: float = number(0.1, 0.0, 1.0, "share of what a group hears that comes from the whole market")
    talk_rate: float = number(
        0.8, 0.0, 1.0, "chance a week that a fully sociable satisfied customer in a talk stage speaks"
    )
    complaint_rate: float = number(
        0.05, 0.0, 1.0, "chance that a fully sociable customer speaks ill of one unit of disappointment"
    )
    decay: float = number(0.05, 0.0, 1.0, "share of reputation forgotten a week", "per week")
    gain: float = number(10.0, 0.0, 100.0, "reputation won per positive statement per customer and week")
    negativity: float = number(2.0, 0.0, 10.0, "weight of a negative statement against a positive one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Innovation:
    """Submodel 4.7: risky experiments of a journey team."""

    cycle_weeks: int = whole(13, 1, 520, "weeks an experiment cycle lasts", "weeks")
    velocity: float = number(4.0, 0.0, 50.0, "experiments a cycle of a full team")
    success: float = number(0.2, 0.0, 1.0, "chance that an experiment succeeds")
    uplift: float = number(0.15, 0.0, 10.0, "mean uplift of the innovation stock by a success")
    half_life: float = number(78.0, 0.1, 10000.0, "weeks that halve the innovation stock", "weeks")
    ancillary: float = number(0.0, 0.0, 1e6, "ancillary revenue per unit of delight and experience", "money")


@dataclass(frozen=True, slots=True, kw_only=True)
class Economics:
    """Submodel 4.8: money."""

    discount_rate: float = number(0.10, 0.0, 2.0, "discount rate a year", "per year")
    ancillary_margin: float = number(0.5, 0.0, 1.0, "share of ancillary revenue that is contribution")
    currency: str = text("$", "sign of the currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One category: its brands, its needs and the strength of every mechanism."""

    name: str = text("", "name of the market file it came from")
    title: str = text("", "a reader's name for it")
    customers: int | None = whole(
        None,
        1,
        100_000_000_000,
        "customers that the market really has, of all brands; null: as many as are simulated",
        "customers",
        optional=True,
    )
    focal: str = text("", "the brand whose company asks the question")
    brands: Mapping[str, Brand] = quantity("brands by name, at most 64", factory=dict)
    journey: str = text("classic", "journey of brands that no arm names, and of customers without a host brand")
    price_elasticity: float = number(
        -2.62, -20.0, 0.0, "own-price elasticity of a customer of price sensitivity 0.5 at the reference price"
    )
    reference_price: float | None = number(
        None, 0.01, 1e9, "price that others are felt against; null: the brands' mean", "money", optional=True
    )
    channels: Mapping[str, Channel] = quantity("channels by name", factory=dict)
    need: Need = quantity("when needs arise", factory=Need)
    consideration: Consideration = quantity("which brands are considered", factory=Consideration)
    choice: Choice = quantity("utility of a brand", factory=Choice)
    experience: Experience = quantity("what using the product does", factory=Experience)
    contact: Contact = quantity("what contacts do", factory=Contact)
    word_of_mouth: WordOfMouth = quantity("talk and reputation", factory=WordOfMouth)
    innovation: Innovation = quantity("experiments", factory=Innovation)
    economics: Economics = quantity("money", factory=Economics)

"""What luck decides. Every draw names its purpose, so that no two decisions ever share a draw."""

from enum import IntEnum

__all__ = ["OF_VISITS", "WINDOW", "Purpose"]

#: Weeks whose contact draws come out of one block of luck (eight 16-bit draws).
WINDOW = 8
#: Added to the week of a visit: a period that is no occasion's number.
OF_VISITS = 1 << 16


class Purpose(IntEnum):
    """Purpose of a draw; its key also has seed, replicate, customer, a period and an index.

    Beside each purpose stand its period and its index. A block holds four words. The period is the number of an
    occasion where a faster journey is to keep its draws, else the week; on a visit the week too, above
    :data:`OF_VISITS`.
    """

    BIRTH = 0  # once: persona, first stage, need rate, phase of the first need
    TRAITS = 1  # once; index: four traits each
    NEED = 2  # occasion: gap to the next need, its rounding
    WEEK = 3  # week; index: stage. Transition out of a stage that lasts, talk
    STEP = 4  # occasion (without needs: week); index: stage. Transition out of a stage that resolves within the week
    ENTRY = 5  # occasion; index: stage. Channel, noise of the experience, complaint
    CONTACT = 6  # window of eight weeks; index: brand. Eight 16-bit draws
    MOMENT = 7  # week; index: brand. Aim of a contact, opting out, whether a mistimed one is heeded
    RECALL = 8  # occasion; index: four brands each
    SEARCH = 9  # week; index: four brands each
    TASTE = 10  # once; index: four brands each
    CHOICE = 11  # occasion; index: four brands each
    SAMPLE = 12  # once: whether the customer's events are logged
    EXPERIMENT = 13  # cycle; index: brand + 64 x experiment; nobody's: success and uplift
    FORM = 14  # once; index: four sub-forms each

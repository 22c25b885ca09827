"""What a panel's services refuse, for a person to read."""

from cwf_portal.core.errors import ConflictError, DomainError


class PhaseError(ConflictError):
    """The round is in a phase that does not permit this."""


class BallotRefusedError(DomainError):
    """The choices are no ballot of this round; nothing was stored."""


class NotOnRollError(DomainError):
    """The person has no vote in this round."""


class ResidenceError(DomainError):
    """Where the person lives could not be noted or shown."""


class TakenError(ResidenceError):
    """With another account somebody has shown that these details are theirs."""


class CardRefusedError(ResidenceError):
    """The card is no good or the details are taken: which of the two is not said to somebody who has not signed in."""


class UnknownPostcodeError(ResidenceError):
    """The postcode alone does not say where the person lives, and they named no place."""


class PanelError(DomainError):
    """The panel may not be set up or act in this way."""


class ProposalError(DomainError):
    """The idea cannot be taken or changed in this way."""


class PaperError(DomainError):
    """An envelope or a paper cannot be handled in this way."""


class KeeperError(DomainError):
    """Somebody cannot keep a key, or what they entered is no key of this vote."""

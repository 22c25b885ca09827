from panels.models.box import (
    BoxOpening,
    CountedBallot,
    HeadReader,
    LeafQueue,
    LogHead,
    LogLeaf,
    RollEntry,
    RollVerification,
    SealedBallot,
    SetAside,
)
from panels.models.correction import Correction, FormerFingerprint
from panels.models.delivery import ProjectDelivery, ProjectFollow, ProjectMilestone, ProjectNews
from panels.models.ending import AnnulmentCall, Attestation, Certification, Reconciliation
from panels.models.first import FirstVote, FirstVoteAnswer, TypedName
from panels.models.ideas import IdeaExclusion, IdeaStep, IdeaSupport, IdeaWords
from panels.models.keeper import Annulment, Keeper, OpeningSet
from panels.models.moderation import IdeaComment, IdeaDiscussion, IdeaReport, ModerationCase
from panels.models.objection import Objection, ObjectionAnswer, Withholding
from panels.models.panel import MoneyEnvelope, Organisation, Panel, PanelMembership
from panels.models.paper import (
    HelpedVote,
    HelpIntention,
    KeyedPaper,
    PaperBatch,
    PaperCount,
    PaperEnvelope,
    SealedPaper,
)
from panels.models.phases import Act, Phase
from panels.models.photo import Photo, PhotoFile
from panels.models.residence import PlaceQuestion, PlaceVerdict, Residence, Vouch
from panels.models.resolution import Resolution, ResolutionVote
from panels.models.result import ProjectResult, RoundResult
from panels.models.roll import BurstReview, MatchVerdict, RollPrint, TableEntry
from panels.models.round import Project, Proposal, Round
from panels.models.routes import AddressLetter, CardBatch, DocumentCheck, VerificationCard

__all__ = [
    "Act",
    "IdeaWords",
    "Withholding",
    "Correction",
    "HeadReader",
    "HelpIntention",
    "HelpedVote",
    "KeyedPaper",
    "PaperBatch",
    "PaperCount",
    "PaperEnvelope",
    "SealedPaper",
    "BurstReview",
    "MatchVerdict",
    "RollPrint",
    "AddressLetter",
    "CardBatch",
    "DocumentCheck",
    "VerificationCard",
    "Annulment",
    "AnnulmentCall",
    "FirstVote",
    "FirstVoteAnswer",
    "FormerFingerprint",
    "Attestation",
    "BoxOpening",
    "Certification",
    "CountedBallot",
    "IdeaComment",
    "IdeaDiscussion",
    "IdeaReport",
    "IdeaExclusion",
    "IdeaStep",
    "IdeaSupport",
    "Keeper",
    "LeafQueue",
    "LogHead",
    "LogLeaf",
    "ModerationCase",
    "MoneyEnvelope",
    "Objection",
    "ObjectionAnswer",
    "OpeningSet",
    "Organisation",
    "Panel",
    "PanelMembership",
    "Phase",
    "Photo",
    "PhotoFile",
    "PlaceQuestion",
    "PlaceVerdict",
    "Project",
    "ProjectDelivery",
    "ProjectFollow",
    "ProjectMilestone",
    "ProjectNews",
    "ProjectResult",
    "Proposal",
    "Reconciliation",
    "Residence",
    "Resolution",
    "ResolutionVote",
    "RollEntry",
    "RollVerification",
    "SetAside",
    "Round",
    "RoundResult",
    "SealedBallot",
    "TableEntry",
    "TypedName",
    "Vouch",
]

from grants.forms.agreements import (
    AcceptForm,
    ApproveForm,
    ConfirmStepForm,
    HoldForm,
    NoteForm,
    ReasonForm,
    RecommendForm,
)
from grants.forms.bodies import BankDetailsConfirmForm, BankDetailsForm, BodyForm, ChecksForm, ContactForm
from grants.forms.clawback import ClawbackForm
from grants.forms.endowment import StartForm, WaveForm
from grants.forms.filters import AgreementFilterForm, JournalFilterForm
from grants.forms.oversight import ReportBatchForm, ReportForm, ReviewForm, moment_of
from grants.forms.terms import TermsForm
from grants.forms.unspent import UnspentForm
from grants.forms.variation import VariationForm

__all__ = [
    "AcceptForm",
    "AgreementFilterForm",
    "ApproveForm",
    "BankDetailsConfirmForm",
    "BankDetailsForm",
    "BodyForm",
    "ChecksForm",
    "ClawbackForm",
    "ConfirmStepForm",
    "ContactForm",
    "HoldForm",
    "JournalFilterForm",
    "NoteForm",
    "ReasonForm",
    "RecommendForm",
    "ReportBatchForm",
    "ReportForm",
    "ReviewForm",
    "StartForm",
    "TermsForm",
    "UnspentForm",
    "VariationForm",
    "WaveForm",
    "moment_of",
]

"""How money and dates are written for people: one way, everywhere."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import get_language

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# As residents read them where a page is in their language; the figures are the same everywhere.
OTHER_MONTHS = {
    "pl": (
        "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
        "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
    ),
    "ur": ("جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"),
    "bn": (
        "জানুয়ারি", "ফেব্রুয়ারি", "মার্চ", "এপ্রিল", "মে", "জুন",
        "জুলাই", "আগস্ট", "সেপ্টেম্বর", "অক্টোবর", "নভেম্বর", "ডিসেম্বর",
    ),
}  # fmt: skip
# After Urdu letters the pound sign would come to stand behind its figures; and without the other sign at its end, the
# day of a date that follows would stand before the money.
LEFT_TO_RIGHT, RIGHT_TO_LEFT = "\u200e", "\u200f"
OTHER_MOMENTS = {"pl": "{day}, godz. {time}", "ur": "{day}، وقت {time}", "bn": "{day}, সময় {time}"}
OTHER_UNITS = {"pl": (" mld", " mln"), "ur": (" ارب", " ملین"), "bn": (" বিলিয়ন", " মিলিয়ন")}  # of pounds
BILLION, MILLION, THOUSAND = 100_000_000_000, 100_000_000, 100_000  # in pence


def pounds(pence: int) -> str:
    """Exact amount: "£1,234.56"; whole pounds without pence; a minus sign before the pound sign."""
    whole, rest = divmod(abs(pence), 100)
    sign = "\u2212" if pence < 0 else ""
    language = get_language()
    if language == "pl":  # there a comma begins the pence
        thousands = f"{whole:,}".replace(",", "\u00a0")
        return f"{sign}£{thousands},{rest:02d}" if rest else f"{sign}£{thousands}"
    text = f"{sign}£{whole:,}.{rest:02d}" if rest else f"{sign}£{whole:,}"
    return _left_to_right(text)


def pounds_short(pence: int) -> str:
    """Rounded amount for headings and charts: "£1.2m", "£2bn", "£330,000", half up."""
    size, sign, language = abs(pence), "\u2212" if pence < 0 else "", get_language() or ""
    for unit, suffix in zip((BILLION, MILLION), OTHER_UNITS.get(language, ("bn", "m")), strict=True):
        if size * 20 >= unit * 19 and (size * 10 + unit // 2) // unit >= 10:
            tenths = (size * 10 + unit // 2) // unit
            whole, tenth = divmod(tenths, 10)
            rest = f"{',' if language == 'pl' else '.'}{tenth}" if tenth else ""
            return f"{_left_to_right(f'{sign}£{whole:,}{rest}')}{suffix}"
    return pounds((size + 50) // 100 * 100 * (-1 if pence < 0 else 1))


def _left_to_right(text: str) -> str:
    return f"{LEFT_TO_RIGHT}{text}{LEFT_TO_RIGHT}{RIGHT_TO_LEFT}" if get_language() == "ur" else text


def london_day(value: date) -> date:
    """The day of `value`; of a moment, its day in London."""
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


def day_text(value: date) -> str:
    """As in "3 May 2027"; in London when `value` is a moment."""
    local = london_day(value)
    months = OTHER_MONTHS.get(get_language() or "", MONTHS)
    return f"{local.day} {months[local.month - 1]} {local.year}"


def deadline_text(value: datetime) -> str:
    """A moment by which something is wanted; where that is the last minute of a day, the day alone."""
    local = timezone.localtime(value)
    return day_text(value) if (local.hour, local.minute) == (23, 59) else moment_text(value)


def moment_text(value: datetime) -> str:
    """As in "3 May 2027, 5:30pm", in London."""
    local = timezone.localtime(value)
    if other := OTHER_MOMENTS.get(get_language() or ""):
        return other.format(day=day_text(value), time=f"{local:%H:%M}")
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{day_text(value)}, {hour}{minutes}{'am' if local.hour < 12 else 'pm'}"

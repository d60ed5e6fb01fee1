"""How a phone number is shown to those who may not see it whole, and in every log: 138****8000."""

_COUNTRY_CODES = ("+86", "0086")
# For at least so many digits: how many are shown at the front and at the end. At least four stay hidden.
_SHOWN = ((11, 3, 4), (8, 2, 2), (7, 0, 3))


def mask(number: str) -> str:
    """Mask a number of any form; under seven digits nothing of it is shown.

    The country code of China is left out, so that one number looks the same however it was written.
    """
    local = number.strip()
    country = next((code for code in _COUNTRY_CODES if local.startswith(code)), "")
    digits = "".join(character for character in local[len(country) :] if character.isdecimal())
    for least, head, tail in _SHOWN:
        if len(digits) >= least:
            return f"{digits[:head]}****{digits[-tail:]}"
    return "****"

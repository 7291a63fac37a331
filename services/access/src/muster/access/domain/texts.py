"""What people may type: user names, passwords, labels, reasons. Findings never hold a value."""

import re
import unicodedata

from muster.vocabulary.reasons import Reason

PASSWORD_SHORTEST = 10
PASSWORD_LONGEST = 128
LABEL_LONGEST = 60
REASON_LONGEST = 500

_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,62}[a-z0-9])")
_MANY_DIGITS = re.compile(r"[0-9]{11}")
_GAPS = re.compile(r"[\s._-]+")


def normal_username(typed: str) -> str:
    """The form in which a user name is kept and looked up."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def check_username(username: str) -> list[Reason]:
    """Findings about a normalised user name. It never is a resident number or a phone number."""
    if _USERNAME.fullmatch(username) is None:
        return [
            Reason(
                "username",
                "username-form",
                "账号名为3至64个小写字母、数字、点、横线或下划线，首尾须为字母或数字。",
                "A user name has 3 to 64 lower-case letters, digits, dots, dashes or underscores, "
                "with a letter or digit at both ends.",
            )
        ]
    if _MANY_DIGITS.search(_GAPS.sub("", username)):
        return [
            Reason(
                "username",
                "username-personal",
                "账号名中不得含有身份证号码或电话号码。",
                "A user name must not hold a resident number or a phone number.",
            )
        ]
    return []


def check_password(password: str, username: str, field: str = "password") -> list[Reason]:
    """Findings about a new password: long enough, not the user name, not one thing repeated."""
    found = []
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        found.append(
            Reason(
                field,
                "password-length",
                f"密码须为{PASSWORD_SHORTEST}至{PASSWORD_LONGEST}个字符。",
                f"A password has {PASSWORD_SHORTEST} to {PASSWORD_LONGEST} characters.",
            )
        )
    if len(set(password)) < 5 or username in password.lower():
        found.append(
            Reason(
                field,
                "password-weak",
                "密码过于简单：不得包含账号名，且至少使用5个不同的字符。",
                "The password is too simple: it must not contain the user name, and needs at "
                "least 5 different characters.",
            )
        )
    return found


def check_label(label: str) -> list[Reason]:
    """Findings about the label of a terminal, such as 隆务镇采集端1号."""
    if not label.strip() or len(label) > LABEL_LONGEST:
        return [
            Reason(
                "label",
                "label-length",
                f"采集端名称为1至{LABEL_LONGEST}个字符。",
                f"A terminal's label has 1 to {LABEL_LONGEST} characters.",
            )
        ]
    return _check_plain("label", label) or _check_impersonal("label", label)


def check_reason(reason: str | None) -> list[Reason]:
    """Findings about a reason in plain words; the audit port looks for personal numbers."""
    if reason is None:
        return []
    if len(reason) > REASON_LONGEST:
        return [
            Reason(
                "reason",
                "reason-too-long",
                f"事由不得超过{REASON_LONGEST}字。",
                f"A reason has at most {REASON_LONGEST} characters.",
            )
        ]
    return _check_plain("reason", reason)


def _check_plain(field: str, text: str) -> list[Reason]:
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in text):
        return [
            Reason(
                field,
                "control-character",
                "文字中含有控制字符或无效字符。",
                "The text holds a control character or one that is no character.",
            )
        ]
    return []


def _check_impersonal(field: str, text: str) -> list[Reason]:
    if _MANY_DIGITS.search(_GAPS.sub("", unicodedata.normalize("NFKC", text))):
        return [
            Reason(
                field,
                "label-personal",
                "名称中不得含有身份证号码或电话号码。",
                "A label must not hold a resident number or a phone number.",
            )
        ]
    return []

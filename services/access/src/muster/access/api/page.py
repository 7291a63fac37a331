"""The sign-in page: drawn here, without a script, in Chinese or English.

What stands in it of a request is escaped; its colours and sizes are those of the design system
(``sign-in.css``).
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from muster.access.domain.authorization import Asked
from muster.vocabulary.reasons import Reason

Language = Literal["zh", "en"]

CSS = Path(__file__).with_name("sign-in.css").read_text("utf-8")
HEADERS = {
    # Nothing but the style sheet beside it may be loaded, and nothing may frame it.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TAGS = {"zh": "zh-CN", "en": "en"}
_OTHER: dict[Language, Language] = {"zh": "en", "en": "zh"}

_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "name": "退役军人和其他优抚对象信息采集",
        "title": "登录",
        "amiss": "有误：登录",
        "username": "账号",
        "password": "密码",
        "submit": "登录",
        "language": "语言",
        "problem": "未能登录",
        "kept": "账号已保留，密码需要重新输入。",
        "help": "忘记密码或账号被锁定，请联系本单位管理员重置。",
        "incomplete": "这个登录地址不完整，或不属于本系统",
        "start": "请从系统首页重新开始登录。",
        "home": "返回首页",
    },
    "en": {
        "name": "Register of veterans and other entitled persons",
        "title": "Sign in",
        "amiss": "Error: Sign in",
        "username": "User name",
        "password": "Password",
        "submit": "Sign in",
        "language": "Language",
        "problem": "You are not signed in",
        "kept": "The user name was kept; the password has to be typed again.",
        "help": "Forgotten password, or a locked account: ask your administrator for a new one.",
        "incomplete": "This address for signing in is incomplete, or is none of this system",
        "start": "Please begin again from the first page.",
        "home": "To the first page",
    },
}
_NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}


def language_of(said: Mapping[str, str], accepted: str) -> Language:
    """The first language known here of ``ui_locales``, else of an Accept-Language header, else
    Chinese."""
    for text in (*said.get("ui_locales", "").split(), *accepted.split(",")):
        for language in _WORDS:
            if text.strip().lower().startswith(language):
                return language
    return "zh"


def sign_in(
    asked: Asked, language: Language, *, username: str = "", refused: Reason | None = None
) -> str:
    """The form. With `refused`, why nobody was let in stands above it and takes the focus."""
    words = _WORDS[language]
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in {**asked.parameters(), "ui_locales": language}.items()
    )
    summary, first = "", " autofocus"
    if refused is not None:
        said = escape(refused.zh if language == "zh" else refused.en)
        summary, first = _summary(words, f'<a href="#username">{said}</a>', words["kept"]), ""
    wrong = refused is not None and refused.field == "username"
    marked = ' aria-invalid="true" aria-describedby="problem"' if wrong else ""
    form = f"""{summary}<h1>{words["title"]}</h1>
<form method="post" action="authorize">{hidden}
<label for="username">{words["username"]}</label>
<input id="username" name="username" type="text" value="{escape(username)}" maxlength="200"
 autocomplete="username" autocapitalize="none" spellcheck="false" required{marked}{first}>
<label for="password">{words["password"]}</label>
<input id="password" name="password" type="password" maxlength="1000"
 autocomplete="current-password" required{marked}>
<button type="submit">{words["submit"]}</button>
</form>
<p class="hint">{words["help"]}</p>"""
    other = _OTHER[language]
    query = urlencode({**asked.parameters(), "ui_locales": other})
    link = f'<a href="authorize?{escape(query)}" lang="{_TAGS[other]}">{_NAMES[other]}</a>'
    return _page(language, words["amiss"] if refused else words["title"], form, link)


def unusable(language: Language) -> str:
    """For a request that no page of ours made: nowhere to go back to but the first page."""
    words = _WORDS[language]
    summary = _summary(words, words["incomplete"], words["start"])
    return _page(
        language, words["amiss"], f'{summary}<p><a href="/console/">{words["home"]}</a></p>', ""
    )


def _summary(words: Mapping[str, str], what: str, then: str) -> str:
    return f"""<div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="amiss">
<h2 id="amiss">{words["problem"]}</h2>
<p id="problem">{what}</p>
<p>{then}</p>
</div>
"""


def _page(language: Language, title: str, content: str, other: str) -> str:
    words = _WORDS[language]
    nav = f'<nav aria-label="{words["language"]}">{other}</nav>' if other else ""
    return f"""<!doctype html>
<html lang="{_TAGS[language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} - Muster</title>
<link rel="stylesheet" href="sign-in.css">
</head>
<body>
<header><p><strong>Muster</strong> <span>{words["name"]}</span></p>{nav}</header>
<main>
{content}
</main>
</body>
</html>
"""

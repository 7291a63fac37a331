"""Why a card, a reader or a request was refused, and what the collector does about it (R57, R69).

Each rule has one sentence in Chinese and one in English. None holds a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from muster.vocabulary.reasons import Reason, Refusal

NOT_FOUND, CONFLICT, INVALID, UNAVAILABLE = (
    (404, "not-found"),
    (409, "conflict"),
    (422, "invalid"),
    (503, "unavailable"),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence in two languages, the field that it is about, status and kind of the answer."""

    zh: str
    en: str
    answer: tuple[int, str]
    field: str = "card"


_TYPE = "也可手工录入。"
_TYPE_EN = " Or type the fields in."

_READERS = {
    "no-reader": Rule(
        "本机没有设置读卡器，请手工录入，或请管理员设置读卡器。",
        "No reader is set up on this computer: type the fields in, or have a reader set up.",
        UNAVAILABLE,
        "reader",
    ),
    "reader-away": Rule(
        "找不到读卡器，请检查连接线和电源后再试。" + _TYPE,
        "The reader is not there: check its cable and power, then try again." + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
    "reader-not-allowed": Rule(
        "本程序无权使用读卡器，请管理员授予串口权限（Linux 上为 dialout 组）。" + _TYPE,
        "This program may not use the reader: have it given the right to the serial port (on Linux "
        "the group dialout)." + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
    "reader-in-use": Rule(
        "读卡器正被其他程序占用，请关闭该程序后再试。" + _TYPE,
        "Another program holds the reader: close it and try again." + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
    "reader-silent": Rule(
        "读卡器没有应答，请拔下重新插上后再试。" + _TYPE,
        "The reader does not answer: unplug it, plug it in and try again." + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
    "reader-failed": Rule(
        "读卡器自检未通过，请拔下重新插上；仍不行请报修。" + _TYPE,
        "The reader fails its own test: plug it in anew, and have it mended if that does not help."
        + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
    "reader-unlicensed": Rule(
        "读卡器的安全模块未授权，不能读卡，请更换读卡器。" + _TYPE,
        "The reader's security module is not licensed to read: use another reader." + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
    "reader-busy": Rule(
        "正在读另一张卡，请稍候再试。",
        "Another reading is under way: wait a moment and try again.",
        CONFLICT,
        "reader",
    ),
    "pcsc-not-installed": Rule(
        "本机未安装PC/SC读卡组件，不能读社会保障卡，请管理员安装。" + _TYPE,
        "The PC/SC extra is not installed, so social security cards cannot be read: have it "
        "installed." + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
    "pcsc-away": Rule(
        "本机的智能卡服务没有运行，请管理员启动该服务。" + _TYPE,
        "The smart card service of this computer does not run: have it started." + _TYPE_EN,
        UNAVAILABLE,
        "reader",
    ),
}

_UNUSABLE = "请换一张证件或手工录入，并与证件核对。"
_UNUSABLE_EN = " Use another document, or type the fields in and compare them with it."

_FRAMES = {
    rule: Rule(
        "读到的数据在传输中损坏，请把卡平放在读卡器上再试；屡次如此请检查连接线。",
        "What came from the reader was damaged on its way: lay the card flat and try again; check "
        "the cable if it goes on.",
        INVALID,
    )
    for rule in ("frame-preamble", "frame-length", "frame-checksum", "frame-cut-off")
}

_CARDS = {
    "no-card": Rule(
        "没有读到卡。请把证件放在读卡器上；刚读过的卡须先拿开再放上。",
        "No card was found. Lay the card on the reader; one that was just read must be lifted "
        "first and laid on again.",
        NOT_FOUND,
    ),
    "card-moved": Rule(
        "卡在读取时被移动，请拿开后重新平放，等读完再取。",
        "The card moved while it was read: lift it, lay it flat and leave it until it is read.",
        INVALID,
    ),
    "card-read": Rule(
        "读卡失败，请拿开卡重新平放后再试；仍不行请换读卡器或手工录入。",
        "The card could not be read: lift it and lay it flat again; else use another reader, or "
        "type the fields in.",
        INVALID,
    ),
    "card-in-use": Rule(
        "卡正被其他程序使用，请关闭该程序后再试。",
        "Another program uses the card: close it and try again.",
        CONFLICT,
    ),
    "card-not-authentic": Rule(
        "卡与读卡器相互认证未通过，此卡不能采信，请仔细核对证件真伪。",
        "Card and reader do not accept each other; this card is not believed. Look closely whether "
        "the document is genuine.",
        INVALID,
    ),
    "card-wrong-kind": Rule(
        "卡的类型不对，请放居民身份证、居住证或外国人永久居留身份证。",
        "This is another kind of card: use a resident card, a residence permit or a foreigner's "
        "permanent residence card.",
        INVALID,
    ),
    "card-length": Rule(
        "卡内数据长度不对，不能采用。" + _UNUSABLE,
        "The data on the card has a wrong length and is not used." + _UNUSABLE_EN,
        INVALID,
    ),
    "card-layout": Rule(
        "不认识此卡的版式，不能采用。" + _UNUSABLE,
        "The layout of this card is not known, so it is not used." + _UNUSABLE_EN,
        INVALID,
    ),
    "card-text": Rule(
        "卡内文字不能识别，不能采用。" + _UNUSABLE,
        "Text on the card cannot be read, so it is not used." + _UNUSABLE_EN,
        INVALID,
    ),
    "card-date": Rule(
        "卡内有不存在的日期，不能采用。" + _UNUSABLE,
        "A date on the card does not exist, so it is not used." + _UNUSABLE_EN,
        INVALID,
    ),
    "card-number": Rule(
        "卡内公民身份号码不合规则，不能采用。" + _UNUSABLE,
        "The resident number on the card is not well formed, so it is not used." + _UNUSABLE_EN,
        INVALID,
    ),
    "card-empty": Rule(
        "卡内没有姓名，不能采用。" + _UNUSABLE,
        "There is no name on the card, so it is not used." + _UNUSABLE_EN,
        INVALID,
    ),
    "card-application": Rule(
        "读卡器中的卡不是社会保障卡。读身份证请放在身份证读卡器上，刚读过的须先拿开再放上。",
        "What is in the reader is no social security card. Resident cards go on the ID card "
        "reader; one that was just read must be lifted first.",
        INVALID,
    ),
    "card-record": Rule(
        "社会保障卡内的记录不能识别，不能采用。" + _UNUSABLE,
        "A record on the social security card cannot be understood, so the card is not used."
        + _UNUSABLE_EN,
        INVALID,
    ),
    "card-needs-pin": Rule(
        "此社会保障卡须输入密码才能读取，系统不会试密码。请改用身份证或手工录入。",
        "This social security card shows its holder only after a PIN, which is never tried here. "
        "Use the resident card, or type the fields in.",
        INVALID,
    ),
}

_GATEWAY = {
    "keys-unknown": Rule(
        "尚未取得服务端公钥，不能登记读卡和签名。请联网后再试。",
        "The service's public key was never fetched, so nothing can be sealed to it. Connect to "
        "the network and try again.",
        UNAVAILABLE,
        "request",
    ),
    "packet-members": Rule(
        "上传包须有编号（packet_id），以及采集记录（records、made_at）或证明材料（pieces）之一，"
        "不能有其他内容。",
        "A packet has its packet_id and either records with made_at or pieces of evidence, and "
        "nothing else.",
        INVALID,
        "payload",
    ),
    "packet-id": Rule(
        "上传包编号须为小写的UUID。",
        "The id of a packet is a UUID in lower case.",
        INVALID,
        "packet_id",
    ),
    "packet-terminal": Rule(
        "上传包写的是另一台采集端，本机不予签名。",
        "The packet names another terminal, so this one does not sign it.",
        INVALID,
        "terminal_id",
    ),
    "packet-text": Rule(
        "上传包中有不能写成JSON的文字或数字，不能签名。",
        "The packet has a text or a number that cannot be written as JSON, so it is not signed.",
        INVALID,
        "payload",
    ),
    "packet-large": Rule(
        "上传包过大，请分批上传。",
        "The packet is too large: upload in parts.",
        (413, "too-large"),
        "payload",
    ),
    "spool-failed": Rule(
        "本机不能保存，未读出任何内容。请检查磁盘空间，并告知管理员。",
        "This computer cannot store anything, so nothing was given out. Check the disk space and "
        "tell the administrator.",
        UNAVAILABLE,
        "request",
    ),
    "stopping": Rule(
        "程序正在退出，请重新启动后再试。",
        "The program is about to end: start it again and try again.",
        UNAVAILABLE,
        "request",
    ),
    "trace-empty": Rule(
        "没有签名笔迹，请采集对象本人签名后再提交。",
        "Nothing was written: hand over the pen, and submit once the person has signed.",
        INVALID,
        "trace",
    ),
    "trace-numbers": Rule(
        "签名笔迹只能由整数坐标组成，请刷新采集页面后重新签名。",
        "The strokes of a signature are whole numbers: load the page anew and sign again.",
        INVALID,
        "trace",
    ),
    "trace-large": Rule(
        "签名笔迹过长，请清除后重新签名。",
        "The signature is too long: clear it and sign again.",
        INVALID,
        "trace",
    ),
    "token-required": Rule(
        "未授权的请求。请在采集页面中填写本机读卡程序的令牌。",
        "Not authorised. Enter this gateway's token in the desk.",
        (401, "unauthorised"),
        "request",
    ),
    "origin-not-allowed": Rule(
        "该网页不在允许之列，不能使用本机的读卡器。",
        "This web page is not among those that may use this computer's readers.",
        (403, "forbidden"),
        "request",
    ),
    "host-not-local": Rule(
        "只能以本机地址访问读卡程序。",
        "The gateway answers only under this computer's own loopback address.",
        (403, "forbidden"),
        "request",
    ),
    "body-too-large": Rule(
        "请求内容过大。",
        "The request is too large.",
        (413, "too-large"),
        "request",
    ),
}

RULES: Mapping[str, Rule] = {**_READERS, **_FRAMES, **_CARDS, **_GATEWAY}


def reason(rule: str) -> Reason:
    """The finding that a rule is."""
    found = RULES[rule]
    return Reason(found.field, rule, found.zh, found.en)


def refusal(rule: str) -> Refusal:
    """The answer to a request that a rule refuses."""
    status, kind = RULES[rule].answer
    return Refusal(reason(rule), status=status, kind=kind)

"""What capture says when it refuses, in the words of both languages, by rule."""

from muster.vocabulary.reasons import Reason, Refusal
from muster.vocabulary.states import Severity

_WORDS: dict[str, tuple[str, str, str]] = {
    # rule: (field, zh, en)
    "absence-id-reused": (
        "absence_id",
        "该编号已用于另一条未见到本人的说明",
        "this id was already used for another remark",
    ),
    "absence-not-open": (
        "subject_id",
        "此人不在未采集名单上，不必说明未见到的原因",
        "this person is not among those not yet collected; nothing has to be said about it",
    ),
    "absence-reason": (
        "reason",
        "撤回说明时不能再写备注或日期",
        "a remark that is taken back has neither note nor date",
    ),
    "until-past": (
        "until",
        "所写日期已经过去",
        "the day lies in the past",
    ),
    "record-shape": (
        "record",
        "记录缺少必需的项，或某项格式不正确",
        "the record lacks a member that is needed, or one is malformed",
    ),
    "record-id-twice": (
        "record_id",
        "同一上传包中出现两条编号相同的记录",
        "two records of the packet carry the same id",
    ),
    "record-id-reused": (
        "record_id",
        "该记录编号已用于另一条内容不同的记录",
        "this record id was already used for a record with other content",
    ),
    "digest-differs": (
        "signature",
        "签字确认的摘要与记录内容不一致，须请本人重新确认签字",
        "the signed digest is not that of this content; the person must confirm it again",
    ),
    "evidence-absent": (
        "evidence",
        "所列证明材料尚未上传，请先上传材料",
        "evidence that the record names has not arrived; upload it first",
    ),
    "evidence-twice": (
        "evidence",
        "同一证明材料不能列出两次",
        "a piece of evidence stands there twice",
    ),
    "evidence-kind": (
        "evidence",
        "证明材料的种类不在采集方案之中",
        "a kind of evidence is not one of the campaign profile",
    ),
    "provenance-fields": (
        "provenance",
        "须逐项注明每个字段的来源，且不得多出其他项",
        "every field of the record, and no other, names its source",
    ),
    "provenance-not-a-desks": (
        "provenance",
        "采集端不得将字段来源注明为部门数据或审核更正",
        "a desk cannot say that a field comes from a department or from a reviewer",
    ),
    "baseline-differs": (
        "provenance",
        "该字段注明来自初始数据，但与初始数据不一致或其中没有此项；其来源须改为手工录入",
        "the baseline does not say this of the person; say that the field was typed",
    ),
    "reading-missing": (
        "reading",
        "有字段注明来自证件芯片，但未附该次读卡信息",
        "a field says that it comes from a chip, and the reading is not given",
    ),
    "reading-unrevealed": (
        "reading",
        "该字段注明来自证件芯片，但读卡信息中没有它",
        "the field says that it comes from the chip, and the reading does not show it",
    ),
    "reading-differs": (
        "reading",
        "该字段的内容与读卡时的内容不一致；如已改动，其来源须改为手工录入",
        "the field is not what was on the card; once changed, its source is no longer the chip",
    ),
    "reading-suites": (
        "reading",
        "同一次读卡的各项摘要须用同一种算法",
        "the hashes of one reading are of one suite",
    ),
    "typed-over-source": (
        "reading",
        "该字段列为改写前的芯片内容，但记录中没有此项，或其来源仍注明为证件芯片",
        "what the chip says is given beside a field that the record has from it, or has not at all",
    ),
    "typed-over-unrevealed": (
        "reading",
        "该字段列出了改写前的芯片内容，但读卡信息中没有它",
        "what the chip says of the field is given, and the reading does not show it",
    ),
    "typed-over-differs": (
        "reading",
        "所列改写前的芯片内容与读卡时的内容不一致",
        "what is given as the chip's value of the field is not what was on the card",
    ),
    "reading-of-another": (
        "reading",
        "该次读卡已用于另一采集对象",
        "this reading was already used for another person",
    ),
    "signature-unrevealed": (
        "signature",
        "由签字设备采集的签名须附笔迹及其摘要的盐值，且笔迹中不得有小数",
        "a signature that a device took comes with its trace, without fractions, and its salt",
    ),
    "signer-missing": (
        "signature",
        "代签或监护人签字的，须填写签字人姓名及其与采集对象的关系",
        "who signed for the person is named, with what they are to them",
    ),
    "signer-unasked": (
        "signature",
        "本人签名或捺印的，不填写代签人；如系他人代签，请改选签字方式",
        "a person who confirmed for themselves has no signer; if another signed, say so",
    ),
    "collected-in-future": (
        "collected_at",
        "采集时间晚于当前时间，请校准采集端时钟",
        "the time of collection lies in the future; set the terminal's clock",
    ),
    "subject-known": (
        "resident_number",
        "该公民身份号码已登记在另一采集对象名下，请使用其编号更新",
        "this resident number belongs to a subject that is already known; update that one",
    ),
    "subject-unknown": (
        "subject_id",
        "没有此采集对象；新增对象须注明为新增",
        "there is no such subject; a new one must say that it is new",
    ),
    "subject-erased": (
        "subject_id",
        "该采集对象的数据已依法删除",
        "the data of this subject was erased",
    ),
    "version-changed": (
        "base_version",
        "该对象的记录已有更新的版本，请重新查询后再修改",
        "there is another current version of this record; look the person up again",
    ),
    "standing-closed": (
        "record",
        "该对象已按自愿放弃、迁出、死亡、不符合条件或重复登记办结，如需采集请先恢复",
        "the case is closed (declined, moved, dead, ineligible or merged); reopen it first",
    ),
    "number-changed-elsewhere": (
        "resident_number",
        "此人现登记在其他地区，只能凭其本人已登记的公民身份号码转入；号码有误的，请由现登记地更正",
        "this person stands in another area, which alone may correct their number",
    ),
    "area-not-granted": (
        "household_area",
        "户籍所在地不在您的授权区域内",
        "the area of household registration is outside your grant",
    ),
    "terminal-area": (
        "household_area",
        "户籍所在地不在本采集端的登记区域内",
        "the area of household registration is outside the terminal's area",
    ),
    "number-twice-in-file": (
        "resident_number",
        "该公民身份号码在本文件中出现了不止一次，以先出现的一行为准",
        "this resident number stands in the file more than once; the first row counts",
    ),
    "number-corrected-away": (
        "resident_number",
        "该公民身份号码曾误登记在另一对象名下，已更正；如确为此人所有，请在采集端录入",
        "the number once stood with another person; if it is this one's, enter them at a desk",
    ),
    "terminal-differs": (
        "terminal_id",
        "上传包与签名的采集端不符",
        "the packet does not belong to the terminal that signed it",
    ),
    "packet-shape": (
        "packet",
        "上传包的内容不符合约定格式",
        "the packet's content does not have the agreed shape",
    ),
    "packet-id-reused": (
        "packet_id",
        "该上传包编号已用于另一上传包",
        "this packet id was already used for another packet",
    ),
    "packet-too-many": (
        "packet",
        "一个上传包中的条数过多，请分批上传",
        "the packet holds too many items; upload in parts",
    ),
    "piece-shape": (
        "evidence",
        "证明材料缺少必需的项，或某项格式不正确",
        "the piece of evidence lacks a member that is needed, or one is malformed",
    ),
    "piece-digest": (
        "digest",
        "材料摘要与内容不符，请重新上传",
        "the digest is not that of the content; upload it again",
    ),
    "piece-type": (
        "media_type",
        "材料须为 JPEG、PNG 图片或 PDF 文件，且内容与所称类型一致",
        "a piece is a JPEG, a PNG or a PDF, and really is what it says",
    ),
    "piece-too-large": (
        "evidence",
        "该份材料过大，请压缩后重新上传",
        "the piece is too large; compress it and upload it again",
    ),
    "not-in-village": (
        "village",
        "该对象不在此村(社区)的名册上",
        "the person does not stand on the books of this village",
    ),
    "ending-not-allowed": (
        "ending",
        "该对象目前的状态不允许作此登记",
        "the person's present state does not allow this",
    ),
    "stands-elsewhere": (
        "village",
        "该对象已登记在另一村(社区)，不能在此恢复",
        "the person stands in another village and cannot be reopened here",
    ),
    "date-required": (
        "date",
        "须填写死亡日期（可只填年、月）",
        "the date of death is needed (year, or year and month, is enough)",
    ),
    "date-malformed": (
        "date",
        "日期须写成 1969、1969-12 或 1969-12-03 的形式",
        "a date is written like 1969, 1969-12 or 1969-12-03",
    ),
    "date-in-future": ("date", "日期不能晚于今天", "the date lies in the future"),
    "dead-after-standard-time": (
        "date",
        "该日期不早于标准时点，应登记为标准时点后死亡",
        "the date is not before the standard time: the person died after it",
    ),
    "dead-before-standard-time": (
        "date",
        "该日期早于标准时点，应登记为标准时点前死亡",
        "the date is before the standard time: the person died before it",
    ),
    "not-for-ending": (
        "ending",
        "所填的项目与此登记不符",
        "a member was given that does not belong to this ending",
    ),
    "same-village": ("to_village", "迁入地与迁出地相同", "the person moves to where they are"),
    "unknown-village": (
        "village",
        "不是本采集方案区域内的村(社区)",
        "not a village or community of this campaign",
    ),
    "village-needed": (
        "household_area",
        "不知道此人户籍所在的村(社区)，请县级管理员指定",
        "the village of this person's household is not known; the administrator names it",
    ),
    "candidate-settled": (
        "request",
        "该线索已经办结",
        "what a department said of this person is settled already",
    ),
    "settlement": (
        "request",
        "须指定村(社区)或更正公民身份号码，或说明不予登记的理由，二者取其一",
        "either name the village or correct the number, or say why nobody is entered",
    ),
    "merge-target": (
        "merged_into",
        "须指明另一已存在且未被合并的采集对象",
        "name another subject that exists and was not itself merged",
    ),
    "change-id-reused": (
        "change_id",
        "该登记编号已用于另一次登记",
        "this change id was already used for another change",
    ),
    "completion-id-reused": (
        "completion_id",
        "该编号已用于另一次完善",
        "this completion id was already used for another completion",
    ),
    "nothing-changed": (
        "fields",
        "所填内容与记录一致，没有需要完善的项",
        "the record says all of this already; there is nothing to complete",
    ),
    "own-record": (
        "record",
        "不得完善本人采集的记录，请在采集端更正并由本人重新签字",
        "nobody completes a record that they collected; correct it at the desk, to be signed anew",
    ),
    "area-outside": (
        "area",
        "您没有在该行政区划内办理此项业务的授权",
        "you hold no grant for this task in this area",
    ),
    "name-required": ("name", "须填写姓名", "the name is needed"),
    "not-found": ("request", "没有找到", "there is no such thing"),
    "lookup-key": (
        "resident_number",
        "须提供公民身份号码或采集对象编号之一",
        "give either a resident number or a subject id",
    ),
    "number-invalid": (
        "resident_number",
        "公民身份号码不正确，请对照身份证件核对",
        "this is no resident number; compare it with the ID card",
    ),
    "state-changed": (
        "request",
        "同时有人在修改同一对象，未保存任何内容，请重试",
        "somebody changed the same person at the same moment; nothing was saved, try again",
    ),
    # The door of imports.
    "length-required": (
        "file",
        "须注明内容长度(Content-Length)",
        "the length of the content must be given (Content-Length)",
    ),
    "file-missing": ("file", "没有收到文件", "no file was received"),
    "file-too-large": ("file", "文件过大，请拆分后导入", "the file is too large; split it"),
    "file-type": (
        "file",
        "须为 .xlsx 工作簿或 .csv 文件，内容完好且未加密（.xls 请另存为 .xlsx）",
        "the file must be an undamaged, unlocked .xlsx (save an .xls as .xlsx) or a .csv file",
    ),
    "file-encoding": (
        "file",
        "CSV 文件的编码须为 UTF-8 或 GB18030",
        "a CSV file is encoded in UTF-8 or GB18030",
    ),
    "file-line": (
        "file",
        "CSV 文件在此行之后无法读取（引号不成对或单元格过长），此前的行已导入",
        "the CSV file cannot be read on from here (open quote, cell too long); earlier rows are in",
    ),
    "file-empty": ("file", "文件中没有数据行", "the file has no rows of data"),
    "columns-missing": (
        "file",
        "表头缺少必需的列",
        "the heading row lacks a column that is needed",
    ),
    "import-kind": (
        "kind",
        "导入的文件须为初始数据(baseline)或村级名册(roster)",
        "a file is a baseline or a roster",
    ),
    "import-id-reused": (
        "import_id",
        "该导入编号已用于另一文件",
        "this import id was already used for another file",
    ),
}


def reason(rule: str, *, field: str | None = None, severity: Severity = Severity.REFUSE) -> Reason:
    """The reason of that rule; `field` where the rule speaks of several."""
    own, zh, en = _WORDS[rule]
    return Reason(field or own, rule, zh, en, severity)


def refusal(
    rule: str, *, status: int = 422, kind: str = "invalid", field: str | None = None
) -> Refusal:
    """A refusal of the whole request for one reason."""
    return Refusal(reason(rule, field=field), status=status, kind=kind)

"""The console in a real browser: an application's whole way, then the same pages with keys, small and large.

    story.py CONSOLE FOLDER PICTURES [--scripts-off]

CONSOLE is what `saizheng up` says, FOLDER an application as a unit fills it in, PICTURES where the pages are kept as pictures. With scripts
off it is the application's way alone, without pictures. A contest that a filed body issues for goes through three accounts: unit, Center and
body; another one through two. What each task takes, in clicks, fields and seconds, is said at the end.
Needs playwright and axe-playwright-python (infra/local/console-tests.txt) and a Chromium.
"""

import csv
import io
import re
import shutil
import sys
import time
import tomllib
import zipfile
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from xml.etree import ElementTree

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Locator, Page, expect, sync_playwright

CONSOLE, FOLDER, PICTURES = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
SCRIPTS = "--scripts-off" not in sys.argv
SIZES = {"1366": {"width": 1366, "height": 768}, "390": {"width": 390, "height": 844}}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
faults = []
tasks = {}
doing = []


@contextmanager
def task(name):
    """What is done at the pages meanwhile belongs to this task."""
    began = time.monotonic()
    doing.append(tasks.setdefault(name, {"clicks": 0, "fields": 0, "seconds": 0}))
    yield
    doing.pop()["seconds"] += time.monotonic() - began


def counted(kind, owner, method):
    original = getattr(owner, method)

    @wraps(original)
    def done(*arguments, **named):
        if doing and doing[-1]:
            doing[-1][kind] += 1
        return original(*arguments, **named)

    setattr(owner, method, done)


def aside(function):
    """A look, or a trial of what goes wrong: nobody has to do it, and it needs scripts or takes pictures."""

    @wraps(function)
    def looked(*arguments):
        if not SCRIPTS:
            return None
        doing.append(None)
        try:
            return function(*arguments)
        finally:
            doing.pop()

    return looked


# An address that is gone to stands for the link to it.
for owner, method, kind in [
    (Locator, "click", "clicks"), (Locator, "check", "clicks"), (Page, "goto", "clicks"),
    (Locator, "fill", "fields"), (Locator, "select_option", "fields"), (Locator, "set_input_files", "fields"),
]:
    counted(kind, owner, method)


def login(browser, account, **how):
    how.setdefault("java_script_enabled", SCRIPTS)
    context = browser.new_context(locale="zh-CN", viewport=SIZES["1366"], **how)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", lambda said: said.type == "error" and "status of 4" not in said.text and faults.append(f"{page.url}: {said.text}"))
    page.goto(CONSOLE)
    page.get_by_role("button", name=account, exact=True).click()
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()
    return page


@aside
def keep(page, name):
    """As a picture in both sizes, and judged by axe; once more where the page has looked again by itself meanwhile."""
    for left in (2, 1, 0):
        try:
            return keep_once(page, name)
        except Error as error:
            if "context was destroyed" not in str(error) or not left:
                raise
            page.wait_for_load_state()


def keep_once(page, name):
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        page.screenshot(path=PICTURES / f"{name}-{size}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
            faults.append(f"{name} at {size}: wider than the window")
    page.set_viewport_size(SIZES["1366"])
    found = Axe().run(page, options=RULES)
    faults.extend(f"{name}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"])


def menu(page, name):
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def looked_at(page, text, times=60):
    """Looks again until the page has the text."""
    for _ in range(times):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{page.url}: {text} did not come")


@aside
def read_contest(page, contest):
    """A contest.toml that a Chinese editor has written fills the form in."""
    page.get_by_text("用 contest.toml 填写").click()
    text = (FOLDER / "contest.toml").read_text().encode("gb18030")
    page.get_by_label("contest.toml 文件").set_input_files({"name": "contest.toml", "mimeType": "text/plain", "buffer": text})
    page.get_by_role("button", name="按文件填写").click()
    expect(page.get_by_label("大赛名称")).to_have_value(contest["name"])
    menu(page, "新建申报")


def create(page, contest):
    menu(page, "新建申报")
    keep(page, "create")
    read_contest(page, contest)
    page.get_by_label("大赛名称").fill(contest["name"])
    page.get_by_label("竞赛类别").select_option(contest["class"])
    page.get_by_label("管辖地区").select_option(contest["jurisdiction"])
    page.get_by_label("人社部门主办或会同主办").select_option("是" if contest["hrss_hosted"] else "否")
    page.get_by_label("组委会（办公室）名称").fill(contest["committee"])
    page.get_by_label("竞赛年份").fill(str(contest["year"]))
    page.get_by_label("决赛日期").fill(str(contest["final_on"]))
    page.get_by_label("发证日期").fill(str(contest["issued_on"]))
    page.get_by_label("牵头主办单位名称").fill(contest["organiser"])
    if "organiser_body" in contest:
        page.get_by_label("本单位备案的评价机构").select_option(contest["organiser_body"])
    for number, event in enumerate(contest["events"], 1):
        row = page.get_by_role("group", name=f"赛项 {number}", exact=True)
        row.get_by_label("赛项名称").fill(event["name"])
        row.get_by_label("职业名称").fill(event["occupation"])
        row.get_by_label("工种").fill(event.get("job", ""))
    # Looked up within the form: what was typed stays, and what is chosen is taken.
    first = page.get_by_role("group", name="赛项 1", exact=True)
    first.get_by_role("button", name="查找职业").click()
    expect(page.get_by_label("大赛名称")).to_have_value(contest["name"])
    keep(page, "create-found")
    found = page.get_by_role("group", name="赛项 1", exact=True).get_by_label("选用")
    found.select_option(label=f"{contest['events'][0]['occupation_code']} {contest['events'][0]['occupation']}")
    page.get_by_role("button", name="新建申报").click()
    expect(page.get_by_text("申报已新建")).to_be_visible()
    keep(page, "upload")
    return page.url.split("/")[-2]


@aside
def breaks_off(page, title):
    """The line is cut: that is said, and the file is still chosen."""
    field = page.get_by_label(title, exact=True)
    dropped = page.evaluate_handle("() => { const all = new DataTransfer(); all.items.add(new File(['x'], 'other.pdf')); return all; }")
    page.locator("form").filter(has=field).dispatch_event("drop", {"dataTransfer": dropped})
    assert field.evaluate("field => field.files[0].name") == "other.pdf", "dropped anywhere on the form"
    field.set_input_files(FOLDER / "contest.pdf")
    cut = re.compile("saizheng-work")
    page.route(cut, lambda route: route.abort())
    page.get_by_role("button", name=f"上传{title}").click()
    expect(page.get_by_role("status").filter(has_text="上传中断")).to_be_visible()
    assert field.evaluate("field => field.files[0].name") == "contest.pdf", "still chosen"
    keep(page, "upload-broken-off")
    page.unroute(cut)
    faults[:] = [fault for fault in faults if "ERR_FAILED" not in fault]


@aside
def look_at_rows(page, id):
    page.goto(f"{CONSOLE}applications/{id}/roster")
    keep(page, "roster")
    page.goto(f"{CONSOLE}applications/{id}/photos")
    keep(page, "photos")
    page.goto(f"{CONSOLE}applications/{id}/contest")
    keep(page, "correct-contest")
    with page.expect_download() as download:
        page.goto(f"{CONSOLE}applications/{id}/upload")
        page.get_by_role("link", name="下载本次申报的模板表").click()
    assert download.value.suggested_filename == "roster.xlsx"


def upload(page, id):
    files = {"举办竞赛相关文件": "contest.pdf", "竞赛表彰文件": "commendation.pdf", "申报汇总表": "summary.pdf", "选手信息导入模板表": "roster.xlsx", "选手照片": "photos.zip"}
    for title, file in files.items():
        if (FOLDER / file).exists():
            page.goto(f"{CONSOLE}applications/{id}/upload")
            page.get_by_label(title, exact=True).set_input_files(FOLDER / file)
            if file == "contest.pdf":
                breaks_off(page, title)
            page.get_by_role("button", name=f"上传{title}").click()
            page.wait_for_url(re.compile("done=uploaded"))
            expect(page.get_by_text("文件已收到")).to_be_visible()
    looked_at(page, "已提交省职鉴中心")
    keep(page, "uploaded")
    look_at_rows(page, id)
    page.goto(f"{CONSOLE}applications/{id}")
    looked_at(page, "已提交")
    keep(page, "submitted-unit")
    page.get_by_label("声明人姓名").fill("张样例")
    page.get_by_label("本单位声明").check()
    page.get_by_role("button", name="声明", exact=True).click()
    expect(page.get_by_text("已声明申报信息真实准确")).to_be_visible()


@aside
def look_before(page, id):
    """What the Center looks at before it decides: rows with their plan, one row with its rules, samples, scans."""
    page.goto(f"{CONSOLE}applications/{id}/rows")
    expect(page.get_by_text("预告").first).to_be_visible()
    keep(page, "rows")
    page.get_by_role("link", name="第 2 行").click()
    expect(page.get_by_role("heading", name="为什么得到这样的证书")).to_be_visible()
    masked = page.get_by_text("510*").first
    expect(masked).to_be_visible()
    page.get_by_text("查看完整的证件号码").click()
    page.get_by_label("事由").fill("与证件原件核对")
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.get_by_text("手机号码", exact=True)).to_be_visible()
    keep(page, "row")
    for part, heading in [("samples", "证书样张"), ("differences", "与上次提交的不同"), ("materials", "查看材料")]:
        page.goto(f"{CONSOLE}applications/{id}/{part}")
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        keep(page, part)


def authorise(page, id, act, done):
    keep(page, "desk")
    page.get_by_role("link", name=id).first.click()
    keep(page, "submitted-center")
    look_before(page, id)
    page.goto(f"{CONSOLE}applications/{id}")
    for reason in page.locator("input[name^='reason-']").all():
        reason.fill("已核对竞赛文件")
    page.get_by_role("button", name=act, exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(done)


def review(page, id):
    page.goto(f"{CONSOLE}applications/{id}")
    page.get_by_role("link", name="资格审核", exact=True).click()
    keep(page, "review")
    two_reviewers(page, id)
    for reason in page.locator("input[name^='override-']").all():
        reason.fill("已核对表彰文件")
    page.get_by_role("button", name="审核通过").click()
    expect(page.get_by_role("status")).to_contain_text("已赋码")
    looked_at(page, "已生成")
    statement(page)


@aside
def statement(page):
    page.get_by_role("link", name="资格审核意见").click()
    expect(page.get_by_text("审核人（签字）")).to_be_visible()
    keep(page, "statement")


@aside
def two_reviewers(page, id):
    """By keys; a draft; a colleague who has not seen it; the scans beside the rows."""
    page.keyboard.press("j")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("/")
    expect(page.get_by_label("在本页查找")).to_be_focused()
    page.keyboard.type("欧阳")
    page.keyboard.press("Enter")
    expect(page.locator("tr[aria-selected=true]")).to_contain_text("欧阳")
    for reason in page.locator("input[name^='override-']").all():
        reason.fill("已核对表彰文件")
    third = page.get_by_label("第 3 行不予通过的理由")
    # Enter in a field saves, and decides nothing.
    third.fill("参赛资格不符")
    third.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已暂存")
    expect(third).to_have_value("参赛资格不符")
    # U empties the row, and brings back what stood there.
    third.locator("xpath=ancestor::tr").get_by_role("link").focus()
    while "第 3 行" not in (page.locator("tr[aria-selected=true] input[name^='refuse-']").get_attribute("aria-label") if page.locator("tr[aria-selected=true]").count() else ""):
        page.keyboard.press("j")
    page.keyboard.press("u")
    expect(third).to_have_value("")
    page.keyboard.press("u")
    expect(third).to_have_value("参赛资格不符")
    third.fill("")
    # A colleague who has not seen it writes over nothing.
    second = login(page.context.browser, "省职鉴中心（第二人）")
    second.goto(f"{CONSOLE}applications/{id}/review")
    page.get_by_role("button", name="暂存").click()
    expect(page.get_by_text("现有意见：不予通过 0 人")).to_be_visible()
    second.get_by_label("第 4 行不予通过的理由").fill("照片不符合要求")
    second.get_by_role("button", name="暂存").click()
    expect(second.get_by_role("alert")).to_contain_text("另一位审核人员暂存了新的意见")
    second.context.close()
    page.get_by_role("link", name="表彰文件").click()
    expect(page.locator("details.scan iframe")).to_be_visible()
    keep(page, "review-beside")


def move_sheets(page, movement, ranges, holder=None):
    menu(page, "空白证书")
    page.get_by_label("业务").select_option(label=movement)
    if holder:
        page.get_by_label("对方单位").select_option(label=holder)
    page.get_by_label("流水号").fill(ranges)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("台账已登记")


def receive_sheets(page):
    move_sheets(page, "入库", "JN00000001 JN00000040")
    keep(page, "sheets")


def print_sheets(page, id):
    page.goto(f"{CONSOLE}applications/{id}")
    page.get_by_label("没有照片仍打印的理由").first.fill("由本机构粘贴照片")
    page.get_by_role("button", name="预览", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("打印预览")
    expect(page.get_by_role("cell", name="最后一张")).to_be_visible()
    keep(page, "print-preview")
    page.get_by_role("button", name="打印", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("空白证书")
    looked_at(page, "打印文件 1")
    keep(page, "printed")


def number(page, id):
    """By hand: of what others issued at its row, of ours by a table that is filled in, looked at and then entered."""
    page.goto(f"{CONSOLE}applications/{id}")
    page.get_by_role("link", name="第 8 行").click()
    page.get_by_label("证书编号").fill("ZG-2022-0001")
    page.get_by_role("button", name="登记编号").click()
    expect(page.get_by_role("status")).to_contain_text("编号已登记")
    page.goto(f"{CONSOLE}applications/{id}")
    lot = page.locator("section", has=page.get_by_role("heading", name="专项职业能力证书"))
    lot.get_by_role("link", name="登记证书编号").click()
    keep(page, "numbers")
    workbook = page.request.get(f"{page.url}/workbook").body()
    rows = cells(workbook)
    at = rows[0].index("证书编号")
    send_numbers(page, [rows[0], [*rows[1][:at], "=1+1", *rows[1][at + 1:]]])
    expect(page.get_by_role("alert")).to_contain_text("第 9 行")
    keep(page, "numbers-odd")
    send_numbers(page, [rows[0], [*rows[1][:at], "ZX-2022-0001", *rows[1][at + 1:]]])
    expect(page.get_by_role("region", name="预览", exact=True)).to_contain_text("1 个编号可以登记，尚未登记")
    keep(page, "numbers-preview")
    page.get_by_role("button", name="登记这 1 个编号").click()
    expect(page.get_by_role("status")).to_contain_text("编号已登记")
    page.get_by_role("link", name="已登记（2）").click()
    expect(page.get_by_role("link", name="ZX-2022-0001")).to_be_visible()
    keep(page, "numbers-entered")


def send_numbers(page, rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    table = {"name": "numbers.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}
    page.get_by_label("填写好的表").set_input_files(table)
    page.get_by_role("button", name="上传并预览").click()


def apply_for_account(browser):
    """Who has logged in and is nobody yet applies to be somebody."""
    page = browser.new_context(locale="zh-CN", viewport=SIZES["1366"]).new_page()
    page.goto(CONSOLE)
    page.get_by_role("button", name="还没有身份的账号", exact=True).click()
    expect(page.get_by_role("heading", name="申请账号")).to_be_visible()
    keep(page, "account")
    page.get_by_label("姓名").fill("张样例")
    page.get_by_label("身份").select_option("unit")
    page.get_by_role("button", name="申请", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    keep(page, "account-refused")
    page.get_by_role("textbox", name="单位").fill("样例协会")
    page.get_by_role("button", name="申请", exact=True).click()
    expect(page.get_by_text("待开通")).to_be_visible()
    keep(page, "account-applied")


def archive(page, id):
    page.goto(f"{CONSOLE}applications/{id}")
    lot = page.locator("section", has=page.get_by_role("heading", name="职业技能等级证书"))
    lot.get_by_role("button", name="资料存档").click()
    expect(page.get_by_role("status")).to_contain_text("封存")
    looked_at(page, "个文件，封存于")
    certificate(page)


@aside
def certificate(page):
    page.get_by_role("link", name="S0000510").first.click()
    expect(page.get_by_text("补发（编码不变，另印一张）")).to_be_visible()
    keep(page, "certificate")


def cells(workbook):
    """The cells of a workbook's first sheet, row by row."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        texts = lambda node: "".join(part.text or "" for part in node.iter(f"{SHEET}t"))
        shared = [texts(one) for one in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))] if "xl/sharedStrings.xml" in archive.namelist() else []
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    value = lambda cell: shared[int(cell.find(f"{SHEET}v").text)] if cell.get("t") == "s" else texts(cell) or (cell.findtext(f"{SHEET}v") or "")
    column = lambda cell: sum((ord(letter) - 64) * 26**place for place, letter in enumerate(re.match("[A-Z]+", cell.get("r"))[0][::-1])) - 1
    rows = [{column(cell): value(cell) for cell in row.iter(f"{SHEET}c")} for row in sheet.iter(f"{SHEET}row")]
    width = max(max(row, default=0) for row in rows) + 1
    return [[row.get(place, "") for place in range(width)] for row in rows]


def publish(applicant, center, id):
    """信息上网, from the application to the confirmation."""
    page = applicant
    menu(page, "信息上网")
    page.get_by_label("申报号").fill(id)
    page.get_by_role("button", name="申报", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已申报信息上网")
    looked_at(page, "数据表（Excel）")
    keep(page, "batch")
    workbook = page.request.get(page.get_by_role("link", name="数据表（Excel）").get_attribute("href")).body()
    if center is not applicant:
        center.goto(page.url)
        page = center
    page.get_by_role("button", name="审核通过").click()
    page.get_by_role("button", name="登记已上传").click()
    text = io.StringIO()
    csv.writer(text).writerows(cells(workbook))
    page.get_by_label("查询网站的结果清单").fill(text.getvalue())
    page.get_by_role("button", name="确认上网").click()
    expect(page.get_by_role("status")).to_contain_text("已确认上网")


def collect(page, id):
    """领取, entered by who issued the certificates."""
    menu(page, "发放")
    page.locator("tr", has_text=id).get_by_role("link", name="领取和发放").click()
    lot = page.locator("section", has=page.get_by_role("heading", name="职业技能等级证书"))
    lot.get_by_label("领取日期").fill("2022-06-20")
    lot.get_by_label("主办单位经办人").fill("张样例")
    lot.get_by_role("button", name="登记领取").click()
    expect(page.get_by_role("status")).to_contain_text("已登记领取")
    looked_at(page, "领取、发放清单 1")
    keep(page, "collected")


def hand_out(page, id):
    """发放, winner by winner, entered by the organiser."""
    menu(page, "发放")
    page.locator("tr", has_text=id).get_by_role("link", name="领取和发放").click()
    for row in ["第 2 行已发放", "第 3 行已发放"]:
        page.get_by_label(row).check()
    page.get_by_label("发放日期").fill("2022-06-20")
    keep(page, "hand-out")
    page.get_by_role("button", name="登记发放").click()
    expect(page.get_by_role("status")).to_contain_text("已登记发放")
    expect(page.get_by_label("第 2 行已发放")).to_have_count(0)
    take_back(page)


@aside
def take_back(page):
    """What was entered by mistake; what is refused leaves the boxes ticked."""
    page.get_by_text("登记有误，撤回所选").click()
    page.get_by_label("第 2 行的发放登记").check()
    page.get_by_role("button", name="撤回所选的登记").click()
    expect(page.get_by_role("alert")).to_contain_text("撤回的原因")
    expect(page.get_by_label("第 2 行的发放登记")).to_be_checked()
    page.get_by_label("撤回的原因").fill("误登")
    page.get_by_role("button", name="撤回所选的登记").click()
    expect(page.get_by_role("status")).to_contain_text("发放登记已撤回")
    page.get_by_label("第 2 行已发放").check()
    page.get_by_label("发放日期").fill("2022-06-20")
    page.get_by_role("button", name="登记发放").click()
    expect(page.get_by_role("status")).to_contain_text("已登记发放")


def with_keys(page):
    """The keyboard alone: past the menu, through a list, into an application."""
    page.goto(f"{CONSOLE}applications")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_label("大赛名称")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("办理进度")).to_have_count(0)
    expect(page.get_by_role("list", name="办理进度")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="帮助")).to_be_visible()


def of_another(page, id):
    """Another unit, by address and by a form that names what is not its own."""
    page.goto(f"{CONSOLE}applications/{id}")
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    keep(page, "not-found")
    page.locator("form").first.evaluate(
        """(form, action) => {
          form.action = action;
          for (const [name, value] of [["version", 1], ["reason", "x"]]) form.append(Object.assign(document.createElement("input"), { name, value }));
        }""",
        f"/console/applications/{id}/withdraw",
    )
    page.locator("form").first.evaluate("form => form.requestSubmit()")
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()


def first_person(name):
    """The number of whoever has that name in the folder's roster."""
    for row in cells((FOLDER / "roster.xlsx").read_bytes()):
        if name in row:
            return next(text for text in row if re.fullmatch(r"\d{17}[\dX]", text))
    raise AssertionError("nobody of that name")


def give_out(page, id):
    """The unit looks for a winner; the file of the certificate proves itself on the public page, and without a network."""
    page.goto(f"{CONSOLE}applications/{id}")
    row = page.get_by_role("region", name="选手和证书").get_by_role("row").filter(has=page.get_by_role("link", name="PDF")).first
    name = row.get_by_role("cell").nth(1).inner_text()
    file = PICTURES / "certificate.pdf"
    file.write_bytes(page.request.get(row.get_by_role("link", name="PDF").get_attribute("href")).body())
    page.goto(f"{CONSOLE}hand-out/{id}")
    page.get_by_label("姓名、证书编码或编号").fill(name)
    page.get_by_role("button", name="查找", exact=True).click()
    expect(page.get_by_role("region", name="逐人发放").get_by_text(name)).to_be_visible()
    assert "?" not in page.url
    keep(page, "hand-out")
    verify = CONSOLE.replace("/console/", "/verify")
    page.goto(verify)
    keep(page, "verify")
    page.get_by_label("证书的 PDF 文件").set_input_files(file)
    page.get_by_role("button", name="核验").click()
    expect(page.get_by_role("status", name="查询结果")).to_contain_text("有效")
    expect(page.get_by_text(name, exact=True)).to_be_visible()
    keep(page, "verify-file")
    with page.expect_download() as download:
        page.get_by_role("link", name="离线核验页").click()
    offline = PICTURES / "verify-offline.html"
    download.value.save_as(offline)
    page.goto(offline.resolve().as_uri())
    page.get_by_label("证书的 PDF 文件").set_input_files(file)
    page.get_by_label("姓名").fill(name)
    page.get_by_label("证件号码").fill(first_person(name))
    page.get_by_role("button", name="核对签名").click()
    expect(page.get_by_role("status")).to_contain_text("签名相符")
    keep(page, "verify-offline")
    page.get_by_label("姓名").fill(name + "甲")
    page.get_by_role("button", name="核对签名").click()
    expect(page.get_by_role("status")).to_contain_text("签名不符")
    file.unlink()


def look_round(page):
    for name in ["申报", "证书", "信息上网", "发放", "统计", "综合查询", "设置", "帮助"]:
        menu(page, name)
        keep(page, f"menu-{name}")
    menu(page, "综合查询")
    page.get_by_label("姓名").fill("张测试")
    page.get_by_role("button", name="查询").first.click()
    expect(page.get_by_role("heading", name="查询结果")).to_be_visible()
    assert "张" not in page.url, page.url
    keep(page, "found")
    page.get_by_text("按名单核验证书").click()
    page.get_by_label("或粘贴证书名单").fill("S000051009999223J00001 张测试\nS000051009999223J00009 李四")
    page.get_by_role("button", name="核验").click()
    expect(page.get_by_role("heading", name="核验结果")).to_be_visible()
    keep(page, "verified-list")
    menu(page, "设置")
    page.get_by_text("放入新的文本").click()
    page.get_by_label("哪一部分").select_option("notices/sichuan-2022-9.toml")
    notice = Path(__file__).parents[2] / "infra/notices/sichuan-2022-9.toml"
    page.get_by_label("文件（不超过 2 MB").set_input_files({"name": "notice.toml", "mimeType": "text/plain", "buffer": b"# edition\n" + notice.read_bytes()})
    page.get_by_role("button", name="检查", exact=True).click()
    expect(page.get_by_role("heading", name="检查无误，尚未启用")).to_be_visible()
    keep(page, "settings-difference")
    page.goto(f"{CONSOLE}certificates/several")
    keep(page, "several")
    page.goto(f"{CONSOLE}sheets/calibration")
    for number, (x, y) in enumerate(re.findall(r"应在左 ([\d.]+)，上 ([\d.]+)", page.content()), 1):
        page.locator(f"[name=left{number}]").fill(str(float(x) + 1.2))
        page.locator(f"[name=up{number}]").fill(str(float(y) - 0.5))
    page.get_by_role("button", name="计算").click()
    expect(page.get_by_role("status")).to_contain_text("向右偏移 -1.2 毫米，向下偏移 0.5 毫米")
    keep(page, "calibration")


def back_after_logout(browser):
    """Two windows, two accounts; who has logged out does not get back by the browser's button, and the other is not disturbed."""
    unit, center = login(browser, "牵头主办单位"), login(browser, "省职鉴中心")
    menu(unit, "申报")
    unit.get_by_role("button", name="退出").click()
    expect(unit.get_by_text("已退出")).to_be_visible()
    unit.go_back()
    unit.wait_for_load_state()
    if unit.get_by_role("heading", name="申报", exact=True).count():
        faults.append("after the logout the page before is shown again")
    menu(center, "申报")
    expect(center.get_by_role("heading", name="申报", exact=True)).to_be_visible()


def register(page, contest):
    """The Center enters the filed body, and gives it sheets."""
    menu(page, "设置")
    page.get_by_text("登记或更改评价机构").click()
    page.get_by_label("机构代码").fill(contest["organiser_body"])
    page.get_by_label("名称（印在证书上）").fill(contest["organiser"])
    page.get_by_label("申报单位账号").fill("unit-1")
    page.get_by_label("备案职业和等级").fill("车工 2 3 4 5\n中式烹调师 2 3 4 5")
    page.get_by_label("经省人力资源社会保障厅备案").check()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("评价机构已登记")
    receive_sheets(page)
    move_sheets(page, "领用（发给颁证机构）", "JN00000001 JN00000020", contest["organiser"])


def take_up(page, id):
    """The body acknowledges its sheets and the application."""
    menu(page, "空白证书")
    page.get_by_role("button", name="全部签收").click()
    expect(page.get_by_role("status")).to_contain_text("台账已登记")
    page.goto(f"{CONSOLE}applications/{id}")
    page.get_by_role("button", name="收到备案").click()
    expect(page.get_by_role("status")).to_contain_text("备案已登记")


def all_the_way(browser, contest):
    """One application from 新建申报 to 发放."""
    unit, center = login(browser, "牵头主办单位"), login(browser, "省职鉴中心")
    filed = contest.get("organiser_body")
    issuer = login(browser, f"颁证机构 {filed}") if filed else center
    with task("登记评价机构、空白证书" if filed else "登记空白证书"):
        register(center, contest) if filed else receive_sheets(center)
    with task("新建申报"):
        id = create(unit, contest)
    with task("上传材料、声明"):
        upload(unit, id)
    menu(center, "工作台")
    with task("审批" if filed else "授权"):
        authorise(center, id, *(("审批", "已审批") if filed else ("授权", "已授权")))
    if filed:
        with task("签收、备案"):
            take_up(issuer, id)
    with task("资格审核"):
        review(issuer, id)
    with task("打印"):
        print_sheets(issuer, id)
    if not filed:
        with task("登记编号"):
            number(center, id)
    with task("资料存档"):
        archive(issuer, id)
    with task("信息上网"):
        publish(issuer, center, id)
    with task("领取、发放"):
        collect(issuer, id)
        hand_out(unit, id)
    return unit, center, id


def look_everywhere(browser, unit, center, id):
    """By keys, round every page, as others who may not, and in other ways of looking."""
    with_keys(unit)
    look_round(center)
    give_out(unit, id)
    center.goto(f"{CONSOLE}applications/{id}")
    keep(center, "handed-out")
    # Another unit by address; a body that has no rows; a unit without scripts.
    other = login(browser, "牵头主办单位 unit-2")
    of_another(other, id)
    # As a picture alone: axe reads the colours of the style sheet there, and not those that are shown.
    forced = login(browser, "省职鉴中心", forced_colors="active")
    forced.goto(f"{CONSOLE}applications/{id}")
    expect(forced.get_by_role("list", name="办理进度")).to_be_visible()
    forced.screenshot(path=PICTURES / "forced-colours-1366.png", full_page=True)
    body = login(browser, "颁证机构 S000051010123")
    keep(body, "desk-body")
    for path, name in [("accounts", "accounts"), (f"applications/{id}/authorisation", "authorisation"), (f"applications/{id}/trail", "trail"), (f"applications/{id}/rows?only=findings", "rows-filtered"), (f"applications/{id}/rows/9", "row-numbered"), ("applications?task=archive", "lots-waiting"), ("certificates/ZX-2022-0001", "certificate-numbered"), ("settings/none", "not-there")]:
        center.goto(f"{CONSOLE}{path}")
        keep(center, name)
    unit.goto(f"{CONSOLE}settings")
    keep(unit, "no-right")
    menu(center, "空白证书")
    center.get_by_role("link", name="台账").first.click()
    keep(center, "ledger")
    center.goto(f"{CONSOLE}sheets")
    center.get_by_label("流水号").fill("不是流水号")
    center.get_by_role("button", name="登记", exact=True).click()
    expect(center.get_by_role("alert")).to_be_visible()
    expect(center.get_by_label("流水号")).to_have_value("不是流水号")
    keep(center, "refused")
    apply_for_account(browser)
    nobody = browser.new_context(locale="zh-CN").new_page()
    nobody.goto(CONSOLE)
    keep(nobody, "login")
    plain = login(browser, "牵头主办单位（第二人）", java_script_enabled=False)
    plain.goto(f"{CONSOLE}applications/{id}")
    expect(plain.get_by_text(id).first).to_be_visible()
    plain.get_by_role("button", name="退出").click()
    expect(plain.get_by_text("已退出")).to_be_visible()
    back_after_logout(browser)


def main():
    began = time.monotonic()
    if SCRIPTS:
        shutil.rmtree(PICTURES, ignore_errors=True)
        PICTURES.mkdir(parents=True)
    contest = tomllib.loads((FOLDER / "contest.toml").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        unit, center, id = all_the_way(browser, contest)
        if SCRIPTS:
            look_everywhere(browser, unit, center, id)
        browser.close()
    for name, taken in tasks.items():
        print(f"{name}: {taken['clicks']} clicks, {taken['fields']} fields, {taken['seconds']:.0f} s")
    print("\n".join(faults) or f"sound, {time.monotonic() - began:.0f} s; pictures in {PICTURES}")
    sys.exit(1 if faults else 0)


main()

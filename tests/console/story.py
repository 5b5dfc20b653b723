"""The console in a real browser: one application through three accounts, then the same pages with keys, without scripts, small and large.

    story.py CONSOLE FOLDER PICTURES

CONSOLE is what `saizheng up` says, FOLDER an application as a unit fills it in, PICTURES where the pages are kept as pictures.
Needs playwright and axe-playwright-python (infra/local/console-tests.txt) and a Chromium.
"""

import re
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

CONSOLE, FOLDER, PICTURES = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
SIZES = {"1366": {"width": 1366, "height": 768}, "390": {"width": 390, "height": 844}}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
faults = []


def login(browser, account, **how):
    context = browser.new_context(locale="zh-CN", viewport=SIZES["1366"], **how)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("console", lambda said: said.type == "error" and "status of 4" not in said.text and faults.append(f"{page.url}: {said.text}"))
    page.goto(CONSOLE)
    page.get_by_role("button", name=account, exact=True).click()
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()
    return page


def keep(page, name):
    """As a picture in both sizes, and judged by axe."""
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


def create(page, contest):
    menu(page, "新建申报")
    keep(page, "create")
    page.get_by_label("大赛名称").fill(contest["name"])
    page.get_by_label("竞赛类别").select_option(contest["class"])
    page.get_by_label("管辖地区").select_option(contest["jurisdiction"])
    page.get_by_label("人社部门主办或会同主办").select_option("是" if contest["hrss_hosted"] else "否")
    page.get_by_label("组委会（办公室）名称").fill(contest["committee"])
    page.get_by_label("竞赛年份").fill(str(contest["year"]))
    page.get_by_label("决赛日期").fill(str(contest["final_on"]))
    page.get_by_label("发证日期").fill(str(contest["issued_on"]))
    page.get_by_label("牵头主办单位名称").fill(contest["organiser"])
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
    expect(page.get_by_text("上传中断")).to_be_visible()
    assert field.evaluate("field => field.files[0].name") == "contest.pdf", "still chosen"
    keep(page, "upload-broken-off")
    page.unroute(cut)
    faults[:] = [fault for fault in faults if "ERR_FAILED" not in fault]


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
            page.wait_for_url("**/upload?done=uploaded")
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


def decide(page, id):
    keep(page, "desk")
    page.get_by_role("link", name=id).first.click()
    keep(page, "submitted-center")
    for reason in page.locator("input[name^='reason-']").all():
        reason.fill("已核对竞赛文件")
    page.get_by_role("button", name="授权", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已授权")
    page.get_by_role("link", name="资格审核", exact=True).click()
    keep(page, "review")
    page.keyboard.press("j")
    expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
    for reason in page.locator("input[name^='override-']").all():
        reason.fill("已核对表彰文件")
    page.get_by_role("button", name="审核通过").click()
    expect(page.get_by_role("status")).to_contain_text("已赋码")
    looked_at(page, "已生成")


def print_sheets(page, id):
    menu(page, "空白证书")
    page.get_by_label("流水号").fill("JN00000001 JN00000040")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    keep(page, "sheets")
    page.goto(f"{CONSOLE}applications/{id}")
    page.get_by_label("没有照片仍打印的理由").first.fill("由本机构粘贴照片")
    page.get_by_role("button", name="打印", exact=True).first.click()
    expect(page.get_by_role("status")).to_contain_text("空白证书")
    looked_at(page, "打印文件 1")
    keep(page, "printed")


def first_person(name):
    """The number of whoever has that name in the folder's roster."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(FOLDER / "roster.xlsx") as book:
        strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml")).findall("m:si", space)
        strings = ["".join(text.itertext()) for text in strings]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    for row in sheet.iterfind(".//m:row", space):
        cells = [cell for cell in row.iterfind("m:c", space) if cell.get("t") == "s"]
        texts = [strings[int(cell.find("m:v", space).text)] for cell in cells]
        if name in texts:
            return next(text for text in texts if re.fullmatch(r"\d{17}[\dX]", text))
    raise AssertionError("nobody of that name")


def give_out(page, id):
    """The unit looks for a winner; the file of the certificate proves itself on the public page, and without a network."""
    page.goto(f"{CONSOLE}applications/{id}")
    row = page.get_by_role("region", name="选手和证书").get_by_role("row").filter(has=page.get_by_role("link", name="PDF")).first
    name = row.get_by_role("cell").nth(1).inner_text()
    file = PICTURES / "certificate.pdf"
    file.write_bytes(page.request.get(row.get_by_role("link", name="PDF").get_attribute("href")).body())
    page.goto(f"{CONSOLE}hand-out/{id}")
    page.get_by_label("姓名或证书编码").fill(name)
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
    for name in ["申报", "证书", "信息上网", "发放", "统计"]:
        menu(page, name)
        keep(page, f"menu-{name}")


def main():
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    contest = tomllib.loads((FOLDER / "contest.toml").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        unit = login(browser, "牵头主办单位")
        id = create(unit, contest)
        upload(unit, id)
        center = login(browser, "省职鉴中心")
        decide(center, id)
        print_sheets(center, id)
        look_round(center)
        give_out(unit, id)
        # Another unit by address; a body that has no rows; a unit without scripts.
        other = login(browser, "牵头主办单位 unit-2")
        other.goto(f"{CONSOLE}applications/{id}")
        expect(other.get_by_role("heading", name="没有找到")).to_be_visible()
        keep(other, "not-found")
        body = login(browser, "颁证机构 S000051010123")
        keep(body, "desk-body")
        plain = login(browser, "牵头主办单位（第二人）", java_script_enabled=False)
        plain.goto(f"{CONSOLE}applications/{id}")
        expect(plain.get_by_text(id).first).to_be_visible()
        plain.get_by_role("button", name="退出").click()
        expect(plain.get_by_text("已退出")).to_be_visible()
        browser.close()
    print("\n".join(faults) or f"sound; pictures in {PICTURES}")
    sys.exit(1 if faults else 0)


main()

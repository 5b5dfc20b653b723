"""What pages weigh and how soon they are seen: bytes over the line with nothing cached, first paint on a processor four times as slow.

    weight.py CONSOLE

CONSOLE is what `saizheng up` says; `saizheng demo` gives it something to show. The results stand in docs/FIGURES.md.
"""

import shutil
import statistics
import sys

from playwright.sync_api import sync_playwright

CONSOLE = sys.argv[1]
FLAGS = ["--no-sandbox", "--disable-gpu"]
TIMES = 5
# Not what people look at, but what they look at it in: PDFs and pictures from the bucket.
KINDS = {"Document", "Stylesheet", "Script", "Font", "Image", "Fetch", "XHR"}


def look(context, path):
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    kinds, weight = {}, [0]
    wire.on("Network.responseReceived", lambda said: kinds.update({said["requestId"]: (said["type"], said["response"]["url"])}))

    def ended(said):
        kind, url = kinds.get(said["requestId"], ("", ""))
        if kind in KINDS and "/saizheng-work-" not in url:
            weight[0] += said["encodedDataLength"]

    wire.on("Network.loadingFinished", ended)
    page.goto(CONSOLE + path, wait_until="load")
    # Not `wait_for_function`, which the pages' policy forbids: it evaluates a text.
    while not page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
        page.wait_for_timeout(20)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    served = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    page.close()
    return weight[0], paint, paint - served


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.goto(CONSOLE)
        page.get_by_role("button", name="省职鉴中心", exact=True).click()
        page.get_by_role("heading", name="工作台").wait_for()
        page.goto(CONSOLE + "applications")
        id = page.locator("td.code a").first.inner_text()
        paths = ["", "applications", f"applications/{id}", f"applications/{id}/rows", f"applications/{id}/rows/2", "certificates", "sheets", "publications", f"hand-out/{id}", "statistics", "search", "settings", "help"]
        print("| page | KB | first paint ms | of it after the answer |\n|---|---|---|---|")
        for path in paths:
            seen = [look(context, path) for _ in range(TIMES)]
            weight, paint, own = (statistics.median(one[place] for one in seen) for place in range(3))
            print(f"| {path.replace(id, 'ID') or '工作台'} | {weight / 1000:.1f} | {paint:.0f} | {own:.0f} |")
        browser.close()


main()

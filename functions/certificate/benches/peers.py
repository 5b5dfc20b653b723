"""Draws the same page from the same data with ReportLab, typst and WeasyPrint, in turns with `saizheng`'s own.

    python3 -m venv target/peers && target/peers/bin/pip install -r functions/certificate/benches/requirements.txt
    target/peers/bin/python functions/certificate/benches/peers.py [--rounds 3] [--count 100] [--merged 1000]

Each measurement has a process of its own, which counts the CPU time of drawing; starting the process, importing the
library and reading the fonts are not counted. The texts stand where the layout has them, in the size wanted: none of
the peers fits them into boxes, checks for missing characters or makes PDF/A.
"""

import argparse
import io
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FONTS = ROOT / "infra/fonts/layer/fonts"
PHOTO = ROOT / "functions/certificate/tests/photo.jpg"
MM = 72 / 25.4
PEERS = ["reportlab", "typst", "weasyprint"]


def lines(text):
    """Texts that are longer than a line are broken as the page has them."""
    return textwrap.wrap(text["text"], 20) if text["at"][3] > 20 else [text["text"]]


def operations(art):
    """The border's operators and their operands, with repeated motifs in their places."""
    operands, place = [], (1, 0, 0, 1, 0, 0)
    for word in art.split():
        if word[0].isdigit() or word[0] in "-.[]":
            operands.append(word.strip("[]"))
        else:
            at = [float(operand) for operand in operands if operand]
            operands = []
            if word == "cm":
                place = at
            elif word == "Q":
                place = (1, 0, 0, 1, 0, 0)
            elif word in "mlc":
                a, b, c, d, e, f = place
                points = zip(at[::2], at[1::2])
                yield word, [value for x, y in points for value in (a * x + c * y + e, b * x + d * y + f)]
            elif word != "q":
                yield word, at


def svg(art, page):
    """The border as SVG, for those that draw no paths of their own."""
    width, height = page[0] * MM, page[1] * MM
    paths, points, stroke, fill, pen = [], [], "#000", "#000", 1
    colour = lambda rgb: "rgb({:.0f},{:.0f},{:.0f})".format(*(part * 255 for part in rgb))
    for operator, at in operations(art):
        if operator in "mlc":
            points.append(operator.upper() + " ".join(f"{v:.2f}" for v in at))
        elif operator == "h":
            points.append("Z")
        elif operator == "RG":
            stroke = colour(at)
        elif operator == "rg":
            fill = colour(at)
        elif operator == "w":
            pen = at[0]
        elif operator in ("S", "B", "f"):
            inside = fill if operator in ("B", "f") else "none"
            outside = "none" if operator == "f" else stroke
            paths.append(f'<path d="{"".join(points)}" fill="{inside}" stroke="{outside}" stroke-width="{pen}"/>')
            points = []
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{page[0]}mm" height="{page[1]}mm" viewBox="0 0 {width:.2f} {height:.2f}">'
        f'<g transform="matrix(1 0 0 -1 0 {height:.2f})">{"".join(paths)}</g></svg>'
    )


def modules(url):
    import segno

    return [list(row) for row in segno.make(url, error="m", micro=False).matrix]


class ReportLab:
    def __init__(self, data):
        from reportlab.lib.utils import ImageReader
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont

        self.data = data
        # ReportLab embeds TrueType outlines alone: all texts are in the one font of ours that has them.
        pdfmetrics.registerFont(TTFont("楷", str(FONTS / "LXGWWenKai-Regular.ttf")))
        self.photo = ImageReader(str(PHOTO))

    def draw(self, pages, photo):
        from reportlab.pdfgen.canvas import Canvas

        out = io.BytesIO()
        width, height = (side * MM for side in self.data["page"])
        canvas = Canvas(out, pagesize=(width, height), pageCompression=1)
        canvas.beginForm("art")
        self.art(canvas)
        canvas.endForm()
        for page in pages:
            canvas.doForm("art")
            for text in page["texts"]:
                x, y, _, box = (side * MM for side in text["at"])
                canvas.setFont("楷", text["size"])
                canvas.setFillColorRGB(*text["colour"])
                for index, line in enumerate(lines(text)):
                    canvas.drawString(x, height - y - box / 2 - text["size"] * (0.35 + 1.5 * index), line)
            if photo:
                x, y, w, h = (side * MM for side in self.data["photo"])
                canvas.drawImage(self.photo, x, height - y - h, w, h)
            x, y, side, _ = (side * MM for side in self.data["qr"])
            rows = modules(page["url"])
            cell = side / len(rows)
            path = canvas.beginPath()
            for i, row in enumerate(rows):
                for j, dark in enumerate(row):
                    if dark:
                        path.rect(x + j * cell, height - y - (i + 1) * cell, cell, cell)
            canvas.setFillColorRGB(0, 0, 0)
            canvas.drawPath(path, stroke=0, fill=1)
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    def art(self, canvas):
        path = canvas.beginPath()
        for operator, at in operations(self.data["art"]):
            if operator == "m":
                path.moveTo(*at)
            elif operator == "l":
                path.lineTo(*at)
            elif operator == "c":
                path.curveTo(*at)
            elif operator == "h":
                path.close()
            elif operator == "RG":
                canvas.setStrokeColorRGB(*at)
            elif operator == "rg":
                canvas.setFillColorRGB(*at)
            elif operator == "w":
                canvas.setLineWidth(at[0])
            elif operator in ("S", "B", "f"):
                canvas.drawPath(path, stroke=operator != "f", fill=operator != "S")
                path = canvas.beginPath()


class Typst:
    def __init__(self, data):
        import typst

        self.data = data
        self.root = Path(tempfile.mkdtemp())
        (self.root / "art.svg").write_text(svg(data["art"], data["page"]))
        shutil.copy(PHOTO, self.root / "photo.jpg")
        self.compiler = typst.Compiler(root=str(self.root), font_paths=[str(FONTS)], ignore_system_fonts=True)

    def draw(self, pages, photo):
        width, height = self.data["page"]
        source = [f'#set page(width: {width}mm, height: {height}mm, margin: 0mm)\n#set text(lang: "zh")\n']
        for index, page in enumerate(pages):
            if index:
                source.append("#pagebreak()\n")
            source.append('#place(image("art.svg"))\n')
            for text in page["texts"]:
                x, y, w, h = text["at"]
                font = "Noto Sans SC" if text["font"] == "黑" else "Noto Serif SC"
                rgb = ", ".join(f"{part * 100:.0f}%" for part in text["colour"])
                words = json.dumps(text["text"], ensure_ascii=False)
                source.append(
                    f"#place(dx: {x}mm, dy: {y}mm, box(width: {w}mm, height: {h}mm, "
                    f'align(horizon, text(font: "{font}", size: {text["size"]}pt, fill: rgb({rgb}), {words}))))\n'
                )
            if photo:
                x, y, w, h = self.data["photo"]
                source.append(f'#place(dx: {x}mm, dy: {y}mm, image("photo.jpg", width: {w}mm, height: {h}mm))\n')
            x, y, w, h = self.data["qr"]
            (self.root / f"qr{index}.svg").write_bytes(qr_svg(page["url"]))
            source.append(f'#place(dx: {x}mm, dy: {y}mm, image("qr{index}.svg", width: {w}mm))\n')
        main = self.root / "main.typ"
        main.write_text("".join(source))
        return self.compiler.compile(input=str(main), format="pdf")


def qr_svg(url):
    rows = modules(url)
    cells = "".join(f"M{j} {i}h1v1h-1z" for i, row in enumerate(rows) for j, dark in enumerate(row) if dark)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}"><path d="{cells}"/></svg>'.encode()


class WeasyPrint:
    def __init__(self, data):
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        self.data = data
        self.fonts = FontConfiguration()
        faces = "".join(
            f"@font-face {{ font-family: {name}; src: url({(FONTS / file).as_uri()}); }}"
            for name, file in {"宋": "NotoSerifSC-Regular.otf", "黑": "NotoSansSC-Regular.otf"}.items()
        )
        width, height = data["page"]
        css = f"{faces} @page {{ size: {width}mm {height}mm; margin: 0 }} div, svg, img {{ position: absolute }}"
        css += f" section {{ position: relative; width: {width}mm; height: {height}mm; break-after: page }}"
        self.css = CSS(string=css, font_config=self.fonts)
        self.art = svg(data["art"], data["page"])

    def draw(self, pages, photo):
        from weasyprint import HTML

        html = []
        for page in pages:
            html.append(f"<section>{self.art}")
            for text in page["texts"]:
                x, y, w, h = text["at"]
                font = "黑" if text["font"] == "黑" else "宋"
                rgb = ",".join(f"{part * 255:.0f}" for part in text["colour"])
                html.append(
                    f'<div style="left:{x}mm;top:{y}mm;width:{w}mm;height:{h}mm;font:{text["size"]}pt {font};color:rgb({rgb})">'
                    f"{text['text']}</div>"
                )
            if photo:
                x, y, w, h = self.data["photo"]
                html.append(f'<img src="{PHOTO.as_uri()}" style="left:{x}mm;top:{y}mm;width:{w}mm;height:{h}mm">')
            x, y, w, h = self.data["qr"]
            code = qr_svg(page["url"]).decode().replace("<svg ", f'<svg style="left:{x}mm;top:{y}mm;width:{w}mm;height:{h}mm" ')
            html.append(f"{code}</section>")
        return HTML(string="".join(html)).write_pdf(stylesheets=[self.css], font_config=self.fonts)


def once(name, what, photo, count, data):
    data = json.loads(Path(data).read_text())
    pages = [data["pages"][i % len(data["pages"])] for i in range(count)]
    peer = {"reportlab": ReportLab, "typst": Typst, "weasyprint": WeasyPrint}[name](data)
    peer.draw(pages[:1], photo)
    start = time.process_time()
    size = len(peer.draw(pages, photo)) if what == "merged" else sum(len(peer.draw([page], photo)) for page in pages)
    print(json.dumps({"ms": (time.process_time() - start) * 1e3 / count, "bytes": size // count}))


def bench_binary():
    """The benchmark as cargo built it."""
    build = ["cargo", "bench", "--config", "infra/lambda.toml", "-p", "certificate", "--bench", "printing", "--no-run", "--message-format", "json"]
    built = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    built = [line for line in map(json.loads, built) if line.get("executable") and line["target"]["name"] == "printing"]
    return built[-1]["executable"]


def measured(command):
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--merged", type=int, default=1000)
    options = parser.parse_args()
    binary = bench_binary()
    data = ROOT / "target/peers-page.json"
    subprocess.run([binary, "data", str(data)], check=True)
    print(f"{platform.machine()}, Python {platform.python_version()}, " + ", ".join(f"{peer} {version(peer)}" for peer in PEERS))
    for what, count in [("single", options.count), ("merged", options.merged)]:
        for photo in ["photo", "plain"]:
            commands = {"saizheng": [binary, "once", what, photo, str(count)]}
            if what == "single":
                commands["floor"] = [binary, "once", "floor", photo, str(count)]
            for peer in PEERS:
                # WeasyPrint takes seconds.
                own_count = max(count // 20, 1) if peer == "weasyprint" else count
                commands[peer] = [sys.executable, __file__, "once", peer, what, photo, str(own_count), str(data)]
            rounds = [{name: measured(command) for name, command in commands.items()} for _ in range(options.rounds)]
            own = statistics.median(each["saizheng"]["ms"] for each in rounds)
            for name in commands:
                middle = statistics.median(each[name]["ms"] for each in rounds)
                size = rounds[0][name]["bytes"]
                print(f"{what:7}{photo:6} {name:11} {middle:9.3f} ms {size:9} bytes  {middle / own:7.2f} x", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        _, _, name, what, photo, count, data = sys.argv
        once(name, what, photo == "photo", int(count), data)
    else:
        main()

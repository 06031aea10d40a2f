"""Renders the document given as a JSON file with reportlab and prints the median milliseconds.

A peer for the PDF of a summary: the same headings and tables, the same fonts, table heads repeated.
Fonts are registered once, before the time is taken. Arguments: the folder of the npm package
@expo-google-fonts/noto-sans, the document, and optionally a file to write the PDF to.

    cargo run --release -p retropress-summary --example bench_pdf -- --json > document.json
    python3 peer_reportlab.py ui/node_modules/@expo-google-fonts/noto-sans document.json
"""

import io
import json
import statistics
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

RUNS = 11
MEASURE = A4[0] - 112
WIDTHS = {1: [1.0], 2: [0.86, 0.14], 4: [0.52, 0.21, 0.15, 0.12]}
HEADS = {2: ["Idea", "Votes"], 4: ["Action", "Owner", "Due", "Priority"]}

REGULAR = ParagraphStyle("regular", fontName="Regular", fontSize=9.5, leading=13.5)
HEADING = ParagraphStyle("heading", fontName="Strong", fontSize=13, leading=17, spaceBefore=14, keepWithNext=1)
LINES = TableStyle([
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor("#d5dbde")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
])


def footer(canvas, document):
    canvas.setFont("Regular", 8)
    canvas.drawRightString(A4[0] - 56, 36, str(document.page))


def render(data):
    story = [Paragraph(escape(data["title"]), HEADING)]
    for block in data["blocks"]:
        if "heading" in block:
            story.append(Paragraph(escape(block["text"]), HEADING))
            continue
        columns = len(block["rows"][0])
        head = [HEADS[columns]] if columns in HEADS else []
        rows = [[Paragraph(escape(cell), REGULAR) for cell in row] for row in head + block["rows"]]
        widths = [MEASURE * share for share in WIDTHS[columns]]
        story.append(Table(rows, colWidths=widths, style=LINES, repeatRows=len(head)))
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=56, rightMargin=56, topMargin=54, bottomMargin=66, title=data["title"]
    )
    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return file.getvalue()


def main():
    fonts = Path(sys.argv[1])
    pdfmetrics.registerFont(TTFont("Regular", fonts / "400Regular/NotoSans_400Regular.ttf"))
    pdfmetrics.registerFont(TTFont("Strong", fonts / "600SemiBold/NotoSans_600SemiBold.ttf"))
    data = json.loads(Path(sys.argv[2]).read_text())
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        pdf = render(data)
        times.append((time.perf_counter() - start) * 1000)
    if len(sys.argv) > 3:
        Path(sys.argv[3]).write_bytes(pdf)
    print(f"{statistics.median(times):.2f} ms")


if __name__ == "__main__":
    main()

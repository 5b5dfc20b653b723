"""Makes test keys, and says what libqpdf, PDFium, pyHanko and page make of a file.

    judges.py keys FOLDER                       root.pem, and for rsa, p256, old and p384: NAME.pem, key and chain
    judges.py faults PDF                        what `qpdf --check` complains of
    judges.py text PDF                          what stands on the pages
    judges.py draw PDF RESOLUTION COLOURS PNG   the first page; COLOURS is gray or rgb
    judges.py validate PDF [ROOT.pem]           the signatures, as JSON
    judges.py pdfa PDF                          a line for each fault
"""

import datetime
import json
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def name(common_name):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "样例测试机构"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def certificate(subject, public_key, issuer, issuer_key, authority, years):
    start = datetime.datetime(years[0], 1, 1, tzinfo=datetime.timezone.utc)
    end = datetime.datetime(years[1], 1, 1, tzinfo=datetime.timezone.utc)
    usage = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only".split(),
        False,
    )
    usage |= {"key_cert_sign": True} if authority else {"digital_signature": True, "content_commitment": True}
    builder = (
        x509.CertificateBuilder(name(issuer), name(subject), public_key, x509.random_serial_number(), start, end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA256())


def pem(thing):
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return thing.private_bytes(*encoding)


def keys(folder):
    folder.mkdir(parents=True, exist_ok=True)
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = certificate("测试根证书", root_key.public_key(), "测试根证书", root_key, True, (2020, 2120))
    folder.joinpath("root.pem").write_bytes(pem(root))
    makers = {
        "rsa": (lambda: rsa.generate_private_key(65537, 2048), (2020, 2120)),
        "p256": (lambda: ec.generate_private_key(ec.SECP256R1()), (2020, 2120)),
        "old": (lambda: ec.generate_private_key(ec.SECP256R1()), (2020, 2021)),
        "p384": (lambda: ec.generate_private_key(ec.SECP384R1()), (2020, 2120)),
    }
    for which, (make, years) in makers.items():
        key = make()
        own = certificate("电子证书签名", key.public_key(), "测试根证书", root_key, False, years)
        folder.joinpath(f"{which}.pem").write_bytes(pem(key) + pem(own) + pem(root))


def faults(pdf):
    """`qpdf --check` itself, which is in libqpdf: pikepdf sends what it says to the log."""
    import logging

    import pikepdf

    handler = logging.StreamHandler(sys.stdout)
    # A line comes in pieces.
    handler.terminator = ""
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(message)s")
    job = pikepdf.Job(["qpdf", "--check", str(pdf)])
    try:
        job.run()
    except pikepdf.PdfError as error:
        print(error)
    if job.exit_code != 0:
        print("qpdf would exit with", job.exit_code)


def text(pdf):
    """Every character that the file names, in the order of drawing; not the spaces and line breaks that PDFium infers."""
    import pypdfium2
    from pypdfium2 import raw

    for page in pypdfium2.PdfDocument(pdf):
        of = page.get_textpage()
        drawn = (index for index in range(of.count_chars()) if not raw.FPDFText_IsGenerated(of, index))
        units = "".join(chr(raw.FPDFText_GetUnicode(of, index)) for index in drawn)
        # Beyond the BMP a character is two units.
        print(units.encode("utf-16", "surrogatepass").decode("utf-16"))


def draw(pdf, resolution, colours, png):
    import pypdfium2

    page = pypdfium2.PdfDocument(pdf)[0]
    page.render(scale=int(str(resolution)) / 72, grayscale=str(colours) == "gray").to_pil().save(png, "PNG")


def validate(pdf, *roots):
    from pyhanko.keys import load_cert_from_pemder
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=[load_cert_from_pemder(str(root)) for root in roots], allow_fetching=False)

    def said(signature):
        status = validate_pdf_signature(signature, context)
        attributes = [attribute["type"].native for attribute in signature.signer_info["signed_attrs"]]
        return {
            "intact": status.intact,
            "valid": status.valid,
            "trusted": status.trusted,
            "bottom_line": status.bottom_line,
            "coverage": status.coverage.name,
            "sub_filter": str(signature.sig_object["/SubFilter"]),
            "time": signature.self_reported_timestamp.isoformat(),
            "attributes": sorted(attributes),
            "summary": status.summary(),
        }

    with open(pdf, "rb") as file:
        print(json.dumps([said(signature) for signature in PdfFileReader(file).embedded_signatures]))


# page 0.11 takes the nominal width of another font dictionary where a CFF font has several, so that it finds 0 for what fontTools,
# and every reader, finds to be 346: widths are checked by fontTools here.
WIDTHS = "PDFA2B-TRUETYPE-GLYPH-WIDTH-001"


def pdfa(pdf):
    import page

    report = page.validate_pdf(pdf, profile="2b")
    for failure in report.failures:
        if failure.rule_id != WIDTHS:
            print(failure.rule_id, failure.message)
    if report.is_compliant == bool(report.failures):
        print("compliant" if report.is_compliant else "not compliant", "and", len(report.failures), "failures")
    widths(pdf)


def widths(pdf):
    """ISO 19005-2, 6.2.11.5: the widths of the dictionaries are those of the fonts, within a thousandth of an em."""
    import io

    import pikepdf
    from fontTools.cffLib import CFFFontSet
    from fontTools.pens.basePen import NullPen
    from fontTools.ttLib import TTFont

    def advances(key, data):
        if key == "/FontFile3":
            fonts = CFFFontSet()
            fonts.decompile(io.BytesIO(data), None)
            for name in fonts[0].charset:
                glyph = fonts[0].CharStrings[name]
                glyph.draw(NullPen())
                yield glyph.width
        else:
            font = TTFont(io.BytesIO(data))
            for name in font.getGlyphOrder():
                yield font["hmtx"][name][0] * 1000 / font["head"].unitsPerEm

    document = pikepdf.open(pdf)
    fonts = [one["/DescendantFonts"][0] for one in document.objects if isinstance(one, pikepdf.Dictionary) and "/DescendantFonts" in one]
    if not fonts:
        print("no fonts")
    for font in fonts:
        descriptor = font["/FontDescriptor"]
        key = next(key for key in descriptor.keys() if key.startswith("/FontFile"))
        first, said = font["/W"]
        real = list(advances(key, bytes(descriptor[key].read_bytes())))[int(first) :]
        # Parts of glyphs may follow, which no text names.
        if len(said) > len(real):
            print(str(font["/BaseFont"]), "has", len(real), "glyphs, not", len(said))
        for cid, (one, other) in enumerate(zip(map(float, said), real), int(first)):
            if abs(one - float(other)) > 1:
                print(str(font["/BaseFont"]), "CID", cid, "is", other, "wide, not", one)


commands = {"keys": keys, "faults": faults, "text": text, "draw": draw, "validate": validate, "pdfa": pdfa}
commands[sys.argv[1]](*map(Path, sys.argv[2:]))

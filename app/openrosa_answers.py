"""The XML a phone gets for what it sent: the OpenRosa message, and our receipt with the hashes of what came."""

from xml.sax.saxutils import quoteattr

from surveys.receiving import Receipt

SUBMITTED = "Đã nhận phiếu. Cảm ơn."


def receipt(given: Receipt) -> str:
    """OpenRosaResponse with submissionMetadata and the receipt (namespace urn:diaban:receipt); hashes in hex."""
    at = quoteattr(given.received_at.isoformat(timespec="milliseconds"))
    instance = quoteattr(given.instance_id)
    files = "".join(f"<attachment name={quoteattr(name)} sha256={quoteattr(sha256)}/>" for name, sha256 in given.files)
    return (
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
        f'<message nature="submit_success">{SUBMITTED}</message>'
        f'<submissionMetadata xmlns="http://www.opendatakit.org/xforms" id={quoteattr(given.form_id)}'
        f" instanceID={instance} version={quoteattr(given.version)} submissionDate={at}"
        f' isComplete="true" markedAsCompleteDate={at}/>'
        f'<receipt xmlns="urn:diaban:receipt" instanceID={instance} sha256="{given.sha256}"'
        f" code={quoteattr(given.code)}>{files}</receipt></OpenRosaResponse>"
    )

"""TLS as a client of the component does it: whom it trusts, and the short name of why a hand-shake failed."""

import ssl

from goldenpath.probes.address import Target

ALERT = b"\x15"
"""First byte of a TLS alert: what a server that speaks TLS answers to plain text."""
_BY_VERIFY_CODE: dict[int, str] = {
    2: "certificate_untrusted",
    7: "certificate_untrusted",
    9: "certificate_not_yet_valid",
    10: "certificate_expired",
    18: "certificate_untrusted",
    19: "certificate_untrusted",
    20: "certificate_untrusted",
    21: "certificate_untrusted",
    23: "certificate_revoked",
    24: "certificate_untrusted",
    26: "certificate_purpose",
    27: "certificate_untrusted",
    30: "certificate_untrusted",
    62: "certificate_name",
    63: "certificate_name",
    64: "certificate_name",
}
"""By OpenSSL's number (X509_V_ERR_...), which says the same in every version; its words do not."""
_BY_REASON: dict[str, str] = {
    "WRONG_VERSION_NUMBER": "plaintext_peer",
    "HTTP_REQUEST": "plaintext_peer",
    "RECORD_LAYER_FAILURE": "plaintext_peer",
    "PACKET_LENGTH_TOO_LONG": "plaintext_peer",
    "UNSUPPORTED_PROTOCOL": "protocol_version",
    "TLSV1_ALERT_PROTOCOL_VERSION": "protocol_version",
    "NO_PROTOCOLS_AVAILABLE": "protocol_version",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "no_common_cipher",
    "SSL/TLS_ALERT_HANDSHAKE_FAILURE": "no_common_cipher",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "client_certificate_required",
    "TLSV1_UNRECOGNIZED_NAME": "server_name_unknown",
    "TLSV1_ALERT_UNKNOWN_CA": "client_certificate_refused",
}
_CLOSED = ("UNEXPECTED_EOF_WHILE_READING", "SYSCALL")


def context(target: Target) -> ssl.SSLContext:
    """What a client trusts: the authorities of this machine, or those that the component's own variables name."""
    # A file that cannot be read is trusted by nobody: the component's client fails on it likewise.
    try:
        return ssl.create_default_context(cafile=target.trust or None)
    except (OSError, ssl.SSLError):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def error_name(error: ssl.SSLError) -> str:
    """The short name of a failed hand-shake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _BY_VERIFY_CODE.get(error.verify_code, f"certificate: {error.verify_message}")
    reason = error.reason or ""
    if any(reason.startswith(word) for word in _CLOSED):
        return "closed"
    return _BY_REASON.get(reason, f"handshake: {reason}")

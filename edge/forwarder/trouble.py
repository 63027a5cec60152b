"""Why a connection failed, as a sentence that says what to do. Pure."""

import re
import socket
import ssl

# X.509 verification codes of OpenSSL (x509_vfy.h).
not_yet_valid = 9
expired = 10
unknown_issuers = frozenset({2, 18, 19, 20, 21})
wrong_names = frozenset({62, 63, 64})
# What the other side says about our certificate: TLS alerts (RFC 8446, section 6.2) as OpenSSL spells them.
alerts = {
    "certificate expired": "this device's certificate has expired; run callpost enrol with a new token",
    "certificate required": "the centre asks for a certificate and got none; name certificate and key under tls",
    "certificate revoked": "this device's certificate was revoked; run callpost enrol with a new token",
    "unknown ca": "the centre does not know the issuer of this device's certificate; run callpost enrol",
    "bad certificate": "the centre refuses this device's certificate; run callpost enrol with a new token",
}


def sentence(problem: BaseException | str, address: str) -> str:
    """Say why the centre at an address cannot be reached, and what to do."""
    return f"{address}: {_reason(problem)}"


def _reason(problem: BaseException | str) -> str:
    match problem:
        case ssl.SSLCertVerificationError():
            return _verification(problem)
        case ssl.SSLError():
            return _alert(str(problem)) or f"TLS failed ({problem.reason or problem}); is this the port for TLS?"
        case socket.gaierror():
            return "this name is not known; check the address, and the DNS servers of the network"
        case ConnectionRefusedError():
            return "nobody listens there; check the port, and that the broker runs"
        case TimeoutError():
            return "no answer; check the network, and that a firewall lets this port through"
        case OSError():
            return f"{problem.strerror or problem}"
        case _:
            return _alert(str(problem)) or str(problem)


def _verification(problem: ssl.SSLCertVerificationError) -> str:
    match problem.verify_code:
        case code if code == expired:
            return "the centre's certificate has expired; renew it at the centre (or this device's clock is wrong)"
        case code if code == not_yet_valid:
            return "the centre's certificate is not yet valid; this device's clock is wrong, check time synchronisation"
        case code if code in unknown_issuers:
            return "the centre's certificate comes from an unknown issuer; put the centre's CA into the file tls.ca"
        case code if code in wrong_names:
            return "the centre's certificate is for another name; use the name in the certificate as the address"
        case _:
            return f"the centre's certificate is refused: {problem.verify_message}"


def _alert(text: str) -> str | None:
    plain = re.sub(r"[_\s]+", " ", text).lower()
    return next((advice for alert, advice in alerts.items() if alert in plain), None)


def closed_early(reason: str, address: str) -> str:
    """Say why a broker closed a TLS connection before it answered.

    Its alert may be lost: a server that closes with our first message unread resets the connection.
    """
    likely = (
        "the centre closed the connection before it answered; most often it refuses this device's certificate"
        " (expired, revoked, unknown issuer): see the broker's log, or run callpost enrol with a new token"
    )
    return f"{address}: {_alert(reason) or likely}"


def unusable_files(problem: Exception) -> str:
    """Say that the files named under tls cannot be used."""
    match problem:
        case ssl.SSLError():
            return f"the files under tls do not fit together ({problem.reason or problem}); run callpost enrol"
        case OSError():
            return f"{problem.filename or 'a file under tls'} cannot be read ({problem.strerror}); check path and owner"
        case _:
            return f"the files under tls cannot be used: {problem}"


def refused(reason: str, address: str) -> str:
    """Say what a broker's refusal of a connection means."""
    known = {
        "Not authorized": "the broker refuses this device; check its entry at the centre",
        "Bad user name or password": "user name or password are wrong; check username and password_file",
        "Client identifier not valid": "the broker refuses this device's id; check device.id",
        "Server unavailable": "the broker is up but not ready",
        "Quota exceeded": "the broker has too many connections",
    }
    return f"{address}: {known.get(reason, f'the broker refuses the connection: {reason}')}"

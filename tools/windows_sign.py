#!/usr/bin/env python3
"""Signs files for Windows - drivers, programs, catalogs, MSI packages - where they lie, and looks whether each signature
holds. The one home of how that is done.

Without --certificate and --key it is a certificate that only a machine in test mode trusts, made once and kept in
the folder --test-certificate.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

TOOLS = ("openssl", "osslsigncode")


class Signer(NamedTuple):
    certificate: str  # PEM
    key: str  # PEM
    timestamp_url: str | None = None  # of an RFC 3161 authority
    time: int | None = None  # the signing time, seconds since 1970; none: now
    # Who verifies needs the certificate's issuer, which only a test certificate is itself.
    is_test: bool = False


def run(command, folder=None):
    """The tool's complaint, or nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode == 0:
        return []
    said = without_errors_of_openssl(done.stderr) or without_errors_of_openssl(done.stdout)
    return [said or done.stderr.strip() or f"{command[0]} failed"]


def without_errors_of_openssl(said):
    """Its queue of errors says a dozen times what the program has said once."""
    return "\n".join(line for line in said.splitlines() if not re.match("[0-9A-F]+:error:", line)).strip()


def test_signer(folder, time=None):
    """The signer with the certificate in this folder, and what went wrong when it was made."""
    os.makedirs(folder, exist_ok=True)
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    complaints = []
    if not (os.path.exists(key) and os.path.exists(certificate)):
        complaints = run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes", "-days", "3650",
                          "-keyout", key, "-out", certificate, "-subj", "/CN=dsmkit test signing",
                          "-addext", "extendedKeyUsage=critical,codeSigning",
                          "-addext", "keyUsage=critical,digitalSignature",
                          "-addext", "basicConstraints=critical,CA:FALSE"])
    return Signer(certificate, key, time=time, is_test=True), complaints


def sign(path, name, signer):
    """Signs the file; `name` is what Windows shows of it. Complaints, and then the file is as it was."""
    signed = path + ".signed"
    command = ["osslsigncode", "sign", "-certs", signer.certificate, "-key", signer.key, "-h", "sha256", "-n", name]
    if signer.timestamp_url:
        command += ["-ts", signer.timestamp_url]
    if signer.time is not None:
        command += ["-time", str(signer.time)]
    complaints = run([*command, "-in", path, "-out", signed]) or verify(signed, signer)
    if not complaints:
        os.replace(signed, path)
    elif os.path.exists(signed):
        os.remove(signed)
    return [f"{path}: {text}" for text in complaints]


def verify(path, signer):
    """With a vendor's certificate the chain may end at an authority that this machine does not know; then it is only
    seen that a program was not changed."""
    done = subprocess.run(["osslsigncode", "verify", "-CAfile", signer.certificate, "-in", path], capture_output=True,
                          text=True, check=False)
    if done.returncode == 0:
        return []
    said = done.stdout + done.stderr
    if not signer.is_test and "MISMATCH" not in said and "unable to get local issuer certificate" in said:
        return []
    return ["its signature does not hold: " + (without_errors_of_openssl(said) or "osslsigncode failed")]


def add_options(parser):
    parser.add_argument("--certificate", metavar="PEM", help="with whose certificate; goes with --key")
    parser.add_argument("--key", metavar="PEM", help="its private key")
    parser.add_argument("--timestamp-url", metavar="URL", help="an authority (RFC 3161) that confirms the time")
    parser.add_argument("--signing-time", metavar="SECONDS", type=int, help="since 1970; else now")


def signer_of(options, folder):
    """Of add_options(); `folder` is that of the test certificate. The signer, and complaints."""
    if (options.certificate is None) != (options.key is None):
        return None, ["--certificate and --key go together"]
    if options.certificate is None:
        signer, complaints = test_signer(folder, options.signing_time)
        return signer._replace(timestamp_url=options.timestamp_url), complaints
    for path in (options.certificate, options.key):
        if not os.path.exists(path):
            return None, [f"{path}: there is no such file; give a certificate and its key, in PEM"]
    return Signer(os.path.abspath(options.certificate), os.path.abspath(options.key), options.timestamp_url,
                  options.signing_time), []


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_options(parser)
    parser.add_argument("--test-certificate", metavar="FOLDER", required=True,
                        help="holds the certificate for tests, or will")
    parser.add_argument("--name", required=True, help="what Windows shows when it asks whether to trust")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    for tool in TOOLS:
        if shutil.which(tool) is None:
            sys.exit(f"windows-sign: {tool} is not installed: run tools/setup")
    signer, complaints = signer_of(options, options.test_certificate)
    for path in options.files:
        if not complaints:
            complaints = sign(path, options.name, signer)
    for complaint in complaints:
        print(f"windows-sign: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

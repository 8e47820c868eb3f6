#!/usr/bin/env python3
"""Signing is tried on a catalog: with the certificate for tests, with a vendor's, with an authority that confirms the time;
what fails leaves the file as it was."""

import os
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOL = os.path.join(ROOT, "tools", "windows_sign.py")
UNSIGNED = os.path.join(ROOT, "fuzz", "corpus", "catalog_fuzz", "unsigned")
# What OpenSSL's authority wants to be told.
AUTHORITY = """[tsa]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def run(*command, folder=None):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def openssl(folder, *arguments):
    done = run("openssl", *arguments, folder=folder)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def issued(folder, name, extensions):
    """name.pem and name.key, issued by the authority of the test."""
    if not os.path.exists(os.path.join(folder, "root.pem")):
        openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj",
                "/CN=Root", "-days", "30")
    with open(os.path.join(folder, "extensions"), "w", encoding="ascii") as file:
        file.write(extensions)
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", "request", "-subj", "/CN=" + name)
    openssl(folder, "x509", "-req", "-in", "request", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out",
            name + ".pem", "-days", "20", "-extfile", "extensions")


class TimeAuthority:
    """An RFC 3161 authority on this machine."""

    def __init__(self, folder):
        issued(folder, "time", "extendedKeyUsage=critical,timeStamping\n")
        with open(os.path.join(folder, "tsa.cnf"), "w", encoding="ascii") as file:
            file.write(AUTHORITY)
        with open(os.path.join(folder, "serial"), "w", encoding="ascii") as file:
            file.write("01\n")

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                with open(os.path.join(folder, "query"), "wb") as query:
                    query.write(self.rfile.read(int(self.headers["Content-Length"])))
                openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query", "-signer",
                        "time.pem", "-inkey", "time.key", "-chain", "root.pem", "-out", "reply")
                with open(os.path.join(folder, "reply"), "rb") as reply:
                    data = reply.read()
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Signing(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)
        self.file = os.path.join(self.folder, "file.cat")
        with open(UNSIGNED, "rb") as source, open(self.file, "wb") as copy:
            copy.write(source.read())

    def path(self, name):
        return os.path.join(self.folder, name)

    def content(self):
        with open(self.file, "rb") as file:
            return file.read()

    def sign(self, *options):
        return run(TOOL, "--test-certificate", self.path("test"), "--name", "Acme DSM", *options, self.file)

    def refused(self, part, *options):
        before = self.content()
        done = self.sign(*options)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(part, done.stdout)
        self.assertEqual(self.content(), before)
        self.assertFalse(os.path.exists(self.file + ".signed"))

    def test_with_the_certificate_for_tests(self):
        self.assertEqual(self.sign().returncode, 0)
        first = self.content()
        self.assertEqual(run("osslsigncode", "verify", "-CAfile", self.path("test/certificate.pem"), "-in",
                             self.file).returncode, 0)
        with open(self.path("test/certificate.pem"), "rb") as file:
            certificate = file.read()
        self.assertEqual(self.sign("--signing-time", "1793491200").returncode, 0)
        with open(self.path("test/certificate.pem"), "rb") as file:
            self.assertEqual(file.read(), certificate, "it is made once")
        again = self.content()
        self.assertNotEqual(again, first)
        self.assertEqual(self.sign("--signing-time", "1793491200").returncode, 0)
        self.assertEqual(self.content(), again, "with a time the signature is the same")

    def test_with_a_vendors(self):
        issued(self.folder, "acme", "extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\n")
        done = self.sign("--certificate", self.path("acme.pem"), "--key", self.path("acme.key"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertFalse(os.path.exists(self.path("test")))
        self.assertEqual(run("osslsigncode", "verify", "-CAfile", self.path("root.pem"), "-in", self.file).returncode, 0)

    def test_with_a_time_that_an_authority_confirms(self):
        with TimeAuthority(self.folder) as authority:
            done = self.sign("--timestamp-url", authority.url)
            self.assertEqual(done.returncode, 0, done.stdout)
        told = run("osslsigncode", "verify", "-CAfile", self.path("test/certificate.pem"), "-TSA-CAfile",
                   self.path("root.pem"), "-in", self.file)
        self.assertEqual(told.returncode, 0, told.stdout)
        self.assertIn("Timestamp Server Signature verification: ok", told.stdout)

    def test_what_fails_leaves_the_file_as_it_was(self):
        issued(self.folder, "acme", "extendedKeyUsage=codeSigning\n")
        acme = ("--certificate", self.path("acme.pem"))
        self.refused("file.cat: ", *acme, "--key", self.path("root.key"))
        self.refused("--certificate and --key go together", *acme)
        self.refused("there is no such file", *acme, "--key", self.path("nothing.key"))
        self.refused("file.cat: ", "--timestamp-url", "http://127.0.0.1:1/")

    def test_the_complaint_is_without_openssls_queue(self):
        issued(self.folder, "acme", "extendedKeyUsage=codeSigning\n")
        done = self.sign("--certificate", self.path("acme.pem"), "--key", self.path("root.key"))
        self.assertIn("private key", done.stdout)
        self.assertNotIn(":error:", done.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())

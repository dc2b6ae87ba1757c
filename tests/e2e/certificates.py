"""TLS certificates for tests, with an authority of their own."""

import subprocess


class Authority:
    """A certificate authority in a directory, made with openssl."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self._openssl(
            "req", "-x509", "-subj", "/CN=Test CA", "-out", "ca.pem",
            "-addext", "basicConstraints=critical,CA:TRUE", *self._new("ca"))
        self.certificate = folder / "ca.pem"

    def issue(self, name, *extensions):
        """Paths of a certificate and its key (0600)."""
        self._openssl("req", "-subj", f"/CN={name}", "-out", f"{name}.csr",
                      *self._new(name))
        (self.folder / "ext").write_text("\n".join(extensions) + "\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem",
                      "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                      "-extfile", "ext", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _new(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", f"{name}.key"]

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True,
                       timeout=20, capture_output=True)


def issue_for_localhost(authority):
    return authority.issue("localhost",
                           "subjectAltName=DNS:localhost,IP:127.0.0.1")

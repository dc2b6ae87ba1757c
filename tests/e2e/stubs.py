"""Makes Python message classes from proto/ when the tests start.

Beside Pawl's own files there is a small public one, reflection, in the few
lines the tests need.
"""

import atexit
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

REFLECTION = """
syntax = "proto3";
package grpc.reflection.v1alpha;
message ServerReflectionRequest { string list_services = 7; }
message ServiceResponse { string name = 1; }
message ListServiceResponse { repeated ServiceResponse service = 1; }
message ServerReflectionResponse {
  ListServiceResponse list_services_response = 6;
}
"""


def generate(folder):
    """Writes the classes of all messages into `folder`."""
    (folder / "reflection.proto").write_text(REFLECTION)
    own = sorted((ROOT / "proto").rglob("*.proto"))
    subprocess.run(
        ["protoc", f"-I{ROOT / 'proto'}", f"-I{folder}",
         f"--python_out={folder}", *map(str, own),
         str(folder / "reflection.proto")],
        check=True, timeout=60)


def install():
    """Makes `from pawl.v1 import login_pb2` work in this process."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-stubs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    generate(folder)
    sys.path.insert(0, str(folder))
    # Not as grpc.health.v1: there is a package grpc already.
    sys.path.insert(0, str(folder / "grpc" / "health" / "v1"))

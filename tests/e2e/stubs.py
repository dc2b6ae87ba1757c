"""Makes Python message classes from proto/ when the tests start.

Beside Pawl's own files there are two small public ones, health checking and
reflection, in the few lines the tests need.
"""

import atexit
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEALTH = """
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus {
    UNKNOWN = 0;
    SERVING = 1;
    NOT_SERVING = 2;
    SERVICE_UNKNOWN = 3;
  }
  ServingStatus status = 1;
}
service Health {
  rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
}
"""

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
    (folder / "health.proto").write_text(HEALTH)
    (folder / "reflection.proto").write_text(REFLECTION)
    own = sorted((ROOT / "proto" / "pawl" / "v1").glob("*.proto"))
    subprocess.run(
        ["protoc", f"-I{ROOT / 'proto'}", f"-I{folder}",
         f"--python_out={folder}", *map(str, own),
         str(folder / "health.proto"), str(folder / "reflection.proto")],
        check=True, timeout=60)


def install():
    """Makes `from pawl.v1 import login_pb2` work in this process."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-stubs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    generate(folder)
    sys.path.insert(0, str(folder))

"""Every method of the server, made from the descriptors of proto/."""

import functools

from google.protobuf import symbol_database

import health_pb2
from pawl.v1 import (account_pb2, audit_pb2, client_pb2, device_pb2,
                     help_desk_pb2, login_pb2, self_service_pb2, status_pb2,
                     token_pb2, validation_pb2)

FILES = (account_pb2, audit_pb2, client_pb2, device_pb2, help_desk_pb2,
         login_pb2, self_service_pb2, status_pb2, token_pb2, validation_pb2)
SERVICES = {service.full_name: service for file in FILES
            for service in file.DESCRIPTOR.services_by_name.values()}
HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"]
STREAMS = [SERVICES["pawl.v1.LoginService"].methods_by_name["CheckLogins"],
           SERVICES["pawl.v1.ValidationService"].methods_by_name[
               "ValidateOtps"]]
# All that take one request and give one answer.
METHODS = [method for service in (*SERVICES.values(), HEALTH)
           for method in service.methods if method not in STREAMS]
CALL_SECONDS = 30  # no answer in this time is a failure


def message_class(descriptor):
    return symbol_database.Default().GetSymbol(descriptor.full_name)


def path_of(method):
    return f"/{method.containing_service.full_name}/{method.name}"


class Api:
    """Every method of the server by its name: api.GetToken(token_id="...")."""

    def __init__(self, channel, key=None):
        self.channel, self.key = channel, key
        self._metadata = [("authorization", f"Bearer {key}")] if key else []
        for method in METHODS:
            name = "HealthCheck" if method.name == "Check" else method.name
            setattr(self, name, self._method(method))

    def _method(self, method):
        request_class = message_class(method.input_type)
        answer_class = message_class(method.output_type)
        stub = self.channel.unary_unary(
            path_of(method),
            request_serializer=request_class.SerializeToString,
            response_deserializer=answer_class.FromString)

        def calling(way):
            def within(seconds, **fields):
                return way(request_class(**fields), timeout=seconds,
                           metadata=self._metadata)
            return within

        def call(**fields):
            return call.within(CALL_SECONDS, **fields)

        call.within = calling(stub)
        # Returns at once.
        call.start = functools.partial(calling(stub.future), CALL_SECONDS)
        # The answer, and what came along with it.
        call.with_call = functools.partial(
            calling(stub.with_call), CALL_SECONDS)
        return call

    def send_bytes(self, method, request):
        """Calls `method` with a request that is only bytes."""
        stub = self.channel.unary_unary(path_of(method))
        return stub(request, timeout=CALL_SECONDS, metadata=self._metadata)


def method_named(name):
    return next(method for method in METHODS + STREAMS
                if method.name == name)


def with_text(field, text):
    """A request that is only this field with these bytes."""
    return bytes([field.number << 3 | 2, len(text)]) + text

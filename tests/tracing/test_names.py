"""The names of attributes are those of OpenTelemetry's conventions, or have our prefix."""

import importlib
import pkgutil

import opentelemetry.semconv._incubating.attributes as of_conventions
import opentelemetry.semconv.attributes as stable
from opentelemetry.semconv._incubating.attributes.messaging_attributes import (
    MessagingOperationTypeValues,
    MessagingSystemValues,
)

from tis_esr.tracing import names


def test_each_name_is_one_of_the_conventions_or_ours() -> None:
    known = {
        (constant, getattr(module, constant))
        for package in (stable, of_conventions)
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        for module in [importlib.import_module(found.name)]
        for constant in vars(module)
        if constant.isupper()
    }
    ours = {(constant, value) for constant, value in vars(names).items() if constant.isupper()}
    others = ours - known
    assert len(ours - others) >= 14
    assert [value for _, value in others if not value.startswith("tis_esr.")] == []


def test_operations_and_the_system_have_values_of_the_conventions() -> None:
    assert {"create", "receive", "process"} <= {each.value for each in MessagingOperationTypeValues}
    assert MessagingSystemValues.RABBITMQ.value == "rabbitmq"

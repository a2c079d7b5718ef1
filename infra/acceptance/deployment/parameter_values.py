"""Starts the emulator with a transform of SAM that knows the values of the parameters, as on AWS.

The emulator passes no values to the transform, which then resolves a reference to a parameter, for example in the location of a
function's code or in the parameter Revision, to the default.
"""

from contextvars import ContextVar

from ministack.app import main
from ministack.services.cloudformation import changesets, engine, handlers
from samtranslator.translator import transform as sam

VALUES: ContextVar[dict] = ContextVar("VALUES", default={})
apply_transforms = engine._apply_transforms
translate = sam.transform


def apply_with_values(template: dict, provided: list | None = None, previous: dict | None = None) -> dict:
    token = VALUES.set(engine._transform_parameters(template, provided, previous))
    try:
        return apply_transforms(template, provided, previous)
    finally:
        VALUES.reset(token)


def translate_with_values(template: dict, _: dict, *arguments: object) -> dict:
    return translate(template, VALUES.get(), *arguments)


if __name__ == "__main__":
    for module in (changesets, engine, handlers):
        assert module._apply_transforms is apply_transforms
        module._apply_transforms = apply_with_values
    sam.transform = translate_with_values
    main()

"""From LLVM IR to machine code in memory."""

from __future__ import annotations

import ctypes
import platform
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm

from elman.errors import CompileError


@dataclass(frozen=True)
class Target:
    """What code is made for.

    Attributes:
        cpu: LLVM's name of the processor.
        features: Its instruction sets as LLVM lists them.
        bytes: Width of a vector register.
        registers: How many of them there are.
        flushes: Whether it is an x86 processor, whose control register says what becomes of
            numbers too small to be normal.
    """

    cpu: str
    features: str
    bytes: int
    registers: int
    flushes: bool


def host_target(limit: str = "") -> Target:
    """Returns the widest target that this machine runs.

    Args:
        limit: `avx512`, `avx2` or `plain` to go no further than that, for tests.
    """
    initialise()
    found = llvm.get_host_cpu_features()
    features: str = found.flatten()
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    if found.get("avx512f") and limit in ("", "avx512"):
        return Target(llvm.get_host_cpu_name(), features, 64, 32, x86)
    if found.get("avx2") and found.get("fma") and limit in ("", "avx512", "avx2"):
        without = ",".join(part for part in features.split(",") if not part.startswith("+avx512"))
        return Target("haswell", without + ",-avx512f", 32, 16, x86)
    return Target("", "", 16, 16 if x86 else 32, x86)


def initialise() -> None:
    """Makes LLVM ready for this machine; to call it again costs nothing."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


class Library:
    """Machine code in memory, kept while this object lives."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def address(self, symbol: str) -> int:
        """Returns where a function begins."""
        found: int = self._engine.get_function_address(symbol)
        assert found, f"internal: no function {symbol} in the compiled code"
        return found

    def function(self, symbol: str, *types: Any) -> Any:
        """Returns a function that Python can call; calls hold no lock of Python's."""
        return ctypes.CFUNCTYPE(None, *types)(self.address(symbol))


def _machine(target: Target) -> Any:
    triple = llvm.Target.from_default_triple()
    return triple.create_target_machine(
        cpu=target.cpu, features=target.features, opt=2, jit=True, reloc="pic"
    )


def compile_object(text: str, target: Target) -> bytes:
    """Compiles LLVM IR to an object file.

    Raises:
        CompileError: LLVM refuses the text, which is a fault of elman.
    """
    initialise()
    machine = _machine(target)
    try:
        module = llvm.parse_assembly(text)
        module.verify()
    except RuntimeError as error:
        raise CompileError(
            f"LLVM refused the kernel that elman wrote: {error}\n"
            '  This is a fault of elman; backend="eager" does without the kernel.'
        ) from error
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.loop_vectorization = False
    options.slp_vectorization = False
    options.loop_unrolling = False
    llvm.create_pass_builder(machine, options).getModulePassManager().run(
        module, llvm.create_pass_builder(machine, options)
    )
    code: bytes = machine.emit_object(module)
    return code


def load_object(code: bytes, target: Target) -> Library:
    """Loads an object file that `compile_object` made."""
    initialise()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(target))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Library(engine)

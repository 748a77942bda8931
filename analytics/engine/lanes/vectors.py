"""Eight genes side by side in one vector register: a small numba type and its arithmetic.

The Cox kernels fit eight genes at a time. Each gene is one *lane*; every operation acts on all eight lanes at
once and never across lanes, so that a gene's numbers do not depend on which genes share its block. LLVM splits
the 8-wide vectors by itself on machines with narrower registers.

What does not belong here: anything that knows about survival, genes or patients.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

LANES = 8

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_INTEGERS = ir.VectorType(ir.IntType(64), LANES)
_FUSE = ("contract",)  # a*b+c may become one fused operation: same result on every lane, one rounding less
_ROUNDING_MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to the nearest integer in the low bits
# ln(2) in two pieces (Cody & Waite 1980): the first has 20 trailing zero bits, so k * piece is exact
_LN2_HIGH, _LN2_LOW = 6.93145751953125e-1, 1.42860682030941723212e-6
_EXP_DEGREE = 13  # |r| <= ln(2)/2: the first term left out is below 5e-18


class LaneVectorType(types.Type):
    """Numba's name for eight doubles that travel together."""

    def __init__(self) -> None:
        super().__init__(name="LaneVector8")


lane_vector = LaneVectorType()


@register_model(LaneVectorType)
class _LaneVectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _VECTOR)


class RowsType(types.Type):
    """Numba's name for the address of rows of eight doubles."""

    def __init__(self) -> None:
        super().__init__(name="LaneRows")


class NumbersType(types.Type):
    """Numba's name for the address of doubles."""

    def __init__(self) -> None:
        super().__init__(name="Numbers")


rows_address, numbers_address = RowsType(), NumbersType()


@register_model(RowsType)
class _RowsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _VECTOR.as_pointer())


@register_model(NumbersType)
class _NumbersModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, ir.DoubleType().as_pointer())


def _row_pointer(context: Any, builder: Any, array_type: Any, array: Any, row: Any) -> Any:
    if isinstance(array_type, RowsType):
        return builder.gep(array, [row])
    view = cgutils.create_struct_proxy(array_type)(context, builder, array)
    offset = builder.mul(row, ir.Constant(row.type, LANES))
    return builder.bitcast(builder.gep(view.data, [offset]), _VECTOR.as_pointer())


def _constant(value: float) -> Any:
    return ir.Constant(_VECTOR, [value] * LANES)


@intrinsic
def _rows(typing_context: Any, array: Any) -> Any:
    """The address of a C-contiguous float64 array of shape (m, 8), which the caller keeps alive.

    Numba counts references to arrays wherever one is handed to a function; in a loop over events that takes longer
    than the sums. An address is not counted.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = cgutils.create_struct_proxy(signature.args[0])(context, builder, args[0])
        return builder.bitcast(view.data, _VECTOR.as_pointer())

    return rows_address(array), codegen


@intrinsic
def _numbers(typing_context: Any, array: Any) -> Any:
    """The address of a C-contiguous float64 array of any shape, which the caller keeps alive."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return cgutils.create_struct_proxy(signature.args[0])(context, builder, args[0]).data

    return numbers_address(array), codegen


@intrinsic
def _number(typing_context: Any, numbers: Any, place: Any) -> Any:
    """The double at a place (counted in the flat array) of an address from `numbers`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.gep(args[0], [args[1]]))

    return types.float64(numbers, types.intp), codegen


@intrinsic
def _load(typing_context: Any, rows: Any, row: Any) -> Any:
    """Row `row` of a C-contiguous float64 array of shape (m, 8), or of the address of one."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_row_pointer(context, builder, signature.args[0], args[0], args[1]))
        value.align = 8
        return value

    return lane_vector(rows, types.intp), codegen


@intrinsic
def _store(typing_context: Any, rows: Any, row: Any, value: Any) -> Any:
    """Write `value` to row `row` of a C-contiguous float64 array of shape (m, 8), or of the address of one."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        written = builder.store(args[2], _row_pointer(context, builder, signature.args[0], args[0], args[1]))
        written.align = 8
        return context.get_dummy_value()

    return types.void(rows, types.intp, lane_vector), codegen


@intrinsic
def _broadcast(typing_context: Any, value: Any) -> Any:
    """The same double in every lane."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        empty = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(empty, args[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(
            first, empty, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        )

    return lane_vector(types.float64), codegen


# Numba passes the first argument (its typing context) itself, which a type checker cannot know: hence Any.
broadcast: Any = _broadcast


def _binary(instruction: str) -> Any:
    @intrinsic
    def operation(typing_context: Any, left: Any, right: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, instruction)(args[0], args[1], flags=_FUSE)

        return lane_vector(lane_vector, lane_vector), codegen

    return operation


def _overload_operator(python_operator: Callable[..., Any], operation: Any) -> None:
    @overload(python_operator, strict=False)
    def choose(left: Any, right: Any) -> Any:
        left_is_vector = isinstance(left, LaneVectorType)
        right_is_vector = isinstance(right, LaneVectorType)
        if left_is_vector and right_is_vector:
            return lambda left, right: operation(left, right)
        if left_is_vector and isinstance(right, types.Float):
            return lambda left, right: operation(left, broadcast(right))
        if right_is_vector and isinstance(left, types.Float):
            return lambda left, right: operation(broadcast(left), right)
        return None


_overload_operator(operator.add, _binary("fadd"))
_overload_operator(operator.sub, _binary("fsub"))
_overload_operator(operator.mul, _binary("fmul"))
_overload_operator(operator.truediv, _binary("fdiv"))


@intrinsic
def _exp(typing_context: Any, value: Any) -> Any:
    """e to the power of each lane, to one unit in the last place; arguments are clamped to [-700, 700].

    Range reduction in two pieces (Cody & Waite 1980, "Software Manual for the Elementary Functions", ch. 6) and
    the Taylor polynomial; the power of two is added to the exponent bits.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x = args[0]
        for bound, beyond in ((-700.0, "<"), (700.0, ">")):
            x = builder.select(builder.fcmp_ordered(beyond, x, _constant(bound)), _constant(bound), x)
        shifted = builder.fadd(builder.fmul(x, _constant(1.0 / math.log(2.0))), _constant(_ROUNDING_MAGIC))
        power = builder.fsub(shifted, _constant(_ROUNDING_MAGIC))
        rest = x
        for piece in (_LN2_HIGH, _LN2_LOW):
            rest = builder.fsub(rest, builder.fmul(power, _constant(piece), flags=_FUSE), flags=_FUSE)
        series = _constant(1.0 / math.factorial(_EXP_DEGREE))
        for degree in range(_EXP_DEGREE - 1, -1, -1):
            term = builder.fmul(series, rest, flags=_FUSE)
            series = builder.fadd(term, _constant(1.0 / math.factorial(degree)), flags=_FUSE)
        exponent = builder.shl(builder.bitcast(shifted, _INTEGERS), ir.Constant(_INTEGERS, [52] * LANES))
        return builder.bitcast(builder.add(builder.bitcast(series, _INTEGERS), exponent), _VECTOR)

    return lane_vector(lane_vector), codegen


@intrinsic
def _exponent(typing_context: Any, value: Any) -> Any:
    """The binary exponent of each (positive, normal) lane, as a double: value = mantissa * 2**exponent."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        shifted = builder.lshr(builder.bitcast(args[0], _INTEGERS), ir.Constant(_INTEGERS, [52] * LANES))
        unbiased = builder.sub(shifted, ir.Constant(_INTEGERS, [1023] * LANES))
        return builder.sitofp(unbiased, _VECTOR)

    return lane_vector(lane_vector), codegen


@intrinsic
def _mantissa(typing_context: Any, value: Any) -> Any:
    """The mantissa of each (positive, normal) lane, in [1, 2)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], _INTEGERS)
        kept = builder.and_(bits, ir.Constant(_INTEGERS, [(1 << 52) - 1] * LANES))
        return builder.bitcast(builder.or_(kept, ir.Constant(_INTEGERS, [1023 << 52] * LANES)), _VECTOR)

    return lane_vector(lane_vector), codegen


rows: Any = _rows
numbers: Any = _numbers
number: Any = _number
load: Any = _load
store: Any = _store
exp: Any = _exp
exponent: Any = _exponent
mantissa: Any = _mantissa

// The C ABI between TorchSharp.dll and libtorch. Rules that hold for every function of this folder:
//  - a tensor travels as Handle, a heap-allocated at::Tensor that the caller owns and gives back to at_dispose;
//  - no exception crosses the border: a function that fails returns null (or false) and leaves libtorch's message
//    to last_error, which belongs to the calling thread;
//  - lists travel as pointer and count, optional values as a null handle, no_value or a kind of none.
#pragma once

#include <ATen/ATen.h>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#define SHIM extern "C" __attribute__((visibility("default")))

using at::Tensor;

using Handle = Tensor*;
using OptionalHandle = Tensor*; // null: absent

/// A number as C# passes it: TorchSharp.Scalar.
struct ScalarValue {
    int64_t bits; // the integer, the truth value or the bits of the double
    int32_t kind; // 0 integer, 1 double, 2 bool, 3 none
};
using OptionalScalar = ScalarValue;

/// Stands for an absent int64.
constexpr int64_t no_value = INT64_MIN;

namespace shim {

/// Puts a tensor on the heap; null for an undefined tensor.
Handle give(Tensor tensor);

/// Keeps the message of the exception in flight for last_error.
void remember_exception() noexcept;

template <class F>
Handle guarded(F compute) noexcept
{
    try {
        return give(compute());
    } catch (...) {
        remember_exception();
        return nullptr;
    }
}

template <class F>
bool attempted(F act) noexcept
{
    try {
        act();
        return true;
    } catch (...) {
        remember_exception();
        return false;
    }
}

/// For functions that return two tensors; both outputs stay null on failure.
template <class F>
void results(Handle* first, Handle* second, F compute) noexcept
{
    *first = *second = nullptr;
    attempted([&] {
        auto pair = compute();
        *first = give(std::get<0>(pair));
        *second = give(std::get<1>(pair));
    });
}

/// For functions that return a list: a malloc'ed array of handles for at_dispose and free_list.
template <class F>
Handle* list(int64_t* count, F compute) noexcept
{
    *count = 0;
    Handle* handles = nullptr;
    attempted([&] {
        std::vector<Tensor> tensors = compute();
        handles = static_cast<Handle*>(std::malloc(sizeof(Handle) * (tensors.size() + 1)));
        for (size_t i = 0; i < tensors.size(); i++)
            handles[i] = give(std::move(tensors[i]));
        *count = static_cast<int64_t>(tensors.size());
    });
    return handles;
}

at::Scalar scalar(ScalarValue value);

inline c10::optional<at::Scalar> optional_scalar(OptionalScalar value)
{
    return value.kind == 3 ? c10::nullopt : c10::make_optional(scalar(value));
}

inline c10::optional<Tensor> optional(OptionalHandle handle)
{
    return handle ? c10::make_optional(*handle) : c10::nullopt;
}

inline c10::optional<int64_t> optional(int64_t value)
{
    return value == no_value ? c10::nullopt : c10::make_optional(value);
}

/// Null: absent.
inline c10::optional<double> optional(const double* value)
{
    return value ? c10::make_optional(*value) : c10::nullopt;
}

/// -1: absent.
inline c10::optional<at::ScalarType> optional_type(int8_t dtype)
{
    return dtype < 0 ? c10::nullopt : c10::make_optional(static_cast<at::ScalarType>(dtype));
}

inline at::ScalarType type(int8_t dtype) { return static_cast<at::ScalarType>(dtype); }

inline at::IntArrayRef ints(const int64_t* values, int64_t count) { return {values, static_cast<size_t>(count)}; }

std::vector<Tensor> tensors(const Handle* handles, int64_t count);

/// Null: libtorch's default generator.
inline c10::optional<at::Generator> optional(at::Generator* generator)
{
    return generator ? c10::make_optional(*generator) : c10::nullopt;
}

} // namespace shim

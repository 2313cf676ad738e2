// Lifetimes, errors, threads, random numbers and the gradient mode.
#include "shim.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <string>

namespace {
thread_local std::string error;
thread_local bool has_error = false;
std::atomic<int64_t> live_handles{0};

/// Freed memory stays with the process, for the next update takes as much: to give it back and take it again costs a page fault for every 4 KiB,
/// up to a third of an update's time. Whoever sets one of glibc's variables decides otherwise.
const bool keeps_memory = [] {
    if (std::getenv("MALLOC_TRIM_THRESHOLD_") || std::getenv("MALLOC_MMAP_THRESHOLD_"))
        return false;
    // The largest values that glibc takes: 2 GiB of an int, half of a heap's 64 MiB.
    return mallopt(M_TRIM_THRESHOLD, INT_MAX) != 0 && mallopt(M_MMAP_THRESHOLD, 32 << 20) != 0 && mallopt(M_TOP_PAD, 64 << 20) != 0;
}();
} // namespace

namespace shim {

Handle give(Tensor tensor)
{
    if (!tensor.defined())
        return nullptr;
    auto* handle = new Tensor(std::move(tensor));
    live_handles.fetch_add(1, std::memory_order_relaxed);
    return handle;
}

void remember_exception() noexcept
{
    try {
        throw;
    } catch (const c10::Error& e) {
        error = e.what_without_backtrace();
    } catch (const std::exception& e) {
        error = e.what();
    } catch (...) {
        error = "unknown native exception";
    }
    has_error = true;
}

at::Scalar scalar(ScalarValue value)
{
    switch (value.kind) {
    case 0:
        return at::Scalar(value.bits);
    case 1: {
        double number;
        std::memcpy(&number, &value.bits, sizeof number);
        return at::Scalar(number);
    }
    case 2:
        return at::Scalar(value.bits != 0);
    default:
        TORCH_CHECK(false, "expected a number, but got none");
    }
}

std::vector<Tensor> tensors(const Handle* handles, int64_t count)
{
    std::vector<Tensor> result;
    result.reserve(count);
    for (int64_t i = 0; i < count; i++)
        result.push_back(handles[i] ? *handles[i] : Tensor());
    return result;
}

} // namespace shim

/// The message of the last failure on this thread, or null; asking clears it. Valid until the next failure.
SHIM const char* last_error()
{
    if (!has_error)
        return nullptr;
    has_error = false;
    return error.c_str();
}

SHIM void at_dispose(Handle self)
{
    live_handles.fetch_sub(1, std::memory_order_relaxed);
    delete self;
}

SHIM void free_list(Handle* handles) { std::free(handles); }

SHIM int64_t live_handle_count() { return live_handles.load(std::memory_order_relaxed); }

SHIM int32_t at_get_num_threads() { return at::get_num_threads(); }
SHIM bool at_set_num_threads(int32_t count) { return shim::attempted([&] { at::set_num_threads(count); }); }
SHIM int32_t at_get_num_interop_threads() { return at::get_num_interop_threads(); }
SHIM bool at_set_num_interop_threads(int32_t count) { return shim::attempted([&] { at::set_num_interop_threads(count); }); }

SHIM bool grad_mode_enabled() { return at::GradMode::is_enabled(); }
SHIM void set_grad_mode(bool enabled) { at::GradMode::set_enabled(enabled); }

SHIM at::Generator* generator_new(uint64_t seed) { return new at::Generator(at::detail::createCPUGenerator(seed)); }
SHIM at::Generator* generator_default() { return new at::Generator(at::detail::getDefaultCPUGenerator()); }
SHIM void generator_dispose(at::Generator* generator) { delete generator; }

SHIM void generator_manual_seed(at::Generator* generator, uint64_t seed)
{
    std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(seed);
}

SHIM uint64_t generator_seed(at::Generator* generator)
{
    std::lock_guard<std::mutex> lock(generator->mutex());
    return generator->current_seed();
}

SHIM Handle generator_get_state(at::Generator* generator)
{
    return shim::guarded([&] {
        std::lock_guard<std::mutex> lock(generator->mutex());
        return generator->get_state();
    });
}

SHIM bool generator_set_state(at::Generator* generator, Handle state)
{
    return shim::attempted([&] {
        std::lock_guard<std::mutex> lock(generator->mutex());
        generator->set_state(*state);
    });
}

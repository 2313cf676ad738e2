// Making tensors, their properties, views, indexing and joining.
#include "shim.h"

#include <ATen/TensorIndexing.h>
#include <cstring>

using namespace shim;

// ---- creation -------------------------------------------------------------------------------------------------

SHIM Handle at_from_data(const void* data, const int64_t* sizes, int64_t rank, int8_t dtype)
{
    return guarded([&] {
        auto tensor = at::empty(ints(sizes, rank), type(dtype));
        if (tensor.numel() > 0)
            std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
        return tensor;
    });
}

/// A tensor over memory that the caller owns; release(context) runs when libtorch has let go of it, at once if this fails.
SHIM Handle at_from_blob(void* data, const int64_t* sizes, int64_t rank, int8_t dtype, void (*release)(void*), void* context)
{
    auto tensor = guarded([&] {
        return at::from_blob(data, ints(sizes, rank), [release, context](void*) { release(context); }, at::TensorOptions(type(dtype)));
    });
    if (tensor == nullptr)
        release(context);
    return tensor;
}

SHIM Handle at_scalar_tensor(ScalarValue value, int8_t dtype)
{
    return guarded([&] { return at::scalar_tensor(scalar(value), type(dtype)); });
}

SHIM Handle at_empty(const int64_t* sizes, int64_t rank, int8_t dtype)
{
    return guarded([&] { return at::empty(ints(sizes, rank), type(dtype)); });
}

SHIM Handle at_full(const int64_t* sizes, int64_t rank, ScalarValue value, int8_t dtype)
{
    return guarded([&] { return at::full(ints(sizes, rank), scalar(value), type(dtype)); });
}

SHIM Handle at_arange(ScalarValue start, ScalarValue stop, ScalarValue step, int8_t dtype)
{
    return guarded([&] { return at::arange(scalar(start), scalar(stop), scalar(step), type(dtype)); });
}

SHIM Handle at_linspace(double start, double end, int64_t steps, int8_t dtype)
{
    return guarded([&] { return at::linspace(start, end, steps, type(dtype)); });
}

SHIM Handle at_eye(int64_t rows, int64_t columns, int8_t dtype)
{
    return guarded([&] { return at::eye(rows, columns, type(dtype)); });
}

SHIM Handle at_rand(const int64_t* sizes, int64_t rank, int8_t dtype, at::Generator* generator)
{
    return guarded([&] { return at::rand(ints(sizes, rank), optional(generator), type(dtype)); });
}

SHIM Handle at_randn(const int64_t* sizes, int64_t rank, int8_t dtype, at::Generator* generator)
{
    return guarded([&] { return at::randn(ints(sizes, rank), optional(generator), type(dtype)); });
}

SHIM Handle at_randint(int64_t low, int64_t high, const int64_t* sizes, int64_t rank, int8_t dtype, at::Generator* generator)
{
    return guarded([&] { return at::randint(low, high, ints(sizes, rank), optional(generator), type(dtype)); });
}

SHIM Handle at_randperm(int64_t n, int8_t dtype, at::Generator* generator)
{
    return guarded([&] { return at::randperm(n, optional(generator), type(dtype)); });
}

SHIM Handle at_bernoulli(Handle self, at::Generator* generator)
{
    return guarded([&] { return at::bernoulli(*self, optional(generator)); });
}

SHIM Handle at_multinomial(Handle self, int64_t count, bool replacement, at::Generator* generator)
{
    return guarded([&] { return at::multinomial(*self, count, replacement, optional(generator)); });
}

SHIM bool at_bernoulli_(Handle self, double p, at::Generator* generator)
{
    return attempted([&] { self->bernoulli_(p, optional(generator)); });
}

SHIM bool at_bernoulli_tensor_(Handle self, Handle p, at::Generator* generator)
{
    return attempted([&] { self->bernoulli_(*p, optional(generator)); });
}

SHIM bool at_normal_(Handle self, double mean, double std, at::Generator* generator)
{
    return attempted([&] { self->normal_(mean, std, optional(generator)); });
}

SHIM bool at_uniform_(Handle self, double from, double to, at::Generator* generator)
{
    return attempted([&] { self->uniform_(from, to, optional(generator)); });
}

SHIM bool at_exponential_(Handle self, double lambda, at::Generator* generator)
{
    return attempted([&] { self->exponential_(lambda, optional(generator)); });
}

SHIM Handle at_empty_like(Handle self, int8_t dtype)
{
    return guarded([&] { return at::empty_like(*self, type(dtype)); });
}

SHIM Handle at_full_like(Handle self, ScalarValue value, int8_t dtype)
{
    return guarded([&] { return at::full_like(*self, scalar(value), type(dtype)); });
}

SHIM Handle at_rand_like(Handle self, int8_t dtype)
{
    return guarded([&] { return at::rand_like(*self, type(dtype)); });
}

SHIM Handle at_randn_like(Handle self, int8_t dtype)
{
    return guarded([&] { return at::randn_like(*self, type(dtype)); });
}

SHIM Handle at_randint_like(Handle self, int64_t low, int64_t high, int8_t dtype)
{
    return guarded([&] { return at::randint_like(*self, low, high, type(dtype)); });
}

// ---- properties -----------------------------------------------------------------------------------------------

SHIM int64_t at_dim(Handle self) { return self->dim(); }
SHIM int64_t at_numel(Handle self) { return self->numel(); }
SHIM int64_t at_element_size(Handle self) { return static_cast<int64_t>(self->element_size()); }
SHIM int8_t at_dtype(Handle self) { return static_cast<int8_t>(self->scalar_type()); }
SHIM int64_t at_storage_offset(Handle self) { return self->storage_offset(); }
SHIM bool at_is_contiguous(Handle self) { return self->is_contiguous(); }

SHIM void at_sizes(Handle self, int64_t* sizes) { std::copy_n(self->sizes().data(), self->dim(), sizes); }
SHIM void at_strides(Handle self, int64_t* strides) { std::copy_n(self->strides().data(), self->dim(), strides); }

/// The size of one dimension, which may count from the end; -1 where there is no such dimension.
SHIM int64_t at_size(Handle self, int64_t dim)
{
    int64_t size = -1;
    attempted([&] { size = self->size(dim); });
    return size;
}

SHIM int64_t at_stride(Handle self, int64_t dim)
{
    int64_t stride = -1;
    attempted([&] { stride = self->stride(dim); });
    return stride;
}

SHIM void* at_data_ptr(Handle self)
{
    void* data = nullptr;
    attempted([&] { data = self->data_ptr(); });
    return data;
}

/// Reads a tensor of one element as a double and as an integer, whichever its type holds exactly.
SHIM bool at_item(Handle self, double* real, int64_t* integer, bool* is_real)
{
    return attempted([&] {
        auto value = self->item();
        *is_real = value.isFloatingPoint();
        *real = value.to<double>();
        *integer = *is_real ? 0 : value.to<int64_t>();
    });
}

// ---- copies and types -----------------------------------------------------------------------------------------

SHIM Handle at_clone(Handle self) { return guarded([&] { return self->clone(); }); }
SHIM Handle at_contiguous(Handle self) { return guarded([&] { return self->contiguous(); }); }
SHIM Handle at_alias(Handle self) { return guarded([&] { return at::alias(*self); }); }

SHIM Handle at_to(Handle self, int8_t dtype, bool copy)
{
    return guarded([&] { return self->to(type(dtype), /*non_blocking=*/false, copy); });
}

SHIM bool at_copy_(Handle self, Handle source) { return attempted([&] { self->copy_(*source); }); }
SHIM bool at_zero_(Handle self) { return attempted([&] { self->zero_(); }); }
SHIM bool at_fill_(Handle self, ScalarValue value) { return attempted([&] { self->fill_(scalar(value)); }); }
SHIM bool at_set_(Handle self, Handle source) { return attempted([&] { self->set_(*source); }); }

// ---- views ----------------------------------------------------------------------------------------------------

#define SIZED(name)                                                                                                    \
    SHIM Handle at_##name(Handle self, const int64_t* sizes, int64_t count)                                            \
    {                                                                                                                  \
        return guarded([&] { return self->name(ints(sizes, count)); });                                                 \
    }
SIZED(view)
SIZED(reshape)
SIZED(permute)
SIZED(repeat)
SIZED(flip)
SIZED(tile)
SIZED(broadcast_to)

SHIM Handle at_as_strided(Handle self, const int64_t* sizes, const int64_t* strides, int64_t rank, int64_t offset)
{
    return guarded([&] { return self->as_strided(ints(sizes, rank), ints(strides, rank), offset); });
}

SHIM Handle at_expand(Handle self, const int64_t* sizes, int64_t count, bool implicit)
{
    return guarded([&] { return self->expand(ints(sizes, count), implicit); });
}

SHIM Handle at_squeeze(Handle self, int64_t dim)
{
    return guarded([&] { return dim == no_value ? self->squeeze() : self->squeeze(dim); });
}

SHIM bool at_squeeze_(Handle self, int64_t dim)
{
    return attempted([&] { dim == no_value ? self->squeeze_() : self->squeeze_(dim); });
}

SHIM Handle at_unsqueeze(Handle self, int64_t dim) { return guarded([&] { return self->unsqueeze(dim); }); }
SHIM bool at_unsqueeze_(Handle self, int64_t dim) { return attempted([&] { self->unsqueeze_(dim); }); }
SHIM Handle at_transpose(Handle self, int64_t dim0, int64_t dim1) { return guarded([&] { return self->transpose(dim0, dim1); }); }
SHIM bool at_transpose_(Handle self, int64_t dim0, int64_t dim1) { return attempted([&] { self->transpose_(dim0, dim1); }); }
SHIM Handle at_t(Handle self) { return guarded([&] { return self->t(); }); }
SHIM Handle at_flatten(Handle self, int64_t start, int64_t end) { return guarded([&] { return self->flatten(start, end); }); }

SHIM Handle at_unflatten(Handle self, int64_t dim, const int64_t* sizes, int64_t count)
{
    return guarded([&] { return self->unflatten(dim, ints(sizes, count)); });
}

SHIM Handle at_narrow(Handle self, int64_t dim, int64_t start, int64_t length)
{
    return guarded([&] { return self->narrow(dim, start, length); });
}

SHIM Handle at_slice(Handle self, int64_t dim, int64_t start, int64_t end, int64_t step)
{
    return guarded([&] { return self->slice(dim, start, end, step); });
}

SHIM Handle at_select(Handle self, int64_t dim, int64_t index) { return guarded([&] { return self->select(dim, index); }); }

SHIM Handle at_diagonal(Handle self, int64_t offset, int64_t dim1, int64_t dim2)
{
    return guarded([&] { return self->diagonal(offset, dim1, dim2); });
}

SHIM Handle at_diag(Handle self, int64_t diagonal) { return guarded([&] { return self->diag(diagonal); }); }

SHIM Handle at_diag_embed(Handle self, int64_t offset, int64_t dim1, int64_t dim2)
{
    return guarded([&] { return at::diag_embed(*self, offset, dim1, dim2); });
}

SHIM Handle at_tril(Handle self, int64_t diagonal) { return guarded([&] { return self->tril(diagonal); }); }
SHIM Handle at_triu(Handle self, int64_t diagonal) { return guarded([&] { return self->triu(diagonal); }); }
SHIM bool at_tril_(Handle self, int64_t diagonal) { return attempted([&] { self->tril_(diagonal); }); }
SHIM bool at_triu_(Handle self, int64_t diagonal) { return attempted([&] { self->triu_(diagonal); }); }

SHIM Handle at_movedim(Handle self, const int64_t* source, const int64_t* destination, int64_t count)
{
    return guarded([&] { return self->movedim(ints(source, count), ints(destination, count)); });
}

SHIM Handle at_roll(Handle self, const int64_t* shifts, int64_t shift_count, const int64_t* dims, int64_t dim_count)
{
    return guarded([&] { return self->roll(ints(shifts, shift_count), ints(dims, dim_count)); });
}

SHIM Handle at_unfold(Handle self, int64_t dim, int64_t size, int64_t step)
{
    return guarded([&] { return self->unfold(dim, size, step); });
}

SHIM Handle at_repeat_interleave(Handle self, int64_t repeats, int64_t dim, int64_t output_size)
{
    return guarded([&] { return self->repeat_interleave(repeats, optional(dim), optional(output_size)); });
}

SHIM Handle at_repeat_interleave_tensor(Handle self, Handle repeats, int64_t dim, int64_t output_size)
{
    return guarded([&] { return self->repeat_interleave(*repeats, optional(dim), optional(output_size)); });
}

SHIM Handle* at_split(Handle self, int64_t size, int64_t dim, int64_t* count)
{
    return list(count, [&] { return self->split(size, dim); });
}

SHIM Handle* at_split_with_sizes(Handle self, const int64_t* sizes, int64_t size_count, int64_t dim, int64_t* count)
{
    return list(count, [&] { return self->split_with_sizes(ints(sizes, size_count), dim); });
}

SHIM Handle* at_chunk(Handle self, int64_t chunks, int64_t dim, int64_t* count)
{
    return list(count, [&] { return self->chunk(chunks, dim); });
}

SHIM Handle* at_unbind(Handle self, int64_t dim, int64_t* count)
{
    return list(count, [&] { return self->unbind(dim); });
}

// ---- joining --------------------------------------------------------------------------------------------------

SHIM Handle at_cat(const Handle* handles, int64_t count, int64_t dim)
{
    return guarded([&] { return at::cat(tensors(handles, count), dim); });
}

SHIM Handle at_stack(const Handle* handles, int64_t count, int64_t dim)
{
    return guarded([&] { return at::stack(tensors(handles, count), dim); });
}

SHIM Handle at_hstack(const Handle* handles, int64_t count)
{
    return guarded([&] { return at::hstack(tensors(handles, count)); });
}

SHIM Handle at_vstack(const Handle* handles, int64_t count)
{
    return guarded([&] { return at::vstack(tensors(handles, count)); });
}

SHIM Handle* at_broadcast_tensors(const Handle* handles, int64_t handle_count, int64_t* count)
{
    return list(count, [&] { return at::broadcast_tensors(tensors(handles, handle_count)); });
}

SHIM Handle* at_meshgrid(const Handle* handles, int64_t handle_count, const char* indexing, int64_t* count)
{
    return list(count, [&] { return at::meshgrid(tensors(handles, handle_count), indexing); });
}

// ---- indexing -------------------------------------------------------------------------------------------------

/// One entry of tensor[...]: TorchSharp.torch.TensorIndex.
struct IndexEntry {
    int64_t kind; // 0 none (new axis), 1 single, 2 bool, 3 ellipsis, 4 tensor, 5 slice
    int64_t start; // single: the index; bool: the value; slice: the start or no_value
    int64_t stop;
    int64_t step;
    Handle tensor;
};

static std::vector<at::indexing::TensorIndex> index_entries(const IndexEntry* entries, int64_t count)
{
    using namespace at::indexing;
    std::vector<TensorIndex> result;
    result.reserve(count);
    for (const auto* entry = entries; entry != entries + count; entry++) {
        switch (entry->kind) {
        case 0:
            result.emplace_back(None);
            break;
        case 1:
            result.emplace_back(entry->start);
            break;
        case 2:
            result.emplace_back(entry->start != 0);
            break;
        case 3:
            result.emplace_back(Ellipsis);
            break;
        case 4:
            result.emplace_back(*entry->tensor);
            break;
        default:
            result.emplace_back(Slice(optional(entry->start), optional(entry->stop), optional(entry->step)));
        }
    }
    return result;
}

SHIM Handle at_index(Handle self, const IndexEntry* entries, int64_t count)
{
    return guarded([&] { return self->index(index_entries(entries, count)); });
}

SHIM bool at_index_put_(Handle self, const IndexEntry* entries, int64_t count, Handle value)
{
    return attempted([&] { self->index_put_(index_entries(entries, count), *value); });
}

SHIM bool at_index_put_scalar_(Handle self, const IndexEntry* entries, int64_t count, ScalarValue value)
{
    return attempted([&] { self->index_put_(index_entries(entries, count), scalar(value)); });
}

/// self[entries] += values with every repeated index counted; the entries are tensors, numbers and whole dimensions.
SHIM bool at_index_put_accumulate_(Handle self, const IndexEntry* entries, int64_t count, Handle values)
{
    return attempted([&] {
        c10::List<c10::optional<Tensor>> indices;
        for (const auto* entry = entries; entry != entries + count; entry++) {
            bool whole = entry->kind == 5 && entry->start == no_value && entry->stop == no_value && entry->step == no_value;
            TORCH_CHECK(
                entry->kind == 4 || entry->kind == 1 || whole, "accumulating takes tensors, numbers and whole dimensions as indices");
            if (entry->kind == 4)
                indices.push_back(c10::make_optional(*entry->tensor));
            else if (entry->kind == 1)
                indices.push_back(c10::make_optional(at::scalar_tensor(entry->start, at::kLong)));
            else
                indices.push_back(c10::nullopt);
        }
        self->index_put_(indices, *values, /*accumulate=*/true);
    });
}

SHIM Handle at_index_select(Handle self, int64_t dim, Handle index) { return guarded([&] { return self->index_select(dim, *index); }); }
SHIM Handle at_take(Handle self, Handle index) { return guarded([&] { return self->take(*index); }); }

SHIM Handle at_take_along_dim(Handle self, Handle indices, int64_t dim)
{
    return guarded([&] { return self->take_along_dim(*indices, optional(dim)); });
}

SHIM Handle at_gather(Handle self, int64_t dim, Handle index) { return guarded([&] { return self->gather(dim, *index); }); }

#define SCATTERING(name)                                                                                               \
    SHIM Handle at_##name(Handle self, int64_t dim, Handle index, Handle source)                                       \
    {                                                                                                                  \
        return guarded([&] { return self->name(dim, *index, *source); });                                               \
    }                                                                                                                  \
    SHIM bool at_##name##_(Handle self, int64_t dim, Handle index, Handle source)                                      \
    {                                                                                                                  \
        return attempted([&] { self->name##_(dim, *index, *source); });                                                     \
    }
SCATTERING(scatter)
SCATTERING(scatter_add)
SCATTERING(index_copy)

SHIM Handle at_index_add(Handle self, int64_t dim, Handle index, Handle source, ScalarValue alpha)
{
    return guarded([&] { return self->index_add(dim, *index, *source, scalar(alpha)); });
}

SHIM bool at_index_add_(Handle self, int64_t dim, Handle index, Handle source, ScalarValue alpha)
{
    return attempted([&] { self->index_add_(dim, *index, *source, scalar(alpha)); });
}

SHIM Handle at_index_fill(Handle self, int64_t dim, Handle index, ScalarValue value)
{
    return guarded([&] { return self->index_fill(dim, *index, scalar(value)); });
}

SHIM bool at_index_fill_(Handle self, int64_t dim, Handle index, ScalarValue value)
{
    return attempted([&] { self->index_fill_(dim, *index, scalar(value)); });
}

SHIM Handle at_masked_fill(Handle self, Handle mask, ScalarValue value)
{
    return guarded([&] { return self->masked_fill(*mask, scalar(value)); });
}

SHIM bool at_masked_fill_(Handle self, Handle mask, ScalarValue value)
{
    return attempted([&] { self->masked_fill_(*mask, scalar(value)); });
}

SHIM Handle at_masked_scatter(Handle self, Handle mask, Handle source)
{
    return guarded([&] { return self->masked_scatter(*mask, *source); });
}

SHIM bool at_masked_scatter_(Handle self, Handle mask, Handle source)
{
    return attempted([&] { self->masked_scatter_(*mask, *source); });
}

SHIM Handle at_masked_select(Handle self, Handle mask) { return guarded([&] { return self->masked_select(*mask); }); }
SHIM Handle at_where(Handle condition, Handle self, Handle other) { return guarded([&] { return at::where(*condition, *self, *other); }); }
SHIM Handle* at_where_indices(Handle condition, int64_t* count) { return list(count, [&] { return at::where(*condition); }); }
SHIM Handle at_nonzero(Handle self) { return guarded([&] { return self->nonzero(); }); }
SHIM Handle at_argwhere(Handle self) { return guarded([&] { return at::argwhere(*self); }); }

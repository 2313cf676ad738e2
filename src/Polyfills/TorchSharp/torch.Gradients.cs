using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Operations record no gradients on this thread until the result is disposed.</summary>
    public static IDisposable no_grad() => new AutoGradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new AutoGradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new AutoGradMode(mode);

    public static bool is_grad_enabled() => Shim.grad_mode_enabled();

    /// <summary>Derivatives of tensors with respect to others.</summary>
    public static partial class autograd
    {
        /// <summary>The gradients of the outputs, weighted by <paramref name="grad_outputs"/>, with respect to the inputs.</summary>
        /// <remarks>With <paramref name="allow_unused"/> an input that no output depends on gets null.</remarks>
        public static IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor>? grad_outputs = null,
            bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false)
        {
            Tensor[] from = [.. outputs], to = [.. inputs], weights = [.. grad_outputs ?? []];
            var handles = Shim.autograd_grad(
                from, from.Length, to, to.Length, weights, weights.Length, retain_graph, create_graph, allow_unused, out var count);
            var grads = Shim.TakeList(handles, count);
            KeepAlive(from, to, weights);
            return grads!;
        }

        /// <summary>Adds the gradients of the tensors to <see cref="Tensor.grad"/> of the leaves, or of the given inputs only.</summary>
        public static void backward(
            IList<Tensor> tensors,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null)
        {
            Tensor[] from = [.. tensors], to = [.. inputs ?? []], weights = [.. grad_tensors ?? []];
            Shim.Check(Shim.autograd_backward(
                from, from.Length, weights, weights.Length, retain_graph ?? create_graph, create_graph, to, to.Length));
            KeepAlive(from, to, weights);
        }

        public static void backward(
            Tensor tensor,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(
            Tensor tensor,
            Tensor grad_tensor,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        private static void KeepAlive(Tensor[] from, Tensor[] to, Tensor[] weights)
        {
            GC.KeepAlive(from);
            GC.KeepAlive(to);
            GC.KeepAlive(weights);
        }
    }

    /// <summary>Sets the gradient mode of this thread and restores the earlier one.</summary>
    private sealed class AutoGradMode : IDisposable
    {
        private readonly bool _previous = Shim.grad_mode_enabled();

        public AutoGradMode(bool enabled) => Shim.set_grad_mode(enabled);

        public void Dispose() => Shim.set_grad_mode(_previous);
    }

    public partial class Tensor
    {
        /// <summary>Whether operations on this tensor are recorded for <see cref="backward()"/>.</summary>
        public bool requires_grad
        {
            get => Shim.at_requires_grad(this);
            set => Shim.Check(Shim.at_set_requires_grad(this, value));
        }

        public Tensor requires_grad_(bool requires_grad = true) => InPlace(Shim.at_set_requires_grad(this, requires_grad));

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Keeps the gradient of a tensor that is not a leaf.</summary>
        public void retain_grad() => Shim.Check(Shim.at_retain_grad(this));

        public bool is_leaf => Shim.at_is_leaf(this);

        /// <summary>The gradient that <see cref="backward()"/> has accumulated, as a new reference to it; null before the first call.</summary>
        public Tensor? grad
        {
            get
            {
                var handle = Shim.at_grad(this);
                if (handle != 0)
                    return new Tensor(handle);
                CheckForErrors();
                return null;
            }

            set => Shim.Check(Shim.at_set_grad(this, value));
        }

        /// <summary>Adds the gradients of this single number to <see cref="grad"/> of the leaves that it depends on.</summary>
        public void backward() => Shim.Check(Shim.at_backward(this));

        /// <summary>Also for tensors of more elements, weighted by <paramref name="grad_tensors"/>.</summary>
        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        public Tensor detach() => Shim.at_detach(this);

        public Tensor detach_() => InPlace(Shim.at_detach_(this));
    }
}

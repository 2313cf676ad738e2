using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Polyfill;

/// <summary>Where an input has no part in an output, 0.107 of the official package ends the process.</summary>
public sealed class UnusedInputsTests
{
    [Fact]
    public void Unused_inputs_are_an_error_unless_allowed()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        var unused = ones(2, requires_grad: true);

        Assert.Throws<ExternalException>(() => autograd.grad([x.sum()], [unused]));
        Assert.Equal([1f, 1f], autograd.grad([x.sum()], [x, unused], allow_unused: true)[0].data<float>().ToArray());
    }
}

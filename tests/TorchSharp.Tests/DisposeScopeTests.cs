using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class DisposeScopeTests
{
    [Fact]
    public void A_scope_disposes_what_was_created_in_it()
    {
        Tensor inside;
        using (var scope = NewDisposeScope())
        {
            inside = ones(3) + 1;
            Assert.Equal(2, scope.DisposablesCount);
            Assert.True(scope.Contains(inside));
        }

        Assert.True(inside.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => inside.sum());
    }

    [Fact]
    public void A_moved_tensor_lives_as_long_as_the_outer_scope()
    {
        Tensor moved;
        using (NewDisposeScope())
        {
            using (NewDisposeScope())
                moved = ones(3).MoveToOuterDisposeScope();
            Assert.False(moved.IsInvalid);
        }

        Assert.True(moved.IsInvalid);
    }

    [Fact]
    public void A_scope_without_outer_scope_gives_its_tensors_to_the_caller()
    {
        Tensor kept, detached;
        using (var scope = NewDisposeScope())
        {
            kept = scope.MoveToOuter(ones(3));
            detached = ones(2).DetachFromDisposeScope();
        }

        Assert.False(kept.IsInvalid);
        Assert.False(detached.IsInvalid);
        kept.Dispose();
        detached.Dispose();
    }

    [Fact]
    public void Several_tensors_move_and_detach_together()
    {
        using var outer = NewDisposeScope();
        using var inner = NewDisposeScope();
        var (first, second) = inner.MoveToOuter(ones(1), ones(2));
        var (third, fourth, fifth) = inner.Detach(ones(3), ones(4), ones(5));

        Assert.Equal(0, inner.DisposablesCount);
        Assert.Equal(2, outer.DisposablesCount);
        outer.Attach(third, fourth, fifth);
        Assert.Equal([first, second, third, fourth, fifth], outer.DisposablesView, ReferenceEqualityComparer.Instance);
    }

    [Fact]
    public void Everything_but_the_kept_is_disposed_at_once()
    {
        using var scope = NewDisposeScope();
        var kept = ones(3);
        var dropped = ones(3);
        scope.DisposeEverythingBut(kept);

        Assert.False(kept.IsInvalid);
        Assert.True(dropped.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
        scope.DisposeEverything();
        Assert.True(kept.IsInvalid);
    }

    [Fact]
    public void A_tensor_disposed_by_hand_leaves_its_scope()
    {
        using var scope = NewDisposeScope();
        var tensor = ones(3);
        tensor.Dispose();
        tensor.Dispose();
        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void An_outer_scope_may_close_before_the_inner_one()
    {
        var outer = NewDisposeScope();
        var first = ones(1);
        using (NewDisposeScope())
        {
            var second = ones(2);
            outer.Dispose();
            Assert.True(first.IsInvalid);
            Assert.False(second.IsInvalid);
        }

        Assert.Null(CurrentDisposeScope);
    }

    [Fact]
    public void A_closed_scope_refuses_work()
    {
        var scope = NewDisposeScope();
        scope.Dispose();
        scope.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scope.DisposablesCount);
        Assert.Throws<ObjectDisposedException>(() => scope.MoveToOuter(Array.Empty<IDisposable>()));
    }

    [Fact]
    public void Statistics_count_by_thread()
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(CountOnThisThread));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private static void CountOnThisThread()
    {
        var statistics = DisposeScopeManager.Statistics;
        var outside = ones(1);
        using (NewDisposeScope())
        {
            _ = ones(2);
            _ = ones(3).DetachFromDisposeScope();
        }

        outside.Dispose();
        Assert.Equal(1, statistics.CreatedOutsideScopeCount);
        Assert.Equal(1, statistics.DisposedOutsideScopeCount);
        Assert.Equal(2, statistics.CreatedInScopeCount);
        Assert.Equal(1, statistics.DisposedInScopeCount);
        Assert.Equal(1, statistics.DetachedFromScopeCount);
        Assert.Equal(1, statistics.ThreadTotalLiveCount);
        statistics.Reset();
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    }
}

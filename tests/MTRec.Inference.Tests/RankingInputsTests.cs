using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

public sealed class RankingInputsTests : IDisposable
{
    private readonly TemporaryFolder _registry = new();
    private readonly Bundle _bundle;

    public RankingInputsTests() => _bundle = Bundle.Load(TestBundles.Publish(_registry.Path));

    public void Dispose()
    {
        _bundle.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public void Everything_starts_at_the_defaults()
    {
        using var inputs = new RankingInputs(_bundle.Shape, 2);

        AssertDefaults(inputs, 2);
    }

    [Fact]
    public void A_reset_leaves_nothing_of_the_request_before()
    {
        using var inputs = new RankingInputs(_bundle.Shape, 3);
        inputs.Context.Fill(7);
        inputs.User.Fill(7);
        inputs.History.Fill(7);
        inputs.Candidates.Fill(7);
        inputs.Scores.Fill(7);

        inputs.Reset(4);

        AssertDefaults(inputs, 4);
    }

    [Fact]
    public void Growing_keeps_the_rows_and_shrinking_forgets_them()
    {
        using var inputs = new RankingInputs(_bundle.Shape, 1);
        inputs.Candidates.Fill(7);
        inputs.Scores.Fill(8);
        for (var count = 2; count <= 300; count++)
        {
            inputs.Resize(count);
            Assert.Equal([7, 7, 7], inputs.Candidate(0).ToArray());
            Assert.Equal([8, 8, 8], inputs.ScoresOf(0).ToArray());
            Assert.Equal([0, 20, 0], inputs.Candidate(count - 1).ToArray());
            Assert.Equal([0.3f, 0.02f, 0.25f], inputs.ScoresOf(count - 1).ToArray());
        }

        inputs.Candidates.Fill(9);
        inputs.Resize(1);
        inputs.Resize(2);
        Assert.Equal([9, 9, 9], inputs.Candidate(0).ToArray());
        Assert.Equal([0, 20, 0], inputs.Candidate(1).ToArray());
    }

    [Fact]
    public void A_resized_request_is_scored_as_a_fresh_one()
    {
        using var grown = new RankingInputs(_bundle.Shape, 1);
        using var fresh = new RankingInputs(_bundle.Shape, 90);
        using var one = new RankingOutputs(_bundle.Shape, 1);
        using var many = new RankingOutputs(_bundle.Shape, 90);
        _bundle.Scorer.Fuse(grown, one, explain: false);
        grown.Resize(90);
        one.Reset(90);
        grown.ScoresOf(89).Fill(0.9f);
        fresh.ScoresOf(89).Fill(0.9f);

        _bundle.Scorer.Fuse(grown, one, explain: false);
        _bundle.Scorer.Fuse(fresh, many, explain: false);

        Assert.Equal(many.FusionScores.ToArray(), one.FusionScores.ToArray());
        Assert.NotEqual(many.FusionScores[0], many.FusionScores[89]);
    }

    [Fact]
    public void Disposed_inputs_cannot_be_used()
    {
        var inputs = new RankingInputs(_bundle.Shape, 1);
        inputs.Dispose();
        inputs.Dispose();

        Assert.Throws<ObjectDisposedException>(() => inputs.Context.Length);
        Assert.Throws<ObjectDisposedException>(() => inputs.Resize(3));
    }

    [Fact]
    public void A_negative_count_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RankingInputs(_bundle.Shape, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RankingOutputs(_bundle.Shape, -1));
    }

    private static void AssertDefaults(RankingInputs inputs, int count)
    {
        Assert.Equal(count, inputs.Count);
        Assert.Equal([12, 0], inputs.Context.ToArray());
        Assert.Equal([30, 0], inputs.User.ToArray());
        Assert.All(inputs.History.ToArray(), value => Assert.Equal(0, value));
        Assert.Equal(Enumerable.Repeat(new float[] { 0, 20, 0 }, count).SelectMany(row => row), inputs.Candidates.ToArray());
        Assert.Equal(Enumerable.Repeat(new[] { 0.3f, 0.02f, 0.25f }, count).SelectMany(row => row), inputs.Scores.ToArray());
    }
}

using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Examples;

public sealed class ImpressionExamplesTests
{
    private readonly SyntheticExamples _data = new(historyLength: 5, users: 30, rowsPerUser: 7);

    [Fact]
    public void A_batch_holds_what_the_assembler_writes()
    {
        using var scope = NewDisposeScope();
        var examples = _data.Train;
        var row = Enumerable.Range(0, examples.Count).First(r => examples.History(r, ExampleView.Cold).Length == 3);
        var batch = examples.Batch([row], [ExampleView.Cold]);

        var user = examples.Log.User[row];
        var items = _data.ItemsOutOfFold[_data.Folds.Of(examples.Log.Users[user])];
        var assembler = new FeatureAssembler(examples.Schema);
        var expected = new float[examples.Schema.History.Length * examples.Schema.HistoryWidth];
        assembler.WriteHistory([examples.Log.Event(row - 3), examples.Log.Event(row - 2), examples.Log.Event(row - 1)], examples.Log.TimestampMs[row], items, expected);
        var candidate = new float[examples.Schema.ItemWidth];
        assembler.WriteItem(examples.Log.Items[examples.Log.Item[row]], items, candidate);

        Assert.Equal([1, 3, examples.Schema.HistoryWidth], batch.History.shape);
        Assert.Equal(expected[^(3 * examples.Schema.HistoryWidth)..], batch.History.Floats());
        Assert.Equal(candidate, batch.Candidates.Floats());
        Assert.Equal(assembler.DefaultUser.ToArray(), batch.User.Floats());
    }

    [Fact]
    public void Views_decide_what_is_known()
    {
        using var scope = NewDisposeScope();
        var examples = _data.Train;
        var first = Enumerable.Range(0, examples.Count).First(r => examples.HistoryLength(r, ExampleView.Cold) == 0);
        var last = Enumerable.Range(first, examples.Count - first).First(r => examples.Next(r) < 0);

        Assert.Equal(0, examples.History(first, ExampleView.Cold).Length);
        Assert.Equal(3, examples.History(first, ExampleView.Warm).Length);
        Assert.Equal(3 + last - first, examples.History(last, ExampleView.Warm).Length);
        Assert.Equal(Math.Min(5, 3 + last - first), examples.HistoryLength(last, ExampleView.Warm));
        Assert.Equal(0, examples.History(last, ExampleView.Cold with { AtStart = true }).Length);
        Assert.Equal(UserActions.None, examples.History(first, ExampleView.Warm)[^1].Actions & UserActions.Click);

        var known = examples.Batch([first, first], [ExampleView.Cold, ExampleView.Warm]).User.Floats();
        Assert.NotEqual(known[..(known.Length / 2)], known[(known.Length / 2)..]);
    }

    [Fact]
    public void The_next_impression_is_of_the_same_user()
    {
        var log = _data.Train.Log;
        for (var row = 0; row < log.Count; row++)
        {
            var next = _data.Train.Next(row);
            Assert.Equal(row + 1 < log.Count && log.User[row + 1] == log.User[row] ? row + 1 : -1, next);
        }
    }

    [Fact]
    public void Training_rows_do_not_see_their_own_answer()
    {
        // One user more or less of the fold must not change the fold's own table.
        var place = _data.Schema.TryFind(FeatureKind.Item, "clickRate", out var index) ? index + 1 : throw new InvalidOperationException();
        var whole = new float[_data.Schema.ItemWidth];
        var differs = 0;
        for (var row = 0; row < _data.Train.Count; row++)
        {
            _data.Items.TryWrite(_data.Train.Log.Items[_data.Train.Log.Item[row]], whole);
            if (_data.Train.Candidates[(row * _data.Schema.ItemWidth) + place] != whole[place])
                differs++;
        }

        Assert.True(differs > _data.Train.Count * 0.9);
    }

    [Fact]
    public void Every_example_is_in_one_batch_of_alike_lengths()
    {
        var random = new Random(4);
        var lengths = Enumerable.Range(0, 1000).Select(_ => random.Next(50)).ToArray();
        var batches = BatchOrder.Shuffle(lengths, 32, random);

        Assert.Equal(Enumerable.Range(0, 1000), batches.SelectMany(batch => batch).Order());
        Assert.All(batches, batch => Assert.InRange(batch.Length, 1, 32));
        var spread = batches.Average(batch => batch.Max(i => lengths[i]) - batch.Min(i => lengths[i]));
        Assert.InRange(spread, 0, 10);
        Assert.NotEqual(batches[0], BatchOrder.Shuffle(lengths, 32, random)[0]);
    }
}

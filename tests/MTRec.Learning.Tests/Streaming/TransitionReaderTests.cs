using MTRec.Data;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Streaming;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Streaming;

public sealed class TransitionReaderTests : IDisposable
{
    private const int RowsPerShard = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("transitions").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_row_comes_once_a_pass_with_its_own_next_step()
    {
        var lengths = Write(rows: 500);
        using var scope = NewDisposeScope();
        var batches = new TransitionReader(_folder, batchSize: 16, seed: 1, window: 3).Read().ToList();
        var ids = batches.SelectMany(Ids).ToArray();
        Assert.Equal(Enumerable.Range(0, lengths.Sum()), ids.Order());
        foreach (var batch in batches)
        {
            var next = batch.NextState.select(1, 0).Floats();
            var continues = batch.Continues.Floats();
            var left = batch.State.select(1, 1).Floats();
            foreach (var (id, row) in Ids(batch).Select((id, row) => (id, row)))
            {
                Assert.Equal(left[row] > 0 ? 1 : 0, continues[row]);
                if (continues[row] == 1)
                    Assert.Equal(id + 1, next[row]);
                // All columns are of the same row.
                Assert.Equal(id, batch.Items[row, 0, 0].item<float>());
                Assert.Equal(-id, batch.Rewards[row, 0].item<float>());
            }
        }
    }

    [Fact]
    public void Candidates_that_were_passed_over_come_back_with_their_rows()
    {
        using var scope = NewDisposeScope();
        using (var writer = new TransitionWriter(_folder, RowsPerShard))
        {
            using var log = Log([3, 4], 0);
            writer.Append(log with { PassedOver = new PassedOver(log.Items.repeat(1, 2, 1), zeros(7, 2, 2), zeros(7, 2, 2), 4.5) });
            writer.Complete();
        }

        foreach (var batch in new TransitionReader(_folder, batchSize: 3, seed: 1).Read())
        {
            Assert.Equal(4.5, batch.PassedOver!.Weight);
            Assert.Equal(batch.State.select(1, 0).Floats(), batch.PassedOver.Items[.., 1, 0].Floats());
        }
    }

    [Fact]
    public void Rows_are_shuffled_over_a_window_in_another_order_each_pass_and_seed()
    {
        Write(rows: 500);
        using var scope = NewDisposeScope();
        int[] Pass(int seed, int epoch) => [.. new TransitionReader(_folder, 16, seed, window: 3).Read(epoch).SelectMany(Ids)];
        var first = Pass(1, 0);
        Assert.Equal(first, Pass(1, 0));
        Assert.NotEqual(first, Pass(1, 1));
        Assert.NotEqual(first, Pass(2, 0));
        // A batch mixes the window's shards; the window holds no more than three of them.
        Assert.True(first.Take(16).Select(id => id / 25).Distinct().Count() > 2);
        Assert.InRange(first.Take(60).Max() - first.Take(60).Min(), 40, 500);
        Assert.True(first.Zip(first.Skip(1)).Count(pair => pair.Second == pair.First + 1) < 40);
    }

    [Fact]
    public void Reading_goes_on_where_a_window_began()
    {
        Write(rows: 300);
        using var scope = NewDisposeScope();
        var stream = new TransitionReader(_folder, 16, seed: 5, window: 2);
        var read = new List<(StreamPosition Position, int[] Ids)>();
        foreach (var batch in stream.Read(epoch: 3))
            read.Add((stream.Position, Ids(batch)));
        Assert.Equal(new StreamPosition(4, 0), stream.Position);

        var middle = read[read.Count / 2].Position;
        Assert.True(middle.Shards > 0);
        var rest = new TransitionReader(_folder, 16, seed: 5, window: 2).Read(middle).SelectMany(Ids);
        Assert.Equal(read.SkipWhile(entry => entry.Position != middle).SelectMany(entry => entry.Ids), rest);
    }

    [Fact]
    public void Memory_holds_windows_not_the_data()
    {
        Write(rows: 2000);
        using var scope = NewDisposeScope();
        var highest = new List<long>();
        var before = Tensor.TotalCount;
        foreach (var log in new TransitionReader(_folder, 16, seed: 1, window: 2).Windows(default))
        {
            highest.Add(Tensor.TotalCount - before);
            Assert.InRange(log.Count, 1, 2 * (RowsPerShard + 5));
        }

        Assert.True(highest.Count > 40);
        Assert.Single(highest.Distinct());
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Shards_hold_whole_sessions_as_plain_safetensors()
    {
        var lengths = Write(rows: 200);
        var manifest = ShardManifest.Read(_folder);
        Assert.Equal(lengths.Sum(), manifest.Rows);
        var id = 0L;
        foreach (var shard in manifest.Shards)
        {
            var file = Core.Safetensors.SafetensorsFile.Parse(File.ReadAllBytes(Path.Combine(_folder, shard.File)));
            Assert.InRange(shard.Rows, 1, RowsPerShard + 4);
            var state = file["state"].Values<float>(shard.Rows, 3);
            var next = file["next"].Values<long>(shard.Rows);
            Assert.Equal(-1, next[^1]);
            for (var row = 0; row < shard.Rows; row++, id++)
            {
                Assert.Equal(id, state[row * 3]);
                Assert.Equal(state[(row * 3) + 1] > 0 ? row + 1 : -1, next[row]);
            }

            Assert.Equal(2, file["lower_bound"].Count);
        }
    }

    [Fact]
    public void A_shard_that_is_not_the_one_written_is_refused()
    {
        Write(rows: 100);
        var path = Path.Combine(_folder, ShardManifest.Read(_folder).Shards[1].File);
        var bytes = File.ReadAllBytes(path);
        bytes[^3] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("checksum", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(path, bytes[..^8]);
        Assert.Contains("checksum", Refusal(), StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains(path, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_its_manifest_or_with_another_format_is_refused()
    {
        Assert.Contains("transitions.json", Assert.Throws<DataFormatException>(() => new TransitionReader(_folder, 16, 1)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "transitions.json"), """{"format": "mtrec-transitions/9", "shards": []}""");
        Assert.Contains("mtrec-transitions/9", Assert.Throws<DataFormatException>(() => new TransitionReader(_folder, 16, 1)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "transitions.json"), """{"format": "mtrec-transitions/1", "shards": [{"file": "../x", "rows": 1, "sha256": ""}]}""");
        Assert.Throws<DataFormatException>(() => new TransitionReader(_folder, 16, 1));
    }

    [Fact]
    public void The_writer_refuses_a_log_that_does_not_end_its_last_session_and_a_folder_in_use()
    {
        Write(rows: 50);
        using var scope = NewDisposeScope();
        using var writer = new TransitionWriter(_folder, RowsPerShard);
        using var log = Log([3, 2], 0);
        writer.Append(log);
        Assert.Throws<IOException>(writer.Complete);
        using var open = log with { Next = tensor(new long[] { 1, 2, -1, 4, 5 }) };
        Assert.Throws<ArgumentException>(() => writer.Append(open));
    }

    private string Refusal() => Assert.Throws<DataFormatException>(() =>
    {
        using var scope = NewDisposeScope();
        foreach (var _ in new TransitionReader(_folder, 16, seed: 1, window: 2).Read())
        {
        }
    }).Message;

    private static int[] Ids(TransitionBatch batch) => Array.ConvertAll(batch.State.select(1, 0).Floats(), id => (int)id);

    // Appends logs of a few sessions each; gives the lengths of all sessions.
    private int[] Write(int rows)
    {
        var random = new Random(11);
        var lengths = new List<int>();
        using var writer = new TransitionWriter(_folder, RowsPerShard);
        while (lengths.Sum() < rows)
        {
            var sessions = Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(1, 6)).ToArray();
            using var log = Log(sessions, lengths.Sum());
            writer.Append(log);
            lengths.AddRange(sessions);
        }

        writer.Complete();
        return [.. lengths];
    }

    // Row i of all logs has i in the first column of its state, then the steps left.
    private static FusionLog Log(int[] lengths, int first)
    {
        var rows = lengths.Sum();
        var left = lengths.SelectMany(length => Enumerable.Range(0, length).Reverse()).ToArray();
        var id = Enumerable.Range(first, rows).Select(i => (float)i).ToArray();
        return new FusionLog
        {
            State = tensor(Enumerable.Range(0, rows).SelectMany(i => new[] { id[i], left[i], 0.5f }).ToArray(), rows, 3),
            Items = tensor(id, rows, 1, 1),
            TaskScores = zeros(rows, 1, 2),
            Action = zeros(rows, 1, 2),
            Baseline = zeros(rows, 1, 2),
            LogDensity = zeros(rows, 1),
            Rewards = tensor(Array.ConvertAll(id, i => -i), rows, 1),
            ItemRewards = zeros(rows, 1, 1),
            Responses = zeros(rows, 1, 2),
            Next = tensor(left.Select((steps, row) => steps > 0 ? row + 1L : -1).ToArray()),
            Session = tensor(lengths.SelectMany((length, session) => Enumerable.Repeat((long)session, length)).ToArray()),
            Step = tensor(lengths.SelectMany(length => Enumerable.Range(0, length).Select(step => (long)step)).ToArray()),
            LowerBound = tensor(new[] { -0.15f, -0.15f }),
            UpperBound = tensor(new[] { 0.15f, 0.15f }),
        };
    }
}

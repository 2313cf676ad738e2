using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MTRec.Learning.Evaluation;

/// <summary>
/// Percentile bootstrap over users: a user's rows depend on each other, so users are drawn, with replacement, not rows.
/// The same seed gives the same intervals.
/// </summary>
/// <param name="seed">Seed of the draws.</param>
/// <param name="resamples">Number of resamples, 1 or more.</param>
public sealed class UserBootstrap(int seed, int resamples = 1000)
{
    /// <summary>Resamples of a published interval.</summary>
    public const int Published = 10_000;

    // A block has its own generator: the intervals do not depend on how many threads share the blocks.
    private const int Block = 32;

    /// <summary>The statistic on the sample and its 95 % interval.</summary>
    /// <param name="users">Number of users.</param>
    /// <param name="statistic">The statistic where each user [users] counts as often as the span says; NaN where undefined.</param>
    /// <remarks>Resamples on which the statistic is undefined are left out of the interval.</remarks>
    public Estimate Interval(int users, Func<ReadOnlySpan<int>, double> statistic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        var counts = new int[users];
        Array.Fill(counts, 1);
        var value = statistic(counts);
        var random = new Random(seed);
        var values = new List<double>(resamples);
        for (var resample = 0; resample < resamples && users > 0; resample++)
        {
            Array.Clear(counts);
            for (var draw = 0; draw < users; draw++)
                counts[random.Next(users)]++;
            var drawn = statistic(counts);
            if (!double.IsNaN(drawn))
                values.Add(drawn);
        }

        return Around(value, CollectionsMarshal.AsSpan(values));
    }

    /// <summary>The statistic of sums over users and its 95 % interval: 10,000 resamples of 20,000 users take 0.3 seconds of one core, 1 second where there are more than four sums.</summary>
    /// <param name="sums">One row of sums a user.</param>
    /// <param name="statistic">The statistic of the sums over all users drawn [columns]; NaN where undefined. Called by several threads.</param>
    /// <remarks>Resamples on which the statistic is undefined are left out of the interval.</remarks>
    public Estimate Interval(UserSums sums, Func<ReadOnlySpan<double>, double> statistic)
    {
        var draws = Draws(sums, statistic);
        return Around(statistic(sums.Total()), draws.AsSpan(0, Defined(draws)));
    }

    /// <summary>The statistic on every resample, NaN where undefined.</summary>
    /// <inheritdoc cref="Interval(UserSums, Func{ReadOnlySpan{double}, double})"/>
    public double[] Draws(UserSums sums, Func<ReadOnlySpan<double>, double> statistic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        var draws = new double[sums.Users == 0 ? 0 : resamples];
        Parallel.For(0, (draws.Length + Block - 1) / Block, block =>
        {
            var random = new ResampleGenerator(seed, block);
            var drawn = new double[sums.Stride];
            foreach (ref var draw in draws.AsSpan(block * Block, Math.Min(Block, draws.Length - (block * Block))))
            {
                Resample(sums, ref random, drawn);
                draw = statistic(drawn.AsSpan(0, sums.Columns));
            }
        });
        return draws;
    }

    /// <summary>The 95 % interval of draws around a value; sorts the draws, which are no NaN.</summary>
    internal static Estimate Around(double value, Span<double> draws)
    {
        draws.Sort();
        return new Estimate(value, Percentile(draws, 0.025), Percentile(draws, 0.975));
    }

    /// <summary>Moves the draws that are defined to the front and counts them.</summary>
    internal static int Defined(Span<double> draws)
    {
        var defined = 0;
        foreach (var draw in draws)
        {
            if (!double.IsNaN(draw))
                draws[defined++] = draw;
        }

        return defined;
    }

    private static void Resample(UserSums sums, ref ResampleGenerator random, Span<double> drawn)
    {
        if (sums.Stride == UserSums.Lanes)
        {
            ResampleNarrow(sums, ref random).CopyTo(drawn);
            return;
        }

        drawn.Clear();
        var total = MemoryMarshal.Cast<double, Vector256<double>>(drawn);
        var rows = MemoryMarshal.Cast<double, Vector256<double>>(sums.Padded);
        for (var draw = 0; draw < sums.Users; draw++)
        {
            var user = ResampleGenerator.Below((uint)random.Next(), sums.Users);
            var row = rows.Slice(user * total.Length, total.Length);
            for (var i = 0; i < total.Length; i++)
                total[i] += row[i];
        }
    }

    // Two draws a random number, two sums that do not wait for each other.
    private static Vector256<double> ResampleNarrow(UserSums sums, ref ResampleGenerator random)
    {
        var rows = MemoryMarshal.Cast<double, Vector256<double>>(sums.Padded);
        var (even, odd) = (Vector256<double>.Zero, Vector256<double>.Zero);
        for (var draw = 0; draw + 1 < rows.Length; draw += 2)
        {
            var bits = random.Next();
            even += rows[ResampleGenerator.Below((uint)bits, rows.Length)];
            odd += rows[ResampleGenerator.Below((uint)(bits >> 32), rows.Length)];
        }

        if (rows.Length % 2 == 1)
            even += rows[ResampleGenerator.Below((uint)random.Next(), rows.Length)];
        return even + odd;
    }

    private static double Percentile(ReadOnlySpan<double> sorted, double level)
    {
        if (sorted.IsEmpty)
            return double.NaN;
        var place = level * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}

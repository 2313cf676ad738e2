using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MTRec.Data.Trajectories;

/// <summary>
/// Splits users into folds of equal expected size. A user's fold depends on the id and the seed alone, so it is the same in every file and
/// run, whoever else is there: the first 8 bytes, big-endian, of SHA-256 of <c>seed:id</c>, modulo the number of folds.
/// </summary>
public sealed class UserFolds
{
    private readonly int _seed;

    /// <summary>Makes a split.</summary>
    /// <param name="count">Number of folds, 2 or more.</param>
    /// <param name="seed">Another seed gives an independent split.</param>
    public UserFolds(int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        Count = count;
        _seed = seed;
    }

    /// <summary>Number of folds.</summary>
    public int Count { get; }

    /// <summary>The user's fold, in [0, <see cref="Count"/>).</summary>
    public int Of(string userId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{_seed}:{userId}")), hash);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(hash) % (ulong)Count);
    }
}

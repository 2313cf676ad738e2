using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MTRec.Core.Experiments;

/// <summary>
/// Where a user stands between 0 and 100, for one salt: a pure function, so that every replica and every restart agrees, and nothing is stored.
/// </summary>
/// <remarks>
/// Exactly the arithmetic of Microsoft.FeatureManagement's percentile allocation, SHA-256 of <c>user\nsalt</c>, so that its feature manager and this
/// say the same of every user. It is computed here because that one is asynchronous and allocates several kilobytes an experiment, lets a user's
/// override wait behind the traffic gate, and knows no layers.
/// </remarks>
public static class Percentile
{
    private const int LongestOnStack = 1024;

    /// <summary>The place in [0, 100].</summary>
    /// <param name="user">The user.</param>
    /// <param name="salt">Places of one user for different salts are independent.</param>
    public static double Of(ReadOnlySpan<char> user, ReadOnlySpan<char> salt)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(user, salt, hash);
        return BinaryPrimitives.ReadUInt32LittleEndian(hash) / (double)uint.MaxValue * 100;
    }

    /// <summary>A seed for draws that belong to one request.</summary>
    /// <param name="request">The request's id.</param>
    /// <param name="salt">Seeds of one request for different salts are independent.</param>
    public static ulong Seed(ReadOnlySpan<char> request, ReadOnlySpan<char> salt)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(request, salt, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    private static void Hash(ReadOnlySpan<char> id, ReadOnlySpan<char> salt, Span<byte> hash)
    {
        var most = Encoding.UTF8.GetMaxByteCount(id.Length) + 1 + Encoding.UTF8.GetMaxByteCount(salt.Length);
        var text = most <= LongestOnStack ? stackalloc byte[LongestOnStack] : new byte[most];
        var length = Encoding.UTF8.GetBytes(id, text);
        text[length++] = (byte)'\n';
        length += Encoding.UTF8.GetBytes(salt, text[length..]);
        SHA256.HashData(text[..length], hash);
    }
}

/// <summary>A part of the range from 0 to 100: from <paramref name="From"/> on and before <paramref name="To"/>; one that ends at 100 holds 100 too.</summary>
/// <param name="From">Its start, 0 to 100.</param>
/// <param name="To">Its end, not before its start.</param>
public readonly record struct PercentileRange(double From, double To)
{
    /// <summary>Whether it holds a place.</summary>
    public bool Holds(double place) => place >= From && (place < To || (To == 100 && From < 100));

    /// <summary>Whether a place lies in both.</summary>
    public bool Overlaps(PercentileRange other) => From < other.To && other.From < To;
}

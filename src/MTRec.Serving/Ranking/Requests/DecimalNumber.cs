using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>
/// Reads JSON numbers, sixteen or eight digits at a time. A number whose digits fit into 53 bits and whose power of ten into a double is one exact number times or
/// over another, so that a single rounding gives the nearest double (Clinger, PLDI 1990); others are left to the framework.
/// </summary>
internal static class DecimalNumber
{
    private const int LargestExactPower = 22;
    private const int MostAhead = 16;
    private const ulong LargestExact = 1UL << 53;

    // Nine digits before eight more still fit into 64 bits, with room to spare.
    private const ulong RoomForEight = 1_000_000_000;

    private static readonly double[] Powers = [.. Enumerable.Range(0, LargestExactPower + 1).Select(power => double.Parse($"1e{power}"))];

    // From place n on: what moves n bytes to the end of sixteen, and zeros in front of them.
    private static ReadOnlySpan<byte> Shifts =>
    [
        0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ];

    private static ReadOnlySpan<uint> PowersOfEight => [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>Reads the number at the start of <paramref name="text"/>.</summary>
    /// <param name="text">UTF-8 that goes on behind the number.</param>
    /// <param name="number">The nearest double.</param>
    /// <param name="length">Bytes that it takes.</param>
    /// <returns>Whether a number of JSON stands there; false too for one so long that hardly anybody writes it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> text, out double number, out int length)
    {
        // Most numbers are 0 and some digits behind the point.
        if (text.Length > 2 + MostAhead && text[0] == '0' && text[1] == '.')
        {
            var count = DigitsAhead(text.Slice(2, MostAhead), out var digits);
            var next = text[2 + count];
            if (count > 0 && (uint)(next - '0') > 9 && (next | 0x20) != 'e' && digits <= LargestExact)
            {
                number = digits / Powers[count];
                length = 2 + count;
                return true;
            }
        }

        return TryReadAny(text, out number, out length);
    }

    private static bool TryReadAny(ReadOnlySpan<byte> text, out double number, out int length)
    {
        number = 0;
        length = 0;
        var at = text.Length > 0 && text[0] == '-' ? 1 : 0;
        var isNegative = at == 1;
        var first = at;
        var digits = 0UL;
        if (!Digits(text, ref at, ref digits) || at == first || (text[first] == '0' && at > first + 1))
            return false;

        var power = 0;
        if (at < text.Length && text[at] == '.')
        {
            var start = ++at;
            if (!Digits(text, ref at, ref digits) || at == start)
                return false;
            power = start - at;
        }

        if (at < text.Length && (text[at] | 0x20) == 'e' && !Exponent(text, ref at, ref power))
            return false;
        length = at;
        if (digits > LargestExact || Math.Abs(power) > LargestExactPower)
            return Utf8Parser.TryParse(text[..at], out number, out var read) && read == at;
        number = power < 0 ? digits / Powers[-power] : digits * Powers[power];
        if (isNegative)
            number = -number;
        return true;
    }

    private static bool Exponent(ReadOnlySpan<byte> text, ref int at, ref int power)
    {
        const int MostDigits = 4;
        var isNegative = ++at < text.Length && text[at] == '-';
        if (isNegative || (at < text.Length && text[at] == '+'))
            at++;
        var start = at;
        var exponent = 0;
        for (; at < text.Length && text[at] - '0' is var digit && (uint)digit <= 9; at++)
            exponent = at - start < MostDigits ? (exponent * 10) + digit : int.MaxValue;
        power += isNegative ? -exponent : exponent;
        return at > start && exponent < int.MaxValue;
    }

    // False where the digits do not fit into 64 bits.
    private static bool Digits(ReadOnlySpan<byte> text, ref int at, ref ulong digits)
    {
        while (digits < RoomForEight && text.Length - at >= sizeof(ulong))
        {
            var count = EightDigitsAhead(text[at..], out var value);
            digits = (digits * PowersOfEight[count]) + value;
            at += count;
            if (count < sizeof(ulong))
                return true;
        }

        for (; at < text.Length && text[at] - '0' is var digit && (uint)digit <= 9; at++)
        {
            if (digits >= ulong.MaxValue / 10)
                return false;
            digits = (digits * 10) + (ulong)digit;
        }

        return true;
    }

    // How many of the next sixteen bytes are digits, and their value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int DigitsAhead(ReadOnlySpan<byte> text, out ulong value)
    {
        if (Sse41.IsSupported)
            return SixteenDigitsAhead(text, out value);
        var count = EightDigitsAhead(text, out value);
        // The next eight are looked at in any case: a branch on whether there are more digits would be guessed wrong for every other number.
        var more = EightDigitsAhead(text[sizeof(ulong)..], out var rest);
        more = count == sizeof(ulong) ? more : 0;
        rest = count == sizeof(ulong) ? rest : 0;
        value = (value * PowersOfEight[more]) + rest;
        return count + more;
    }

    // All at once: those behind the last digit are shifted out, zeros come in front, then neighbours are joined to pairs, fours and eights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SixteenDigitsAhead(ReadOnlySpan<byte> text, out ulong value)
    {
        var digits = Vector128.Create(text) - Vector128.Create((byte)'0');
        var others = Vector128.GreaterThan(digits, Vector128.Create((byte)9)).ExtractMostSignificantBits();
        var count = BitOperations.TrailingZeroCount(others | (1u << MostAhead));
        digits = Ssse3.Shuffle(digits, Vector128.Create(Shifts.Slice(count, MostAhead)));
        var pairs = Ssse3.MultiplyAddAdjacent(digits, Vector128.Create((short)0x010A).AsSByte());
        var fours = Sse2.MultiplyAddAdjacent(pairs, Vector128.Create(0x0001_0064).AsInt16());
        var eights = Sse2.MultiplyAddAdjacent(Sse41.PackUnsignedSaturate(fours, fours).AsInt16(), Vector128.Create(0x0001_2710).AsInt16()).AsUInt64().ToScalar();
        value = ((ulong)(uint)eights * 100_000_000) + (eights >> 32);
        return count;
    }

    // How many of the next eight bytes are digits, and their value: in one register, the first digit in its lowest byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EightDigitsAhead(ReadOnlySpan<byte> text, out ulong value)
    {
        var digits = MemoryMarshal.Read<ulong>(text) ^ 0x3030303030303030;
        var others = (digits | (digits + 0x7676767676767676)) & 0x8080808080808080;
        var count = BitOperations.TrailingZeroCount(others) / 8;
        // Zeros go in front of fewer than eight; a shift by all 64 bits is none.
        digits = count == 0 ? 0 : digits << (8 * (sizeof(ulong) - count));
        digits = (digits * 10) + (digits >> 8);
        value = (((digits & 0x000000FF000000FF) * 0x000F424000000064) + (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
        return count;
    }
}

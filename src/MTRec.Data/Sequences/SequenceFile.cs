using System.Globalization;
using System.Text;
using MTRec.Data.KuaiRand;

namespace MTRec.Data.Sequences;

/// <summary>How a file of sequences is laid out.</summary>
public enum SequenceLayout
{
    /// <summary>A line a user: the user's id, then the items' ids in the order of time.</summary>
    UserLines,

    /// <summary>A line an interaction: the user's id and the item's; a user's lines are in the order of time.</summary>
    Pairs,
}

/// <summary>
/// Reads sequences of interactions as SASRec and S3-Rec preprocess them: ids, whole numbers above 0, separated by spaces or tabs; plain or
/// gzip. Blank lines count for nothing. Everything else that does not fit is refused with its line.
/// </summary>
public static class SequenceFile
{
    private static readonly char[] Separators = [' ', '\t'];

    /// <summary>Reads a file.</summary>
    /// <exception cref="DataFormatException">The file is empty or damaged, or a line does not fit the layout.</exception>
    public static InteractionSequences Read(string path, SequenceLayout layout)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, path, layout);
    }

    /// <summary>As the other overload, from a stream that can seek; <paramref name="name"/> stands in messages.</summary>
    /// <inheritdoc cref="Read(string, SequenceLayout)"/>
    public static InteractionSequences Read(Stream stream, string name, SequenceLayout layout)
    {
        var users = new List<(long User, List<long> Items)>();
        var places = new Dictionary<long, int>();
        foreach (var (number, line) in Lines(stream, name))
        {
            var cells = line.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length == 0)
                continue;
            var ids = Array.ConvertAll(cells, cell => Id(cell, name, number));
            if (layout == SequenceLayout.Pairs ? ids.Length != 2 : ids.Length < 2)
                throw new DataFormatException($"{name}, line {number}: {Expected(layout)} was expected, not {ids.Length} ids.");
            if (!places.TryGetValue(ids[0], out var place))
            {
                places.Add(ids[0], place = users.Count);
                users.Add((ids[0], []));
            }
            else if (layout == SequenceLayout.UserLines)
            {
                throw new DataFormatException($"{name}, line {number}: the user {ids[0]} had a line before; which items came first is not known.");
            }

            users[place].Items.AddRange(ids.AsSpan(1));
        }

        return users.Count > 0 ? InteractionSequences.Of(users) : throw new DataFormatException($"{name}: the file holds no interaction.");
    }

    /// <summary>The lines of a plain or gzip text, counted from 1.</summary>
    internal static IEnumerable<(int Number, string Line)> Lines(Stream stream, string name)
    {
        using var reader = new StreamReader(Unpacked(stream), Encoding.UTF8);
        for (var number = 1; ; number++)
        {
            string? line;
            try
            {
                line = reader.ReadLine();
            }
            catch (InvalidDataException e)
            {
                throw new DataFormatException($"{name}, line {number}: the gzip data are damaged or cut off: {e.Message}", e);
            }

            if (line is null)
                yield break;
            yield return (number, line);
        }
    }

    private static Stream Unpacked(Stream stream)
    {
        Span<byte> start = stackalloc byte[2];
        var position = stream.Position;
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = position;
        return length == 2 && start[0] == 0x1f && start[1] == 0x8b ? new WholeGzipStream(stream) : stream;
    }

    private static long Id(string cell, string name, int number) =>
        long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0
            ? id
            : throw new DataFormatException($"{name}, line {number}: '{cell}' is no id; a whole number above 0 was expected.");

    private static string Expected(SequenceLayout layout) =>
        layout == SequenceLayout.Pairs ? "a user and an item" : "a user and one item or more";
}

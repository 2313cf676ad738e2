using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using MTRec.Core.Safetensors;
using MTRec.Core.Sessions;

namespace MTRec.Data.Logs;

/// <summary>
/// An <see cref="ImpressionLog"/> on disk: one safetensors file (see <see cref="SafetensorsFile"/>), readable from any language.
/// Metadata: <c>format</c> = <c>mtrec-impressions</c>, <c>version</c> = <c>1</c>. Of N rows, U users and I items it holds
/// <list type="bullet">
/// <item><c>row</c> I64 [N]: the row's 1-based number in the file it came from</item>
/// <item><c>user</c> I32 [N], in [0, U), never falling; <c>item</c> I32 [N], in [0, I)</item>
/// <item><c>timestampMs</c> I64 [N]: milliseconds since the Unix epoch, not falling within a user</item>
/// <item><c>actions</c>, <c>recorded</c> I32 [N]: bits 0 click, 1 longView, 2 like, 3 follow, 4 comment, 5 forward, 6 profileEnter,
/// 7 favorite, 8 purchase, 9 hate, 10 report; what was done, and what the log tells about at all</item>
/// <item><c>watchSeconds</c>, <c>durationSeconds</c> F32 [N]: NaN where unknown</item>
/// <item><c>tab</c>, <c>hour</c> I32 [N]: -1 where unknown; <c>day</c> I32 [N]: the user's date in days since 0001-01-01</item>
/// <item><c>userIds</c> U8, <c>userIdOffsets</c> I64 [U + 1]: id i is the UTF-8 text of the bytes [offsets[i], offsets[i + 1]);
/// <c>itemIds</c>, <c>itemIdOffsets</c> likewise</item>
/// </list>
/// The same log gives the same bytes.
/// </summary>
public static class ImpressionLogFile
{
    private const string Format = "mtrec-impressions";
    private const string Version = "1";
    private const UserActions KnownActions = (UserActions)((1 << 11) - 1);

    /// <summary>Writes the file: to a temporary name first, so that no half-written file ever has the name.</summary>
    public static void Save(ImpressionLog log, string path)
    {
        var temporary = path + ".tmp";
        try
        {
            using (var stream = File.Create(temporary))
                Write(log, stream);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes the file's bytes; the stream stays open.</summary>
    public static void Write(ImpressionLog log, Stream stream)
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", Format);
        writer.AddMetadata("version", Version);
        writer.AddStrings("userIds", "userIdOffsets", log.Users.Ids);
        writer.AddStrings("itemIds", "itemIdOffsets", log.Items.Ids);
        writer.Add("row", log.Row.AsMemory(), log.Count);
        writer.Add("user", log.User.AsMemory(), log.Count);
        writer.Add("item", log.Item.AsMemory(), log.Count);
        writer.Add("timestampMs", log.TimestampMs.AsMemory(), log.Count);
        writer.Add<int>("actions", Bits(log.Actions), log.Count);
        writer.Add<int>("recorded", Bits(log.Recorded), log.Count);
        writer.Add("watchSeconds", log.WatchSeconds.AsMemory(), log.Count);
        writer.Add("durationSeconds", log.DurationSeconds.AsMemory(), log.Count);
        writer.Add("tab", log.Tab.AsMemory(), log.Count);
        writer.Add("hour", log.Hour.AsMemory(), log.Count);
        writer.Add("day", log.Day.AsMemory(), log.Count);
        writer.Write(stream);
    }

    /// <summary>Reads a file of at most 2 GB.</summary>
    /// <exception cref="DataFormatException">It is no such file, or its columns contradict each other; the reason is told.</exception>
    public static ImpressionLog Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (DataFormatException e)
        {
            throw new DataFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <inheritdoc cref="Load"/>
    public static ImpressionLog Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var file = SafetensorsFile.Parse(bytes);
            CheckFormat(file);
            var rows = file["row"].Count;
            var log = new ImpressionLog
            {
                Users = Ids(file, "userIds", "userIdOffsets"),
                Items = Ids(file, "itemIds", "itemIdOffsets"),
                Row = [.. file["row"].Values<long>(rows)],
                User = [.. file["user"].Values<int>(rows)],
                Item = [.. file["item"].Values<int>(rows)],
                TimestampMs = [.. file["timestampMs"].Values<long>(rows)],
                Actions = [.. MemoryMarshal.Cast<int, UserActions>(file["actions"].Values<int>(rows))],
                Recorded = [.. MemoryMarshal.Cast<int, UserActions>(file["recorded"].Values<int>(rows))],
                WatchSeconds = [.. file["watchSeconds"].Values<float>(rows)],
                DurationSeconds = [.. file["durationSeconds"].Values<float>(rows)],
                Tab = [.. file["tab"].Values<int>(rows)],
                Hour = [.. file["hour"].Values<int>(rows)],
                Day = [.. file["day"].Values<int>(rows)],
            };
            for (var row = 0; row < rows; row++)
                CheckRow(log, row);
            return log;
        }
        catch (SafetensorsException e)
        {
            throw new DataFormatException(e.Message, e);
        }
    }

    private static int[] Bits(ImmutableArray<UserActions> actions) => MemoryMarshal.Cast<UserActions, int>(actions.AsSpan()).ToArray();

    private static void CheckFormat(SafetensorsFile file)
    {
        if (file.Metadata.GetValueOrDefault("format") != Format)
            throw new DataFormatException($"The file is no impression log: its metadata lack format = {Format}.");
        if (file.Metadata.GetValueOrDefault("version") is var version && version != Version)
            throw new DataFormatException($"The log has version {version ?? "none"}; this program reads version {Version}.");
    }

    private static IdTable Ids(SafetensorsFile file, string bytesName, string offsetsName)
    {
        var table = new IdTable();
        foreach (var id in file.Strings(bytesName, offsetsName))
        {
            if (table.Find(id) >= 0)
                throw new DataFormatException($"{bytesName}: '{id}' stands twice.");
            table.Add(id);
        }

        return table;
    }

    private static void CheckRow(ImpressionLog log, int row)
    {
        Check("user", log.User[row], log.User[row] >= 0 && log.User[row] < log.Users.Count);
        Check("item", log.Item[row], log.Item[row] >= 0 && log.Item[row] < log.Items.Count);
        Check("timestampMs", log.TimestampMs[row], log.TimestampMs[row] > 0);
        if (row > 0)
        {
            var sameUser = log.User[row] == log.User[row - 1];
            Check("user", log.User[row], log.User[row] >= log.User[row - 1]);
            Check("timestampMs", log.TimestampMs[row], !sameUser || log.TimestampMs[row] >= log.TimestampMs[row - 1]);
        }

        Check("recorded", log.Recorded[row], (log.Recorded[row] & ~KnownActions) == 0);
        Check("actions", log.Actions[row], (log.Actions[row] & ~log.Recorded[row]) == 0);
        var (watch, duration) = (log.WatchSeconds[row], log.DurationSeconds[row]);
        Check("watchSeconds", watch, float.IsNaN(watch) || (watch >= 0 && float.IsFinite(watch)));
        Check("durationSeconds", duration, float.IsNaN(duration) || (duration > 0 && float.IsFinite(duration)));
        Check("tab", log.Tab[row], log.Tab[row] >= ImpressionLog.Missing);
        Check("hour", log.Hour[row], log.Hour[row] is >= ImpressionLog.Missing and <= 23);
        Check("day", log.Day[row], log.Day[row] >= 0 && log.Day[row] <= DateOnly.MaxValue.DayNumber);

        void Check<T>(string column, T value, bool holds)
        {
            if (holds)
                return;
            throw new DataFormatException(
                string.Create(CultureInfo.InvariantCulture, $"Column '{column}' holds {value} at place {row}, which cannot be."));
        }
    }
}

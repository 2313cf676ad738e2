using System.IO.Compression;
using System.Text;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;

namespace MTRec.Data.Tests;

/// <summary>Logs written by the tests.</summary>
internal static class Csv
{
    public const string Header =
        "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,duration_ms,"
        + "profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab";

    /// <summary>A healthy row: 2022-05-01 01:00 in UTC+8, clicked and viewed long, 8 of 10 seconds.</summary>
    public const string Healthy = "u1,v1,20220501,0100,1651338000000,1,0,0,0,0,0,1,8000,10000,0,0,0,0,1";

    /// <summary>A healthy row with some cells changed.</summary>
    public static string Row(params (string Column, string Value)[] changes)
    {
        var cells = Healthy.Split(',');
        foreach (var (column, value) in changes)
            cells[Array.IndexOf(Header.Split(','), column)] = value;
        return string.Join(',', cells);
    }

    public static string Log(params string[] rows) => string.Join('\n', [Header, .. rows, ""]);

    public static List<Impression> Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    public static List<Impression> Read(byte[] bytes)
    {
        using var reader = KuaiRandLogReader.Open(new MemoryStream(bytes), "test.csv");
        return [.. reader.Rows()];
    }

    public static ImpressionLog Clean(params string[] rows) => LogCleaner.Clean(Read(Log(rows)), out _);

    public static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}

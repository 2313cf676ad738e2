using System.Globalization;

namespace MTRec.EndToEnd.Tests;

/// <summary>A small log in KuaiRand's format: users who come back, items that are liked unequally.</summary>
internal static class SyntheticLog
{
    /// <summary>Writes a log; the same every time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="users">Number of users.</param>
    /// <param name="itemIds">The items shown.</param>
    public static void Write(string path, int rows, int users, IReadOnlyList<string> itemIds)
    {
        var random = new Random(11);
        using var writer = new StreamWriter(path);
        writer.WriteLine("user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,duration_ms,is_profile_enter,tab");
        var time = 1_651_753_407_000L;
        for (var row = 0; row < rows; row++)
        {
            time += random.Next(1, 90_000);
            var item = random.Next(itemIds.Count);
            var click = random.Next(itemIds.Count) < item ? 1 : 0;
            var longView = click == 1 && random.Next(3) > 0 ? 1 : 0;
            var play = longView == 1 ? random.Next(9_000, 40_000) : random.Next(3_000);
            var like = longView == 1 && random.Next(5) == 0 ? 1 : 0;
            writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"user-{random.Next(users)},{itemIds[item]},20220505,{random.Next(24)}00,{time},{click},{like},0,0,0,0,{longView},{play},20000,0,{random.Next(3)}"));
        }
    }
}

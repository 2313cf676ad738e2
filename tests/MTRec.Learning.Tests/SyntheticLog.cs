using System.Globalization;
using System.Text;

namespace MTRec.Learning.Tests;

/// <summary>
/// A small data set in KuaiRand's format whose truth is known: users have a taste of one tag and a level of activity, videos a quality; a
/// click's log odds are their sum. Files are written to a folder of its own, which disposal deletes.
/// </summary>
internal sealed class SyntheticLog : IDisposable
{
    private const long Start = 1_650_800_000_000;
    private const int Tags = 4;

    private SyntheticLog(string folder) => Folder = folder;

    public string Folder { get; }

    public static SyntheticLog Write(int seed = 1, int users = 120, int videos = 80, int rowsPerUser = 12)
    {
        var folder = Directory.CreateTempSubdirectory("mtrec-log-").FullName;
        var random = new Random(seed);
        var taste = Enumerable.Range(0, users).Select(_ => random.Next(Tags)).ToArray();
        var activity = Enumerable.Range(0, users).Select(_ => random.NextDouble() - 0.5).ToArray();
        var tag = Enumerable.Range(0, videos).Select(_ => random.Next(Tags)).ToArray();
        var quality = Enumerable.Range(0, videos).Select(_ => (2 * random.NextDouble()) - 1).ToArray();
        var duration = Enumerable.Range(0, videos).Select(_ => 5 + random.Next(100)).ToArray();

        for (var split = 0; split < 3; split++)
        {
            var text = new StringBuilder(
                "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab\n");
            for (var user = 0; user < users; user++)
            {
                for (var row = 0; row < rowsPerUser; row++)
                {
                    var video = random.Next(videos);
                    var odds = (2 * activity[user]) + quality[video] + (taste[user] == tag[video] ? 3 : -1.5);
                    var click = random.NextDouble() < 1 / (1 + Math.Exp(-odds));
                    var longView = click && random.NextDouble() < 0.7;
                    var like = longView && random.NextDouble() < 0.2;
                    var hate = !click && random.NextDouble() < 0.03;
                    var profile = longView && random.NextDouble() < 0.1;
                    var seconds = longView ? duration[video] : click ? 3 + random.Next(10) : random.Next(3);
                    var time = Start + (split * 7 * 86_400_000L) + (row * 3_600_000L) + random.Next(60_000);
                    text.Append(CultureInfo.InvariantCulture, $"{user},{video},2022042{5 + (split % 5)},{row % 24 * 100},{time},{B(click)},{B(like)},0,0,0,")
                        .Append(CultureInfo.InvariantCulture, $"{B(hate)},{B(longView)},{seconds * 1000},{duration[video] * 1000},0,0,{B(profile)},0,1\n");
                }
            }

            File.WriteAllText(Path.Combine(folder, new[] { "log_train.csv", "log_dev.csv", "log_test.csv" }[split]), text.ToString());
        }

        File.WriteAllLines(
            Path.Combine(folder, "video_features_basic_pure.csv"),
            ["video_id,author_id,video_type,upload_dt,upload_type,video_duration,server_width,server_height,music_type,tag",
             .. Enumerable.Range(0, videos).Select(v => $"{v},{v},NORMAL,2022-04-10,LongImport,{duration[v] * 1000},720,1280,9,{tag[v]}")]);
        File.WriteAllLines(
            Path.Combine(folder, "user_features_pure.csv"),
            ["user_id,user_active_degree,follow_user_num,register_days",
             .. Enumerable.Range(0, users).Select(u => $"{u},{(activity[u] > 0 ? "full_active" : "low_active")},{random.Next(1000)},{random.Next(2000)}")]);
        File.WriteAllLines(
            Path.Combine(folder, "history.csv"),
            ["user_id,history_len,last_time_ms,watch_seq,like_seq,long_watch_seq",
             .. Enumerable.Range(0, users).Select(u => $"{u},3,{Start - 86_400_000},{u % videos} {(u + 1) % videos} {(u + 2) % videos},{u % videos},{u % videos}")]);
        return new SyntheticLog(folder);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static int B(bool value) => value ? 1 : 0;
}

using System.Collections.Immutable;
using System.Globalization;

namespace MTRec.Data.KuaiRand;

/// <summary>A video, as KuaiRand describes one. Unknown numbers are NaN, unknown categories empty.</summary>
public sealed record VideoProfile
{
    /// <summary>The video.</summary>
    public required string VideoId { get; init; }

    /// <summary>Its author.</summary>
    public required string AuthorId { get; init; }

    /// <summary><c>NORMAL</c> or <c>AD</c>.</summary>
    public required string VideoType { get; init; }

    /// <summary>How it was uploaded, such as <c>ShortImport</c>.</summary>
    public required string UploadType { get; init; }

    /// <summary>When it was uploaded.</summary>
    public required DateOnly? UploadDate { get; init; }

    /// <summary>Length in seconds, above 0.</summary>
    public required float DurationSeconds { get; init; }

    /// <summary>Width in pixels.</summary>
    public required float Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public required float Height { get; init; }

    /// <summary>Kind of its music.</summary>
    public required string MusicType { get; init; }

    /// <summary>Its tags in the file's order; many videos have several, some none.</summary>
    public required ImmutableArray<string> Tags { get; init; }
}

/// <summary>Reads KuaiRand's <c>video_features_basic</c>, CSV or CSV.GZ; only <c>video_id</c> is needed.</summary>
public static class VideoFeatureFile
{
    /// <summary>The videos, in the file's order.</summary>
    /// <exception cref="DataFormatException">The file is empty, damaged or lacks <c>video_id</c>.</exception>
    public static IReadOnlyList<VideoProfile> Read(string path, out FeatureFileReport report) =>
        FeatureFile.ReadAll(CsvSource.Open(path, "video_id"), "video_id", Rows, out report);

    /// <summary>As the other overload, from a stream, which is closed.</summary>
    /// <inheritdoc cref="Read(string, out FeatureFileReport)"/>
    public static IReadOnlyList<VideoProfile> Read(Stream stream, string name, out FeatureFileReport report) =>
        FeatureFile.ReadAll(CsvSource.Open(stream, name, "video_id"), "video_id", Rows, out report);

    private static Func<VideoProfile> Rows(FeatureFile file)
    {
        var author = file.Column("author_id");
        var videoType = file.Column("video_type");
        var uploadType = file.Column("upload_type");
        var uploadDate = file.Column("upload_dt");
        var duration = file.Column("video_duration");
        var width = file.Column("server_width");
        var height = file.Column("server_height");
        var musicType = file.Column("music_type");
        var tag = file.Column("tag");

        return () =>
        {
            var milliseconds = file.Quantity(duration);
            return new VideoProfile
            {
                VideoId = file.Id,
                AuthorId = file.Category(author),
                VideoType = file.Category(videoType),
                UploadType = file.Category(uploadType),
                UploadDate = Date(file, uploadDate),
                DurationSeconds = milliseconds > 0 ? milliseconds / 1000 : float.NaN,
                Width = file.Quantity(width),
                Height = file.Quantity(height),
                MusicType = file.Category(musicType),
                Tags = [.. file.Text(tag).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            };
        };
    }

    private static DateOnly? Date(FeatureFile file, int column)
    {
        var text = file.Text(column);
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return date;
        if (text.Length > 0)
            file.Report.BadCells++;
        return null;
    }
}

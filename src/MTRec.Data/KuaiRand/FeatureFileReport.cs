namespace MTRec.Data.KuaiRand;

/// <summary>What was found in a file with one row a user or a video.</summary>
public sealed class FeatureFileReport
{
    /// <summary>Rows read.</summary>
    public long Read { get; internal set; }

    /// <summary>Rows without an id; dropped.</summary>
    public long MissingIds { get; internal set; }

    /// <summary>Rows whose id stood in an earlier row; dropped.</summary>
    public long RepeatedIds { get; internal set; }

    /// <summary>Rows with more or fewer cells than the header, or with quotes that do not match; dropped.</summary>
    public long BrokenRows { get; internal set; }

    /// <summary>Cells with text where a number or a date should be; taken for missing.</summary>
    public long BadCells { get; internal set; }

    /// <summary>Rows kept.</summary>
    public long Kept => Read - MissingIds - RepeatedIds - BrokenRows;
}

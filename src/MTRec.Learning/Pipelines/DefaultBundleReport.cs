using MTRec.Core.Bundles;
using MTRec.Data.Logs;

namespace MTRec.Learning.Pipelines;

/// <summary>What a training gave.</summary>
/// <param name="Folder">The bundle's folder; empty on every rank but the first, which publishes.</param>
/// <param name="Manifest">Its manifest as trained, with the figures, which the first rank makes; the files' hashes stand in the folder's.</param>
/// <param name="Dirt">What was wrong with each log, by file.</param>
public sealed record DefaultBundleReport(string Folder, BundleManifest Manifest, IReadOnlyDictionary<string, LogReport> Dirt);

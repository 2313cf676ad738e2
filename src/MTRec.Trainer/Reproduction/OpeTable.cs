using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using MTRec.Trainer.Reproduction.OffPolicy;

namespace MTRec.Trainer.Reproduction;

/// <summary>
/// Off-policy evaluation against truth: on real logs of two policies (Open Bandit Dataset) and on worlds of known value.
/// </summary>
internal sealed class OpeTable : IReproducedTable
{
    private const int QuickReplications = 200;
    private const int FullReplications = 2000;

    /// <inheritdoc/>
    public string Name => "ope";

    /// <inheritdoc/>
    public string Purpose => "Off-policy estimates beside the truth: Open Bandit logs and worlds of known value.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders => [OpenBanditComparison.Folder];

    /// <inheritdoc/>
    public Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var (openBandit, openBanditPlots) = OpenBanditComparison.Run(
            options.Folder(OpenBanditComparison.Folder), new UserBootstrap(1, UserBootstrap.Published));
        var coverage = SyntheticCoverage.Run(options.Full ? FullReplications : QuickReplications, progress, cancellation);
        return new Report(
            Name,
            "Off-policy evaluation against truth",
            [openBandit, coverage],
            openBanditPlots,
            OpenBanditComparison.Notes);
    }
}

using MTRec.Learning.Fitting;
using MTRec.Trainer.Reproduction.Mental;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction;

/// <summary>Mental reward: recovered against known rewards, against a user who maximises nothing, and against what users of KuaiRand said outright.</summary>
internal sealed class MentalTable : IReproducedTable
{
    /// <inheritdoc/>
    public string Name => "mental";

    /// <inheritdoc/>
    public string Purpose => "Recovered rewards beside known ones, and beside explicit likes and hates.";

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders => [SignalTable.Folder];

    /// <inheritdoc/>
    public Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        set_num_threads(options.Threads);
        var recovery = new RecoveryTables(options, progress, cancellation);
        var (signals, likes) = new SignalTable(options, progress, cancellation).Run();
        return new Report(
            Name,
            "Mental reward: what inverse reinforcement learning recovers",
            [recovery.Tabular(), recovery.Features(), recovery.Strengths(), recovery.Quantiles(), recovery.Misspecified(), signals],
            [.. recovery.Sessions(), likes],
            Notes);
    }

    private static IReadOnlyList<string> Notes =>
    [
        "r* is the reward of a positive response; a skip is worth 0. Recovered: r(s, positive), the mean over s', at states of kept-back users (features) or of other sessions (tabular). The frequency of positive responses is fitted by the same network to the same choices.",
        "Choices fix Q(s, a) - V(s) and leave V free. The paper's regulariser takes the V of the least squared rewards; anchoring takes the V that makes a skip worth 0, which is the truth here: it is the better only where doing nothing has one worth in every state.",
        "Quantiles: users see r* + 1 or r* - 1, with even odds, before they choose; the log does not tell which. Choices do not identify such a spread: what quantiles of the recovered reward cover is the spread of the next state's value.",
        "Long-term satisfaction: positive is an engagement above the usual. This user maximises nothing, so that the reward can only describe engagement.",
        "KuaiRand: learned from half of the users on log_train; judged on log_dev and log_test of the others. Like over no like is the mean AUC within users who have both, weighted by their rows; like over hate is over all users together, because hardly a user did both. Intervals are by user.",
        "surplus and r(s, a) are known after the response, predicted is known at the user's first impression of the log. Like is part of the definitions like and open, stay, react: their surplus is circular there. All rows but the first use one value an action and the anchor.",
    ];
}

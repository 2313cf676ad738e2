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
        "r* is the reward of a positive response; a skip is worth 0. Recovered: r(s, positive), the mean over s', at states of kept-back users (features) or of other sessions (tabular). The log odds of a positive response, the frequency's order, are fitted by the same network to the same choices.",
        "How far the frequency is from r* depends on the world: log odds are r* + gamma (V(s') after it - V(s') after a skip), so that they part only where responses have different futures. Tabular: every response moves the mood in a way of its own. Features: positive responses satiate the category, those to heavy items wholly. Where the future does not depend on the response the frequency has the order of r*, and nothing can be above it. The learner is given gamma.",
        "Choices fix Q(s, a) - V(s) and leave V free. The paper's regulariser takes the V of the least squared rewards; anchoring takes the V that makes a skip worth 0, which is the truth here: it is the better only where doing nothing has one worth in every state.",
        "The quantile objective alone, as we read Algorithm 1, is no likelihood: its pull of lambda_i(s, a) to gamma V(s') is stronger than that of the choices for all but the quantiles above 1/2 + pi / (4 p), p the frequency and pi the model's. The middle quantiles say that the reward is 0. With features four times the steps at a lower rate, tried on one seed, raise its rank correlation (.24 to .60) and leave it far below the frequency's.",
        "Quantiles: users see r* + noise before they choose; the log does not tell the noise. Choices do not identify such a spread: what quantiles of the recovered reward cover is the spread of the next state's value. The last row, fitted to rewards that no log holds, is what a head of this kind can reach.",
        "Long-term satisfaction: positive is an engagement above the usual. This user maximises nothing, so that the reward can only describe engagement.",
        "KuaiRand: learned from half of the users on log_train; judged on log_dev and log_test of the others. Like over no like is the mean AUC within users who have both, weighted by their rows; like over hate is over all users together, because hardly a user did both. Intervals are by user.",
        "Observed signals need no learner. Depth is 0 for a skip, 1 for a click, 2 for a long view or more than 10 seconds, 3 for a reaction. Surplus is partly depth by construction: 0 for what was declined and 1 at least for each choice taken. What inverse reinforcement learning adds is the difference from the depth of the same choices, from the long view or the click where these are the one choice. Like is part of depth, and of the definitions like and open, stay, react: there the order is circular.",
        "surplus and r(s, a) are known after the response, r(s, a) not for a user's last impression; predicted is known at the user's first impression of the log. With one choice, surplus and predicted rise with the log odds of that choice alone: in order they are a prediction of its frequency, and gamma V(s') has no part in them. It has in r(s, a), and where there are several choices. All rows but the first use one value an action and the anchor.",
    ];
}

using MTRec.Core.Bundles;
using MTRec.Core.Sessions;
using MTRec.Data.Logs;

namespace MTRec.Trainer.Scoring;

/// <summary>
/// The mental reward of a response that was given: r(s, a) = Q(s, a) - gamma V(s'), V(s) = log sum_a exp Q(s, a) (QR-IQL,
/// arXiv 2509.22807), where s' is the user's next impression, seen with the response in the history. In retrospect only: serving
/// does not know s'.
/// </summary>
internal sealed class GivenReward
{
    private readonly float _discount;
    private readonly UserActions _positive;

    /// <summary>Takes the discount and the positive actions of a bundle.</summary>
    public GivenReward(MentalRewardSection section)
    {
        _discount = section.Discount;
        foreach (var name in section.Positive)
            _positive |= UserActionNames.TryParse(name, out var action) ? action : throw new ArgumentException($"Unknown action '{name}'.", nameof(section));
    }

    /// <summary>
    /// Whether the row's response is positive: true where any positive action was done, false where the row tells of all of them and none
    /// was done, null where it does not tell or tells what cannot be.
    /// </summary>
    public bool? IsPositive(in Impression row)
    {
        if ((row.Flaws & RowFlaws.Impossible) != 0)
            return null;
        if ((row.Actions & _positive) != 0)
            return true;
        return (row.Recorded & _positive) == _positive ? false : null;
    }

    /// <summary>r(s, a).</summary>
    /// <param name="q">Q(s, .).</param>
    /// <param name="positive">a.</param>
    /// <param name="next">Q(s', .).</param>
    public double Of(SoftQ q, bool positive, SoftQ next) => (positive ? q.Positive : q.Skip) - (_discount * next.Value);
}

/// <summary>Q(s, a) for the two responses.</summary>
internal readonly record struct SoftQ(float Skip, float Positive)
{
    /// <summary>V(s) = log sum_a exp Q(s, a).</summary>
    public double Value
    {
        get
        {
            double most = Math.Max(Skip, Positive);
            return most + Math.Log(Math.Exp(Skip - most) + Math.Exp(Positive - most));
        }
    }
}

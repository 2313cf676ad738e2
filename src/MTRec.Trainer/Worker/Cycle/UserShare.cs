using System.Globalization;
using MTRec.Core.Experiments;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>A share of the users, by a seeded hash: the same ones in every cycle, so that no policy, nor one that it goes on from, has learned from them.</summary>
/// <param name="Share">In (0, 1).</param>
/// <param name="Seed">Decides who they are.</param>
internal sealed record UserShare(double Share, int Seed)
{
    private readonly string _salt = string.Create(CultureInfo.InvariantCulture, $"kept back {Seed}");

    /// <summary>Whether a user is one of them.</summary>
    public bool Holds(string userId) => Percentile.Of(userId, _salt) < 100 * Share;
}

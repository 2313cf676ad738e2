using MTRec.Learning.Fusion;

namespace MTRec.Trainer.Reproduction.Fusion;

/// <summary>What one row's policy of one seed brought about.</summary>
/// <param name="Row">The row's label.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Outcomes">By session of the evaluation users.</param>
/// <param name="Scores">Final scores of the held-out log's impressions; null of an oracle, which knows an environment's current step alone.</param>
/// <param name="Curve">Mean return on evaluation users after so many updates; none where nothing is learned by updates.</param>
/// <param name="Q">The critics' mean value of logged actions after so many updates, in the environment's rewards.</param>
internal sealed record FusionOutcome(
    string Row,
    int Seed,
    PolicyOutcomes Outcomes,
    float[]? Scores,
    IReadOnlyList<(double Updates, double Value)> Curve,
    IReadOnlyList<(double Updates, double Value)> Q);

/// <summary>The held-out log of one seed: impressions of evaluation users, by which MTF-GAUC is measured.</summary>
/// <param name="WatchSeconds">[impressions].</param>
/// <param name="Rewards">[impressions], 0 or more.</param>
/// <param name="Users">Session of each impression.</param>
internal sealed record HeldOutImpressions(float[] WatchSeconds, float[] Rewards, int[] Users);

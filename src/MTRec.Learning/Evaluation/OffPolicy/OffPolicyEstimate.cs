namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>What a log says a policy would be worth.</summary>
/// <param name="Estimator">The estimator's name, such as <c>SNIPS</c>.</param>
/// <param name="Value">The value with its 95 % interval by user.</param>
/// <param name="EffectiveSampleSize">
/// How many rows (of sessions: sessions) drawn by the evaluated policy itself would say as much (Kish); of estimators without weights, the
/// number of rows.
/// </param>
/// <param name="Samples">Rows, or sessions, that were weighed.</param>
public sealed record OffPolicyEstimate(string Estimator, Estimate Value, double EffectiveSampleSize, int Samples);

namespace MTRec.Learning.Evaluation;

/// <summary>A figure with its 95 % interval.</summary>
/// <param name="Value">The figure; NaN where the sample does not define it.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
public readonly record struct Estimate(double Value, double Low, double High);

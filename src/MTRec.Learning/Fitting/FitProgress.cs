namespace MTRec.Learning.Fitting;

/// <summary>How far a training is.</summary>
/// <param name="Stage">What is being done, in words.</param>
/// <param name="Fraction">Share of the stage that is done, in [0, 1].</param>
/// <param name="Detail">The latest figure, in words; empty for none.</param>
public readonly record struct FitProgress(string Stage, double Fraction, string Detail = "");

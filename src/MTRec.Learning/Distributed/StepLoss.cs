namespace MTRec.Learning.Distributed;

/// <summary>The loss of one step over the whole batch, all ranks together, before the step was made.</summary>
/// <param name="Name">What was stepped.</param>
/// <param name="Step">Which of its steps, from 1.</param>
/// <param name="Value">The loss.</param>
/// <param name="Seconds">When the step was done, since the run began.</param>
public readonly record struct StepLoss(string Name, int Step, double Value, double Seconds);

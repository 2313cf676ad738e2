namespace MTRec.Trainer.Worker.State;

/// <summary>The worker must not go on with this state; the message says why and what to do.</summary>
internal sealed class StateRefusedException(string message) : Exception(message);

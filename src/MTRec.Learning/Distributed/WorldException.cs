namespace MTRec.Learning.Distributed;

/// <summary>The ranks cannot train together.</summary>
public sealed class WorldException(string message) : Exception(message);
